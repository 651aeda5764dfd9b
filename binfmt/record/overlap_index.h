// SPDX-License-Identifier: Apache-2.0
// Finds, among many records, those that take files of another one.
#ifndef BINFMT_RECORD_OVERLAP_INDEX_H_
#define BINFMT_RECORD_OVERLAP_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/attributes.h"
#include "binfmt/record/record.h"

namespace binfmt {

// Whether RECORD compares class and e_machine of the ELF header completely.
bool IsForOneMachine(const Record& record);

// Records, to be asked which of them take the files of another one from it, or
// lose theirs to it, if they come first or it does: one covers the other
// (Covers()), or both are for one machine (IsForOneMachine()) and can overlap
// (CanOverlap()). Others that overlap are meant to, such as an extension and a
// magic.
//
// Records of any masks may overlap, so that no order of them helps a search. It
// compares a bit of 64 records at once instead, and of most only the first few.
class OverlapIndex {
  // What records want of one bit of a file.
  struct Slice {
    uint64_t zero = 0;  // those that want it to be 0
    uint64_t one = 0;
  };

  // 64 records; a bit for each.
  struct Block {
    uint64_t magics = 0;
    uint64_t extensions = 0;
    uint64_t for_one_machine = 0;
    std::vector<Slice> slices;
  };

 public:
  void Add(const Record& record);

  // A search for those that overlap a record.
  class Search {
   public:
    Search(const OverlapIndex& index ABSL_ATTRIBUTE_LIFETIME_BOUND,
           const Record& record);

    // The position of the next one, in the order of Add() and counted from 0.
    std::optional<size_t> Next();

   private:
    // Those in BLOCK, a bit for each.
    uint64_t FindIn(const Block& block) const;

    const OverlapIndex& index_;
    bool is_extension_;
    bool is_for_one_machine_;
    std::vector<char> wanted_;  // each bit's value, or that it is not compared
    size_t next_block_ = 0;
    uint64_t found_ = 0;  // in the block before that
  };

 private:
  size_t count_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace binfmt

#endif  // BINFMT_RECORD_OVERLAP_INDEX_H_
