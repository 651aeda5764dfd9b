// SPDX-License-Identifier: Apache-2.0
#include "cmd/interpreter_search.h"

#include <cerrno>
#include <string_view>

#include "absl/strings/match.h"
#include "binfmt/array.h"
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
  binfmt::Text names;
  binfmt::Array<std::string_view> files;
  if (options.suffix.has_value()) {
    names = binfmt::Fill("qemu-@@"_fmt, name, *options.suffix);
    files.push_back(names);
  } else {
    names = binfmt::Fill(options.emulator->files(), name, name, name);
    files = SplitWords(names);
  }
  binfmt::Array<std::string_view> dirs = SplitWords(options.emulator->dirs());
  if (!options.dir.empty()) {
    dirs.resize(1);
    dirs[0] = options.dir;
  }
  binfmt::Error first = binfmt::Ok();
  for (const std::string_view dir : dirs) {
    for (const std::string_view file : files) {
      if (dir == "or" || file == "or") continue;
      found->path = binfmt::Fill("@@@", dir, dir == "/" ? "" : "/", file);
      binfmt::Error error =
          binfmt::InspectInterpreter(found->path, &found->facts);
      if (error.ok()) return error;
      // What is there and will not do is worth telling.
      if ((error.errnum() != ENOENT || found->facts.is_dangling) &&
          first.ok()) {
        first = std::move(error);
      }
    }
  }
  if (!first.ok()) return first;
  found->path = binfmt::Fill("@/@", dirs[0], files[0]);
  return binfmt::Failure(
      ENOENT, "there is no @ in @, or name one with --interpreter"_fmt, names,
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
