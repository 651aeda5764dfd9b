// SPDX-License-Identifier: Apache-2.0
// Finds things by a hash of what they are, and by their name.
#ifndef BINFMT_HASH_INDEX_H_
#define BINFMT_HASH_INDEX_H_

#include <cstdint>
#include <string_view>

#include "binfmt/array.h"
#include "binfmt/text.h"

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

  // The last number that something with HASH got, and the one before NUMBER;
  // kNone: there is no other.
  int Last(uint32_t hash) const;
  int Before(int number) const;

 private:
  // Lists end with 0, so that what is new is empty: these are 1 more than the
  // numbers that they mean.
  struct Number {
    uint32_t hash;
    int next;  // in the same bucket
  };

  int Seek(uint32_t hash, int next) const;

  Array<Number> numbers_;
  Array<int> buckets_;  // the last number of each; no fewer than numbers
  int shift_ = 30;      // of a hash, to the number of its bucket
};

// Positions of names, counted from 0 in the order of Add().
class NameIndex {
 public:
  static constexpr int kNone = HashIndex::kNone;

  // Not inline: it is 60 bytes.
  NameIndex();

  void Add(const Text& name);

  // The last position of NAME; kNone: it was not added.
  int Find(std::string_view name) const;

 private:
  HashIndex index_;
  Array<Text> names_;
};

}  // namespace binfmt

#endif  // BINFMT_HASH_INDEX_H_
