// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/cover_index.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"

namespace binfmt {
namespace {

// The bytes of an ELF header that name its machine.
constexpr size_t kMachinePositions[] = {kElfClassPosition, kElfMachinePosition,
                                        kElfMachinePosition + 1};

bool SameShape(const Record& a, const Record& b) {
  if (a.type != b.type) return false;
  return a.type != RecordType::kMagic ||
         (a.offset == b.offset && a.magic.size() == b.magic.size() &&
          a.mask == b.mask);
}

// The shape of RECORD in SHAPES, which gets it where it is new.
template <typename Shape>
Shape& ShapeOf(const Record& record, std::vector<Shape>* shapes) {
  for (Shape& shape : *shapes) {
    if (SameShape(*shape.example, record)) return shape;
  }
  Shape& shape = shapes->emplace_back();
  shape.example = &record;
  return shape;
}

// The values that RECORD wants for the bits that records like SHAPE compare.
// Nothing where RECORD does not compare all of them.
std::optional<std::string> BitsOf(const Record& record, const Record& shape) {
  if (shape.type != record.type) return std::nullopt;
  if (shape.type != RecordType::kMagic) return record.magic;
  const size_t words = (shape.magic.size() + kWordLength - 1) / kWordLength;
  std::string values(words * kWordLength, '\0');
  for (size_t i = 0; i < values.size(); i += kWordLength) {
    const uint32_t bits = ComparedWordAt(shape, shape.offset + i).bits;
    const ComparedWord word = ComparedWordAt(record, shape.offset + i);
    if ((word.bits & bits) != bits) return std::nullopt;
    const uint32_t value = word.value & bits;
    std::memcpy(&values[i], &value, sizeof(value));
  }
  return values;
}

// One bit for the machine that RECORD is for, and all bits where it does not
// say. A record that covers another has a bit in common with it.
uint64_t MachineBits(const Record& record) {
  const ComparedByte low = ComparedAt(record, kElfMachinePosition);
  const ComparedByte high = ComparedAt(record, kElfMachinePosition + 1);
  if ((low.bits & high.bits) != 0xff) return ~uint64_t{0};
  return uint64_t{1} << ((low.value ^ high.value) % 64);
}

// The machine that RECORD is for, where IsForOneMachine().
uint32_t MachineOf(const Record& record) {
  uint32_t machine = 0;
  for (const size_t position : kMachinePositions) {
    machine = machine << 8 | ComparedAt(record, position).value;
  }
  return machine;
}

}  // namespace

bool IsForOneMachine(const Record& record) {
  return record.type == RecordType::kMagic &&
         std::all_of(std::begin(kMachinePositions), std::end(kMachinePositions),
                     [&](size_t position) {
                       return ComparedAt(record, position).bits == 0xff;
                     });
}

void CoverIndex::Add(const Record& record) {
  Shape& shape = ShapeOf(record, &shapes_);
  shape.machines |= MachineBits(record);
  shape.first_by_bits.emplace(*BitsOf(record, record), records_.size());
  records_.push_back(&record);
}

std::optional<size_t> CoverIndex::FirstCovering(const Record& narrow) const {
  std::optional<size_t> first;
  // Only its BPF program knows which files such a record takes.
  if (narrow.type == RecordType::kBpf) return first;
  const uint64_t machine = MachineBits(narrow);
  for (const Shape& shape : shapes_) {
    if ((shape.machines & machine) == 0) continue;
    const std::optional<std::string> bits = BitsOf(narrow, *shape.example);
    if (!bits) continue;
    const auto found = shape.first_by_bits.find(*bits);
    if (found != shape.first_by_bits.end()) {
      first = std::min(first.value_or(found->second), found->second);
    }
  }
  return first;
}

void OverlapIndex::Add(const Record& record) {
  Shape& shape = ShapeOf(record, &shapes_);
  shape.by_bits[*BitsOf(record, record)].push_back(records_.size());
  shape.by_machine[MachineOf(record)].push_back(records_.size());
  records_.push_back(&record);
}

std::vector<size_t> OverlapIndex::Overlapping(const Record& record) const {
  std::vector<size_t> positions;
  for (const Shape& shape : shapes_) {
    // Records with equal bits overlap; of those for the same machine some may.
    if (const std::optional<std::string> bits =
            BitsOf(record, *shape.example)) {
      if (const auto found = shape.by_bits.find(*bits);
          found != shape.by_bits.end()) {
        positions.insert(positions.end(), found->second.begin(),
                         found->second.end());
      }
    } else if (const auto found = shape.by_machine.find(MachineOf(record));
               found != shape.by_machine.end()) {
      std::copy_if(found->second.begin(), found->second.end(),
                   std::back_inserter(positions), [&](size_t position) {
                     return CanOverlap(*records_[position], record);
                   });
    }
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

}  // namespace binfmt
