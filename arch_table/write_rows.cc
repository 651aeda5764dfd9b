// SPDX-License-Identifier: Apache-2.0

#include "arch_table/write_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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

// A literal. Octal escapes end after three digits, whatever follows.
std::string Literal(std::string_view bytes) {
  std::string quoted;
  for (const char c : bytes) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == ' ' || c == '-' || c == '_' || c == '/';
    if (plain) {
      quoted += c;
    } else {
      const int byte = static_cast<unsigned char>(c);
      absl::StrAppend(&quoted, "\\", byte >> 6, byte >> 3 & 7, byte & 7);
    }
  }
  return absl::StrCat("\"", quoted, "\"");
}

// A literal for a text that most rows don't have. An empty one would still be a
// pointer.
std::string Optional(std::string_view text) {
  return text.empty() ? "{}" : Literal(text);
}

const char* Bool(bool value) { return value ? "true" : "false"; }

uint32_t Fnv1a(std::string_view bytes) {
  uint32_t hash = 2166136261u;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return hash;
}

// The number of TEXT in a list, to which it is added if it is not there.
size_t NumberOf(const std::string& text, std::vector<std::string>* list) {
  const auto found = std::find(list->begin(), list->end(), text);
  const auto number = static_cast<size_t>(found - list->begin());
  if (found == list->end()) list->push_back(text);
  return number;
}

std::string Field(std::string_view name, const absl::AlphaNum& value) {
  return absl::StrCat("     .", name, " = ", value, ",\n");
}

// One row of kTargets.
std::string WriteRow(const TargetSpec& target, const MatchRule& rule,
                     size_t family, size_t mask) {
  const std::string interpreter =
      target.interpreter == target.name ? "" : target.interpreter;
  const std::string aliases = absl::StrJoin(target.names, " ");
  return absl::StrCat(
      "    {\n", Field("name", Literal(target.name)),
      Field("other_interpreter", Optional(interpreter)),
      Field("alias_words", Optional(aliases)),
      Field("docker_names", target.docker_names),  //
      Field("family", family),                     //
      Field("rule_size", rule.magic.size()),       //
      Field("code_size", target.code.size()),      //
      Field("mask_number", mask),                  //
      Field("magic_bytes", Literal(rule.magic)),   //
      Field("code_bytes", Literal(target.code)),   //
      Field("is_64bit", Bool(target.is_64bit)),
      Field("is_big_endian", Bool(target.is_big_endian)),
      Field("machine", target.machine),
      Field("flags", absl::StrCat("0x", absl::Hex(target.flags))),
      Field("load_page",
            absl::StrCat("0x", absl::Hex(target.load_address / 4096))),
      "    },\n");
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

std::string WriteRows(absl::Span<const TargetSpec> targets) {
  std::vector<std::string> families;
  std::vector<std::string> masks;
  std::string rows;
  for (const TargetSpec& target : targets) {
    const MatchRule rule = DeriveRule(target);
    absl::StrAppend(&rows,
                    WriteRow(target, rule, NumberOf(target.family, &families),
                             NumberOf(rule.mask, &masks)));
  }
  std::string arrays = "constexpr char kMasks[][41] = {\n";
  for (const std::string& mask : masks) {
    absl::StrAppend(&arrays, "    ", Literal(mask), ",\n");
  }
  absl::StrAppend(&arrays, "};\n\nconstexpr Target kTargets[] = {\n", rows,
                  "};\n");
  return absl::StrCat(
      "// GENERATED BY //arch_table:generate from targets.txt. DO NOT "
      "EDIT.\n\n",
      arrays, "\nconstexpr uint32_t kChecksum = 0x",
      absl::Hex(Fnv1a(arrays), absl::kZeroPad8), ";\n");
}

}  // namespace arch_table
