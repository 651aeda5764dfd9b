// SPDX-License-Identifier: Apache-2.0
// What the machine runs by itself, found by asking its kernel.
#ifndef BINFMT_NATIVE_H_
#define BINFMT_NATIVE_H_

#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/error.h"
#include "binfmt/text.h"

namespace binfmt {

// Asks the kernel for each of PROBES whether it is for this machine:
// (*native)[i], 0 or 1. A probe is an ELF file of less than 4 KiB that the
// kernel's own loader begins to load and then gives up with EIO
// (load_elf_binary(): its PT_INTERP is behind the end of the file); one for
// another machine it refuses with ENOEXEC (elf_check_arch()). So nothing runs,
// and a kernel that may run its 32-bit sibling, but is told or made not to,
// says so.
//
// No handler gets in the way if EI_VERSION of the probes is one that no
// handler's magic has; what takes them all the same is refused with ENOENT,
// since they live in a memfd with close-on-exec
// (BINPRM_FLAGS_PATH_INACCESSIBLE), or, with flag T of Linux 7.3, runs in their
// place. So there they are tried in a child process, and what is taken counts
// as foreign. Probes of the other byte order, and empty ones, are foreign:
// Linux compares e_machine in its own.
//
// Fails where memfd_create(2) or clone(2) does, where the kernel says anything
// else of a probe (EACCES: what is in a memfd may not be run here), and with
// ENOSYS where this program runs under an emulator: QEMU 7.2 knows no
// execveat(2), and its children share no memory. *native is then of no use.
Error FindNative(absl::Span<const Text> probes, Array<int>* native);

}  // namespace binfmt

#endif  // BINFMT_NATIVE_H_
