// SPDX-License-Identifier: Apache-2.0
#include "cmd/targets.h"

#include <algorithm>

#include "absl/types/span.h"
#include "arch_table/names.h"
#include "arch_table/program.h"
#include "binfmt/array.h"
#include "binfmt/elf_header.h"
#include "binfmt/native.h"
#include "binfmt/text.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

constexpr size_t kMostSuggestions = 3;

bool Divides(char c) { return c == ' ' || c == '\t' || c == '\n' || c == ','; }

}  // namespace

binfmt::Error ParseTarget(std::string_view word,
                          const arch_table::Target** target) {
  *target = arch_table::FindTarget(word);
  if (*target != nullptr) return binfmt::Ok();
  return binfmt::Misuse("unknown target \"%\"@"_fmt, word, Suggestion(word));
}

binfmt::Text Suggestion(std::string_view word) {
  binfmt::Text text;
  std::string_view names[kMostSuggestions];
  const size_t count = arch_table::NearestNames(word, absl::MakeSpan(names));
  for (size_t i = 0; i < count; ++i) {
    text = binfmt::Fill("@@@", text, i == 0 ? "; did you mean " : " or ",
                        names[i]);
  }
  return text;
}

bool TakeWord(std::string_view* list, std::string_view* word) {
  const char* at = list->data();
  const char* const end = at + list->size();
  while (at != end && Divides(*at)) ++at;
  const char* const start = at;
  while (at != end && !Divides(*at)) ++at;
  *word = std::string_view(start, static_cast<size_t>(at - start));
  *list = std::string_view(at, static_cast<size_t>(end - at));
  return !word->empty();
}

binfmt::Array<std::string_view> SplitWords(std::string_view list) {
  binfmt::Array<std::string_view> words;
  std::string_view word;
  while (TakeWord(&list, &word)) words.push_back(word);
  return words;
}

binfmt::Error FindNative(const TargetList& targets,
                         binfmt::Array<int>* native) {
  binfmt::Array<binfmt::Text> probes;
  for (const arch_table::Target* target : targets) {
    probes.push_back(arch_table::NativeProbe(*target).bytes());
  }
  return binfmt::FindNative(probes, native);
}

binfmt::Error NoEntry(const arch_table::Target* target) {
  return binfmt::Failure(
      0,
      "no entry takes programs for @; register one with: binfmtbox register @"_fmt,
      target->name(), target->name());
}

bool IsNative(const arch_table::Target* target) {
  // Others can't be, and each question costs as much as ten opens.
  const arch_table::Target* own = arch_table::FindByHeader(binfmt::OwnHead());
  if (own != nullptr && !own->SameFamily(*target)) return false;
  binfmt::Array<int> native;
  return FindNative({target}, &native).ok() && native[0] != 0;
}

}  // namespace cmd
