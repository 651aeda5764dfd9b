// SPDX-License-Identifier: Apache-2.0
#include "binfmt/text.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace binfmt {
namespace {

// Address and NUL.
const void* Address(const Text& text) { return text.data(); }
bool EndsWithNul(const Text& text) { return text.c_str()[text.size()] == '\0'; }

TEST(TextTest, CopiesShareTheBytes) {
  const Text text = "abc";
  const Text copy = text;
  EXPECT_EQ(copy, "abc");
  EXPECT_EQ(Address(copy), Address(text));
  Text assigned = "other";
  assigned = text;
  EXPECT_EQ(Address(assigned), Address(text));
}

TEST(TextTest, KeepsItsBytesWhenTheSourceChanges) {
  char array[] = "array";
  std::string string(100, 's');
  const Text of_array = array;
  const Text of_view = std::string_view(array);
  const Text of_string = string;
  array[0] = 'x';
  string[0] = 'x';
  EXPECT_EQ(of_array, "array");
  EXPECT_EQ(of_view, "array");
  EXPECT_EQ(of_string, std::string(100, 's'));
}

TEST(TextTest, EmptyByDefault) {
  const Text text;
  EXPECT_TRUE(text.empty());
  EXPECT_STREQ(text.c_str(), "");
}

TEST(TextTest, NulBehindEveryText) {
  const std::string string = "a string";
  EXPECT_TRUE(EndsWithNul(string));
  EXPECT_TRUE(EndsWithNul(std::string()));
  EXPECT_TRUE(EndsWithNul(std::string_view()));
  EXPECT_TRUE(EndsWithNul(std::string_view(string).substr(2, 3)));
  EXPECT_TRUE(EndsWithNul(Text("abc").substr(0, 2)));
  EXPECT_TRUE(EndsWithNul(Fill("%", string)));
  EXPECT_TRUE(EndsWithNul(Decimal(17)));
  EXPECT_TRUE(EndsWithNul(Padded("a", 3)));
  EXPECT_TRUE(EndsWithNul(Hex("a")));
  Text bytes;
  EXPECT_TRUE(Unhex("6162", &bytes));
  EXPECT_STREQ(bytes.c_str(), "ab");
}

TEST(TextTest, KeepsNulBytes) {
  const std::string_view view("a\0b", 3);
  const Text text = view;
  EXPECT_EQ(text.size(), 3u);
  EXPECT_EQ(text, view);
  EXPECT_TRUE(EndsWithNul(text));
  EXPECT_STREQ(text.c_str(), "a");
  EXPECT_EQ(Text(std::string(view)), view);
  EXPECT_EQ(Text("a\0b"), "a") << "a literal ends at the first";
}

TEST(TextTest, BecomesAString) {
  std::string string = Text(std::string_view("a\0b", 3));
  EXPECT_EQ(string, std::string("a\0b", 3));
  string = Text();
  EXPECT_EQ(string, "");
}

TEST(TextTest, PartOfItself) {
  Text text = "abc";
  text = text.substr(1);
  EXPECT_EQ(text, "bc");
  text = Fill("@@", text, text);
  EXPECT_EQ(text, "bcbc");
}

TEST(TextTest, GoogletestPrintsIt) {
  EXPECT_EQ(testing::PrintToString(Text("ab")), "ab");
}

TEST(TextTest, WriterTakesAllThatIsPut) {
  TextWriter writer;
  writer.Put('a');
  writer.Put(std::string_view("b\0c", 3));
  writer.Put("");
  writer.EndAt(WriteEscape('\xf0', writer.Room(4)));
  writer.PutPrintable("\n\u00e4");
  const Text text = writer.Finish();
  EXPECT_EQ(text, std::string("ab\0c\\xf0\\x0a\u00e4", 14));
  EXPECT_TRUE(EndsWithNul(text));
}

TEST(TextTest, WriterOfMoreThanItHadRoomFor) {
  // Made before, as nothing may be made between Put() and Finish().
  std::string wanted;
  for (int i = 0; i < 1000; ++i) wanted += "0123456789\n";
  TextWriter writer;
  for (int i = 0; i < 1000; ++i) {
    writer.Put("0123456789");
    writer.Put('\n');
  }
  const Text text = writer.Finish();
  EXPECT_EQ(text, wanted);
  EXPECT_TRUE(EndsWithNul(text));
}

TEST(TextTest, WriterAfterOneThatWasLeftOff) {
  Text bytes;
  EXPECT_FALSE(Unhex("6162zz", &bytes));
  TextWriter writer;
  writer.Put("cd");
  EXPECT_EQ(writer.size(), 2u);
  EXPECT_EQ(writer.Finish(), "cd");
}

TEST(TextTest, WriterOfNothing) {
  TextWriter writer;
  const Text text = writer.Finish();
  EXPECT_EQ(text, "");
  EXPECT_TRUE(EndsWithNul(text));
}

TEST(TextTest, PaddedToItsWidth) {
  EXPECT_EQ(Padded("ab", 4), "ab  ");
  EXPECT_EQ(Padded("", 2), "  ");
  EXPECT_EQ(Padded("ab", 2), "ab");
  EXPECT_EQ(Padded("abc", 2), "abc");
  EXPECT_EQ(Padded("", 0), "");
}

TEST(TextTest, HexValueOfEveryByte) {
  const std::string_view lower = "0123456789abcdef";
  const std::string_view upper = "0123456789ABCDEF";
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    size_t value = lower.find(c);
    if (value == std::string_view::npos) value = upper.find(c);
    EXPECT_EQ(HexValue(c),
              value == std::string_view::npos ? -1 : static_cast<int>(value))
        << i;
  }
}

