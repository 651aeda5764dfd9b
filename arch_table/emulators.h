// SPDX-License-Identifier: Apache-2.0
//
// Emulators, and what each wants to be registered as.

#ifndef ARCH_TABLE_EMULATORS_H_
#define ARCH_TABLE_EMULATORS_H_

#include <span>
#include <string>
#include <string_view>

#include "arch_table/table.h"

namespace arch_table {

// An emulator. All but QEMU run x86 programs only. They are registered as their
// own projects do it, so that an entry of an emulator's package equals ours.
// Lives as long as the process does.
struct Emulator {
  std::string_view word;               // "fex"
  std::string_view flag_letters = {};  // in the kernel's order: "POCF"
  // For the target's magic; empty: the target's.
  std::string_view x86_mask = {};
  // Its entries' names; empty where it does not run such programs.
  std::string_view x86_64_entry = {};
  std::string_view i386_entry = {};
  // What a distribution's package calls the entry, where that is another name.
  std::string_view package_entry = {};
  // File names, the best first, with blanks between them. $0 stands for the
  // target's interpreter.
  std::string_view files;
  // Directories in which the files may be, the most likely first.
  std::string_view dirs;
  std::string_view package;  // what to install to have it

  bool is_qemu() const { return x86_mask.empty(); }

  // The name of the entry for `target`; empty if the emulator does not run its
  // programs.
  std::string EntryName(const Target& target) const;

  std::string_view Mask(const Target& target) const;
};

// All emulators; QEMU's is the first.
std::span<const Emulator> Emulators();

// The emulator that is called `word`; nullptr if there is none.
const Emulator* FindEmulator(std::string_view word);

}  // namespace arch_table

#endif  // ARCH_TABLE_EMULATORS_H_
