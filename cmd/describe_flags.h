// SPDX-License-Identifier: Apache-2.0
// What an entry's flags mean, in words, and what its emulator calls itself.
#ifndef CMD_DESCRIBE_FLAGS_H_
#define CMD_DESCRIBE_FLAGS_H_

#include <string>
#include <vector>

#include "cmd/entry_table.h"

namespace cmd {

// A sentence for each flag that ROW's entry has, and for each one whose absence
// matters.
std::vector<std::string> DescribeFlags(const EntryRow& row);

// The first line that ROW's interpreter prints with --version; empty where it
// prints none within a second. Only emulators are asked, recognised by their
// names: nobody knows what another program makes of the word.
std::string EmulatorVersion(const EntryRow& row);

}  // namespace cmd

#endif  // CMD_DESCRIBE_FLAGS_H_
