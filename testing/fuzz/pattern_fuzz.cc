// SPDX-License-Identifier: Apache-2.0
// A pattern and a name with a NUL byte between.
#include <string>

#include "cmd/pattern.h"
#include "testing/fuzz/check.h"

namespace {

using cmd::MatchesPattern;

// The same by recursion over what follows a '*', which MatchesPattern() avoids.
// Everything else is matched by it, a prefix of the pattern and one byte.
bool MatchesSlowly(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    const std::string_view rest = pattern.substr(1);
    for (size_t i = 0; i <= name.size(); ++i) {
      if (MatchesSlowly(rest, name.substr(i))) return true;
    }
    return false;
  }
  if (name.empty()) return false;
  size_t length = 1;
  if (pattern[0] == '\\' && pattern.size() > 1) {
    length = 2;
  } else if (pattern[0] == '[') {
    size_t i = pattern.size() > 1 && pattern[1] == '!' ? 2 : 1;
    for (const size_t first = i; i < pattern.size(); ++i) {
      if (pattern[i] == ']' && i != first) break;
      if (i + 2 < pattern.size() && pattern[i + 1] == '-' &&
          pattern[i + 2] != ']') {
        i += 2;
      }
    }
    if (i < pattern.size()) length = i + 1;
  }
  return MatchesPattern(pattern.substr(0, length), name.substr(0, 1)) &&
         MatchesSlowly(pattern.substr(length), name.substr(1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view name = binfmtbox_fuzz::TextOf(data, size);
  const std::string pattern(binfmtbox_fuzz::TakePart(&name, '\0'));

  const bool matches = MatchesPattern(pattern, name);
  FUZZ_CHECK(!matches || MatchesPattern("*" + pattern, name));
  FUZZ_CHECK(MatchesPattern("*", name));
  if (!cmd::IsPattern(pattern) && pattern.find('\\') == std::string::npos) {
    FUZZ_CHECK(matches == (pattern == name));
  }
  std::string escaped;
  for (const char c : name) escaped.append({'\\', c});
  FUZZ_CHECK(MatchesPattern(escaped, name));
  // The slow one takes exponential time.
  if (size <= 16) FUZZ_CHECK(matches == MatchesSlowly(pattern, name));
  return 0;
}
