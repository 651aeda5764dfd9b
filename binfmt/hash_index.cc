// SPDX-License-Identifier: Apache-2.0
#include "binfmt/hash_index.h"

namespace binfmt {

uint32_t HashOf(std::string_view text) {
  uint32_t hash = kHashOfNothing;
  for (const char c : text) {
    hash = AddToHash(hash, static_cast<unsigned char>(c));
  }
  return hash;
}

void HashIndex::Add(uint32_t hash) {
  const int number = static_cast<int>(numbers_.size());
  numbers_.push_back({hash, kNone});
  Bucket& bucket = buckets_[hash >> kBucketShift];
  if (bucket.first == 0) {
    bucket.first = number + 1;
  } else {
    numbers_[bucket.last - 1].next = number;
  }
  bucket.last = number + 1;
}

int HashIndex::Seek(uint32_t hash, int from) const {
  while (from != kNone && numbers_[from].hash != hash) {
    from = numbers_[from].next;
  }
  return from;
}

int HashIndex::First(uint32_t hash) const {
  return Seek(hash, buckets_[hash >> kBucketShift].first - 1);
}

int HashIndex::Next(int number) const {
  return Seek(numbers_[number].hash, numbers_[number].next);
}

void NameIndex::Add(std::string_view name) {
  index_.Add(HashOf(name));
  names_.push_back(name);
}

int NameIndex::Find(std::string_view name) const {
  int at = index_.First(HashOf(name));
  while (at != kNone && names_[at] != name) at = index_.Next(at);
  return at;
}

}  // namespace binfmt
