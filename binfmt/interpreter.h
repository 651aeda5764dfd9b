// SPDX-License-Identifier: Apache-2.0
// Is this file one that the kernel can start as an interpreter?
#ifndef BINFMT_INTERPRETER_H_
#define BINFMT_INTERPRETER_H_

#include <string>

#include "binfmt/elf_header.h"
#include "binfmt/error.h"

namespace binfmt {

struct Interpreter {
  bool is_elf = false;
  ElfFile elf;             // where is_elf
  bool is_script = false;  // begins with #!
};

// Looks at PATH as the kernel will (open_exec()): absolute, there, a regular
// file, executable, on a file system that is mounted without noexec, an ELF
// file or a script. The error names the first of these that does not hold.
// errnum ENOENT where nothing is there. Does not judge whose machine the ELF
// file is for, nor whether a dynamic one will do.
Error InspectInterpreter(const std::string& path, Interpreter* interpreter);

// Is there a file at PATH that this process may execute? Much cheaper than
// InspectInterpreter().
bool CanExecute(const std::string& path);

// This program's own ELF header: what the machine, or an emulator, runs.
// Fails without /proc.
Error ReadOwnElf(ElfFile* elf);

}  // namespace binfmt

#endif  // BINFMT_INTERPRETER_H_
