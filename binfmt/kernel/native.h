// SPDX-License-Identifier: Apache-2.0
// Which programs the machine runs natively, found by asking its kernel.
#ifndef BINFMT_KERNEL_NATIVE_H_
#define BINFMT_KERNEL_NATIVE_H_

#include <span>
#include <string>
#include <vector>

#include "binfmt/base/error.h"

namespace binfmt {

// For each of PROBES, whether the kernel runs programs of its kind natively. A
// probe is an ELF file of less than 4 KiB that the kernel's own loader begins
// to load and then rejects with EIO (load_elf_binary(): its PT_INTERP is behind
// the end of the file); one for another machine it refuses with ENOEXEC
// (elf_check_arch()). So nothing runs, and a kernel that could run its 32-bit
// sibling, but is built or told not to, says so.
//
// No handler interferes if EI_VERSION of the probes is one that no handler's
// magic has. A handler that takes them nonetheless is refused with ENOENT,
// since they live in a memfd with close-on-exec
// (BINPRM_FLAGS_PATH_INACCESSIBLE), or, with flag T of Linux 7.3, runs in their
// place. From 7.3 on they are therefore tried in a child process, and what is
// taken counts as foreign. Probes of the other byte order, and empty ones, are
// foreign: Linux compares e_machine in its own byte order.
//
// Fails where memfd_create(2) or clone(2) does, where the kernel answers
// anything else (EACCES: what is in a memfd may not be executed here), and with
// ENOSYS where this program runs under an emulator: QEMU 7.2 has no
// execveat(2), and its children share no memory. With EMULATED, the machine's
// kernel is asked all the same, by execve(2) and without a child.
Expected<std::vector<bool>> FindNative(std::span<const std::string> probes,
                                       bool emulated = false);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_NATIVE_H_
