// SPDX-License-Identifier: Apache-2.0
#include "cmd/formats.h"

#include "binfmt/text.h"

namespace cmd {

using binfmt::FileFormat;
using binfmt::operator""_fmt;

binfmt::Error ReadFormat(const CommandLine& line, FileFormat* format) {
  for (const GivenOption& given : line.options) {
    if (!given.Is("print")) continue;
    const bool debian = given.value == "debian";
    *format = debian ? FileFormat::kDebian : FileFormat::kLine;
    if (debian || given.value == "binfmt.d" || given.value == "record")
      continue;
    return binfmt::Misuse(
        "option --print takes record, binfmt.d or debian, not \"%\""_fmt,
        given.value);
  }
  return binfmt::Ok();
}

void PrintRecord(const binfmt::Record& record, FileFormat format,
                 Console* console) {
  binfmt::Text text;
  const binfmt::Error error = FormatForFile(record, format, &text);
  if (error.ok()) {
    console->Answer(text);
  } else {
    console->Complain(error);
  }
}

}  // namespace cmd
