// SPDX-License-Identifier: Apache-2.0
// A file of binfmt.d: each line that is no comment is read, once.
#include <sstream>
#include <string>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"
#include "binfmt/record/record_formats.h"
#include "testing/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  const std::vector<binfmt::RecordLine> lines = binfmt::ParseBinfmtD(text);
  size_t next = 0;
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
    FUZZ_CHECK(next < lines.size());
    const binfmt::RecordLine& line = lines[next++];
    FUZZ_CHECK(line.number == count);
    FUZZ_CHECK(line.text == expected);
    const auto record = binfmt::ParseRecord(line.text);
    FUZZ_CHECK(record || binfmtbox_fuzz::IsPrintable(record.error().text()));
  }
  FUZZ_CHECK(next == lines.size());
  return 0;
}
