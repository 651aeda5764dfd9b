// SPDX-License-Identifier: Apache-2.0
#include "cmd/interpreter_search.h"

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::Error;
using binfmt::Expected;
using binfmt::Message;
using binfmt::Program;

// The names of the files that may be TARGET's interpreter, the best first.
std::vector<std::string> FileNames(const arch_table::Target& target,
                                   const SearchOptions& options) {
  if (options.suffix) {
    return {absl::StrCat("qemu-", target.interpreter(), *options.suffix)};
  }
  std::vector<std::string> names;
  for (const std::string_view pattern :
       absl::StrSplit(options.emulator->files, ' ')) {
    const size_t at = pattern.find("$0");
    names.emplace_back(pattern);
    if (at != pattern.npos) names.back().replace(at, 2, target.interpreter());
  }
  return names;
}

std::vector<std::string_view> Directories(const SearchOptions& options) {
  if (!options.dir.empty()) return {options.dir};
  return absl::StrSplit(options.emulator->dirs, ' ');
}

}  // namespace

FoundInterpreter FindInterpreter(const arch_table::Target& target,
                                 const SearchOptions& options) {
  const std::vector<std::string> files = FileNames(target, options);
  std::string first_path;
  std::optional<Error> unusable;
  for (const std::string_view dir : Directories(options)) {
    for (const std::string& file : files) {
      std::string path = absl::StrCat(dir, dir == "/" ? "" : "/", file);
      bool is_missing = false;
      Expected<Program> program = binfmt::InspectInterpreter(path, &is_missing);
      if (program) return {std::move(path), std::move(program)};
      // A file that exists and cannot be used is worth reporting.
      if (!unusable && !is_missing) unusable = std::move(program.error());
      if (first_path.empty()) first_path = std::move(path);
    }
  }
  if (!unusable) {
    unusable = Error(
        ENOENT, absl::StrCat("there is no ",
                             JoinAlternatives(std::vector<std::string_view>(
                                 files.begin(), files.end())),
                             " in ", SearchAdvice(options),
                             ", or name one with --interpreter"));
  }
  return {std::move(first_path), std::unexpected(*std::move(unusable))};
}

std::string SearchAdvice(const SearchOptions& options) {
  return Message("$0; install $1", JoinAlternatives(Directories(options)),
                 options.emulator->package);
}

bool UnderstandsPreservedArgv0(const std::string& path,
                               const binfmt::KernelVersion& kernel) {
  const std::string_view name = binfmt::BaseName(path);
  if (absl::EndsWith(name, "-binfmt-P")) return true;
  return absl::StartsWith(name, "qemu-") && !kernel.IsBefore(5, 12);
}

}  // namespace cmd
