// SPDX-License-Identifier: Apache-2.0
// The option --print, which two applets have.
#ifndef CMD_FORMATS_H_
#define CMD_FORMATS_H_

#include "binfmt/error.h"
#include "binfmt/record.h"
#include "binfmt/record_files.h"
#include "cmd/console.h"
#include "cmd/options.h"

namespace cmd {

// Reads the option --print of LINE, "record", "binfmt.d" or "debian", where it
// was given.
binfmt::Error ReadFormat(const CommandLine& line, binfmt::FileFormat* format);

// Prints RECORD in FORMAT, or complains.
void PrintRecord(const binfmt::Record& record, binfmt::FileFormat format,
                 Console* console);

}  // namespace cmd

#endif  // CMD_FORMATS_H_
