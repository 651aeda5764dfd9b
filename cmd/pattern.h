// SPDX-License-Identifier: Apache-2.0
// Shell patterns for entry names.
#ifndef CMD_PATTERN_H_
#define CMD_PATTERN_H_

#include <string_view>

namespace cmd {

// Does PATTERN match all of NAME? * stands for any bytes, ? for one, [a-z] for
// one of a set, [!a-z] for one that is not; a backslash takes the next byte as
// it is. A [ without its ] stands for itself. Time is bounded by the product of
// both lengths.
//
// fnmatch(3) does as much, but brings the libc's tables of wide characters:
// 17 KB in a static program.
bool MatchesPattern(std::string_view pattern, std::string_view name);

// Has TEXT a character that is special in a pattern?
bool IsPattern(std::string_view text);

}  // namespace cmd

#endif  // CMD_PATTERN_H_
