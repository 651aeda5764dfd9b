// SPDX-License-Identifier: Apache-2.0
// The meaning of an entry's flags, in words.
#ifndef CMD_DESCRIBE_FLAGS_H_
#define CMD_DESCRIBE_FLAGS_H_

#include <string>
#include <vector>

#include "cmd/entry_table.h"

namespace cmd {

// A sentence for each flag that ROW's entry has, and for each one whose absence
// matters.
std::vector<std::string> DescribeFlags(const EntryRow& row);

}  // namespace cmd

#endif  // CMD_DESCRIBE_FLAGS_H_
