// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/match.h"

#include <algorithm>

#include "binfmt/record/elf_header.h"

namespace binfmt {
namespace {

// The word that holds e_machine. It differs between most records for ELF files.
constexpr size_t kMachineWord = kElfMachinePosition / kWordLength * kWordLength;

// Whether two magic records compare a bit of the word at AT for which they want
// different values.
bool ContradictAt(const Record& a, const Record& b, size_t at) {
  const ComparedWord one = ComparedWordAt(a, at);
  const ComparedWord other = ComparedWordAt(b, at);
  return ((one.value ^ other.value) & one.bits & other.bits) != 0;
}

// The same for all words.
bool Contradict(const Record& a, const Record& b) {
  if (ContradictAt(a, b, kMachineWord)) return true;
  const size_t end =
      std::min(a.offset + a.magic.size(), b.offset + b.magic.size());
  for (size_t at = std::max(a.offset, b.offset); at < end; at += kWordLength) {
    if (ContradictAt(a, b, at)) return true;
  }
  return false;
}

// The four bytes at AT, the first one lowest.
uint32_t LoadWord(const char* at) {
  const auto byte = [at](size_t i) {
    return uint32_t{static_cast<unsigned char>(at[i])};
  };
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}

// The byte of the file at POSITION. Behind the end of a short file the kernel's
// buffer is zero.
unsigned char ByteAt(std::string_view head, size_t position) {
  return position < head.size() ? static_cast<unsigned char>(head[position])
                                : 0;
}

uint32_t WordAt(std::string_view head, size_t position) {
  if (position < head.size() && head.size() - position >= kWordLength) {
    return LoadWord(head.data() + position);
  }
  uint32_t word = 0;
  for (size_t i = kWordLength; i-- > 0;) {
    word = word << 8 | ByteAt(head, position + i);
  }
  return word;
}

// Whether one of the four bytes of HEAD at POSITION is not as RECORD wants it.
bool Differs(const Record& record, std::string_view head, size_t position) {
  const ComparedWord wanted = ComparedWordAt(record, position);
  return (WordAt(head, position) & wanted.bits) != wanted.value;
}

// Whether PATH ends in EXTENSION. As strrchr(bprm->interp, '.') does, this
// takes a dot in a directory's name too.
bool HasExtension(std::string_view path, std::string_view extension) {
  const size_t dot = path.rfind('.');
  return dot != std::string_view::npos && path.substr(dot + 1) == extension;
}

}  // namespace

ComparedByte ComparedAt(const Record& record, size_t position) {
  // Wraps around, and is too large, where POSITION is before the magic.
  const size_t i = position - record.offset;
  if (i >= record.magic.size()) return {0, 0};
  const unsigned char bits =
      record.mask.empty() ? 0xff : static_cast<unsigned char>(record.mask[i]);
  return {bits, static_cast<unsigned char>(record.magic[i] & bits)};
}

ComparedWord ComparedWordAt(const Record& record, size_t position) {
  const size_t i = position - record.offset;
  const size_t size = record.magic.size();
  const bool has_mask = !record.mask.empty();
  // Four bytes at once, unless the magic begins or ends among them.
  if (i < size && size - i >= kWordLength &&
      (!has_mask || record.mask.size() == size)) {
    const uint32_t bits =
        has_mask ? LoadWord(record.mask.data() + i) : 0xffffffff;
    return {bits, LoadWord(record.magic.data() + i) & bits};
  }
  ComparedWord word = {0, 0};
  for (size_t at = kWordLength; at-- > 0;) {
    const ComparedByte compared = ComparedAt(record, position + at);
    word.bits = word.bits << 8 | compared.bits;
    word.value = word.value << 8 | compared.value;
  }
  return word;
}

int FirstMismatch(const Record& record, const Candidate& candidate) {
  if (record.type == RecordType::kExtension) {
    return HasExtension(candidate.path, record.magic) ? kMatches : kNoExtension;
  }
  if (record.type == RecordType::kBpf) return kNoExtension;
  const size_t end = record.offset + record.magic.size();
  for (size_t at = record.offset; at < end; at += kWordLength) {
    if (!Differs(record, candidate.head, at)) continue;
    for (;; ++at) {
      const ComparedByte wanted = ComparedAt(record, at);
      if ((ByteAt(candidate.head, at) & wanted.bits) != wanted.value) {
        return static_cast<int>(at);
      }
    }
  }
  return kMatches;
}

bool Matches(const Record& record, const Candidate& candidate) {
  if (record.type == RecordType::kMagic &&
      Differs(record, candidate.head, kMachineWord)) {
    return false;
  }
  return FirstMismatch(record, candidate) == kMatches;
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
    const ComparedWord wanted = ComparedWordAt(wide, at);
    const ComparedWord given = ComparedWordAt(narrow, at);
    if ((given.bits & wanted.bits) != wanted.bits ||
        (given.value & wanted.bits) != wanted.value) {
      return false;
    }
  }
  return true;
}

}  // namespace binfmt
