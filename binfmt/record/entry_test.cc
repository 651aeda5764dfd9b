// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/entry.h"

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "binfmt/base/printable.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"
#include "testing/error_text.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;

// All fields of an entry in one line, or the error.
std::string Parse(std::string_view text) {
  const Expected<Entry> entry = ParseEntry("n", text);
  if (!entry) return ErrorText(entry);
  const Record& r = entry->record;
  return absl::StrCat(r.name, entry->enabled ? " on " : " off ",
                      std::string(1, static_cast<char>(r.type)), " ", r.offset,
                      " ", absl::BytesToHexString(r.magic), " ",
                      r.mask.empty() ? "-" : absl::BytesToHexString(r.mask),
                      " ", Printable(r.interpreter),
                      " flags=", FlagLetters(r.flags),
                      " unknown=", entry->unknown_flags);
}

std::string Malformed(const std::string& why) {
  return "failed EINVAL: entry \"n\" is not understood: " + why;
}

constexpr char kPlain[] =
    "enabled\ninterpreter /i\nflags: \noffset 0\nmagic 4142\n";

TEST(EntryTest, MagicWithoutMask) {
  EXPECT_EQ(Parse(kPlain), "n on M 0 4142 - /i flags= unknown=");
}

TEST(EntryTest, MagicWithMaskAndFlags) {
  EXPECT_EQ(Parse("disabled\ninterpreter /i\nflags: POCF\noffset 250\n"
                  "magic 4142\nmask ff00\n"),
            "n off M 250 4142 ff00 /i flags=POCF unknown=");
}

TEST(EntryTest, Extension) {
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nflags: P\nextension .exe\n"),
            "n on E 0 657865 - /i flags=P unknown=");
}

// As bm_entry_read() of Linux 7.3 prints it.
TEST(EntryTest, BpfProgram) {
  EXPECT_EQ(Parse("enabled\nbpf prog\nflags: \nbpf-interpreter a /i\n"),
            "n on B 0  - prog flags= unknown=");
}

TEST(EntryTest, UnknownFlagsAreKept) {
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nflags: POQFZ\nmagic 41\n"),
            "n on M 0 41 - /i flags=POF unknown=QZ");
}

TEST(EntryTest, UnknownLinesAreSkipped) {
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nflags: \nnew 1\noffset 1\n"
                  "colour red\nmagic 41\nend\n"),
            "n on M 1 41 - /i flags= unknown=");
}

TEST(EntryTest, LastLineWithoutNewline) {
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nflags: F\nmagic 41"),
            "n on M 0 41 - /i flags=F unknown=");
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nflags: F\nextension .a"),
            "n on E 0 61 - /i flags=F unknown=");
}

TEST(EntryTest, NewlinesInInterpreterAndExtension) {
  EXPECT_EQ(Parse("enabled\ninterpreter /a\nb\n\nflags: \nmagic 41\n"),
            "n on M 0 41 - /a\\x0ab\\x0a flags= unknown=");
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nflags: \nextension .a\nb\n\n"),
            "n on E 0 610a620a - /i flags= unknown=");
}

TEST(EntryTest, MalformedTexts) {
  EXPECT_EQ(Parse(""),
            Malformed("it begins with neither enabled nor disabled"));
  EXPECT_EQ(Parse("enabled"),
            Malformed("it begins with neither enabled nor disabled"));
  EXPECT_EQ(Parse("Enabled\ninterpreter /i\n"),
            Malformed("it begins with neither enabled nor disabled"));
  EXPECT_EQ(Parse(std::string("enabled\ninterpreter /a\0b\nflags: \n", 33)),
            Malformed("it holds a zero byte"));
  EXPECT_EQ(Parse("enabled\n"), Malformed("no interpreter line"));
  EXPECT_EQ(Parse("enabled\nflags: \n"), Malformed("no interpreter line"));
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nmagic 41\n"),
            Malformed("no flags line"));
  EXPECT_EQ(Parse("enabled\nbpf p\nmagic 41\n"), Malformed("no flags line"));
  EXPECT_EQ(Parse("enabled\ninterpreter /i\nflags: \n"),
            Malformed("neither magic nor extension"));
  const std::string head = "enabled\ninterpreter /i\nflags: \n";
  EXPECT_EQ(Parse(head + "offset x\nmagic 41\n"),
            Malformed("the offset is no number"));
  EXPECT_EQ(Parse(head + "offset -1\nmagic 41\n"),
            Malformed("the offset is no number"));
  EXPECT_EQ(Parse(head + "offset 4294967296\nmagic 41\n"),
            Malformed("the offset is no number"));
  EXPECT_EQ(Parse(head + "magic 4\n"), Malformed("the magic is not hex"));
  EXPECT_EQ(Parse(head + "magic 4g\n"), Malformed("the magic is not hex"));
  // No digit, and no index into a table of them.
  for (int byte = 0x80; byte <= 0xff; ++byte) {
    const std::string pair = {'4', static_cast<char>(byte)};
    EXPECT_EQ(Parse(head + "magic " + pair + "\n"),
              Malformed("the magic is not hex"));
    EXPECT_EQ(Parse(head + "magic 7f\nmask " + pair + "\n"),
              Malformed("the mask is not hex"));
  }
  EXPECT_EQ(Parse(head + "magic 41\nmask f\n"),
            Malformed("the mask is not hex"));
  EXPECT_EQ(Parse(head + "magic 41\nmask ffff\n"),
            Malformed("mask and magic differ in length"));
}

