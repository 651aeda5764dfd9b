// SPDX-License-Identifier: Apache-2.0
#include "binfmt/match.h"

#include <algorithm>
#include <cstddef>

#include "binfmt/elf_header.h"

namespace binfmt {
namespace {

// Do both magic records compare a bit that they want otherwise?
bool Contradict(const Record& a, const Record& b) {
  const size_t end =
      std::min(a.offset + a.magic.size(), b.offset + b.magic.size());
  for (size_t at = std::max(a.offset, b.offset); at < end; ++at) {
    const Compared one = ComparedAt(a, at);
    const Compared other = ComparedAt(b, at);
    if (((one.byte ^ other.byte) & one.bits & other.bits) != 0) return true;
  }
  return false;
}

// Does RECORD compare the byte at AT, and want it otherwise than in HEAD? What
// is behind the end of a short file is zero in the kernel's buffer.
bool Differs(const Record& record, std::string_view head, size_t at) {
  const Compared wanted = ComparedAt(record, at);
  const char byte = at < head.size() ? head[at] : '\0';
  return (byte & wanted.bits) != wanted.byte;
}

}  // namespace

Compared ComparedAt(const Record& record, size_t position) {
  const size_t i = position - record.offset;
  if (i >= record.magic.size()) return {0, 0};
  const unsigned char bits =
      record.mask.empty() ? 0xff : static_cast<unsigned char>(record.mask[i]);
  return {bits, static_cast<unsigned char>(record.magic[i] & bits)};
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
      for (size_t at = record.offset; at < end; ++at) {
        if (Differs(record, candidate.head, at)) return static_cast<int>(at);
      }
      return kMatches;
    }
    case RecordType::kBpf:
      return kNoExtension;
  }
  return kNoExtension;
}

bool Matches(const Record& record, const Candidate& candidate) {
  if (record.type != RecordType::kMagic) {
    return FirstMismatch(record, candidate) == kMatches;
  }
  // e_machine first: it tells most records for ELF files apart.
  size_t i = kElfMachinePosition;
  for (size_t left = record.magic.size(); left > 0; --left, ++i) {
    if (i >= record.magic.size()) i = 0;
    if (Differs(record, candidate.head, record.offset + i)) return false;
  }
  return true;
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
  for (size_t at = wide.offset; at < end; ++at) {
    const Compared wanted = ComparedAt(wide, at);
    const Compared given = ComparedAt(narrow, at);
    if ((given.bits & wanted.bits) != wanted.bits ||
        (given.byte & wanted.bits) != wanted.byte) {
      return false;
    }
  }
  return true;
}

}  // namespace binfmt
