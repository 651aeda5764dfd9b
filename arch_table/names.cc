// SPDX-License-Identifier: Apache-2.0

#include "arch_table/names.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/strings/strip.h"
#include "arch_table/table.h"

namespace arch_table {
namespace {

// The generator accepts no longer name or alias.
constexpr size_t kMaxWord = 32;

// A word in lower case, as the table is; empty where it is longer than any that
// means something. absl's functions that ignore case bring tables: 700 bytes.
class LowerCase {
 public:
  explicit LowerCase(std::string_view word) {
    if (word.size() > sizeof(letters_)) return;
    for (const char c : word) {
      letters_[size_++] =
          c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }

  std::string_view word() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return {letters_, size_};
  }

 private:
  char letters_[kMaxWord + sizeof("qemu--static")];
  size_t size_ = 0;
};

// Takes the first word off a text whose words are separated by one blank.
std::string_view TakeWord(std::string_view* text) {
  const size_t end = std::min(text->find(' '), text->size());
  const std::string_view word = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return word;
}

const Target* FindName(std::string_view word) {
  for (const Target& target : Targets()) {
    if (target.name() == word) return &target;
  }
  return nullptr;
}

const Target* FindNameOrAlias(std::string_view word) {
  if (const Target* target = FindName(word)) return target;
  for (const Target& target : Targets()) {
    std::string_view aliases = target.alias_text();
    while (!aliases.empty()) {
      if (TakeWord(&aliases) == word) return &target;
    }
  }
  return nullptr;
}

// How many letters must be changed, inserted, left out or swapped with their
// neighbour to make `b` of `a`. Both are at most kMaxWord long.
size_t Distance(std::string_view a, std::string_view b) {
  // The last three rows of the usual matrix; a swap looks two rows back.
  uint8_t rows[3][kMaxWord + 1] = {};
  uint8_t* before = rows[0];
  uint8_t* last = rows[1];
  uint8_t* row = rows[2];
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<uint8_t>(j);
  char previous = '\0';
  for (size_t i = 1; i <= a.size(); ++i) {
    uint8_t* const oldest = before;
    before = last;
    last = row;
    row = oldest;
    const char letter = a[i - 1];
    row[0] = static_cast<uint8_t>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      int best = last[j - 1] + (letter == b[j - 1] ? 0 : 1);
      best = std::min(best, std::min(last[j], row[j - 1]) + 1);
      if (j > 1 && previous == b[j - 1] && letter == b[j - 2]) {
        best = std::min(best, before[j - 2] + 1);
      }
      row[j] = static_cast<uint8_t>(best);
    }
    previous = letter;
  }
  return row[b.size()];
}

struct Candidate {
  std::string_view word;
  size_t distance;
};

// The name or alias of the target that is nearest to `word`.
Candidate Nearest(const Target& target, std::string_view word) {
  Candidate nearest = {target.name(), Distance(word, target.name())};
  std::string_view aliases = target.alias_text();
  while (!aliases.empty()) {
    const std::string_view alias = TakeWord(&aliases);
    const size_t distance = Distance(word, alias);
    if (distance < nearest.distance) nearest = {alias, distance};
  }
  return nearest;
}

}  // namespace

const Target* FindTarget(std::string_view any_case) {
  const LowerCase lower(any_case);
  std::string_view word = lower.word();
  if (absl::ConsumePrefix(&word, "linux/")) return FindNameOrAlias(word);
  if (absl::ConsumePrefix(&word, "qemu-")) {
    absl::ConsumeSuffix(&word, "-static");
    return FindName(word);
  }
  return FindNameOrAlias(word);
}

size_t NearestNames(std::string_view any_case,
                    absl::Span<std::string_view> names) {
  const LowerCase lower(any_case);
  std::string_view word = lower.word();
  if (!absl::ConsumePrefix(&word, "linux/")) {
    absl::ConsumePrefix(&word, "qemu-");
  }
  absl::ConsumeSuffix(&word, "-static");
  if (word.empty() || word.size() > kMaxWord) return 0;

  // Two wrong letters in five are about as far as a guess still helps.
  const size_t farthest = std::max<size_t>(1, word.size() * 2 / 5);
  size_t count = 0;
  for (size_t distance = 0; distance <= farthest; ++distance) {
    for (const Target& target : Targets()) {
      const Candidate candidate = Nearest(target, word);
      if (candidate.distance != distance) continue;
      if (count == names.size()) return count;
      names[count++] = candidate.word;
    }
  }
  return count;
}

}  // namespace arch_table
