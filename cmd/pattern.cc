// SPDX-License-Identifier: Apache-2.0
#include "cmd/pattern.h"

#include <cstddef>

namespace cmd {
namespace {

// Matches C with the set behind the '[' at PATTERN[0]. Returns the set's length
// with both brackets, 0 where it has no end.
size_t MatchSet(std::string_view pattern, char c, bool* matches) {
  size_t i = 1;
  const bool negated = i < pattern.size() && pattern[i] == '!';
  if (negated) ++i;
  bool found = false;
  // A ']' that comes first is one of the set.
  for (const size_t first = i; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i != first) {
      *matches = found != negated;
      return i + 1;
    }
    const auto low = static_cast<unsigned char>(pattern[i]);
    unsigned char high = low;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' &&
        pattern[i + 2] != ']') {
      high = static_cast<unsigned char>(pattern[i + 2]);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    found |= low <= byte && byte <= high;
  }
  return 0;
}

// Matches the one character C with what PATTERN begins with, no '*'. Returns
// the length of that in the pattern, 0 where it does not match.
size_t MatchOne(std::string_view pattern, char c) {
  if (pattern.empty()) return 0;
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[') {
    bool matches = false;
    const size_t length = MatchSet(pattern, c, &matches);
    if (length != 0) return matches ? length : 0;
  }
  if (pattern[0] == '\\' && pattern.size() > 1) return pattern[1] == c ? 2 : 0;
  return pattern[0] == c ? 1 : 0;
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  constexpr size_t kNone = std::string_view::npos;
  size_t p = 0;
  size_t n = 0;
  // Where to go on when what follows the last '*' fails: one byte later.
  size_t star_p = kNone;
  size_t star_n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star_p = ++p;
      star_n = n;
    } else if (const size_t length = MatchOne(
                   std::string_view(pattern.data() + p, pattern.size() - p),
                   name[n]);
               length != 0) {
      p += length;
      ++n;
    } else if (star_p != kNone) {
      p = star_p;
      n = ++star_n;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool IsPattern(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

}  // namespace cmd
