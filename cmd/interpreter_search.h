// SPDX-License-Identifier: Apache-2.0
// Finds a target's emulator on the disk.
#ifndef CMD_INTERPRETER_SEARCH_H_
#define CMD_INTERPRETER_SEARCH_H_

#include <optional>
#include <string>

#include "arch_table/emulators.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/record/kernel_version.h"

namespace cmd {

struct SearchOptions {
  const arch_table::Emulator* emulator = &arch_table::Emulators()[0];
  // Where to look; empty: where the emulator's files usually are.
  std::string dir;
  // What follows qemu-NAME; not set: the emulator's file names.
  std::optional<std::string> suffix;
  // Whether errors advise to name another place by an option.
  bool can_be_named = true;
};

struct FoundInterpreter {
  // The file that was found or, where there is none, the first place where it
  // was looked for.
  std::string path;
  // errnum is ENOENT where none of the files exists.
  binfmt::Expected<binfmt::Program> program;
};

// The first file of the search list for TARGET that exists, or the error why
// the kernel cannot start it as an interpreter.
FoundInterpreter FindInterpreter(const arch_table::Target& target,
                                 const SearchOptions& options);

// The directories of a search, and what to install there for TARGET (nullptr:
// for any), for a message: "/usr/bin or /usr/local/bin; install box64". Says
// where there is none for a 32-bit system, which this program was built for.
std::string SearchAdvice(const SearchOptions& options,
                         const arch_table::Target* target);

// Tells which interpreters know flag P.
class FlagPKnowledge {
 public:
  explicit FlagPKnowledge(const binfmt::KernelVersion& kernel)
      : kernel_tells_(!kernel.IsBefore(5, 12)) {}

  // Whether the interpreter PROGRAM at PATH for TARGET, when KERNEL starts it
  // with flag P, knows that argv holds the original argv[0]. A name that
  // ends in -binfmt-P says so. QEMU since 6.0 reads it from AT_FLAGS, which
  // Linux sets since 5.12. A script's QEMU has neither. The version is a
  // text in the file. It is read once for files of one directory and one build;
  // a file without one is taken for a new QEMU.
  bool Has(const arch_table::Target& target, const std::string& path,
           const binfmt::Program& program);

 private:
  bool kernel_tells_;
  std::string build_;  // directory, and what files of one build have in common
  bool build_knows_ = false;
};

}  // namespace cmd

#endif  // CMD_INTERPRETER_SEARCH_H_
