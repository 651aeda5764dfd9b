// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "binfmt/record/record_formats.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

// "RULE (line LINE)", or "LINE: the error".
std::string Read(std::string_view text) {
  const DebianFormat format = ParseDebianFormat(text, "name");
  if (!format.record) {
    return absl::StrCat(format.line, ": ", format.record.error().text());
  }
  return absl::StrCat(*format.record, " (line ", format.line, ")");
}

TEST(ParseDebianFormatTest, Qemu) {
  EXPECT_EQ(Read("package qemu-user-static\n"
                 "interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\n"
                 "magic \\x7f\\x45\\x4c\\x46\\x02\n"
                 "offset 0\n"
                 "mask \\xff\\xff\\xff\\xff\\xff\n"
                 "credentials no\n"
                 "fix_binary yes\n"
                 "preserve yes\n"),
            ":name:M:0:\\x7f\\x45\\x4c\\x46\\x02:\\xff\\xff\\xff\\xff\\xff:"
            "/usr/libexec/qemu-binfmt/aarch64-binfmt-P:PF (line 2)");
}

// sbcl's: a comment of several lines, an empty one, and blanks in a value.
TEST(ParseDebianFormatTest, CommentsAndBlanks) {
  EXPECT_EQ(
      Read("# This executes executable files that start with \"# FASL.\"\n"
           "#\n"
           "\n"
           "package sbcl \n"
           "interpreter /usr/lib/sbcl/sbcl-run\t\r\n"
           "magic # FASL\\x0a"),
      ":name:M::# FASL\\x0a::/usr/lib/sbcl/sbcl-run: (line 5)");
}

TEST(ParseDebianFormatTest, Extension) {
  EXPECT_EQ(Read("package love\ninterpreter /usr/bin/love\nextension love\n"),
            ":name:E::love::/usr/bin/love: (line 2)");
}

TEST(ParseDebianFormatTest, CredentialsBringTheOpenBinary) {
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\ncredentials yes\n"),
            ":name:M::MZ::/i:OC (line 1)");
}

// FEX's file has one more key.
TEST(ParseDebianFormatTest, Fex) {
  EXPECT_EQ(Read("package FEX\ninterpreter /usr/bin/FEX\nmagic AB\noffset 0\n"
                 "mask \\xff\\xfe\ncredentials yes\nfix_binary yes\n"
                 "preserve yes\nexpose_interpreter optional\n"),
            ":name:M:0:AB:\\xff\\xfe:/usr/bin/FEX:POCF (line 2)");
}

TEST(ParseDebianFormatTest, TheLastOfAKeyCounts) {
  EXPECT_EQ(Read("magic MZ\ninterpreter /a\nmagic PK\ninterpreter /b\n"
                 "fix_binary yes\nfix_binary no\n"),
            ":name:M::PK::/b: (line 4)");
}

TEST(ParseDebianFormatTest, ADetectorIsAskedByRunDetectors) {
  EXPECT_EQ(Read("package mono-runtime\n"
                 "detector /usr/lib/cli/binfmt-detector-cli\n"
                 "interpreter /usr/bin/cli\nmagic MZ\n"),
            ":name:M::MZ::/usr/lib/binfmt-support/run-detectors: (line 3)");
}

// Standard input has no name.
TEST(ParseDebianFormatTest, ByTheNameOfItsPackage) {
  EXPECT_EQ(ParseDebianFormat("package p\ninterpreter /i\nmagic MZ\n", "-")
                .record.value_or("error"),
            ":p:M::MZ::/i:");
  EXPECT_FALSE(
      ParseDebianFormat("interpreter /i\nmagic MZ\n", "-").record.has_value());
}

TEST(ParseDebianFormatTest, AnEmptyValueIsNone) {
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\nmask \noffset\n"),
            ":name:M::MZ::/i: (line 1)");
}

TEST(ParseDebianFormatTest, TheLineThatIsBroken) {
  EXPECT_EQ(Read("package p\nmagc MZ\ninterpreter /i\n"),
            "2: no key and value of a format file: \"magc MZ\"");
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\npreserve maybe\n"),
            "3: preserve is yes or no, not \"maybe\"");
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\nfix_binary\n"),
            "3: fix_binary is yes or no, not \"\"");
  EXPECT_EQ(Read("interpreter /i\nmagic \\xzz\nmask \\xff\n"),
            "2: record \"name\": the magic holds a \\x without two hex digits");
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\noffset 3000\nmask \\xff\n"),
            "3: record \"name\": offset 3000 and 2 bytes of magic reach over "
            "the 256 bytes that the kernel looks at");
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\noffset x\nmask \\xff\\xff\n"),
            "3: record \"name\": the offset \"x\" is not a decimal number");
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\nmask \\xff\ncredentials no\n"),
            "3: record \"name\": the mask has 1 bytes, the magic 2");
  EXPECT_EQ(Read("package p\ninterpreter /i\nmagic MZ\npackage q\n"),
            "4: a second package, \"q\"");
  EXPECT_EQ(Read("interpreter /i\nmagic M:Z\n"),
            "2: a colon in magic, which ends it; in magic and mask it is "
            "\"\\x3a\"");
  EXPECT_EQ(Read("interpreter /i:j\nmagic MZ\n").substr(0, 26),
            "1: a colon in interpreter,");
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\ncredentials YES\n"),
            "3: credentials is yes or no, not \"YES\"");
  EXPECT_EQ(Read("interpreter\t/i\nmagic MZ\n"),
            "1: no key and value of a format file: \"interpreter\\x09/i \"");
  EXPECT_EQ(Read("extension a/b\ninterpreter /i\n"),
            "2: record \"name\": the extension holds a slash");
}

