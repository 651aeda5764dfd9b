// SPDX-License-Identifier: Apache-2.0
#include "cmd/describe_flags.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "binfmt/record/record.h"

namespace cmd {
namespace {

constexpr binfmt::Flags P = binfmt::kPreserveArgv0;
constexpr binfmt::Flags O = binfmt::kOpenBinary;
constexpr binfmt::Flags C = binfmt::kCredentials;
constexpr binfmt::Flags F = binfmt::kFixBinary;
constexpr binfmt::Flags T = binfmt::kTransparent;
constexpr binfmt::Flags L = binfmt::kLoader;
constexpr binfmt::Flags D = binfmt::kStartDisabled;

// A text that holds where those flags of MASK that an entry has are VALUE.
struct Description {
  binfmt::Flags mask;
  binfmt::Flags value;
  std::string_view text;
};

constexpr Description kDescriptions[] = {
    {P, P, "P: programs get their own argv[0]"},
    {P | T | L, 0, "no P: argv[0] is the program's path"},
    {O, O, "O: programs need not be readable"},
    {C, C, "C: programs with setuid run with their owner's rights"},
    {C | L, 0, "no C: programs with setuid run unprivileged: sudo will fail"},
    {F, F, "F: interpreter held open since registration"},
    {F, 0, "no F: interpreter looked up in each container"},
    {T, T, "T: argv and /proc/self/exe are the program's"},
    {L, L, "L: interpreter replaces the program's ELF loader"},
    {D, D, "D: registered disabled"},
};

}  // namespace

std::vector<std::string> DescribeFlags(const EntryRow& row) {
  const binfmt::Entry& entry = *row.entry;
  // Also the type of entries that cannot be parsed.
  if (entry.record.type == binfmt::RecordType::kBpf) return {};
  std::vector<std::string> texts;
  for (const Description& description : kDescriptions) {
    if ((entry.record.flags & description.mask) != description.value) continue;
    const std::string_view more =
        description.value != F ? ""
        : !row.other_file
            ? "; whether it is the file now at that path can't be told"
        : *row.other_file ? "; the file now at that path is another one"
                          : "";
    texts.push_back(absl::StrCat(description.text, more));
  }
  if (!entry.unknown_flags.empty()) {
    texts.push_back(
        absl::StrCat(entry.unknown_flags, ": not known to this version"));
  }
  return texts;
}

}  // namespace cmd
