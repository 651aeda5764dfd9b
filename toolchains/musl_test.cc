// SPDX-License-Identifier: Apache-2.0
// The C library of the products has the patches of toolchains/patches.
#include <iconv.h>

#include <cstddef>
#include <string>

#include "gtest/gtest.h"

namespace {

// The code point that GB18030, a character of four bytes, stands for; 0 where
// there is none.
char32_t Decode(std::string gb18030) {
  const iconv_t to_utf32 = iconv_open("UTF-32BE", "GB18030");
  if (to_utf32 == reinterpret_cast<iconv_t>(-1)) return 0;
  unsigned char decoded[4] = {};
  char* in = gb18030.data();
  size_t in_left = gb18030.size();
  char* out = reinterpret_cast<char*>(decoded);
  size_t out_left = sizeof(decoded);
  const size_t result = iconv(to_utf32, &in, &in_left, &out, &out_left);
  iconv_close(to_utf32);
  if (result == static_cast<size_t>(-1) || in_left || out_left) return 0;
  return decoded[0] << 24 | decoded[1] << 16 | decoded[2] << 8 | decoded[3];
}

// Characters behind the surrogates were mapped wrongly by the search that
// CVE-2026-6042 is about, and those outside of the first plane as well.
TEST(Musl, Gb18030IsDecodedByRanges) {
  EXPECT_EQ(Decode("\x81\x30\x81\x30"), U'\u0080');
  EXPECT_EQ(Decode("\x84\x31\xA4\x39"), U'\uFFFF');
  EXPECT_EQ(Decode("\x90\x30\x81\x30"), U'\U00010000');
  EXPECT_EQ(Decode("\xE3\x32\x9A\x35"), U'\U0010FFFF');
  EXPECT_EQ(Decode("\xE3\x32\x9A\x36"), 0);
}

}  // namespace
