// SPDX-License-Identifier: Apache-2.0
#include "cmd/print_format.h"

#include <cstddef>
#include <string>

#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"

namespace cmd {

using binfmt::Expected;
using binfmt::FileFormat;

Expected<void> StoreFormat(std::optional<FileFormat>& format, std::string_view,
                           std::string_view value) {
  format = value == "debian"    ? FileFormat::kDebian
           : value == "display" ? FileFormat::kDisplay
                                : FileFormat::kLine;
  return {};
}

namespace {

// Whether a terminal shows TEXT, a record of some lines, as it is.
bool IsHarmless(std::string_view text) {
  size_t size = text.size();
  // Printable() replaces these, too, by four characters.
  for (const char c : text) size += c == '\n' || c == '\\' ? 3 : 0;
  return binfmt::Printable(text).size() == size;
}

}  // namespace

void PrintRecord(const binfmt::Record& record, FileFormat format,
                 Console& console) {
  Expected<std::string> text = binfmt::FormatForFile(record, format);
  if (text && console.IsShown() && !IsHarmless(*text)) {
    text = binfmt::Failed(0,
                          "$0: a terminal would act on its record; print it "
                          "into a file or a pipe",
                          record.name);
  }
  if (text) {
    console.Answer(*text);
  } else {
    console.Complain(text.error());
  }
}

}  // namespace cmd
