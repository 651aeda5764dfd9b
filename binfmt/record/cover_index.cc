// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/cover_index.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"

namespace binfmt {
namespace {

using internal::Shape;

// The bytes of an ELF header that name its machine.
constexpr size_t kMachinePositions[] = {kElfClassPosition, kElfMachinePosition,
                                        kElfMachinePosition + 1};

bool SameShape(const Record& a, const Record& b) {
  if (a.type != b.type) return false;
  return a.type != RecordType::kMagic ||
         (a.offset == b.offset && a.magic.size() == b.magic.size() &&
          a.mask == b.mask);
}

// The bits that RECORD compares, those of all its words in one. A record that
// compares all bits of another one has all of that one's here, too.
uint64_t FoldedBits(const Record& record) {
  if (record.type != RecordType::kMagic) return 0;
  const size_t end = record.offset + record.magic.size();
  uint64_t folded = 0;
  for (size_t at = record.offset / kWordLength * kWordLength;
       at < end && folded != ~uint64_t{0}; at += kWordLength) {
    folded |= uint64_t{ComparedWordAt(record, at).bits} << (at % 8 * 8);
  }
  return folded;
}

// The shape of RECORD in SHAPES, which gets it where it is new.
Shape& ShapeOf(const Record& record, std::vector<Shape>* shapes) {
  const uint64_t folded_bits = FoldedBits(record);
  for (Shape& shape : *shapes) {
    if (shape.folded_bits == folded_bits && SameShape(*shape.example, record)) {
      return shape;
    }
  }
  return shapes->emplace_back(folded_bits, &record, IsForOneMachine(record));
}

// The values that RECORD wants for the bits that records like SHAPE compare,
// the last word first, since headers of ELF files differ at their ends. Nothing
// where RECORD does not compare all of them.
std::optional<std::string> BitsOf(const Record& record, const Record& shape) {
  if (shape.type != record.type) return std::nullopt;
  if (shape.type != RecordType::kMagic) return record.magic;
  const size_t words = (shape.magic.size() + kWordLength - 1) / kWordLength;
  std::string values(words * kWordLength, '\0');
  char* next = values.data();
  for (size_t i = words; i-- > 0;) {
    const size_t at = shape.offset + i * kWordLength;
    const uint32_t bits = ComparedWordAt(shape, at).bits;
    const ComparedWord given = ComparedWordAt(record, at);
    if ((bits & ~given.bits) != 0) return std::nullopt;
    const uint32_t value = given.value & bits;
    next =
        std::copy_n(reinterpret_cast<const char*>(&value), sizeof(value), next);
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
std::string MachineOf(const Record& record) {
  std::string machine;
  for (const size_t position : kMachinePositions) {
    machine.push_back(static_cast<char>(ComparedAt(record, position).value));
  }
  return machine;
}

// Positions of records by what they compare.
using Positions = std::map<std::string, size_t, std::less<>>;
constexpr size_t kNone = ~size_t{0};

size_t Find(const Positions& positions, const std::string& key) {
  const auto found = positions.find(key);
  return found == positions.end() ? kNone : found->second;
}

// The position of KEY, which is kNone where it is new.
size_t& At(Positions* positions, const std::string& key) {
  return positions->try_emplace(key, kNone).first->second;
}

}  // namespace

bool IsForOneMachine(const Record& record) {
  return record.type == RecordType::kMagic &&
         std::ranges::all_of(kMachinePositions, [&](size_t position) {
           return ComparedAt(record, position).bits == 0xff;
         });
}

void CoverIndex::Add(const Record& record) {
  Shape& shape = ShapeOf(record, &shapes_);
  shape.machines |= MachineBits(record);
  if (shape.by_bits.empty()) shape.first = records_.size();
  size_t& first = At(&shape.by_bits, *BitsOf(record, record));
  first = std::min(first, records_.size());
  records_.push_back(&record);
}

std::optional<size_t> CoverIndex::FirstCovering(const Record& narrow) const {
  // Only its BPF program knows which files such a record takes.
  if (narrow.type == RecordType::kBpf) return std::nullopt;
  size_t first = kNone;
  const uint64_t machine = MachineBits(narrow);
  const uint64_t folded_bits = FoldedBits(narrow);
  for (const Shape& shape : shapes_) {
    if (shape.first > first) break;
    if ((shape.machines & machine) == 0) continue;
    if ((shape.folded_bits & ~folded_bits) != 0) continue;
    if (shape.by_bits.size() == 1) {
      if (Covers(*shape.example, narrow)) first = std::min(first, shape.first);
      continue;
    }
    const std::optional<std::string> bits = BitsOf(narrow, *shape.example);
    if (!bits) continue;
    first = std::min(first, Find(shape.by_bits, *bits));
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

void OverlapIndex::Add(const Record& record) {
  Shape& shape = ShapeOf(record, &shapes_);
  Link link = {&record, kNone, kNone};
  // Only its BPF program knows which files such a record takes.
  if (record.type != RecordType::kBpf) {
    size_t& by_bits = At(&shape.by_bits, *BitsOf(record, record));
    link.before_by_bits = std::exchange(by_bits, links_.size());
  }
  if (shape.is_for_one_machine) {
    size_t& by_machine = At(&by_machine_, MachineOf(record));
    link.before_by_machine = std::exchange(by_machine, links_.size());
  }
  links_.push_back(link);
}

std::vector<size_t> OverlapIndex::Overlapping(const Record& record) const {
  std::vector<size_t> positions;
  if (record.type == RecordType::kBpf) return positions;
  const auto add_all_like = [&](size_t position) {
    for (; position != kNone; position = links_[position].before_by_bits) {
      positions.push_back(position);
    }
  };
  const bool is_for_one_machine = IsForOneMachine(record);
  if (is_for_one_machine) {
    size_t position = Find(by_machine_, MachineOf(record));
    for (; position != kNone; position = links_[position].before_by_machine) {
      if (CanOverlap(*links_[position].record, record)) {
        positions.push_back(position);
      }
    }
  }
  const uint64_t folded_bits = FoldedBits(record);
  for (const Shape& shape : shapes_) {
    // Those for its machine were found by that.
    if (is_for_one_machine && shape.is_for_one_machine) continue;
    // Records with equal bits take all that RECORD takes.
    if ((shape.folded_bits & ~folded_bits) == 0) {
      if (const std::optional<std::string> bits =
              BitsOf(record, *shape.example)) {
        add_all_like(Find(shape.by_bits, *bits));
        continue;
      }
    }
    // Those that compare more than RECORD, which may take all that they take.
    if ((folded_bits & ~shape.folded_bits) != 0) continue;
    if (!BitsOf(*shape.example, record)) continue;
    for (const auto& [bits, last] : shape.by_bits) {
      if (Covers(record, *links_[last].record)) {
        add_all_like(last);
      }
    }
  }
  // Those of one shape are there backwards.
  std::ranges::reverse(positions);
  if (std::ranges::is_sorted(positions)) return positions;
  // The heap's functions are a tenth as large as std::sort().
  std::ranges::make_heap(positions);
  std::ranges::sort_heap(positions);
  return positions;
}

}  // namespace binfmt
