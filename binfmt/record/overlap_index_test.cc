// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/overlap_index.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "binfmt/record/match.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

Record Magic(uint32_t offset, const std::string& magic,
             const std::string& mask = "") {
  Record record;
  record.offset = offset;
  record.magic = magic;
  record.mask = mask;
  return record;
}

Record Extension(const std::string& extension) {
  Record record;
  record.type = RecordType::kExtension;
  record.magic = extension;
  return record;
}

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

// Records of one class each, some bytes of which are free or differ.
TEST(OverlapIndexTest, AgreesWithCanOverlap) {
  std::mt19937 random(19991231);
  const auto pick = [&random](unsigned below) {
    return static_cast<unsigned>(random() % below);
  };
  int found = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<Record> records;
    OverlapIndex index;
    const unsigned count = 1 + pick(150);  // a block is 64
    for (unsigned i = 0; i < count; ++i) {
      std::string magic(20 + pick(3), '\0');
      std::string mask(magic.size(), '\0');
      magic[4] = static_cast<char>(1 + pick(2));
      magic[18] = static_cast<char>(pick(2));
      mask[4] = mask[18] = mask[19] = '\xff';
      for (const size_t at : {size_t{5}, size_t{16}, magic.size() - 1}) {
        magic[at] = static_cast<char>(pick(3));
        mask[at] = "\xff\x01\x02\x00"[pick(4)];
      }
      mask[19] = '\xff';
      records.push_back(Magic(0, magic, mask));
    }
    for (const Record& record : records) index.Add(record);
    for (const Record& record : records) {
      ASSERT_TRUE(IsForOneMachine(record));
      std::vector<size_t> expected;
      for (size_t i = 0; i < records.size(); ++i) {
        if (CanOverlap(records[i], record)) {
          expected.push_back(i);
        }
      }
      ASSERT_EQ(AllOverlapping(index, record), expected);
      found += static_cast<int>(expected.size()) - 1;
    }
  }
  EXPECT_GT(found, 1000);
}

// U4: of all other records, those that one covers, or that cover it.
TEST(OverlapIndexTest, AgreesWithCovers) {
  std::mt19937 random(20001231);
  const auto pick = [&random](unsigned below) {
    return static_cast<unsigned>(random() % below);
  };
  int found = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<Record> records;
    OverlapIndex index;
    const unsigned count = 1 + pick(150);  // a block is 64
    for (unsigned i = 0; i < count; ++i) {
      std::string magic;
      std::string mask;
      for (unsigned size = 1 + pick(3); size > 0; --size) {
        magic += "ab"[pick(2)];
        mask += "\xff\x01\x02\xff"[pick(4)];
      }
      Record record = Magic(pick(2), magic, pick(2) == 0 ? "" : mask);
      if (pick(5) == 0) record.type = RecordType::kExtension;
      if (pick(9) == 0) record.type = RecordType::kBpf;
      records.push_back(record);
    }
    for (const Record& record : records) index.Add(record);
    for (const Record& record : records) {
      std::vector<size_t> expected;
      for (size_t i = 0; i < records.size(); ++i) {
        if (Covers(records[i], record) || Covers(record, records[i])) {
          expected.push_back(i);
        }
      }
      ASSERT_EQ(AllOverlapping(index, record), expected);
      found += static_cast<int>(expected.size()) - 1;
    }
  }
  EXPECT_GT(found, 1000);
}

}  // namespace
}  // namespace binfmt
