// SPDX-License-Identifier: Apache-2.0
#include "cmd/flag_words.h"

#include <string_view>

#include "binfmt/bounded_run.h"
#include "binfmt/format.h"
#include "binfmt/record.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

constexpr int kMilliseconds = 1000;

// A text holds where those of MASK that an entry has are VALUE.
struct Condition {
  binfmt::Flags mask;
  binfmt::Flags value;
};

constexpr binfmt::Flags P = binfmt::kPreserveArgv0;
constexpr binfmt::Flags O = binfmt::kOpenBinary;
constexpr binfmt::Flags C = binfmt::kCredentials;
constexpr binfmt::Flags F = binfmt::kFixBinary;
constexpr binfmt::Flags T = binfmt::kTransparent;
constexpr binfmt::Flags L = binfmt::kLoader;
constexpr binfmt::Flags D = binfmt::kStartDisabled;

constexpr Condition kConditions[] = {
    {P, P}, {P | T | L, 0}, {O, O}, {C, C}, {C | L, 0},
    {F, F}, {F, 0},         {T, T}, {L, L}, {D, D},
};

// In the same order, each ended by a NUL.
constexpr binfmt::Format kWords =
    "P: programs get their own argv[0]\0"
    "no P: argv[0] is the program's path\0"
    "O: programs need not be readable\0"
    "C: programs with setuid run with their owner's rights\0"
    "no C: programs with setuid run unprivileged: sudo will fail\0"
    "F: interpreter held open since registration\0"
    "no F: interpreter looked up in each container\0"
    "T: argv and /proc/self/exe are the program's\0"
    "L: interpreter replaces the program's ELF loader\0"
    "D: registered disabled\0"_fmt;

}  // namespace

binfmt::Array<binfmt::Text> FlagWords(const Line& line) {
  binfmt::Array<binfmt::Text> words;
  // Not understood, too.
  if (line.entry->record.type == binfmt::RecordType::kBpf) return words;
  const char* text = kWords.packed();
  for (const Condition& condition : kConditions) {
    if ((line.entry->record.flags & condition.mask) == condition.value) {
      words.push_back(
          binfmt::Fill("@@", binfmt::Format(text),
                       condition.value == F && line.older_file
                           ? "; the file now at that path is another one"_fmt
                           : ""));
    }
    while (*text++ != '\0') {
    }
  }
  if (!line.entry->unknown_flags.empty()) {
    words.push_back(binfmt::Fill("@: not known to this version"_fmt,
                                 line.entry->unknown_flags));
  }
  return words;
}

binfmt::Text EmulatorVersion(const Line& line) {
  const binfmt::Text& path = line.entry->record.interpreter;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::string_view begin = name.substr(0, 5);
  if (!line.interpreter_there ||
      (begin != "qemu-" && begin != "box64" && begin != "box86" &&
       name.substr(0, 3) != "FEX")) {
    return "";
  }
  const binfmt::Run run = binfmt::RunBounded(path.c_str(), path.c_str(),
                                             "--version", kMilliseconds);
  return run.how == binfmt::Run::kExited && run.code == 0 ? run.output
                                                          : binfmt::Text();
}

}  // namespace cmd
