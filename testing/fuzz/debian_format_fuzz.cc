// SPDX-License-Identifier: Apache-2.0
// A format file of update-binfmts: what is read as a record is written as a
// file that is read as the same, or cannot be written.
#include <algorithm>
#include <string>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"
#include "binfmt/record/record_formats.h"
#include "testing/fuzz/check.h"

using binfmtbox_fuzz::IsPrintable;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  (void)binfmt::IsDebianFormat(text);
  const binfmt::DebianFormat parsed = binfmt::ParseDebianFormat(text, "name");
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  FUZZ_CHECK(parsed.line <= static_cast<size_t>(lines));
  if (!parsed.record) {
    FUZZ_CHECK(IsPrintable(parsed.record.error().text()));
    return 0;
  }
  FUZZ_CHECK(parsed.line > 0);
  const auto record = binfmt::ParseRecord(*parsed.record);
  FUZZ_CHECK(record.has_value());
  FUZZ_CHECK(record->name == "name");
  for (const binfmt::FileFormat format :
       {binfmt::FileFormat::kLine, binfmt::FileFormat::kDebian}) {
    const auto file = FormatForFile(*record, format);
    if (!file) {
      FUZZ_CHECK(IsPrintable(file.error().text()));
      continue;
    }
    std::string again = file->substr(0, file->size() - 1);
    if (format == binfmt::FileFormat::kDebian) {
      FUZZ_CHECK(binfmt::IsDebianFormat(*file));
      const auto read = binfmt::ParseDebianFormat(*file, record->name).record;
      FUZZ_CHECK(read.has_value());
      again = *read;
    }
    const auto read = binfmt::ParseRecord(again);
    FUZZ_CHECK(read.has_value());
    FUZZ_CHECK(*read == *record);
  }
  return 0;
}
