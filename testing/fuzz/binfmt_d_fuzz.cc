// SPDX-License-Identifier: Apache-2.0
// A file of binfmt.d: each line is there or is a comment, none twice.
#include <sstream>
#include <string>

#include "binfmt/binfmt_d.h"
#include "binfmt/error.h"
#include "binfmt/memory.h"
#include "binfmt/record.h"
#include "binfmt/text.h"
#include "testing/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  std::string_view rest = text;
  unsigned number = 0;
  binfmt::Text line;
  // The same file, read apart.
  std::istringstream stream{std::string(text)};
  std::string expected;
  unsigned count = 0;
  while (std::getline(stream, expected)) {
    ++count;
    const size_t begin = expected.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    expected.resize(expected.find_last_not_of(" \t\r") + 1);
    expected.erase(0, begin);
    const std::string prefix = binfmt::kDisabledPrefix;
    if (expected.compare(0, prefix.size(), prefix) == 0) {
      expected = expected.substr(prefix.size()) + "D";
    } else if (expected[0] == '#' || expected[0] == ';') {
      continue;
    }
    FUZZ_CHECK(binfmt::NextRecordLine(&rest, &number, &line));
    FUZZ_CHECK(number == count);
    FUZZ_CHECK(line == expected);
    binfmt::Record record;
    const binfmt::Error error = ParseRecord(line, &record);
    FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(error.text()));
  }
  FUZZ_CHECK(!binfmt::NextRecordLine(&rest, &number, &line));
  FUZZ_CHECK(rest.empty());
  FUZZ_CHECK(number == count);
  return 0;
}
