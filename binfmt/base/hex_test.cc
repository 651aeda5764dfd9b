// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/hex.h"

#include <cstddef>
#include <string_view>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(HexTest, EveryByteIsADigitOrNone) {
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    size_t value = kLower.find(c);
    if (value == kLower.npos) value = kUpper.find(c);
    EXPECT_EQ(HexDigitValue(c),
              value == kLower.npos ? -1 : static_cast<int>(value))
        << byte;
  }
}

}  // namespace
}  // namespace binfmt
