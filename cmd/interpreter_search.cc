// SPDX-License-Identifier: Apache-2.0
#include "cmd/interpreter_search.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "cmd/suggestion.h"

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
      const int errnum = program ? 0 : program.error().errnum();
      // Only what is not there gives way to the next: another interpreter
      // because of a passing failure would be a surprise.
      if (errnum != ENOENT && errnum != ENOTDIR) {
        return {std::move(path), std::move(program)};
      }
      // A link that leads nowhere is worth reporting.
      if (!unusable && !is_missing) unusable = std::move(program.error());
      if (first_path.empty()) first_path = std::move(path);
    }
  }
  if (!unusable) {
    unusable = Error(
        ENOENT,
        absl::StrCat(
            Message("there is no $0 in ",
                    JoinAlternatives(std::vector<std::string_view>(
                        files.begin(), files.end()))),
            SearchAdvice(options, &target),
            options.can_be_named ? ", or name one with --interpreter" : ""));
  }
  return {std::move(first_path), std::unexpected(*std::move(unusable))};
}

std::string SearchAdvice(const SearchOptions& options,
                         const arch_table::Target* target) {
  const arch_table::Emulator& emulator = *options.emulator;
  std::string_view which;
  if constexpr (sizeof(void*) == 4) {
    if (!emulator.is_qemu()) {
      if (!emulator.x86_64_entry.empty())
        which = ", which needs a 64-bit system";
    } else if (target != nullptr && target->is_64bit) {
      which =
          " older than QEMU 10, which runs no 64-bit programs on a 32-bit "
          "system";
    }
  }
  return Message("$0; install $1$2", JoinAlternatives(Directories(options)),
                 emulator.package, which);
}

bool FlagPKnowledge::Has(const arch_table::Target& target,
                         const std::string& path, const Program& program) {
  constexpr uint32_t kFirstMajor = 6;
  const std::string_view name = binfmt::BaseName(path);
  // What a script starts neither has its name nor is told by the kernel.
  if (program.is_script) return false;
  if (absl::EndsWith(name, "-binfmt-P")) return true;
  if (!absl::StartsWith(name, "qemu-") || !kernel_tells_) return false;
  if (!program.elf) return true;
  // Kind of file and machine, then the numbers of program and section headers.
  const size_t numbers = program.elf->is_64bit ? 52 : 40;
  std::string build = absl::StrCat(
      std::string_view(path).substr(0, path.size() - name.size()),
      program.head.substr(0, 20), program.head.substr(numbers, 12));
  if (build != build_) {
    build_ = std::move(build);
    const std::string version = binfmt::FindConstant(
        path, program, absl::StrCat("qemu-", target.interpreter(), " version "),
        4);
    const std::optional<uint64_t> major = binfmt::ParseDecimal(
        std::string_view(version).substr(0, version.find('.')), UINT32_MAX);
    build_knows_ = !major || *major >= kFirstMajor;
  }
  return build_knows_;
}

}  // namespace cmd
