// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/overlap_index.h"

#include <cstddef>
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

std::vector<size_t> AllOverlapping(const OverlapIndex& index,
                                   const Record& record) {
  std::vector<size_t> positions;
  OverlapIndex::Search search(index, record);
  while (const std::optional<size_t> position = search.Next()) {
    positions.push_back(*position);
  }
  return positions;
}

using Positions = std::vector<size_t>;

TEST(OverlapIndexTest, NothingInNothing) {
  EXPECT_EQ(AllOverlapping(OverlapIndex(), Magic(0, "AB")), Positions());
}

TEST(OverlapIndexTest, ExtensionsOverlapWhereTheyAreEqual) {
  OverlapIndex index;
  for (const char* extension : {"exe", "ex", "exec", "exe"}) {
    index.Add(Extension(extension));
  }
  index.Add(Magic(0, "exe"));
  EXPECT_EQ(AllOverlapping(index, Extension("exe")), (Positions{0, 3}));
  EXPECT_EQ(AllOverlapping(index, Extension("e")), Positions());
  EXPECT_EQ(AllOverlapping(index, Magic(0, "exe")), (Positions{4}));
}

// A record longer than all others, and one that is shorter.
TEST(OverlapIndexTest, OtherLengths) {
  OverlapIndex index;
  index.Add(Magic(0, "ABCD"));
  index.Add(Magic(2, "CDEF"));
  EXPECT_EQ(AllOverlapping(index, Magic(0, "ABCDEFGH")), (Positions{0, 1}));
  EXPECT_EQ(AllOverlapping(index, Magic(2, "CD")), (Positions{0, 1}));
  EXPECT_EQ(AllOverlapping(index, Magic(7, "H")), Positions());
}

unsigned Pick(std::mt19937& random, unsigned below) {
  return static_cast<unsigned>(random() % below);
}

// Compares searches among many records that MAKE returns with ARE_RELATED for
// all pairs.
void ExpectAgrees(std::mt19937& random, Record (*make)(std::mt19937& random),
                  bool (*are_related)(const Record& a, const Record& b)) {
  int found = 0;
  for (int round = 0; round < 50; ++round) {
    // A block is 64.
    std::vector<Record> records(1 + Pick(random, 150));
    OverlapIndex index;
    for (Record& record : records) {
      record = make(random);
      index.Add(record);
    }
    for (const Record& record : records) {
      Positions expected;
      for (size_t i = 0; i < records.size(); ++i) {
        if (are_related(records[i], record)) expected.push_back(i);
      }
      ASSERT_EQ(AllOverlapping(index, record), expected);
      found += static_cast<int>(expected.size()) - 1;
    }
  }
  EXPECT_GT(found, 1000);
}

// For one class each; some bytes are free or differ.
Record ForOneMachine(std::mt19937& random) {
  std::string magic(20 + Pick(random, 3), '\0');
  std::string mask(magic.size(), '\0');
  magic[4] = static_cast<char>(1 + Pick(random, 2));
  magic[18] = static_cast<char>(Pick(random, 2));
  mask[4] = mask[18] = '\xff';
  for (const size_t at : {size_t{5}, size_t{16}, magic.size() - 1}) {
    magic[at] = static_cast<char>(Pick(random, 3));
    mask[at] = "\xff\x01\x02\x00"[Pick(random, 4)];
  }
  mask[19] = '\xff';
  return Magic(0, magic, mask);
}

TEST(OverlapIndexTest, AgreesWithCanOverlap) {
  std::mt19937 random(19991231);
  ASSERT_TRUE(IsForOneMachine(ForOneMachine(random)));
  ExpectAgrees(random, ForOneMachine, CanOverlap);
}

// Of few bytes and bits, so that many cover one another.
Record OfAnyType(std::mt19937& random) {
  std::string magic;
  std::string mask;
  for (unsigned size = 1 + Pick(random, 3); size > 0; --size) {
    magic += "ab"[Pick(random, 2)];
    mask += "\xff\x01\x02\xff"[Pick(random, 4)];
  }
  Record record =
      Magic(Pick(random, 2), magic, Pick(random, 2) == 0 ? "" : mask);
  if (Pick(random, 5) == 0) record.type = RecordType::kExtension;
  if (Pick(random, 9) == 0) record.type = RecordType::kBpf;
  return record;
}

// Of all other records, those that one covers, or that cover it.
TEST(OverlapIndexTest, AgreesWithCovers) {
  std::mt19937 random(20001231);
  ExpectAgrees(random, OfAnyType, [](const Record& a, const Record& b) {
    return Covers(a, b) || Covers(b, a);
  });
}

}  // namespace
}  // namespace binfmt
