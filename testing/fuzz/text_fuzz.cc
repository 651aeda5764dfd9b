// SPDX-License-Identifier: Apache-2.0
// Foreign bytes: whatever comes in, what goes out is fit for a terminal.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/printable.h"
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
    FUZZ_CHECK(text.size() >= 4 && text[1] == 'x');
    const std::string_view hex = text.substr(2, 2);
    std::string byte;
    FUZZ_CHECK(absl::HexStringToBytes(hex, &byte));
    FUZZ_CHECK(absl::BytesToHexString(byte) == hex);
    bytes += byte;
    text.remove_prefix(4);
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = binfmtbox_fuzz::TextOf(data, size);

  const std::string printable = binfmt::Printable(bytes);
  FUZZ_CHECK(IsPrintable(printable));
  FUZZ_CHECK(Unprintable(printable) == bytes);
  // Of other characters, some show nothing themselves.
  if (IsPrintable(bytes) && absl::c_all_of(bytes, absl::ascii_isascii)) {
    FUZZ_CHECK(printable == bytes ||
               bytes.find('\\') != std::string_view::npos);
  }

  const std::optional<uint32_t> number =
      binfmt::ParseDecimal(bytes, 0x7fffffff);
  if (number) {
    FUZZ_CHECK(*number <= 0x7fffffff);
    const std::string digits = absl::StrCat(*number);
    FUZZ_CHECK(bytes.size() >= digits.size());
    const size_t zeros = bytes.size() - digits.size();
    FUZZ_CHECK(bytes.substr(zeros) == digits);
    FUZZ_CHECK(bytes.substr(0, zeros) == std::string(zeros, '0'));
  }
  return 0;
}
