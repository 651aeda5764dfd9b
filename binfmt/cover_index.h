// SPDX-License-Identifier: Apache-2.0
// Finds which of many records takes what another one, or a file, is about.
#ifndef BINFMT_COVER_INDEX_H_
#define BINFMT_COVER_INDEX_H_

#include <cstddef>
#include <cstdint>

#include "binfmt/array.h"
#include "binfmt/hash_index.h"
#include "binfmt/record.h"

namespace binfmt {

// Records by what they compare: a search costs as much as there are different
// shapes (type, offset and mask), of which the architectures have ten,
// whatever the number of records.
class CoverIndex {
 public:
  static constexpr int kNone = HashIndex::kNone;

  // The next record. It must outlive the index.
  void Add(const Record& record);

  // The position in the order of Add(), counted from 0, of the first record
  // that Covers() NARROW; kNone: there is none.
  int FirstCovering(const Record& narrow) const;

  const Record& operator[](int position) const { return *records_[position]; }

 private:
  Array<const Record*> records_;
  Array<const Record*> shapes_;  // one of each
  // For each shape the MachineBits() of its records.
  Array<uint64_t> machines_;
  HashIndex index_;
};

// Finds which of many records for one machine each (IsForOneMachine()) take
// files that another such record takes. Of a shape whose bits all lie within
// those that the other compares, only what agrees is looked at; of other shapes
// what is for the same machine.
class OverlapIndex {
 public:
  // The next record. It must outlive the index.
  void Add(const Record& record);

  // The positions in the order of Add(), counted from 0, of the records that
  // CanOverlap() with RECORD, ascending.
  Array<int> Overlapping(const Record& record) const;

 private:
  Array<const Record*> records_;
  Array<const Record*> shapes_;  // one of each
  HashIndex bits_;               // by all bits of the own shape
  HashIndex machines_;           // by shape and machine
};

// Does RECORD compare class and e_machine of the ELF header as a whole?
bool IsForOneMachine(const Record& record);

}  // namespace binfmt

#endif  // BINFMT_COVER_INDEX_H_
