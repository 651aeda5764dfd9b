// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/printable.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

TEST(PrintableTest, KeepsPlainTextAndUtf8) {
  EXPECT_EQ(Printable("qemu-arm /usr/bin/x"), "qemu-arm /usr/bin/x");
  EXPECT_EQ(Printable("\u00e4\u20ac\U0001f600"), "\u00e4\u20ac\U0001f600");
  EXPECT_EQ(Printable(""), "");
}

TEST(PrintableTest, EscapesWhatDisturbsTerminals) {
  EXPECT_EQ(Printable("a\nb\tc\x1b[31m\x7f\\"),
            "a\\x0ab\\x09c\\x1b[31m\\x7f\\x5c");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(PrintableTest, EscapesC1ControlsAlsoInUtf8) {
  EXPECT_EQ(Printable("\x9b"
                      "1m"),
            "\\x9b1m");
  EXPECT_EQ(Printable("\u009b\u009f\u00a0"), "\\xc2\\x9b\\xc2\\x9f\u00a0");
}

TEST(PrintableTest, EscapesBytesOutsideUtf8) {
  EXPECT_EQ(Printable("\xff\xfe"), "\\xff\\xfe");
  // Cut short, at the end and before a letter.
  EXPECT_EQ(Printable("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(Printable("\xe2\x82"
                      "A"),
            "\\xe2\\x82"
            "A");
}

// The kind is tested with the program, by testing/faults/look_test.py.
TEST(PrintableTest, EscapesWhatShowsNothing) {
  EXPECT_EQ(Printable("a\u202eb"), "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(Printable("\u2028\ufeff"), "\\xe2\\x80\\xa8\\xef\\xbb\\xbf");
  EXPECT_EQ(Printable("\u00ac\u00ae\u2027\u202f\ufefe\uff00"),
            "\u00ac\u00ae\u2027\u202f\ufefe\uff00");
  // A tag, of which emoji of flags are made.
  EXPECT_EQ(Printable("\U000e0041"), "\\xf3\\xa0\\x81\\x81");
}

// Table 3-7 of the Unicode standard. LENGTH is that of the sequence at the
// start, 0 where that is malformed.
TEST(PrintableTest, Utf8SequencesAtTheirLimits) {
  const struct {
    std::string_view bytes;
    size_t length;
  } cases[] = {
      {"a", 1},
      {"\x80", 0},
      {"\xbf", 0},
      {"\xc0\x80", 0},
      {"\xc1\xbf", 0},  // overlong
      {"\xc2\xa0", 2},
      {"\xdf\xbf", 2},
      {"\xc2", 0},
      {"\xc2\x41", 0},
      {"\xe0\x9f\xbf", 0},  // overlong
      {"\xe0\xa0\x80", 3},
      {"\xed\x9f\xbf", 3},
      {"\xed\xa0\x80", 0},  // a surrogate
      {"\xee\x80\x80", 0},
      {"\xef\xbf\xbf", 0},
      {"\xef\xbf", 0},
      {"\xf0\x8f\xbf\xbf", 0},  // overlong
      {"\xf0\x90\x80\x80", 4},
      {"\xf4\x8f\xbf\xbf", 0},
      {"\xf4\x90\x80\x80", 0},  // over U+10FFFF
      {"\xf5\x80\x80\x80", 0},
      {"\xf0\x90\x80", 0},
      {"\xff", 0},
      {"ab", 1},
      {"\xc2\xa0z", 2},
  };
  for (const auto& c : cases) {
    const std::string printable = Printable(c.bytes);
    const std::string hex = absl::BytesToHexString(c.bytes);
    const std::string_view sequence = c.bytes.substr(0, c.length);
    EXPECT_EQ(printable.substr(0, c.length), sequence) << hex;
    if (c.length == 0) {
      EXPECT_EQ(printable.substr(0, 4), "\\x" + hex.substr(0, 2)) << hex;
    }
  }
}

// Well-formed and one character each, yet controls.
TEST(PrintableTest, SmallestAndLargestControls) {
  EXPECT_EQ(Printable("\x1f \x7f"), "\\x1f \\x7f");
  EXPECT_EQ(Printable("\xc2\x80z"), "\\xc2\\x80z");
  EXPECT_EQ(Printable("\xc2\x9fz"), "\\xc2\\x9fz");
}

}  // namespace
}  // namespace binfmt
