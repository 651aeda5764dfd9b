// SPDX-License-Identifier: Apache-2.0

#include "arch_table/derive.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "arch_table/spec.h"

namespace arch_table {
namespace {

// Offsets in an ELF header. e_flags is behind three words of the class's size.
constexpr size_t kType = 16;
constexpr size_t kMachine = 18;
constexpr size_t kFlags32 = 36;
constexpr size_t kFlags64 = 48;

constexpr uint16_t kExec = 2;
// Of the types ET_EXEC (2) and ET_DYN (3) all bits but the lowest are equal.
constexpr uint16_t kTypeMask = 0xfffe;

void Compare(MatchRule* rule, size_t offset, size_t size, bool big_endian,
             uint32_t value, uint32_t mask) {
  if (rule->magic.size() < offset + size) {
    rule->magic.resize(offset + size, '\0');
    rule->mask.resize(offset + size, '\0');
  }
  for (size_t i = 0; i < size; ++i) {
    const size_t shift = 8 * (big_endian ? size - 1 - i : i);
    rule->magic[offset + i] = static_cast<char>(value >> shift & 0xff);
    rule->mask[offset + i] = static_cast<char>(mask >> shift & 0xff);
  }
}

}  // namespace

MatchRule DeriveRule(const TargetSpec& target) {
  const bool big = target.is_big_endian;
  MatchRule rule;
  Compare(&rule, 0, 4, /*big_endian=*/true, 0x7f454c46, 0xffffffff);
  Compare(&rule, 4, 1, big, target.is_64bit ? 2 : 1, 0xff);  // EI_CLASS
  Compare(&rule, 5, 1, big, big ? 2 : 1, 0xff);              // EI_DATA
  Compare(&rule, 6, 1, big, 1, 0xff);                        // EI_VERSION
  Compare(&rule, kType, 2, big, kExec, kTypeMask);
  Compare(&rule, kMachine, 2, big, target.machine, 0xffff);
  if (target.match_mask != 0) {
    Compare(&rule, target.is_64bit ? kFlags64 : kFlags32, 4, big,
            target.match_value, target.match_mask);
  }
  return rule;
}

bool Overlap(const MatchRule& a, const MatchRule& b) {
  // Two rules exclude each other exactly if they want different values of a
  // bit that both compare; otherwise one file can satisfy both.
  const size_t size = std::min(a.magic.size(), b.magic.size());
  for (size_t i = 0; i < size; ++i) {
    if (((a.magic[i] ^ b.magic[i]) & a.mask[i] & b.mask[i]) != 0) return false;
  }
  return true;
}

std::vector<SpecError> FindOverlaps(absl::Span<const TargetSpec> targets) {
  std::vector<MatchRule> rules;
  rules.reserve(targets.size());
  for (const TargetSpec& target : targets) rules.push_back(DeriveRule(target));

  std::vector<SpecError> errors;
  for (size_t i = 0; i < rules.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!Overlap(rules[i], rules[j])) continue;
      errors.push_back(
          {targets[i].line,
           absl::StrCat("\"", targets[i].name, "\" takes the same files as \"",
                        targets[j].name, "\" in line ", targets[j].line)});
    }
  }
  return errors;
}

}  // namespace arch_table