// An error in an earlier line is found at the line that completes the entry.
TEST(ParseDebianFormatTest, TheLineThatCompletesABrokenEntry) {
  EXPECT_EQ(Read("mask \\xff\nmagic MZ\ninterpreter /i\n"),
            "3: record \"name\": the mask has 1 bytes, the magic 2");
}

TEST(ParseDebianFormatTest, AnInterpreterAndAPattern) {
  constexpr char kWhole[] =
      ": a format file has an interpreter, and magic or extension";
  for (const char* text :
       {"package p\nmagic MZ\n", "package p\ninterpreter /i\n",
        "interpreter /i\nmask \\xff\n", "interpreter /i\noffset 1\n"}) {
    EXPECT_EQ(Read(text), std::string("2") + kWhole) << text;
  }
  EXPECT_EQ(Read("interpreter /i\nmagic MZ\nextension e\n"),
            std::string("3") + kWhole);
  EXPECT_EQ(Read(""), std::string("0") + kWhole);
}

TEST(IsDebianFormatTest, ByTheFirstLetter) {
  EXPECT_TRUE(IsDebianFormat("package p\n"));
  EXPECT_TRUE(IsDebianFormat("# x\n\n ; y\n  Magc MZ\ninterpreter /i"));
  EXPECT_FALSE(IsDebianFormat(""));
  EXPECT_FALSE(IsDebianFormat("# magic MZ\n"));
  EXPECT_FALSE(IsDebianFormat("# disabled: :magic:M::MZ::/i:\n"));
  EXPECT_FALSE(IsDebianFormat(":magic :M::MZ::/i:\npackage p\n"));
  EXPECT_FALSE(IsDebianFormat("name:M::MZ::/usr/bin/a b:\n"));
  for (const char* delimiter : {"@", "[", "`", "{", "\x80", "0", "\x01"}) {
    EXPECT_FALSE(IsDebianFormat(delimiter)) << delimiter;
  }
}

TEST(FormatDebianTest, IsReadAsTheSame) {
  for (const char* rule :
       {":name:M:0:MZ::/i:", ":name:M:3:MZ:\\xff\\xff:/i:POCF",
        ":name:E::jar::/usr/bin/a b:P", ":name:M:0:# FASL\\x0a::/i:F"}) {
    const std::string read = Read(FormatDebian(rule));
    EXPECT_EQ(read.substr(0, read.find(" (line")), rule);
  }
}

// The format has no word for it, or the record begins with another delimiter.
TEST(FormatDebianTest, WhatItCannotExpressDoesNotRoundTrip) {
  for (const char* rule :
       {":name:M:0:MZ::/i:O", ":name:M:0:MZ::/i:OT", ":name:M:0:MZ::/i:L",
        "|name|M|0|MZ||/i:j|",
        ":name:M:0:MZ::/i\nmagic PK:", ":name:M:0:MZ::/i :"}) {
    const std::string read = Read(FormatDebian(rule));
    EXPECT_NE(read.substr(0, read.find(" (line")), rule);
  }
}

// As update-binfmts 2.2.2 writes them into its database.
TEST(DebianDatabaseTest, LinesOfValues) {
  const auto record = [](std::string_view text) {
    return ParseDebianDatabase(text, "name").record.value_or("none");
  };
  EXPECT_EQ(record("qemu\nmagic\n2\n\\x7fELF\n\\xff\\xff\\xff\\xff\n/usr/bin/"
                   "qemu\n\nyes\nyes\nyes\n"),
            ":name:M:2:\\x7fELF:\\xff\\xff\\xff\\xff:/usr/bin/qemu:POCF");
  EXPECT_EQ(record("jar\nextension\n0\njar\n\n/usr/bin/jar\n\n\nno\n\n"),
            ":name:E:0:jar::/usr/bin/jar:");
  EXPECT_EQ(record("a\nmagic\n0\nMZ\n\n/usr/bin/a\n/usr/bin/detect\n\n\n\n"),
            ":name:M:0:MZ::/usr/lib/binfmt-support/run-detectors:");
  EXPECT_EQ(record("a\nother\n0\nMZ\n\n/usr/bin/a\n"), "none");
  EXPECT_EQ(record("a\nmagic\n"), "none");
  EXPECT_EQ(record(""), "none");
}

}  // namespace
}  // namespace binfmt
