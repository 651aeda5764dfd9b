// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/decimal.h"

#include <cstdint>
#include <optional>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(DecimalTest, ParseDecimalUpToItsLimit) {
  EXPECT_EQ(ParseDecimal("0", 0), 0u);
  EXPECT_EQ(ParseDecimal("00042", 42), 42u);
  EXPECT_EQ(ParseDecimal("4294967295", UINT32_MAX), UINT32_MAX);
  for (const char* text :
       {"", "+1", "-1", " 1", "1 ", "1a", "0x1", "43", "4294967338",
        "18446744073709551658", "99999999999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(text, 42), std::nullopt) << text;
  }
  EXPECT_EQ(ParseDecimal("4294967296", UINT32_MAX), std::nullopt);
}

}  // namespace
}  // namespace binfmt
