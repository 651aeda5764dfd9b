// SPDX-License-Identifier: Apache-2.0

#include "arch_table/names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "arch_table/table.h"

namespace arch_table {
namespace {

// The generator accepts no longer name or alias.
constexpr size_t kMaxName = 32;
constexpr size_t kMaxWord = kMaxName + sizeof("qemu--static") - 1;

// `word` in lower case, as the table is; empty if it is longer than any word
// that means something.
std::string Normalized(std::string_view word) {
  return word.size() > kMaxWord ? "" : absl::AsciiStrToLower(word);
}

const Target* FindName(std::string_view word) {
  for (const Target& target : Targets()) {
    if (target.name == word) return &target;
  }
  return nullptr;
}

const Target* FindNameOrAlias(std::string_view word) {
  if (const Target* target = FindName(word)) return target;
  for (const Target& target : Targets()) {
    for (const std::string_view alias : target.Aliases()) {
      if (alias == word) return &target;
    }
  }
  return nullptr;
}

// How many letters must be changed, inserted, left out or swapped with their
// neighbour to turn `a` into `b` (optimal string alignment).
size_t Distance(std::string_view a, std::string_view b) {
  // The last three rows of the usual matrix; a swap looks two rows back.
  std::array<size_t, kMaxName + 1> before = {}, last = {}, row = {};
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before = last;
    last = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t best = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      best = std::min({best, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 2] == b[j - 1] && a[i - 1] == b[j - 2]) {
        best = std::min(best, before[j - 2] + 1);
      }
      row[j] = best;
    }
  }
  return row[b.size()];
}

}  // namespace

const Target* FindTarget(std::string_view any_case) {
  const std::string lower = Normalized(any_case);
  std::string_view word = lower;
  if (!absl::ConsumePrefix(&word, "qemu-")) {
    absl::ConsumePrefix(&word, "linux/");
  } else if (!absl::ConsumeSuffix(&word, "-static")) {
    return FindName(word);  // an entry's, not an emulator's
  }
  return FindNameOrAlias(word);
}

std::vector<size_t> NearestWords(std::string_view any_case,
                                 std::span<const std::string_view> words) {
  const std::string word = Normalized(any_case);
  std::vector<size_t> nearest;
  if (word.empty() || word.size() > kMaxName) return nearest;
  // Two wrong letters in five are about as far as a guess still helps.
  const size_t farthest = std::max<size_t>(1, word.size() * 2 / 5);
  for (size_t distance = 0; distance <= farthest; ++distance) {
    // One that only differs in letter case is meant.
    if (distance == 1 && !nearest.empty()) break;
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i].size() <= kMaxName && Distance(word, words[i]) == distance) {
        nearest.push_back(i);
      }
    }
  }
  return nearest;
}

std::vector<std::string_view> NearestNames(std::string_view any_case,
                                           size_t max_count) {
  const std::string lower = Normalized(any_case);
  std::string_view word = lower;
  if (!absl::ConsumePrefix(&word, "linux/")) {
    absl::ConsumePrefix(&word, "qemu-");
  }
  absl::ConsumeSuffix(&word, "-static");
  // "CPU-VENDOR-linux-ABI": a CPU may have a dash as well.
  const std::string_view triplet = word;
  for (size_t end = triplet.find('-');
       triplet.find("linux", end) != std::string_view::npos;
       end = triplet.find('-', end + 1)) {
    const std::string_view cpu = triplet.substr(0, end);
    if (word == triplet || FindNameOrAlias(cpu) != nullptr) word = cpu;
  }
  std::vector<std::string_view> words;
  for (const Target& target : Targets()) {
    words.push_back(target.name);
    for (const std::string_view alias : target.Aliases()) {
      words.push_back(alias);
    }
  }
  std::vector<std::string_view> names;
  for (const size_t i : NearestWords(word, words)) {
    const bool is_new = absl::c_none_of(names, [&](std::string_view name) {
      return FindNameOrAlias(name) == FindNameOrAlias(words[i]);
    });
    if (is_new && names.size() < max_count) names.push_back(words[i]);
  }
  return names;
}

}  // namespace arch_table
