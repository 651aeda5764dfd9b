// SPDX-License-Identifier: Apache-2.0
// Finds a target's emulator on the disk.
#ifndef CMD_INTERPRETER_SEARCH_H_
#define CMD_INTERPRETER_SEARCH_H_

#include <optional>

#include "arch_table/emulators.h"
#include "arch_table/table.h"
#include "binfmt/error.h"
#include "binfmt/interpreter.h"
#include "binfmt/kernel.h"
#include "binfmt/text.h"

namespace cmd {

struct SearchOptions {
  const arch_table::Emulator* emulator = arch_table::Emulators().data();
  // Where to look; empty: where the emulator's files usually are.
  binfmt::Text dir;
  // What follows qemu-NAME; none: the emulator's file names.
  std::optional<binfmt::Text> suffix;
};

struct FoundInterpreter {
  binfmt::Text path;
  binfmt::Interpreter facts;
};

// The first file of the search list for TARGET that the kernel can start as an
// interpreter. errnum ENOENT where none of the files is there, and then *FOUND
// has the first path; else the error of the first that is there and can't be
// used.
binfmt::Error FindInterpreter(const arch_table::Target& target,
                              const SearchOptions& options,
                              FoundInterpreter* found);

// The directories that a search looks into, and what to install there, for a
// message: "/usr/bin or /usr/local/bin; install box64".
binfmt::Text SearchAdvice(const SearchOptions& options);

// Does the interpreter at PATH, when KERNEL starts it with flag P, know that
// argv holds the original argv[0]? A name that ends in -binfmt-P says so; QEMU
// since 6.0 reads it from AT_FLAGS, which Linux sets since 5.12.
bool UnderstandsPreservedArgv0(const binfmt::Text& path,
                               const binfmt::KernelVersion& kernel);

}  // namespace cmd

#endif  // CMD_INTERPRETER_SEARCH_H_
