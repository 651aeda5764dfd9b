// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/match.h"

#include <string>
#include <string_view>

#include "binfmt/record/record_for_testing.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

Record Bpf() {
  Record record;
  record.type = RecordType::kBpf;
  return record;
}

int Mismatch(const Record& record, std::string_view head,
             std::string_view path = "/a") {
  return FirstMismatch(record, Candidate{head, path});
}

TEST(MatchTest, MagicAtTheStart) {
  EXPECT_EQ(Mismatch(Magic(0, "MAGIC"), "MAGIC"), kMatches);
  EXPECT_EQ(Mismatch(Magic(0, "MAGIC"), "MAGIC and more"), kMatches);
  EXPECT_EQ(Mismatch(Magic(0, "MAGIC"), "MaGiC"), 1);
  EXPECT_EQ(Mismatch(Magic(0, "MAGIC"), "xMAGIC"), 0);
}

TEST(MatchTest, MagicAtAnOffset) {
  EXPECT_EQ(Mismatch(Magic(3, "AB"), "xyzAB"), kMatches);
  EXPECT_EQ(Mismatch(Magic(3, "AB"), "xyzAC"), 4);
  EXPECT_EQ(Mismatch(Magic(3, "AB"), "AB"), 3);
}

// The kernel's buffer (linux_binprm.buf) is 256 bytes, zero padded.
TEST(MatchTest, ShortFileIsPaddedWithZeros) {
  const Record record = Magic(0, std::string("MA\0\0", 4));
  EXPECT_EQ(Mismatch(record, "MA"), kMatches);
  EXPECT_EQ(Mismatch(record, "M"), 1);
  EXPECT_EQ(Mismatch(record, "MAx"), 2);
  EXPECT_EQ(Mismatch(Magic(0, std::string(2, '\0')), ""), kMatches);
  EXPECT_EQ(Mismatch(Magic(255, std::string(1, '\0')), "x"), kMatches);
}

TEST(MatchTest, LastByteOfTheWindow) {
  std::string head(300, 'x');
  head[255] = 'Z';
  EXPECT_EQ(Mismatch(Magic(255, "Z"), head), kMatches);
  head[255] = 'Y';
  EXPECT_EQ(Mismatch(Magic(255, "Z"), head), 255);
  EXPECT_EQ(Mismatch(Magic(0, std::string(256, 'x')), std::string(256, 'x')),
            kMatches);
}

TEST(MatchTest, BitsOutsideTheMaskDoNotCount) {
  EXPECT_EQ(Mismatch(Magic(0, "AB", "\xff\xf0"), "AO"), kMatches);
  EXPECT_EQ(Mismatch(Magic(0, "AB", "\xff\xf0"), "Ab"), 1);
  EXPECT_EQ(Mismatch(Magic(0, "AB", std::string(2, '\0')), "anything"),
            kMatches);
  EXPECT_EQ(Mismatch(Magic(0, "A", "\x01"), "C"), kMatches);
  EXPECT_EQ(Mismatch(Magic(0, "A", "\x01"), "B"), 0);
}

// Five of the rows of QEMU's script are like that, and match.
TEST(MatchTest, MagicBitsOutsideTheMaskDoNotCount) {
  EXPECT_EQ(Mismatch(Magic(0, "\xff", "\x0f"), "\x0f"), kMatches);
  EXPECT_EQ(Mismatch(Magic(0, "\xff", "\x0f"), "\xf0"), 0);
}

TEST(MatchTest, ExtensionIsWhatFollowsTheLastDot) {
  const Record record = Extension("exe");
  EXPECT_EQ(Mismatch(record, "", "/a/b.exe"), kMatches);
  EXPECT_EQ(Mismatch(record, "", "b.tar.exe"), kMatches);
  EXPECT_EQ(Mismatch(record, "", ".exe"), kMatches);
  EXPECT_EQ(Mismatch(record, "", "/a/b.EXE"), kNoExtension);
  EXPECT_EQ(Mismatch(record, "", "/a/b.exe.bak"), kNoExtension);
  EXPECT_EQ(Mismatch(record, "", "/a/exe"), kNoExtension);
  EXPECT_EQ(Mismatch(record, "", "/a/b."), kNoExtension);
  EXPECT_EQ(Mismatch(record, "", ""), kNoExtension);
  // strrchr() sees the whole path.
  EXPECT_EQ(Mismatch(record, "", "/a.exe/b"), kNoExtension);
  EXPECT_EQ(Mismatch(Extension("d/b"), "", "/a.d/b"), kMatches);
}

TEST(MatchTest, ExtensionWithADotNeverMatches) {
  EXPECT_EQ(Mismatch(Extension("tar.gz"), "", "/a.tar.gz"), kNoExtension);
}

TEST(MatchTest, BpfNeverMatches) {
  EXPECT_EQ(Mismatch(Bpf(), "anything", "/a.b"), kNoExtension);
  EXPECT_FALSE(Matches(Bpf(), Candidate{"anything", "/a.b"}));
}

