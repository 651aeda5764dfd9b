// SPDX-License-Identifier: Apache-2.0
// Which files a record takes: the kernel's own comparison, in user space.
#ifndef BINFMT_RECORD_MATCH_H_
#define BINFMT_RECORD_MATCH_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binfmt/record/record.h"

namespace binfmt {

// A file as search_binfmt_handler() sees it.
struct Candidate {
  std::string_view head;  // its first bytes; kMatchWindow are enough
  std::string_view path;  // as it was typed; only the extension counts
};

// What FirstMismatch() returns besides positions.
inline constexpr int kMatches = -1;
inline constexpr int kNoExtension = -2;

// kMatches where RECORD takes CANDIDATE; otherwise the position in the file of
// the first byte that differs, or kNoExtension where the extension does. A file
// shorter than the magic is padded with zero bytes, as in the kernel's buffer.
// A record of type B never matches: only its BPF program knows.
int FirstMismatch(const Record& record, const Candidate& candidate);

// Whether RECORD takes CANDIDATE. Faster than FirstMismatch().
bool Matches(const Record& record, const Candidate& candidate);

// Which bits of a file's byte a magic record compares, and the value that it
// wants them to have. Bits that it does not compare are 0 in both.
struct ComparedByte {
  unsigned char bits;
  unsigned char value;
};
ComparedByte ComparedAt(const Record& record, size_t position);

// The same for four positions at once, the first one in the lowest bits.
struct ComparedWord {
  uint32_t bits;
  uint32_t value;
};
inline constexpr size_t kWordLength = 4;
ComparedWord ComparedWordAt(const Record& record, size_t position);

// Whether some file is taken by both records: no bit that both compare
// contradicts.
bool CanOverlap(const Record& a, const Record& b);

// Whether WIDE takes every file that NARROW takes.
bool Covers(const Record& wide, const Record& narrow);

}  // namespace binfmt

#endif  // BINFMT_RECORD_MATCH_H_
