// SPDX-License-Identifier: Apache-2.0

#include "arch_table/names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

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

struct Candidate {
  std::string_view word;
  size_t distance;
};

// The name or alias of the target that is nearest to `word`.
Candidate Nearest(const Target& target, std::string_view word) {
  Candidate nearest = {target.name, Distance(word, target.name)};
  for (const std::string_view alias : target.Aliases()) {
    const size_t distance = Distance(word, alias);
    if (distance < nearest.distance) nearest = {alias, distance};
  }
  return nearest;
}

}  // namespace

const Target* FindTarget(std::string_view any_case) {
  const std::string lower = Normalized(any_case);
  std::string_view word = lower;
  if (absl::ConsumePrefix(&word, "qemu-")) {
    absl::ConsumeSuffix(&word, "-static");
    return FindName(word);
  }
  absl::ConsumePrefix(&word, "linux/");
  return FindNameOrAlias(word);
}

std::vector<std::string_view> NearestNames(std::string_view any_case,
                                           size_t max_count) {
  const std::string lower = Normalized(any_case);
  std::string_view word = lower;
  if (!absl::ConsumePrefix(&word, "linux/")) {
    absl::ConsumePrefix(&word, "qemu-");
  }
  absl::ConsumeSuffix(&word, "-static");
  if (word.empty() || word.size() > kMaxName) return {};

  // Two wrong letters in five are about as far as a guess still helps.
  const size_t farthest = std::max<size_t>(1, word.size() * 2 / 5);
  std::vector<std::string_view> names;
  for (size_t distance = 0; distance <= farthest; ++distance) {
    for (const Target& target : Targets()) {
      const Candidate candidate = Nearest(target, word);
      if (candidate.distance != distance) continue;
      if (names.size() == max_count) return names;
      names.push_back(candidate.word);
    }
  }
  return names;
}

}  // namespace arch_table