TEST(EntryTest, MalformedTextIsReportedByItsName) {
  EXPECT_EQ(ErrorText(ParseEntry("a\x1b", "")),
            "failed EINVAL: entry \"a\\x1b\" is not understood: it begins with "
            "neither enabled nor disabled");
}

TEST(EntryTest, EveryTruncationIsUnderstoodOrRefused) {
  const std::string text =
      "disabled\ninterpreter /i\nflags: POCF\noffset 250\nmagic 4142\n"
      "mask ff00\n";
  for (size_t size = 0; size < text.size(); ++size) {
    const Expected<Entry> entry = ParseEntry("n", text.substr(0, size));
    EXPECT_TRUE(entry || entry.error().errnum() == 22) << size;
  }
}

TEST(EntryTest, FormatIsTheKernelsText) {
  Entry entry;
  entry.enabled = true;
  entry.record.interpreter = "/i";
  entry.record.magic = "AB";
  EXPECT_EQ(FormatEntry(entry), kPlain);
  entry.enabled = false;
  entry.record.offset = 7;
  entry.record.mask = std::string("\xff\x00", 2);
  entry.record.flags = kPreserveArgv0 | kFixBinary;
  entry.unknown_flags = "Q";
  EXPECT_EQ(FormatEntry(entry),
            "disabled\ninterpreter /i\nflags: PFQ\noffset 7\nmagic 4142\nmask "
            "ff00\n");
  entry.record.type = RecordType::kExtension;
  EXPECT_EQ(FormatEntry(entry),
            "disabled\ninterpreter /i\nflags: PFQ\nextension .AB\n");
  entry.record.type = RecordType::kBpf;
  EXPECT_EQ(FormatEntry(entry), "disabled\nbpf /i\nflags: PFQ\n");
}

TEST(EntryTest, EntryOfARecordIsEnabled) {
  Record record;
  record.name = "n";
  record.flags = kFixBinary;
  const Entry entry = EntryOf(record);
  EXPECT_TRUE(entry.enabled);
  EXPECT_TRUE(entry.understood);
  EXPECT_EQ(entry.record, record);
  EXPECT_EQ(entry.unknown_flags, "");
}

TEST(EntryTest, EntryOfARecordThatStartsDisabled) {
  Record record;
  record.flags = kStartDisabled | kFixBinary;
  EXPECT_FALSE(EntryOf(record).enabled);
  EXPECT_EQ(FlagLetters(EntryOf(record).record.flags), "F");
}

// Real kernels' entry files

struct Block {
  std::string record;
  std::string text;
};

std::vector<Block> ReadBlocks(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return {};
  std::string text;
  char buffer[4096];
  size_t size;
  while ((size = std::fread(buffer, 1, sizeof(buffer), file)) > 0) {
    text.append(buffer, size);
  }
  std::fclose(file);
  std::vector<Block> blocks;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::ConsumePrefix(&line, "register ")) {
      blocks.push_back({std::string(line), ""});
    } else if (!line.empty() && !blocks.empty()) {
      blocks.back().text += std::string(line) + "\n";
    }
  }
  return blocks;
}

class RealEntryTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RealEntryTest, IsWhatTheRecordSays) {
  const std::vector<Block> blocks =
      ReadBlocks(std::string("testdata/entries/") + GetParam());
  EXPECT_GE(blocks.size(), 7u);
  for (const Block& block : blocks) {
    const Expected<Record> record = ParseRecord(block.record);
    ASSERT_EQ(ErrorText(record), "ok");
    EXPECT_EQ(FormatEntry(EntryOf(*record)), block.text) << block.record;
    const Expected<Entry> entry = ParseEntry(record->name, block.text);
    ASSERT_EQ(ErrorText(entry), "ok");
    EXPECT_EQ(FormatEntry(*entry), block.text);
    EXPECT_EQ(entry->record, EntryOf(*record).record) << block.record;
    EXPECT_EQ(entry->enabled, EntryOf(*record).enabled) << block.record;
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, RealEntryTest,
                         ::testing::Values("linux-6.18.txt", "linux-7.3.txt"));

}  // namespace
}  // namespace binfmt
