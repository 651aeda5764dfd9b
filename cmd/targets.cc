// SPDX-License-Identifier: Apache-2.0
#include "cmd/targets.h"

#include <string>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "arch_table/names.h"
#include "arch_table/program.h"
#include "binfmt/native.h"
#include "binfmt/text.h"

namespace cmd {
namespace {

constexpr size_t kMostSuggestions = 3;

}  // namespace

binfmt::Error ParseTarget(std::string_view word,
                          const arch_table::Target** target) {
  *target = arch_table::FindTarget(word);
  if (*target != nullptr) return binfmt::Ok();
  const std::vector<std::string_view> near =
      arch_table::NearestNames(word, kMostSuggestions);
  return binfmt::Failure(
      "unknown target \"%\"%%%",
      {binfmt::Printable(word), near.empty() ? "" : "; did you mean ",
       absl::StrJoin(near, " or "), near.empty() ? "" : "?"},
      0, binfmt::Cause::kMisuse);
}

std::vector<std::string_view> SplitWords(std::string_view list) {
  return absl::StrSplit(list, absl::ByAnyChar(" \t\n,"), absl::SkipEmpty());
}

binfmt::Error FindNative(const TargetList& targets, std::vector<bool>* native) {
  static_assert(arch_table::kProgramExitStatus == binfmt::kProbeExitStatus);
  std::vector<std::string> programs;
  programs.reserve(targets.size());
  for (const arch_table::Target* target : targets) {
    programs.push_back(arch_table::BuiltInProgram(*target));
  }
  return binfmt::RunNatively(programs, native);
}

}  // namespace cmd
