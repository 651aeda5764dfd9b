// SPDX-License-Identifier: Apache-2.0
//
// Emulators, and what each wants to be registered as.

#ifndef ARCH_TABLE_EMULATORS_H_
#define ARCH_TABLE_EMULATORS_H_

#include <string_view>

#include "absl/types/span.h"
#include "arch_table/table.h"

namespace arch_table {

// An emulator. All but QEMU run x86 programs only, and are registered as their
// own projects do it, so that the entry of an emulator's package and one of
// ours are equal. Lives as long as the process does.
struct Emulator {
  char word[8];          // "fex"
  char flag_letters[5];  // in the kernel's order: "POCF"
  char mask_bytes[21];   // for the target's magic; with a NUL
  char name_64[11];      // the entry for x86_64; empty: it does not run that
  char name_32[8];       // the entry for i386
  char file_names[24];   // as files() says

  // The name of the entry for `target`; empty if the emulator runs no programs
  // for it.
  std::string_view EntryName(const Target& target) const;

  std::string_view mask(const Target& target) const;

  // File names, the best first, as a sentence lists them: "A, B or C". @ stands
  // for target.interpreter().
  const char* files() const;

  // Directories in which the files may be, in the same form.
  const char* dirs() const;

  // What to install to have it.
  const char* package() const { return is_qemu() ? "qemu-user-static" : word; }

  bool is_qemu() const { return mask_bytes[0] == '\0'; }
};

// All emulators; QEMU's is the first.
absl::Span<const Emulator> Emulators();

// The emulator that is called `word`; nullptr if there is none.
const Emulator* FindEmulator(std::string_view word);

}  // namespace arch_table

#endif  // ARCH_TABLE_EMULATORS_H_
