// SPDX-License-Identifier: Apache-2.0
#include "cmd/suggestion.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "arch_table/names.h"

namespace cmd {

std::string DidYouMean(std::span<const std::string_view> words) {
  if (words.empty()) return "";
  return absl::StrCat("; did you mean ", JoinAlternatives(words));
}

std::string JoinAlternatives(std::span<const std::string_view> words) {
  if (words.size() <= 1) return absl::StrJoin(words, "");
  return absl::StrCat(absl::StrJoin(words.first(words.size() - 1), ", "),
                      " or ", words.back());
}

std::string Suggest(std::string_view word, std::string_view words,
                    char separator) {
  const std::vector<std::string_view> list = absl::StrSplit(words, separator);
  std::vector<std::string_view> meant;
  for (const size_t i : arch_table::NearestWords(word, list)) {
    if (meant.size() < kMaxSuggestions) meant.push_back(list[i]);
  }
  return DidYouMean(meant);
}

std::string SuggestTarget(std::string_view word) {
  return DidYouMean(arch_table::NearestNames(word, kMaxSuggestions));
}

}  // namespace cmd
