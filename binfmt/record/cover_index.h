// SPDX-License-Identifier: Apache-2.0
// Finds, among many records, those that take the same files as another one.
#ifndef BINFMT_RECORD_COVER_INDEX_H_
#define BINFMT_RECORD_COVER_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/attributes.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record.h"

namespace binfmt {
namespace internal {

// The records of one type, offset and mask, by position.
struct Shape {
  uint64_t folded_bits;  // what they compare; a search skips most shapes by it
  const Record* example;
  bool is_for_one_machine;
  size_t first = 0;  // the position of that one; CoverIndex only
  // A bit for each machine that a record of the shape is for; CoverIndex only.
  uint64_t machines = 0;
  // For each value of the bits that the shape compares the first record, or the
  // last one in an OverlapIndex.
  std::map<std::string, size_t, std::less<>> by_bits;
};

}  // namespace internal

// Records by what they compare. A search costs as much as there are different
// shapes (type, offset and mask), of which the architectures have ten, however
// many records there are.
class CoverIndex {
 public:
  // Adds the next record, which must outlive the index.
  void Add(const Record& record ABSL_ATTRIBUTE_LIFETIME_BOUND);

  // The position, in the order of Add() and counted from 0, of the first record
  // that Covers() NARROW.
  std::optional<size_t> FirstCovering(const Record& narrow) const;

  // The first record that takes FILE; nullptr where none does. Where its head
  // is empty, since it cannot be read, only an extension can.
  const Record* FirstTaking(const Candidate& file) const;

  const Record& operator[](size_t position) const {
    return *records_[position];
  }

 private:
  std::vector<const Record*> records_;
  std::vector<internal::Shape> shapes_;
};

// Finds which of many records take the files of another one from it, or lose
// theirs to it, if they come first or it does: one covers the other, or both
// are for one machine (IsForOneMachine()) and can overlap. Others that overlap
// are meant to, such as an extension and a magic.
class OverlapIndex {
 public:
  // Adds the next record, which must outlive the index.
  void Add(const Record& record ABSL_ATTRIBUTE_LIFETIME_BOUND);

  // The positions of such records, in the order of Add() and counted from 0,
  // ascending.
  std::vector<size_t> Overlapping(const Record& record) const;

 private:
  // A record, the one of its shape before it that has the same bits, and the
  // one before it that is for the same machine.
  struct Link {
    const Record* record;
    size_t before_by_bits;
    size_t before_by_machine;
  };

  std::vector<Link> links_;
  std::vector<internal::Shape> shapes_;
  // The last record for each machine.
  std::map<std::string, size_t, std::less<>> by_machine_;
};

// Whether RECORD compares class and e_machine of the ELF header completely.
bool IsForOneMachine(const Record& record);

}  // namespace binfmt

#endif  // BINFMT_RECORD_COVER_INDEX_H_
