// SPDX-License-Identifier: Apache-2.0
// Which files a record takes: the kernel's own comparison, in user space.
#ifndef BINFMT_MATCH_H_
#define BINFMT_MATCH_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binfmt/record.h"

namespace binfmt {

// A file as search_binfmt_handler() sees it.
struct Candidate {
  std::string_view head;  // the first bytes, kMatchWindow are enough
  std::string_view path;  // as it was typed; only its extension counts
};

inline constexpr int kMatches = -1;
inline constexpr int kNoExtension = -2;

// kMatches where RECORD takes CANDIDATE; else the position in the file of the
// first byte that differs, or kNoExtension where the extension does. A file
// that is shorter than the magic is padded with zero bytes, as the kernel's
// buffer is. A record of type B never matches: only its program knows.
int FirstMismatch(const Record& record, const Candidate& candidate);

// Is FirstMismatch() kMatches? Faster, since it need not find the first one.
bool Matches(const Record& record, const Candidate& candidate);

// Which bits of a file's byte a magic record compares, and how it wants them;
// those that it does not compare are 0.
struct Compared {
  unsigned char bits;
  unsigned char byte;
};
Compared ComparedAt(const Record& record, size_t position);

// The same of four positions at once, the first one's lowest.
struct ComparedWord {
  uint32_t bits;
  uint32_t bytes;
};
inline constexpr size_t kWordLength = 4;
ComparedWord ComparedFrom(const Record& record, size_t position);

// Can one file be taken by both magic records? True when all bits that both
// compare are equal.
bool CanOverlap(const Record& a, const Record& b);

// Does WIDE take every file that NARROW takes?
bool Covers(const Record& wide, const Record& narrow);

}  // namespace binfmt

#endif  // BINFMT_MATCH_H_
