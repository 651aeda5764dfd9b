// SPDX-License-Identifier: Apache-2.0
// Foreign bytes: whatever comes in, what goes out is fit for a terminal.
#include <algorithm>
#include <cctype>
#include <string>

#include "binfmt/memory.h"
#include "binfmt/text.h"
#include "testing/fuzz/check.h"

namespace {

using binfmtbox_fuzz::IsPrintable;

// What Printable() was given.
std::string Unprintable(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text[0] != '\\') {
      bytes.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    binfmt::Text byte;
    FUZZ_CHECK(text.size() >= 4 && text[1] == 'x');
    FUZZ_CHECK(binfmt::Unhex(text.substr(2, 2), &byte));
    bytes += byte;
    text.remove_prefix(4);
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  const std::string_view bytes = binfmtbox_fuzz::TextOf(data, size);

  const std::string printable = binfmt::Printable(bytes);
  FUZZ_CHECK(IsPrintable(printable));
  FUZZ_CHECK(Unprintable(printable) == bytes);
  FUZZ_CHECK(binfmt::Fill("%", bytes) == printable);
  FUZZ_CHECK(binfmt::Fill("a % b @ c %", bytes, "x", bytes) ==
             "a " + printable + " b x c " + printable);
  FUZZ_CHECK(binfmt::Fill("@%", bytes) == std::string(bytes) + "%");

  const int length = binfmt::Utf8SequenceLength(bytes);
  FUZZ_CHECK(length >= 0 && length <= 4);
  FUZZ_CHECK(static_cast<size_t>(length) <= size);
  if (IsPrintable(bytes)) {
    FUZZ_CHECK(bytes.empty() || length > 0);
    FUZZ_CHECK(printable == bytes ||
               bytes.find('\\') != std::string_view::npos);
  }

  binfmt::Text raw;
  if (binfmt::Unhex(bytes, &raw)) {
    std::string lower(bytes);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    });
    FUZZ_CHECK(binfmt::Hex(raw) == lower);
  }
  const std::string hex = binfmt::Hex(bytes);
  FUZZ_CHECK(hex.size() == 2 * size);
  FUZZ_CHECK(binfmt::Unhex(hex, &raw));
  FUZZ_CHECK(raw == bytes);

  uint32_t number;
  if (binfmt::ParseDecimal(bytes, 0x7fffffff, &number)) {
    FUZZ_CHECK(number <= 0x7fffffff);
    const std::string digits = binfmt::Decimal(number);
    const size_t zeros = bytes.size() - digits.size();
    FUZZ_CHECK(bytes.substr(zeros) == digits);
    FUZZ_CHECK(bytes.substr(0, zeros) == std::string(zeros, '0'));
  }
  return 0;
}
