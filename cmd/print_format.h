// SPDX-License-Identifier: Apache-2.0
// The option --print, which register and status have.
#ifndef CMD_PRINT_FORMAT_H_
#define CMD_PRINT_FORMAT_H_

#include <optional>

#include "binfmt/record/record.h"
#include "binfmt/record/record_formats.h"
#include "cmd/console.h"
#include "cmd/options.h"

namespace cmd {

// The setter of --print: stores the format that the value names, "record",
// "binfmt.d" or "debian".
OptionSetter SetFormat(std::optional<binfmt::FileFormat>* format);

// Prints RECORD in FORMAT, or complains.
void PrintRecord(const binfmt::Record& record, binfmt::FileFormat format,
                 Console& console);

}  // namespace cmd

#endif  // CMD_PRINT_FORMAT_H_
