// SPDX-License-Identifier: Apache-2.0
// Finds things by a hash of what they are, and by their name.
#ifndef BINFMT_HASH_INDEX_H_
#define BINFMT_HASH_INDEX_H_

#include <cstdint>
#include <string_view>

#include "binfmt/array.h"

namespace binfmt {

// FNV-1a, but for whole words: the hash of nothing, HASH with one more WORD or
// byte in it, and the hash of TEXT. A word's upper bits reach the upper bits of
// the hash only, so these choose the bucket.
inline constexpr uint32_t kHashOfNothing = 2166136261;
constexpr uint32_t AddToHash(uint32_t hash, uint32_t word) {
  return (hash ^ word) * 16777619;
}
uint32_t HashOf(std::string_view text);

// Numbers 0, 1, 2, ... found by a hash of what they stand for. What has the
// same hash need not be the same.
class HashIndex {
 public:
  static constexpr int kNone = -1;

  // Gives the next number to something with HASH.
  void Add(uint32_t hash);

  // The first number with HASH, and the next one behind NUMBER; kNone: there is
  // no more. In the order of Add().
  int First(uint32_t hash) const;
  int Next(int number) const;

 private:
  // As numbers are counted from 0, and an empty bucket is 0: 1 more than them.
  struct Bucket {
    int first = 0;
    int last = 0;
  };
  struct Number {
    uint32_t hash;
    int next;  // in the same bucket
  };
  // A fixed number: with 10,000 numbers a look passes 40 at most, which is
  // little beside the system calls that one entry takes.
  static constexpr uint32_t kBuckets = 256;
  static constexpr int kBucketShift = 24;

  int Seek(uint32_t hash, int from) const;

  Array<Number> numbers_;
  Bucket buckets_[kBuckets];
};

// Positions of names, counted from 0 in the order of Add().
class NameIndex {
 public:
  static constexpr int kNone = HashIndex::kNone;

  // NAME's bytes must outlive the index.
  void Add(std::string_view name);

  // The first position of NAME; kNone: it was not added.
  int Find(std::string_view name) const;

 private:
  HashIndex index_;
  Array<std::string_view> names_;
};

}  // namespace binfmt

#endif  // BINFMT_HASH_INDEX_H_
