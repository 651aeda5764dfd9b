// SPDX-License-Identifier: Apache-2.0
#include "cmd/print_format.h"

#include <string>

#include "binfmt/base/message.h"

namespace cmd {

using binfmt::Expected;
using binfmt::FileFormat;

Expected<void> StoreFormat(std::optional<FileFormat>& format, std::string_view,
                           std::string_view value) {
  if (value == "debian") {
    format = FileFormat::kDebian;
  } else if (value == "binfmt.d" || value == "record") {
    format = FileFormat::kLine;
  } else {
    return binfmt::Misuse(
        "option --print takes record, binfmt.d or debian, not \"$0\"", value);
  }
  return {};
}

void PrintRecord(const binfmt::Record& record, FileFormat format,
                 Console& console) {
  const Expected<std::string> text = binfmt::FormatForFile(record, format);
  if (text) {
    console.Answer(*text);
  } else {
    console.Complain(text.error());
  }
}

}  // namespace cmd
