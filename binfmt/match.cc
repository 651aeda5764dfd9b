// SPDX-License-Identifier: Apache-2.0
#include "binfmt/match.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "binfmt/elf_header.h"

namespace binfmt {
namespace {

// Do both magic records compare a bit that they want otherwise?
bool Contradict(const Record& a, const Record& b) {
  const size_t end =
      std::min(a.offset + a.magic.size(), b.offset + b.magic.size());
  for (size_t at = std::max(a.offset, b.offset); at < end; at += kWordLength) {
    const ComparedWord one = ComparedFrom(a, at);
    const ComparedWord other = ComparedFrom(b, at);
    if (((one.bytes ^ other.bytes) & one.bits & other.bits) != 0) return true;
  }
  return false;
}

// One load where the machine is little-endian.
uint32_t Word(const char* at) {
  const auto byte = [at](size_t i) {
    return uint32_t{static_cast<unsigned char>(at[i])};
  };
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}

// The word at AT in HEAD. What is behind the end of a short file is zero in the
// kernel's buffer.
uint32_t WordAt(std::string_view head, size_t at) {
  if (at < head.size() && head.size() - at >= kWordLength) {
    return Word(head.data() + at);
  }
  uint32_t word = 0;
  for (size_t i = kWordLength; i-- > 0;) {
    const char byte = at + i < head.size() ? head[at + i] : '\0';
    word = word << 8 | static_cast<unsigned char>(byte);
  }
  return word;
}

// Does RECORD want a byte of the word at AT otherwise than it is in HEAD?
bool Differs(const Record& record, std::string_view head, size_t at) {
  const ComparedWord wanted = ComparedFrom(record, at);
  return (WordAt(head, at) & wanted.bits) != wanted.bytes;
}

}  // namespace

Compared ComparedAt(const Record& record, size_t position) {
  const size_t i = position - record.offset;
  if (i >= record.magic.size()) return {0, 0};
  const unsigned char bits =
      record.mask.empty() ? 0xff : static_cast<unsigned char>(record.mask[i]);
  return {bits, static_cast<unsigned char>(record.magic[i] & bits)};
}

ComparedWord ComparedFrom(const Record& record, size_t position) {
  ComparedWord word = {0xffffffff, 0};
  const size_t i = position - record.offset;
  const size_t size = record.magic.size();
  const bool has_mask = !record.mask.empty();
  if (i < size && size - i >= kWordLength &&
      (!has_mask || record.mask.size() == size)) {
    if (has_mask) word.bits = Word(record.mask.data() + i);
    word.bytes = Word(record.magic.data() + i) & word.bits;
    return word;
  }
  for (size_t at = kWordLength; at-- > 0;) {
    const Compared compared = ComparedAt(record, position + at);
    word.bits = word.bits << 8 | compared.bits;
    word.bytes = word.bytes << 8 | compared.byte;
  }
  return word;
}

int FirstMismatch(const Record& record, const Candidate& candidate) {
  switch (record.type) {
    case RecordType::kExtension: {
      // strrchr(bprm->interp, '.'): a dot in a directory's name counts too.
      const size_t dot = candidate.path.rfind('.');
      return dot != std::string_view::npos &&
                     candidate.path.substr(dot + 1) == record.magic
                 ? kMatches
                 : kNoExtension;
    }
    case RecordType::kMagic: {
      const size_t end = record.offset + record.magic.size();
      for (size_t at = record.offset; at < end; at += kWordLength) {
        if (!Differs(record, candidate.head, at)) continue;
        for (;; ++at) {
          const Compared wanted = ComparedAt(record, at);
          const char byte =
              at < candidate.head.size() ? candidate.head[at] : '\0';
          if ((byte & wanted.bits) != wanted.byte) return static_cast<int>(at);
        }
      }
      return kMatches;
    }
    case RecordType::kBpf:
      return kNoExtension;
  }
  return kNoExtension;
}

bool Matches(const Record& record, const Candidate& candidate) {
  // The word of e_machine first: it tells most records for ELF files apart.
  constexpr size_t kFirst = kElfMachinePosition / kWordLength * kWordLength;
  return (record.type != RecordType::kMagic ||
          !Differs(record, candidate.head, kFirst)) &&
         FirstMismatch(record, candidate) == kMatches;
}

bool CanOverlap(const Record& a, const Record& b) {
  if (a.type != b.type) return true;  // bytes and extension are independent
  if (a.type == RecordType::kExtension) return a.magic == b.magic;
  return !Contradict(a, b);
}

bool Covers(const Record& wide, const Record& narrow) {
  if (wide.type != narrow.type) return false;
  if (wide.type == RecordType::kExtension) return wide.magic == narrow.magic;
  if (wide.type != RecordType::kMagic) return false;
  const size_t end = wide.offset + wide.magic.size();
  for (size_t at = wide.offset; at < end; at += kWordLength) {
    const ComparedWord wanted = ComparedFrom(wide, at);
    const ComparedWord given = ComparedFrom(narrow, at);
    if ((given.bits & wanted.bits) != wanted.bits ||
        (given.bytes & wanted.bits) != wanted.bytes) {
      return false;
    }
  }
  return true;
}

}  // namespace binfmt
