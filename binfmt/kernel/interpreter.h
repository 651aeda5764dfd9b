// SPDX-License-Identifier: Apache-2.0
// Whether the kernel can start a file, alone or as an interpreter.
#ifndef BINFMT_KERNEL_INTERPRETER_H_
#define BINFMT_KERNEL_INTERPRETER_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/base/position_map.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/record.h"

namespace binfmt {

// What the first bytes of an executable file tell.
struct Program {
  std::optional<ElfFile> elf;  // nothing: no ELF file
  bool is_script = false;      // begins with #!
  bool is_readable = false;    // false: its bytes are unknown
  // On its way is a link of /proc that names no path, as /proc/self/exe and
  // /dev/stdin do. Unknown before Linux 5.6.
  bool is_behind_magic_link = false;
  // The first kMatchWindow bytes, behind the file's end zeros, as the kernel
  // sees them; empty where they are unknown.
  std::string head;
};

// Inspects PATH as the kernel does any program that it starts (open_exec()): it
// exists, is a regular file, executable, on a file system that is mounted
// without noexec, and not open for writing. The error names the first of these
// that does not hold. KIND begins its text and names the file's role:
// "interpreter", "loader", or empty for a program. A file that may be executed
// but not read is no error. Never waits for a FIFO.
//
// errnum is ENOENT where the file does not exist. IS_MISSING, unless it is
// null, becomes true where not even a link that leads nowhere has that name.
Expected<Program> InspectProgram(std::string_view kind, const std::string& path,
                                 bool* is_missing = nullptr);

// The same for an interpreter, which must also have an absolute path and be an
// ELF file or a script. Does not judge which machine an ELF file is for, nor
// whether a dynamic one will do.
Expected<Program> InspectInterpreter(const std::string& path,
                                     bool* is_missing = nullptr);

// What was found out about files, so that none is inspected twice.
class ProgramCache {
 public:
  // Remembers PROGRAM as what is at PATH.
  void Add(const std::string& path, const Program& program);

  // As InspectProgram(), once for each PATH whose program can be started. The
  // result lives as long as the cache.
  Expected<const Program*> Inspect(std::string_view kind,
                                   const std::string& path);

 private:
  std::vector<std::unique_ptr<const Program>> programs_;
  PositionMap by_path_;
};

// Checks whether INTERPRETER at PATH will do for a record with FLAGS. Fails
//  - without F where it is behind a magic link, which leads to another file in
//    each process, and with F where that is this program itself;
//  - with O or C where it is a script (exec_binprm() allows no further hop);
//  - with C where others than root may write to it, its loader, or a directory
//    on their paths: it runs with the rights of setuid programs' owners.
Expected<void> CheckInterpreterFlags(const std::string& path,
                                     const Program& interpreter, Flags flags);

// Whether the file at PATH is started from at the moment: a process runs it, or
// an entry of binfmt_misc holds it by flag F. Asks the kernel, which keeps
// writers away from such a file, for a lease that it gives only for a file
// without either; nothing is written, nor opened for writing. Whoever opens the
// file meanwhile waits until the lease is given back, at once. True, too, where
// somebody has it open, be it for reading: a file that is being copied or
// hashed passes for one in execution. Nothing where that can't be told: PATH
// can't be read, or is another user's and this process lacks CAP_LEASE; a file
// system without leases; one of overlayfs, which may be the same file below
// another one's; Linux 6.11 and 6.12, which keep nobody away.
std::optional<bool> IsInExecution(const std::string& path);

// What flag F does not hold of INTERPRETER at PATH, so that every container has
// to have it: the loader of a dynamic one (docker/docs#14140); of a script its
// interpreter, which opens the script by its path. Empty: nothing, or FLAGS
// lack F.
std::string LeftToContainers(const std::string& path,
                             const Program& interpreter, Flags flags);

// What follows the first MARK in the constants of the ELF file PROGRAM at PATH
// (its .rodata), LENGTH bytes at most: so a version can be learnt without
// running the file. Empty where there is no such text in their first megabytes,
// no table of sections, or the file is for another machine than this program.
std::string FindConstant(const std::string& path, const Program& program,
                         std::string_view mark, size_t length);

// The first part of PATH, a directory or the file, that others than root may
// exchange or write to, or that cannot be examined; empty where there is none.
// In a sticky directory that is root's, others may add files, but can't rename
// or remove root's. Follows links, since their ways matter as much. Access
// control lists count (acl(5)). A user and group called ROOT are no others
// either.
std::string WritableByOthers(std::string path, uid_t root = 0);

// The same for PROGRAM at PATH and its loader.
std::string WritableByOthers(const std::string& path, const Program& program,
                             uid_t root);

// The user and group that files of the machine's root have here: 0, or, in a
// user namespace that does not map root, those of all unmapped ids (65534).
// Known by /proc/sys, which is always root's.
uid_t RootAsSeenHere();

// Whether there is a file at PATH that this process may execute. Much cheaper
// than InspectInterpreter().
bool CanExecute(const std::string& path);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_INTERPRETER_H_
