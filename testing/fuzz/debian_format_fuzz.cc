// SPDX-License-Identifier: Apache-2.0
// A format file of update-binfmts: what is read as a record is written as a
// file that is read as the same, or can't be written.
#include <algorithm>

#include "binfmt/debian_format.h"
#include "binfmt/error.h"
#include "binfmt/memory.h"
#include "binfmt/record.h"
#include "binfmt/record_files.h"
#include "binfmt/text.h"
#include "testing/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  (void)binfmt::IsDebianFormat(text);
  binfmt::Text rule;
  unsigned line = 0;
  const binfmt::Error error =
      binfmt::ParseDebianFormat(text, "name", &rule, &line);
  FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(error.text()));
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  FUZZ_CHECK(line <= static_cast<size_t>(lines));
  if (!error.ok()) return 0;
  FUZZ_CHECK(line > 0);
  binfmt::Record record;
  FUZZ_CHECK(ParseRecord(rule, &record).ok());
  FUZZ_CHECK(record.name == "name");
  for (const binfmt::FileFormat format :
       {binfmt::FileFormat::kLine, binfmt::FileFormat::kDebian}) {
    binfmt::Text file;
    const binfmt::Error unwritable = FormatForFile(record, format, &file);
    FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(unwritable.text()));
    if (!unwritable.ok()) continue;
    binfmt::Text again = file.substr(0, file.size() - 1);
    if (format == binfmt::FileFormat::kDebian) {
      FUZZ_CHECK(binfmt::IsDebianFormat(file));
      FUZZ_CHECK(
          binfmt::ParseDebianFormat(file, record.name, &again, &line).ok());
    }
    binfmt::Record read;
    FUZZ_CHECK(ParseRecord(again, &read).ok());
    FUZZ_CHECK(read == record);
  }
  return 0;
}
