// SPDX-License-Identifier: Apache-2.0
// Is this file one that the kernel can start as an interpreter?
#ifndef BINFMT_INTERPRETER_H_
#define BINFMT_INTERPRETER_H_

#include <string_view>

#include "binfmt/elf_header.h"
#include "binfmt/error.h"
#include "binfmt/record.h"
#include "binfmt/text.h"

namespace binfmt {

struct Interpreter {
  bool is_elf = false;
  ElfFile elf;               // where is_elf
  bool is_script = false;    // begins with #!
  bool is_readable = false;  // else nothing is known of its bytes
  Text head;                 // the first bytes, at most kMatchWindow
  // What is not there is a link's goal, not the link.
  bool is_dangling = false;
};

// Looks at PATH as the kernel does at any program (open_exec()): there, a
// regular file, executable, on a file system that is mounted without noexec,
// not open for writing. The error names the first of these that does not hold;
// IS is its format, for the path and the rest: "interpreter % @", "% @". What
// may not be read, but executed, is no error. Never waits for a FIFO.
Error InspectProgram(Format is, const Text& path, Interpreter* program);

// Looks at PATH as the kernel will (open_exec()): absolute, there, a regular
// file, executable, on a file system that is mounted without noexec, not open
// for writing, an ELF file or a script. The error names the first of these that
// does not hold. errnum ENOENT where nothing is there. Does not judge whose
// machine the ELF file is for, nor whether a dynamic one will do.
Error InspectInterpreter(const Text& path, Interpreter* interpreter);

// Will INTERPRETER at PATH do for a record with FLAGS? Fails
//  - with F where it is dynamic: only the interpreter is held open, and its
//    loader would be looked for in every container (docker/docs#14140);
//  - with O or C where it is a script (exec_binprm() allows no further hop);
//  - with C where others than root may write to it or to a directory on its
//    path: it runs with the rights of setuid programs' owners.
Error CheckInterpreterFlags(const Text& path, const Interpreter& interpreter,
                            Flags flags);

// Is SELinux there, and does it enforce its policy?
bool SelinuxEnforces();

// A hint for machines on which it does: that the label of the file at PATH
// keeps processes in containers from mapping it; empty where there is nothing
// to say.
Text SelinuxHint(const Text& path);

// Is LABEL, "user:role:type:level", one that containers may not map?
bool IsPrivateLabel(std::string_view label);

// Is there a file at PATH that this process may execute? Much cheaper than
// InspectInterpreter().
bool CanExecute(const Text& path);

}  // namespace binfmt

#endif  // BINFMT_INTERPRETER_H_
