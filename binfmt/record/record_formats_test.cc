// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/record_formats.h"

#include <string>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/base/printable.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

Record Sample() {
  Record record;
  record.name = "n";
  record.magic = "MZ";
  record.interpreter = "/i";
  return record;
}

// The text, or the error.
std::string Format(const Record& record, FileFormat format) {
  const Expected<std::string> text = FormatForFile(record, format);
  return text ? *text : text.error().text();
}

TEST(FormatForFileTest, ALine) {
  EXPECT_EQ(Format(Sample(), FileFormat::kLine), ":n:M:0:MZ::/i:\n");
}

TEST(FormatForFileTest, ADisabledRecordIsAComment) {
  Record record = Sample();
  record.flags = kStartDisabled | kFixBinary;
  const std::string text = Format(record, FileFormat::kLine);
  EXPECT_EQ(text, "# disabled: :n:M:0:MZ::/i:F\n");
  const std::vector<RecordLine> lines = ParseBinfmtD(text);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text, ":n:M:0:MZ::/i:FD");
  const Expected<Record> read = ParseRecord(lines[0].text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, record);
}

TEST(FormatForFileTest, DebianMagic) {
  Record record = Sample();
  record.mask = "\xff\xdf";
  record.offset = 3;
  record.flags = kFixBinary | kPreserveArgv0;
  EXPECT_EQ(Format(record, FileFormat::kDebian),
            "package n\n"
            "interpreter /i\n"
            "magic MZ\n"
            "offset 3\n"
            "mask \\xff\\xdf\n"
            "credentials no\n"
            "preserve yes\n"
            "fix_binary yes\n");
}

TEST(FormatForFileTest, DebianExtension) {
  Record record = Sample();
  record.type = RecordType::kExtension;
  record.interpreter = "/usr/bin/my jexec";
  record.flags = kCredentials | kOpenBinary;
  EXPECT_EQ(Format(record, FileFormat::kDebian),
            "package n\n"
            "interpreter /usr/bin/my jexec\n"
            "extension MZ\n"
            "credentials yes\n"
            "preserve no\n"
            "fix_binary no\n");
}

TEST(FormatForFileTest, WhatDebianCannotExpress) {
  const auto refuses = [&](const Record& record) {
    EXPECT_EQ(Format(record, FileFormat::kDebian),
              Printable(record.name) + ": a file of this format can't hold it");
  };
  for (const int flags : {int{kOpenBinary}, int{kTransparent | kOpenBinary},
                          int{kLoader}, int{kStartDisabled}}) {
    Record record = Sample();
    record.flags = static_cast<Flags>(flags);
    refuses(record);
  }
  for (const char* interpreter : {"/i:j", "/i\nmagic PK", "/i ", "/i\t"}) {
    Record record = Sample();
    record.interpreter = interpreter;
    refuses(record);
  }
  for (const char* name : {"a:b", "a\nb"}) {
    Record record = Sample();
    record.name = name;
    refuses(record);
  }
}

// Blanks at the ends of a line are lost, and a record has one line.
TEST(FormatForFileTest, WhatALineCannotHold) {
  Record record = Sample();
  record.name = "a\nb";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            "a\\x0ab: a file of this format can't hold it");
  record.name = ":|,!~%\x01\x02";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            ":|,!~%\\x01\\x02: a file of this format can't hold it");
  record.name = ":|,!~%\x01";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            "\x02:|,!~%\x01\x02M\x02"
            "0\x02MZ\x02\x02/i\x02\n");
}

TEST(FormatForFileTest, WhatNoKernelAccepts) {
  Record record = Sample();
  record.interpreter = "i";
  EXPECT_EQ(Format(record, FileFormat::kLine),
            "record \"n\": the interpreter \"i\" is not an absolute path");
}

}  // namespace
}  // namespace binfmt
