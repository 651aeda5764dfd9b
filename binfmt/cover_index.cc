// SPDX-License-Identifier: Apache-2.0
#include "binfmt/cover_index.h"

#include <utility>

#include "binfmt/elf_header.h"
#include "binfmt/match.h"

namespace binfmt {
namespace {

bool SameShape(const Record& a, const Record& b) {
  if (a.type != b.type) return false;
  return a.type != RecordType::kMagic ||
         (a.offset == b.offset && a.mask == b.mask &&
          a.magic.size() == b.magic.size());
}

// Of the bits that a record of SHAPE compares, as RECORD wants them.
uint32_t HashOf(const Record& record, const Record& shape) {
  if (shape.type != RecordType::kMagic) return HashOf(record.magic);
  uint32_t hash = kHashOfNothing;
  const size_t end = shape.offset + shape.magic.size();
  for (size_t at = shape.offset; at < end; at += kWordLength) {
    hash = AddToHash(
        hash, ComparedFrom(record, at).bytes & ComparedFrom(shape, at).bits);
  }
  return hash;
}

// The number of RECORD's shape in SHAPES, which gets it where it is new.
size_t ShapeOf(const Record& record, Array<const Record*>* shapes) {
  size_t number = 0;
  while (number < shapes->size() && !SameShape(*(*shapes)[number], record)) {
    ++number;
  }
  if (number == shapes->size()) shapes->push_back(&record);
  return number;
}

// What tells for which machine an ELF file is.
constexpr size_t kMachinePositions[] = {kElfClassPosition, kElfMachinePosition,
                                        kElfMachinePosition + 1};

// Of the machine that RECORD is for, among those of the shape with NUMBER.
uint32_t HashOfMachine(const Record& record, size_t number) {
  uint32_t hash = kHashOfNothing;
  for (const size_t position : kMachinePositions) {
    hash = AddToHash(hash, ComparedAt(record, position).byte);
  }
  return AddToHash(hash, static_cast<uint32_t>(number));
}

// Does OTHER compare all bits that SHAPE does?
bool IsWithin(const Record& shape, const Record& other) {
  const size_t end = shape.offset + shape.magic.size();
  for (size_t at = shape.offset; at < end; at += kWordLength) {
    const uint32_t bits = ComparedFrom(shape, at).bits;
    if ((ComparedFrom(other, at).bits & bits) != bits) return false;
  }
  return true;
}

// One bit, chosen by the machine that RECORD is for; all where it does not say.
// One that covers another has a bit in common with it.
uint64_t MachineBits(const Record& record) {
  const Compared low = ComparedAt(record, kElfMachinePosition);
  const Compared high = ComparedAt(record, kElfMachinePosition + 1);
  if ((low.bits & high.bits) != 0xff) return ~uint64_t{0};
  return uint64_t{1} << ((low.byte ^ high.byte) % 64);
}

}  // namespace

bool IsForOneMachine(const Record& record) {
  if (record.type != RecordType::kMagic) return false;
  for (const size_t position : kMachinePositions) {
    if (ComparedAt(record, position).bits != 0xff) return false;
  }
  return true;
}

void OverlapIndex::Add(const Record& record) {
  records_.push_back(&record);
  const size_t number = ShapeOf(record, &shapes_);
  bits_.Add(HashOf(record, *shapes_[number]));
  machines_.Add(HashOfMachine(record, number));
}

Array<int> OverlapIndex::Overlapping(const Record& record) const {
  Array<int> positions;
  for (size_t number = 0; number < shapes_.size(); ++number) {
    const Record& shape = *shapes_[number];
    const bool within = IsWithin(shape, record);
    const HashIndex& index = within ? bits_ : machines_;
    int at = index.Last(within ? HashOf(record, shape)
                               : HashOfMachine(record, number));
    for (; at != HashIndex::kNone; at = index.Before(at)) {
      const Record& other = *records_[at];
      if (!SameShape(shape, other) || !CanOverlap(other, record)) continue;
      positions.push_back(at);
      for (int* place = positions.end() - 1;
           place != positions.begin() && place[-1] > *place; --place) {
        std::swap(place[-1], *place);
      }
    }
  }
  return positions;
}

void CoverIndex::Add(const Record& record) {
  records_.push_back(&record);
  const size_t number = ShapeOf(record, &shapes_);
  if (number == machines_.size()) machines_.push_back(0);
  machines_[number] |= MachineBits(record);
  index_.Add(HashOf(record, *shapes_[number]));
}

int CoverIndex::FirstCovering(const Record& narrow) const {
  int first = kNone;
  const uint64_t machine = MachineBits(narrow);
  for (size_t number = 0; number < shapes_.size(); ++number) {
    const Record& shape = *shapes_[number];
    if (shape.type != narrow.type || (machines_[number] & machine) == 0) {
      continue;
    }
    int at = index_.Last(HashOf(narrow, shape));
    for (; at != kNone; at = index_.Before(at)) {
      if ((first == kNone || at < first) && Covers(*records_[at], narrow)) {
        first = at;
      }
    }
  }
  return first;
}

}  // namespace binfmt
