// SPDX-License-Identifier: Apache-2.0
// Finds, among many records, those that take the same files as another one.
#ifndef BINFMT_RECORD_COVER_INDEX_H_
#define BINFMT_RECORD_COVER_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "binfmt/record/match.h"
#include "binfmt/record/record.h"

namespace binfmt {
namespace internal {

// The bits that a record compares, folded: those of bytes 32 apart are in one
// place. A record that compares all bits of another one has all of its here,
// too. 32 are as many as tell ELF files apart.
using FoldedBits = std::array<uint32_t, 8>;

// The records of one type, offset and mask, by position.
struct Shape {
  FoldedBits bits;  // what they compare; a search skips most shapes by it
  const Record* example;
  size_t first;           // the position of that one
  uint64_t machines = 0;  // a bit for each that a record of the shape is for
  // The first record for each value of the bits that the shape compares, by a
  // hash of that.
  std::multimap<uint64_t, size_t> by_hash;
};

}  // namespace internal

// Records by what they compare. A search costs as much as there are different
// shapes (type, offset and mask), of which the architectures have ten, however
// many records there are.
class CoverIndex {
 public:
  // Adds the next record, which must outlive the index.
  void Add(const Record& record);

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
  // The shape of RECORD, which is added where it is new.
  internal::Shape& ShapeOf(const Record& record);

  // The position of the record of SHAPE with HASH that covers NARROW; the
  // largest size_t where there is none.
  size_t Find(const internal::Shape& shape, uint64_t hash,
              const Record& narrow) const;

  std::vector<const Record*> records_;
  std::vector<internal::Shape> shapes_;
};

}  // namespace binfmt

#endif  // BINFMT_RECORD_COVER_INDEX_H_
