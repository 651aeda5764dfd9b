// SPDX-License-Identifier: Apache-2.0
// What a user may have meant, for messages.
#ifndef CMD_SUGGESTION_H_
#define CMD_SUGGESTION_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cmd {

// "A, B or C".
std::string JoinAlternatives(std::span<const std::string_view> words);

constexpr size_t kMaxSuggestions = 3;

// "; did you mean A or B"; empty where there are no WORDS.
std::string DidYouMean(std::span<const std::string_view> words);

// The same for what WORDS has near WORD. SEPARATOR divides them.
std::string Suggest(std::string_view word, std::string_view words,
                    char separator);

// The same for the words of targets.
std::string SuggestTarget(std::string_view word);

}  // namespace cmd

#endif  // CMD_SUGGESTION_H_
