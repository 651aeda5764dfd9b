// SPDX-License-Identifier: Apache-2.0
#include "cmd/interpreter_search.h"

#include <cerrno>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/kernel.h"
#include "binfmt/path.h"
#include "binfmt/text.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

constexpr std::string_view kSearchDirs[] = {"/usr/bin", "/usr/local/bin",
                                            "/usr/libexec/qemu-binfmt"};

binfmt::Array<binfmt::Text> FileNames(const arch_table::Target& target,
                                      const SearchOptions& options) {
  const std::string_view name = target.interpreter();
  if (options.suffix.has_value()) {
    return {binfmt::Fill("qemu-@@", name, *options.suffix)};
  }
  return {binfmt::Fill("qemu-@-static", name), binfmt::Fill("qemu-@", name),
          binfmt::Fill("@-binfmt-P", name)};
}

}  // namespace

binfmt::Error FindInterpreter(const arch_table::Target& target,
                              const SearchOptions& options,
                              FoundInterpreter* found) {
  const std::string_view given[] = {options.dir};
  const absl::Span<const std::string_view> dirs =
      options.dir.empty() ? absl::MakeSpan(kSearchDirs) : absl::MakeSpan(given);
  const binfmt::Array<binfmt::Text> names = FileNames(target, options);
  binfmt::Error first = binfmt::Ok();
  for (const std::string_view dir : dirs) {
    for (const binfmt::Text& name : names) {
      found->path = binfmt::Fill("@@@", dir, dir == "/" ? "" : "/", name);
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
  found->path = binfmt::Fill("@/@", dirs[0], names[0]);
  return binfmt::Failure(
      ENOENT,
      "there is no @ in @; install qemu-user-static, or name one with "
      "--interpreter"_fmt,
      names.size() > 1 ? binfmt::Fill("@, @ or @", names[0], names[1], names[2])
                       : names[0],
      SearchPlaces(options));
}

binfmt::Text SearchPlaces(const SearchOptions& options) {
  return options.dir.empty()
             ? "/usr/bin, /usr/local/bin or /usr/libexec/qemu-binfmt"_fmt
             : binfmt::Printable(options.dir);
}

bool UnderstandsPreservedArgv0(const binfmt::Text& path,
                               const binfmt::KernelVersion& kernel) {
  const std::string_view name = binfmt::BaseName(path);
  if (absl::EndsWith(name, "-binfmt-P")) return true;
  return absl::StartsWith(name, "qemu-") && !kernel.IsBefore(5, 12);
}

}  // namespace cmd
