// SPDX-License-Identifier: Apache-2.0
#include "binfmt/match.h"

#include <algorithm>
#include <cstddef>

namespace binfmt {
namespace {

unsigned char ByteAt(std::string_view bytes, size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
}

// The bits that RECORD compares of the file's byte at POSITION.
unsigned char MaskAt(const Record& record, size_t position) {
  if (position < record.offset) return 0;
  const size_t i = position - record.offset;
  if (i >= record.magic.size()) return 0;
  return record.mask.empty() ? 0xff : ByteAt(record.mask, i);
}

unsigned char MagicAt(const Record& record, size_t position) {
  if (position < record.offset) return 0;
  return ByteAt(record.magic, position - record.offset);
}

size_t End(const Record& record) { return record.offset + record.magic.size(); }

}  // namespace

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
      const std::string_view head = candidate.head.substr(0, kMatchWindow);
      for (size_t i = 0; i < record.magic.size(); ++i) {
        const size_t position = record.offset + i;
        const auto differs = static_cast<unsigned char>(
            ByteAt(head, position) ^ ByteAt(record.magic, i));
        if ((differs & MaskAt(record, position)) != 0) {
          return static_cast<int>(position);
        }
      }
      return kMatches;
    }
    case RecordType::kBpf:
      return kNoExtension;
  }
  return kNoExtension;
}

bool CanOverlap(const Record& a, const Record& b) {
  if (a.type != b.type) return true;  // bytes and extension are independent
  if (a.type == RecordType::kExtension) return a.magic == b.magic;
  for (size_t i = 0; i < std::max(End(a), End(b)); ++i) {
    const auto both = static_cast<unsigned char>(MaskAt(a, i) & MaskAt(b, i));
    if (((MagicAt(a, i) ^ MagicAt(b, i)) & both) != 0) return false;
  }
  return true;
}

bool Covers(const Record& wide, const Record& narrow) {
  if (wide.type != narrow.type) return false;
  if (wide.type == RecordType::kExtension) return wide.magic == narrow.magic;
  if (wide.type != RecordType::kMagic) return false;
  for (size_t i = 0; i < End(wide); ++i) {
    const unsigned char mask = MaskAt(wide, i);
    // A magic bit outside the mask never decides (see FirstMismatch()).
    if ((mask & ~MaskAt(narrow, i)) != 0) return false;
    if (((MagicAt(wide, i) ^ MagicAt(narrow, i)) & mask) != 0) return false;
  }
  return true;
}

}  // namespace binfmt
