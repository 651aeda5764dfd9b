// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/cover_index.h"

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "binfmt/record/match.h"
#include "binfmt/record/record.h"
#include "binfmt/record/record_for_testing.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

Record Bpf(const std::string& program) {
  Record record;
  record.type = RecordType::kBpf;
  record.magic = program;
  return record;
}

std::optional<size_t> First(const std::vector<Record>& records,
                            const Record& narrow) {
  CoverIndex index;
  for (const Record& record : records) index.Add(record);
  return index.FirstCovering(narrow);
}

TEST(CoverIndexTest, NothingInNothing) {
  EXPECT_EQ(First({}, Magic(0, "AB")), std::nullopt);
}

TEST(CoverIndexTest, TheFirstOfEqualRules) {
  EXPECT_EQ(
      First({Magic(0, "XY"), Magic(0, "AB"), Magic(0, "AB")}, Magic(0, "AB")),
      1);
}

TEST(CoverIndexTest, WiderRulesOfOtherShapes) {
  const Record narrow = Magic(0, "ABCD");
  EXPECT_EQ(First({Magic(0, "ABCDE"), Magic(2, "CD")}, narrow), 1);
  EXPECT_EQ(
      First({Magic(0, "AxCD"), Magic(0, "AxCD", "\xff\x40\xff\xff")}, narrow),
      1);
  // Bits that the narrow one does not compare.
  EXPECT_EQ(First({Magic(0, "AB")}, Magic(0, "AB", "\xff\xfe")), std::nullopt);
}

// The first record that was added counts, whatever its shape.
TEST(CoverIndexTest, OrderAcrossShapes) {
  const Record narrow = Magic(0, "ABCD");
  EXPECT_EQ(First({Magic(2, "CD"), Magic(0, "AB"), Magic(0, "A")}, narrow), 0);
  EXPECT_EQ(First({Magic(2, "xD"), Magic(0, "A"), Magic(0, "AB"),
                   Magic(0, "xB"), Magic(2, "CD")},
                  narrow),
            1);
}

TEST(CoverIndexTest, TypesDoNotMix) {
  const Record exe = Extension("exe");
  EXPECT_EQ(First({Magic(0, "exe"), Extension("com"), Bpf("exe"), exe}, exe),
            3);
  EXPECT_EQ(First({exe}, Magic(0, "exe")), std::nullopt);
}

// Only the BPF program knows which files it takes.
TEST(CoverIndexTest, TypeBIsNeverCovered) {
  const Record program = Bpf("");
  EXPECT_EQ(First({program}, program), std::nullopt);
}

// Compares with Covers() for all pairs, on rules of few bytes and bits, so that
// many cover one another.
TEST(CoverIndexTest, AgreesWithCovers) {
  std::mt19937 random(20240807);
  const auto pick = [&random](unsigned below) {
    return static_cast<unsigned>(random() % below);
  };
  int found = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<Record> records;
    CoverIndex index;
    const unsigned count = 1 + pick(40);
    for (unsigned i = 0; i < count; ++i) {
      Record record;
      if (pick(8) == 0) {
        record = Extension(std::string(1, "ab"[pick(2)]));
      } else {
        const unsigned size = 1 + pick(3);
        std::string magic;
        std::string mask;
        for (unsigned k = 0; k < size; ++k) {
          magic += static_cast<char>(pick(4));
          mask += "\xff\x01\x02\x00"[pick(4)];
        }
        record = Magic(pick(3), magic, pick(2) == 0 ? "" : mask);
      }
      records.push_back(record);
    }
    for (const Record& record : records) index.Add(record);
    for (const Record& narrow : records) {
      std::optional<size_t> expected;
      for (size_t i = records.size(); i-- > 0;) {
        if (Covers(records[i], narrow)) expected = i;
      }
      ASSERT_EQ(index.FirstCovering(narrow), expected);
      found += expected && &records[*expected] != &narrow;
    }
  }
  EXPECT_GT(found, 1000);
}

}  // namespace
}  // namespace binfmt
