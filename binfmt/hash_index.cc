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
  size_t number = numbers_.size();
  numbers_.push_back({hash, 0});
  if (number == buckets_.size()) {
    shift_ -= 2;
    buckets_ = Array<int>(size_t{1} << (32 - shift_));
    number = 0;
  }
  for (; number < numbers_.size(); ++number) {
    int& bucket = buckets_[numbers_[number].hash >> shift_];
    numbers_[number].next = bucket;
    bucket = static_cast<int>(number) + 1;
  }
}

int HashIndex::Seek(uint32_t hash, int next) const {
  while (next != 0 && numbers_[next - 1].hash != hash) {
    next = numbers_[next - 1].next;
  }
  return next - 1;
}

int HashIndex::Last(uint32_t hash) const {
  return buckets_.empty() ? kNone : Seek(hash, buckets_[hash >> shift_]);
}

int HashIndex::Before(int number) const {
  return Seek(numbers_[number].hash, numbers_[number].next);
}

NameIndex::NameIndex() = default;

void NameIndex::Add(const Text& name) {
  index_.Add(HashOf(name));
  names_.push_back(name);
}

int NameIndex::Find(std::string_view name) const {
  int at = index_.Last(HashOf(name));
  while (at != kNone && names_[at] != name) at = index_.Before(at);
  return at;
}

}  // namespace binfmt