TEST(TextTest, TakeUntilTakesTheDelimiter) {
  std::string_view text = "a b  c";
  EXPECT_EQ(TakeUntil(' ', &text), "a");
  EXPECT_EQ(TakeUntil(' ', &text), "b");
  EXPECT_EQ(TakeUntil(' ', &text), "");
  EXPECT_EQ(TakeUntil(' ', &text), "c");
  EXPECT_EQ(text, "");
  EXPECT_EQ(TakeUntil(' ', &text), "");
}

TEST(TextTest, FillPutsArgumentsInOrder) {
  EXPECT_EQ(Fill("%/@ %", "dir", "name", "x"), "dir/name x");
  EXPECT_EQ(Fill("no argument"), "no argument");
  EXPECT_EQ(Fill("", "x"), "");
}

TEST(TextTest, FillKeepsPlacesWithoutArgument) {
  EXPECT_EQ(Fill("% of 100% @", "7"), "7 of 100% @");
}

TEST(TextTest, FillDoesNotExpandArguments) {
  EXPECT_EQ(Fill("<%> <@> <%>", "@", "%", "x"), "<@> <%> <x>");
}

TEST(TextTest, FillEscapesWhatComesFromOutside) {
  EXPECT_EQ(Fill("<%> <@>", "a\n\\", "a\n\\"), "<a\\x0a\\x5c> <a\n\\>");
}

TEST(TextTest, FillKeepsNulBytes) {
  EXPECT_EQ(Fill("<@>", std::string_view("a\0b", 3)), std::string("<a\0b>", 5));
}

TEST(TextTest, ParseDecimalUpToItsLimit) {
  uint32_t number = 7;
  EXPECT_TRUE(ParseDecimal("0", 0, &number));
  EXPECT_EQ(number, 0u);
  EXPECT_TRUE(ParseDecimal("00042", 42, &number));
  EXPECT_EQ(number, 42u);
  EXPECT_TRUE(ParseDecimal("4294967295", UINT32_MAX, &number));
  EXPECT_EQ(number, UINT32_MAX);
  for (const char* text :
       {"", "+1", "-1", " 1", "1 ", "1a", "0x1", "43", "4294967338",
        "18446744073709551658", "99999999999999999999999999"}) {
    EXPECT_FALSE(ParseDecimal(text, 42, &number)) << text;
  }
  EXPECT_FALSE(ParseDecimal("4294967296", UINT32_MAX, &number));
}

TEST(TextTest, BytesAppendAddsAllParts) {
  Bytes bytes;
  EXPECT_EQ(bytes.view(), "");
  for (const char* part : {"a", "b", "", "cd"}) bytes.Append(part);
  EXPECT_EQ(bytes.view(), "abcd");
  bytes.Append(std::string_view("\0e", 2));
  EXPECT_EQ(bytes.view(), std::string_view("abcd\0e", 6));
}

