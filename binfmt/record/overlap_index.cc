// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/overlap_index.h"

#include <algorithm>
#include <bit>
#include <climits>

#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"

namespace binfmt {
namespace {

constexpr size_t kBlockLength = 64;

// What a record wants a bit of a file to be.
constexpr char kAnything = 2;

// The bits that RECORD compares, as if the bytes of an extension followed the
// head of the file. Empty where only a BPF program knows.
std::vector<char> WantedBits(const Record& record) {
  std::vector<char> wanted;
  if (record.type == RecordType::kBpf) return wanted;
  Record bytes = record;
  if (record.type == RecordType::kExtension) {
    bytes.offset = kMatchWindow;
    bytes.mask.clear();
    bytes.magic.push_back('\0');  // none begins with another one
  }
  wanted.resize((bytes.offset + bytes.magic.size()) * CHAR_BIT);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto [bits, value] = ComparedAt(bytes, i / CHAR_BIT);
    const size_t bit = i % CHAR_BIT;
    wanted[i] = (bits >> bit & 1) == 0 ? kAnything
                                       : static_cast<char>(value >> bit & 1);
  }
  return wanted;
}

}  // namespace

bool IsForOneMachine(const Record& record) {
  // The bytes of an ELF header that name its machine.
  constexpr size_t kPositions[] = {kElfClassPosition, kElfMachinePosition,
                                   kElfMachinePosition + 1};
  return record.type == RecordType::kMagic &&
         std::ranges::all_of(kPositions, [&](size_t position) {
           return ComparedAt(record, position).bits == 0xff;
         });
}

void OverlapIndex::Add(const Record& record) {
  const size_t place = count_++ % kBlockLength;
  if (place == 0) blocks_.emplace_back();
  Block& block = blocks_.back();
  const uint64_t member = uint64_t{1} << place;
  if (record.type == RecordType::kMagic) block.magics |= member;
  if (record.type == RecordType::kExtension) block.extensions |= member;
  if (IsForOneMachine(record)) block.for_one_machine |= member;
  const std::vector<char> wanted = WantedBits(record);
  if (block.slices.size() < wanted.size()) block.slices.resize(wanted.size());
  for (size_t bit = 0; bit < wanted.size(); ++bit) {
    if (wanted[bit] == 0) block.slices[bit].zero |= member;
    if (wanted[bit] == 1) block.slices[bit].one |= member;
  }
}

OverlapIndex::Search::Search(const OverlapIndex& index, const Record& record)
    : index_(index),
      is_extension_(record.type == RecordType::kExtension),
      is_for_one_machine_(IsForOneMachine(record)) {
  if (index.count_ != 0) wanted_ = WantedBits(record);
}

std::optional<size_t> OverlapIndex::Search::Next() {
  while (found_ == 0) {
    if (wanted_.empty() || next_block_ == index_.blocks_.size()) {
      return std::nullopt;
    }
    found_ = FindIn(index_.blocks_[next_block_++]);
  }
  const int place = std::countr_zero(found_);
  found_ &= found_ - 1;
  return (next_block_ - 1) * kBlockLength + static_cast<size_t>(place);
}

uint64_t OverlapIndex::Search::FindIn(const Block& block) const {
  uint64_t overlapping = is_extension_ ? block.extensions : block.magics;
  uint64_t wide = overlapping;    // those that compare no more bits
  uint64_t narrow = overlapping;  // those that compare no fewer
  const uint64_t alike = is_for_one_machine_ ? block.for_one_machine : 0;
  const size_t end = std::max(block.slices.size(), wanted_.size());
  for (size_t bit = 0; bit < end; ++bit) {
    const auto [zero, one] =
        bit < block.slices.size() ? block.slices[bit] : Slice();
    const char wanted = bit < wanted_.size() ? wanted_[bit] : kAnything;
    if (wanted == kAnything) {
      wide &= ~(zero | one);
    } else {
      narrow &= zero | one;
      overlapping &= ~(wanted == 0 ? one : zero);
    }
    if ((overlapping & (wide | narrow | alike)) == 0) return 0;
  }
  return overlapping & (wide | narrow | alike);
}

}  // namespace binfmt
