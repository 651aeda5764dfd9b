// SPDX-License-Identifier: Apache-2.0
// The option --print, which register and status have.
#ifndef CMD_PRINT_FORMAT_H_
#define CMD_PRINT_FORMAT_H_

#include <optional>
#include <string_view>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"
#include "binfmt/record/record_formats.h"
#include "cmd/console.h"

namespace cmd {

// Stores the format that VALUE names: the value of an option
// "record|binfmt.d|debian", with "|display" for status.
binfmt::Expected<void> StoreFormat(std::optional<binfmt::FileFormat>& format,
                                   std::string_view name,
                                   std::string_view value);

// Prints RECORD in FORMAT, to the byte, or complains: also where that would
// reach a terminal, which would act on it.
void PrintRecord(const binfmt::Record& record, binfmt::FileFormat format,
                 Console& console);

}  // namespace cmd

#endif  // CMD_PRINT_FORMAT_H_