TEST(TextTest, DecimalOfSmallestAndLargest) {
  EXPECT_EQ(Decimal(0), "0");
  EXPECT_EQ(Decimal(9), "9");
  EXPECT_EQ(Decimal(10), "10");
  EXPECT_EQ(Decimal(UINT64_MAX), "18446744073709551615");
}

TEST(TextTest, PrintableKeepsPlainTextAndUtf8) {
  EXPECT_EQ(Printable("qemu-arm /usr/bin/x"), "qemu-arm /usr/bin/x");
  EXPECT_EQ(Printable("\u00e4\u20ac\U0001f600"), "\u00e4\u20ac\U0001f600");
  EXPECT_EQ(Printable(""), "");
}

TEST(TextTest, PrintableEscapesWhatDisturbsTerminals) {
  EXPECT_EQ(Printable("a\nb\tc\x1b[31m\x7f\\"),
            "a\\x0ab\\x09c\\x1b[31m\\x7f\\x5c");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(TextTest, PrintableEscapesC1ControlsAlsoInUtf8) {
  EXPECT_EQ(Printable("\x9b"
                      "1m"),
            "\\x9b1m");
  EXPECT_EQ(Printable("\u009b\u009f\u00a0"), "\\xc2\\x9b\\xc2\\x9f\u00a0");
}

TEST(TextTest, PrintableEscapesBytesOutsideUtf8) {
  EXPECT_EQ(Printable("\xff\xfe"), "\\xff\\xfe");
  // Cut short, at the end and before a letter.
  EXPECT_EQ(Printable("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(Printable("\xe2\x82"
                      "A"),
            "\\xe2\\x82"
            "A");
}

TEST(TextTest, HexIsLowerCase) {
  EXPECT_EQ(Hex(std::string_view("\x7f"
                                 "ELF\x00\xab",
                                 6)),
            "7f454c4600ab");
  EXPECT_EQ(Hex(""), "");
}

TEST(TextTest, UnhexTakesBothCases) {
  Text bytes = "old";
  EXPECT_TRUE(Unhex("7f454C46", &bytes));
  EXPECT_EQ(bytes,
            "\x7f"
            "ELF");
  EXPECT_TRUE(Unhex("", &bytes));
  EXPECT_EQ(bytes, "");
}

TEST(TextTest, UnhexOfOddLengthOrOtherCharacters) {
  Text bytes;
  for (const char* text : {"7", "7f4", "7g", "g7", "0x", " 7", "7 "}) {
    EXPECT_FALSE(Unhex(text, &bytes)) << text;
  }
  EXPECT_EQ(bytes, "");
}

TEST(TextTest, HexAndUnhexOfEveryByte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  Text back;
  EXPECT_TRUE(Unhex(Hex(all), &back));
  EXPECT_EQ(back, all);
}

// Table 3-7 of the Unicode standard.
TEST(TextTest, Utf8SequencesAtTheirLimits) {
  const struct {
    const char* bytes;
    int length;
  } cases[] = {
      {"", 0},
      {"a", 1},
      {"\x7f", 1},
      {"\x80", 0},
      {"\xbf", 0},
      {"\xc0\x80", 0},
      {"\xc1\xbf", 0},  // overlong
      {"\xc2\x80", 2},
      {"\xdf\xbf", 2},
      {"\xc2", 0},
      {"\xc2\x41", 0},
      {"\xe0\x9f\xbf", 0},  // overlong
      {"\xe0\xa0\x80", 3},
      {"\xed\x9f\xbf", 3},
      {"\xed\xa0\x80", 0},  // a surrogate
      {"\xee\x80\x80", 3},
      {"\xef\xbf\xbf", 3},
      {"\xef\xbf", 0},
      {"\xf0\x8f\xbf\xbf", 0},  // overlong
      {"\xf0\x90\x80\x80", 4},
      {"\xf4\x8f\xbf\xbf", 4},
      {"\xf4\x90\x80\x80", 0},  // over U+10FFFF
      {"\xf5\x80\x80\x80", 0},
      {"\xf0\x90\x80", 0},
      {"\xff", 0},
      {"ab", 1},
      {"\xc2\x80z", 2},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Utf8SequenceLength(c.bytes), c.length) << Hex(c.bytes);
  }
}

}  // namespace
}  // namespace binfmt
