// SPDX-License-Identifier: Apache-2.0
#include "cmd/interpreter_search.h"

#include <cerrno>
#include <string_view>

#include "absl/strings/match.h"
#include "binfmt/kernel.h"
#include "binfmt/path.h"
#include "binfmt/text.h"
#include "cmd/targets.h"

namespace cmd {

using binfmt::operator""_fmt;

binfmt::Error FindInterpreter(const arch_table::Target& target,
                              const SearchOptions& options,
                              FoundInterpreter* found) {
  const std::string_view name = target.interpreter();
  const bool one_file = options.suffix.has_value();
  const bool one_dir = !options.dir.empty();
  binfmt::Text file;
  if (one_file) file = binfmt::Fill("qemu-@@"_fmt, name, *options.suffix);
  binfmt::Error first = binfmt::Ok();
  binfmt::Text first_path;
  std::string_view dirs = options.emulator->dirs();
  std::string_view dir = options.dir;
  while (one_dir || TakeWord(&dirs, &dir)) {
    std::string_view patterns = options.emulator->files();
    std::string_view pattern;
    while (one_file || TakeWord(&patterns, &pattern)) {
      if (dir == "or" || pattern == "or") continue;
      if (!one_file) file = binfmt::Fill(binfmt::Text(pattern).c_str(), name);
      found->path = binfmt::Fill("@@@", dir, dir == "/" ? "" : "/", file);
      if (first_path.empty()) first_path = found->path;
      binfmt::Error error =
          binfmt::InspectInterpreter(found->path, &found->facts);
      if (error.ok()) return error;
      // What is there and will not do is worth telling.
      if ((error.errnum() != ENOENT || found->facts.is_dangling) &&
          first.ok()) {
        first = std::move(error);
      }
      if (one_file) break;
    }
    if (one_dir) break;
  }
  if (!first.ok()) return first;
  found->path = first_path;
  if (!one_file) {
    file = binfmt::Fill(options.emulator->files(), name, name, name);
  }
  return binfmt::Failure(
      ENOENT, "there is no @ in @, or name one with --interpreter"_fmt, file,
      SearchAdvice(options));
}

binfmt::Text SearchAdvice(const SearchOptions& options) {
  std::string_view place = options.dir;
  if (place.empty()) place = options.emulator->dirs();
  return binfmt::Fill("%; install @"_fmt, place, options.emulator->package());
}

bool UnderstandsPreservedArgv0(const binfmt::Text& path,
                               const binfmt::KernelVersion& kernel) {
  const std::string_view name = binfmt::BaseName(path);
  if (absl::EndsWith(name, "-binfmt-P")) return true;
  return absl::StartsWith(name, "qemu-") && !kernel.IsBefore(5, 12);
}

}  // namespace cmd
