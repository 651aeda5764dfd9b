// SPDX-License-Identifier: Apache-2.0
#include "cmd/json.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cmd {
namespace {

std::string Quoted(std::string_view bytes) {
  JsonWriter json;
  json.String(bytes);
  return std::string(json.text());
}

TEST(JsonWriterTest, EmptyObjectAndArray) {
  JsonWriter object;
  object.BeginObject();
  object.EndObject();
  EXPECT_EQ(object.text(), "{}");
  JsonWriter array;
  array.BeginArray();
  array.EndArray();
  EXPECT_EQ(array.text(), "[]");
}

TEST(JsonWriterTest, EveryKindOfValue) {
  JsonWriter json;
  json.BeginObject();
  json.Field("text", "x");
  json.Field("yes", true);
  json.Field("no", false);
  json.Key("none");
  json.Null();
  json.Key("number");
  json.Number(0);
  json.Key("largest");
  json.Number(UINT64_MAX);
  json.EndObject();
  EXPECT_EQ(json.text(),
            "{\"text\":\"x\",\"yes\":true,\"no\":false,\"none\":null,"
            "\"number\":0,\"largest\":18446744073709551615}");
}

TEST(JsonWriterTest, NullForNoBytes) {
  JsonWriter json;
  json.BeginObject();
  json.FieldOrNull("none", "");
  json.FieldOrNull("some", "\"");
  json.BeginArray("list");
  json.EndArray();
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"none":null,"some":"\"","list":[]})");
}

TEST(JsonWriterTest, CommasInNestedValues) {
  JsonWriter json;
  json.BeginArray();
  json.BeginObject();
  json.Key("a");
  json.BeginArray();
  json.BeginArray();
  json.EndArray();
  json.String("b");
  json.BeginObject();
  json.EndObject();
  json.Null();
  json.EndArray();
  json.Field("c", "d");
  json.EndObject();
  json.BeginObject();
  json.EndObject();
  json.Number(1);
  json.EndArray();
  EXPECT_EQ(json.text(), "[{\"a\":[[],\"b\",{},null],\"c\":\"d\"},{},1]");
}

TEST(JsonWriterTest, PlainText) {
  EXPECT_EQ(Quoted(""), R"("")");
  EXPECT_EQ(Quoted("/usr/bin/qemu-arm"), R"("/usr/bin/qemu-arm")");
  EXPECT_EQ(Quoted("a b:c%d@e"), R"("a b:c%d@e")");
  EXPECT_EQ(Quoted("\xc3\xa4\xf0\x9f\x90\xa7"), "\"\xc3\xa4\xf0\x9f\x90\xa7\"");
}

TEST(JsonWriterTest, Quotes) { EXPECT_EQ(Quoted("a\"b"), R"("a\"b")"); }

// Decoded, these read as binfmt::Printable() writes them: \x5c for a backslash.
TEST(JsonWriterTest, BackslashesAndControlBytes) {
  EXPECT_EQ(Quoted("a\\b"), R"("a\\x5cb")");
  EXPECT_EQ(Quoted("a\nb\tc"), R"("a\\x0ab\\x09c")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f", 3)), R"("\\x00\\x1f\\x7f")");
}

TEST(JsonWriterTest, BytesThatAreNotUtf8) {
  EXPECT_EQ(Quoted("\xff"), R"("\\xff")");
  EXPECT_EQ(Quoted("\xc3("), R"("\\xc3(")");
  EXPECT_EQ(Quoted("\xc0\xaf"), R"("\\xc0\\xaf")") << "overlong";
  EXPECT_EQ(Quoted("\xed\xa0\x80"), R"("\\xed\\xa0\\x80")") << "surrogate";
  EXPECT_EQ(Quoted("\xc2\x85"), R"("\\xc2\\x85")") << "a C1 control";
}

TEST(JsonWriterTest, KeysAreEscapedAsStringsAre) {
  JsonWriter json;
  json.BeginObject();
  json.Field("a\"\n", "");
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"a\"\\x0a":""})");
}

// No byte whatever leaves the string or the line.
TEST(JsonWriterTest, EveryByteStaysInside) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = Quoted(std::string(1, static_cast<char>(byte)));
    ASSERT_GE(text.size(), 3u);
    for (size_t i = 1; i + 1 < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
        EXPECT_TRUE(text[i] == '"' || text[i] == '\\') << byte;
        continue;
      }
      EXPECT_TRUE(text[i] >= ' ' && text[i] <= '~' && text[i] != '"') << byte;
    }
  }
}

TEST(JsonWriterTest, FinishEndsTheObjectAndTheLine) {
  JsonWriter json;
  json.BeginObject();
  json.Field("a", true);
  EXPECT_EQ(json.Finish(), "{\"a\":true}\n");
}

}  // namespace
}  // namespace cmd
