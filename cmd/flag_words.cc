// SPDX-License-Identifier: Apache-2.0
#include "cmd/flag_words.h"

#include <string_view>

#include "binfmt/bounded_run.h"
#include "binfmt/format.h"
#include "binfmt/path.h"
#include "binfmt/record.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

constexpr int kMilliseconds = 1000;

constexpr binfmt::Flags P = binfmt::kPreserveArgv0;
constexpr binfmt::Flags O = binfmt::kOpenBinary;
constexpr binfmt::Flags C = binfmt::kCredentials;
constexpr binfmt::Flags F = binfmt::kFixBinary;
constexpr binfmt::Flags T = binfmt::kTransparent;
constexpr binfmt::Flags L = binfmt::kLoader;
constexpr binfmt::Flags D = binfmt::kStartDisabled;

}  // namespace

binfmt::Array<binfmt::Text> FlagWords(const Line& line) {
  binfmt::Array<binfmt::Text> words;
  // Not understood, too.
  if (line.entry->record.type == binfmt::RecordType::kBpf) return words;
  const binfmt::Flags flags = line.entry->record.flags;
  // Adds TEXT where those of MASK that the entry has are VALUE.
  const auto add = [&](binfmt::Flags mask, binfmt::Flags value,
                       binfmt::Format text) {
    if ((flags & mask) == value) words.push_back(binfmt::Text(text));
  };
  add(P, P, "P: programs get their own argv[0]"_fmt);
  add(P | T | L, 0, "no P: argv[0] is the program's path"_fmt);
  add(O, O, "O: programs need not be readable"_fmt);
  add(C, C, "C: programs with setuid run with their owner's rights"_fmt);
  add(C | L, 0,
      "no C: programs with setuid run unprivileged: sudo will fail"_fmt);
  add(F, F,
      line.older_file ? "F: interpreter held open since registration; the file "
                        "now at that path is another one"_fmt
                      : "F: interpreter held open since registration"_fmt);
  add(F, 0, "no F: interpreter looked up in each container"_fmt);
  add(T, T, "T: argv and /proc/self/exe are the program's"_fmt);
  add(L, L, "L: interpreter replaces the program's ELF loader"_fmt);
  add(D, D, "D: registered disabled"_fmt);
  if (!line.entry->unknown_flags.empty()) {
    words.push_back(binfmt::Fill("@: not known to this version"_fmt,
                                 line.entry->unknown_flags));
  }
  return words;
}

binfmt::Text EmulatorVersion(const Line& line) {
  const binfmt::Text& path = line.entry->record.interpreter;
  const std::string_view name = binfmt::BaseName(path);
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
