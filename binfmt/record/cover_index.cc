// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/cover_index.h"

#include <algorithm>

#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"

namespace binfmt {
namespace {

using internal::FoldedBits;
using internal::Shape;

bool SameShape(const Record& a, const Record& b) {
  if (a.type != b.type) return false;
  return a.type != RecordType::kMagic ||
         (a.offset == b.offset && a.magic.size() == b.magic.size() &&
          a.mask == b.mask);
}

FoldedBits Fold(const Record& record) {
  FoldedBits folded = {};
  if (record.type != RecordType::kMagic) return folded;
  // Without a mask so many bytes leave no bit out.
  constexpr size_t kEnough = sizeof(folded) + kWordLength;
  size_t length = record.magic.size();
  if (record.mask.empty()) length = std::min(length, kEnough);
  const size_t end = record.offset + length;
  for (size_t at = record.offset / kWordLength * kWordLength; at < end;
       at += kWordLength) {
    folded[at / kWordLength % folded.size()] |= ComparedWordAt(record, at).bits;
  }
  return folded;
}

bool Includes(const FoldedBits& all, const FoldedBits& some) {
  for (size_t i = 0; i < all.size(); ++i) {
    if ((some[i] & ~all[i]) != 0) return false;
  }
  return true;
}

// A hash of the values that RECORD wants for the bits that records like SHAPE
// compare. Nothing where RECORD does not compare all of them.
std::optional<uint64_t> HashOf(const Record& record, const Record& shape) {
  uint64_t hash = 0;
  const auto add = [&hash](uint64_t value) {
    constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
    hash = (hash ^ value) * kMultiplier;
    hash ^= hash >> 32;
  };
  if (shape.type != record.type) return std::nullopt;
  if (shape.type != RecordType::kMagic) {
    for (const char byte : record.magic) add(static_cast<unsigned char>(byte));
    return hash;
  }
  const size_t end = shape.offset + shape.magic.size();
  for (size_t at = shape.offset; at < end; at += kWordLength) {
    const ComparedWord given = ComparedWordAt(record, at);
    // A record that is added is asked about itself.
    const uint32_t bits =
        &record == &shape ? given.bits : ComparedWordAt(shape, at).bits;
    if ((bits & ~given.bits) != 0) return std::nullopt;
    add(given.value & bits);
  }
  return hash;
}

// One bit for the machine that RECORD is for, and all bits where it does not
// say. A record that covers another has a bit in common with it.
uint64_t MachineBits(const Record& record) {
  const ComparedByte low = ComparedAt(record, kElfMachinePosition);
  const ComparedByte high = ComparedAt(record, kElfMachinePosition + 1);
  if ((low.bits & high.bits) != 0xff) return ~uint64_t{0};
  return uint64_t{1} << ((low.value ^ high.value) % 64);
}

constexpr size_t kNone = ~size_t{0};

}  // namespace

Shape& CoverIndex::ShapeOf(const Record& record) {
  const FoldedBits bits = Fold(record);
  for (Shape& shape : shapes_) {
    if (shape.bits == bits && SameShape(*shape.example, record)) {
      return shape;
    }
  }
  return shapes_.emplace_back(bits, &record, records_.size());
}

size_t CoverIndex::Find(const Shape& shape, uint64_t hash,
                        const Record& narrow) const {
  const auto [begin, end] = shape.by_hash.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (Covers(*records_[it->second], narrow)) return it->second;
  }
  return kNone;
}

void CoverIndex::Add(const Record& record) {
  // Only its BPF program knows which files a record of type B takes.
  if (record.type != RecordType::kBpf) {
    Shape& shape = ShapeOf(record);
    shape.machines |= MachineBits(record);
    const uint64_t hash = *HashOf(record, record);
    if (Find(shape, hash, record) == kNone) {
      shape.by_hash.emplace(hash, records_.size());
    }
  }
  records_.push_back(&record);
}

std::optional<size_t> CoverIndex::FirstCovering(const Record& narrow) const {
  size_t first = kNone;
  const uint64_t machines = MachineBits(narrow);
  const FoldedBits bits = Fold(narrow);
  for (const Shape& shape : shapes_) {
    if (shape.first > first) break;
    if ((shape.machines & machines) == 0) continue;
    if (!Includes(bits, shape.bits)) continue;
    const std::optional<uint64_t> hash = HashOf(narrow, *shape.example);
    if (hash) first = std::min(first, Find(shape, *hash, narrow));
  }
  if (first == kNone) return std::nullopt;
  return first;
}

const Record* CoverIndex::FirstTaking(const Candidate& file) const {
  std::optional<size_t> found;
  if (!file.head.empty()) {
    Record whole;  // compares all of the file that the kernel looks at
    whole.magic = file.head;
    whole.magic.resize(kMatchWindow);
    found = FirstCovering(whole);
  }
  Record extension;
  extension.type = RecordType::kExtension;
  extension.magic = file.path.substr(file.path.rfind('.') + 1);
  const std::optional<size_t> by_extension = FirstCovering(extension);
  if (!found || (by_extension && *by_extension < *found)) found = by_extension;
  return found ? records_[*found] : nullptr;
}

}  // namespace binfmt