TEST(MatchTest, MatchesAgreesWithFirstMismatch) {
  EXPECT_TRUE(Matches(Magic(0, "A"), Candidate{"A", ""}));
  EXPECT_FALSE(Matches(Magic(0, "A"), Candidate{"B", ""}));
}

TEST(MatchTest, CanOverlapWhereComparedBitsAgree) {
  EXPECT_TRUE(CanOverlap(Magic(0, "AB"), Magic(0, "AB")));
  EXPECT_TRUE(CanOverlap(Magic(0, "AB"), Magic(0, "ABC")));
  EXPECT_FALSE(CanOverlap(Magic(0, "AB"), Magic(0, "AC")));
  EXPECT_TRUE(CanOverlap(Magic(0, "AB"), Magic(2, "AC")));
  EXPECT_FALSE(CanOverlap(Magic(0, "AB"), Magic(1, "A")));
  EXPECT_TRUE(CanOverlap(Magic(0, "AB"), Magic(1, "B")));
  EXPECT_TRUE(CanOverlap(Magic(0, "\x0f", "\x0f"), Magic(0, "\xf0", "\xf0")));
  EXPECT_FALSE(CanOverlap(Magic(0, "\x0f", "\x1f"), Magic(0, "\xf0", "\xf0")));
  // Magic bits outside of the masks are no difference.
  EXPECT_TRUE(CanOverlap(Magic(0, "\x0f", "\x01"), Magic(0, "\xf1", "\x01")));
  EXPECT_TRUE(CanOverlap(Magic(0, "A", std::string(1, '\0')), Magic(0, "B")));
}

TEST(MatchTest, CanOverlapAcrossTypes) {
  EXPECT_TRUE(CanOverlap(Magic(0, "A"), Extension("a")));
  EXPECT_TRUE(CanOverlap(Extension("a"), Extension("a")));
  EXPECT_FALSE(CanOverlap(Extension("a"), Extension("b")));
  EXPECT_TRUE(CanOverlap(Bpf(), Magic(0, "A")));
  EXPECT_TRUE(CanOverlap(Extension("a"), Bpf()));
  EXPECT_TRUE(CanOverlap(Bpf(), Bpf()));
}

TEST(MatchTest, CoversWhereTheWiderComparesLess) {
  EXPECT_TRUE(Covers(Magic(0, "AB"), Magic(0, "AB")));
  EXPECT_TRUE(Covers(Magic(0, "A"), Magic(0, "AB")));
  EXPECT_FALSE(Covers(Magic(0, "AB"), Magic(0, "A")));
  EXPECT_FALSE(Covers(Magic(0, "A"), Magic(1, "A")));
  EXPECT_FALSE(Covers(Magic(0, "A"), Magic(0, "B")));
  EXPECT_TRUE(Covers(Magic(1, "B"), Magic(0, "AB")));
  EXPECT_TRUE(Covers(Magic(0, "@", "\xf0"), Magic(0, "A")));
  EXPECT_FALSE(Covers(Magic(0, "A"), Magic(0, "@", "\xf0")));
  EXPECT_TRUE(Covers(Magic(0, "x", std::string(1, '\0')), Magic(5, "A")));
  // A magic bit outside of the mask never decides.
  EXPECT_TRUE(Covers(Magic(0, "\xff", "\x0f"), Magic(0, "\x0f")));
}

TEST(MatchTest, CoversAcrossTypes) {
  EXPECT_TRUE(Covers(Extension("a"), Extension("a")));
  EXPECT_FALSE(Covers(Extension("a"), Extension("b")));
  EXPECT_FALSE(Covers(Magic(0, "A", std::string(1, '\0')), Extension("a")));
  EXPECT_FALSE(Covers(Bpf(), Bpf()));
}

// By trying all files of one byte, of which only four bits vary.
TEST(MatchTest, CoversAndCanOverlapAgreeWithFirstMismatch) {
  for (int bits = 0; bits < 1 << 16; ++bits) {
    const auto nibble = [&](int i) {
      return std::string(1, static_cast<char>(bits >> (4 * i) & 15));
    };
    const Record a = Magic(0, nibble(0), nibble(1));
    const Record b = Magic(0, nibble(2), nibble(3));
    bool covers = true;
    bool overlaps = false;
    for (int c = 0; c < 16; ++c) {
      const std::string file(1, static_cast<char>(c));
      const bool in_a = Mismatch(a, file) == kMatches;
      const bool in_b = Mismatch(b, file) == kMatches;
      covers = covers && (in_a || !in_b);
      overlaps = overlaps || (in_a && in_b);
    }
    ASSERT_EQ(CanOverlap(a, b), overlaps) << bits;
    ASSERT_EQ(Covers(a, b), covers) << bits;
  }
}

}  // namespace
}  // namespace binfmt
