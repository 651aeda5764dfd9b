// SPDX-License-Identifier: Apache-2.0
// What the machine runs by itself, found by running it.
#ifndef BINFMT_NATIVE_H_
#define BINFMT_NATIVE_H_

#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/error.h"
#include "binfmt/text.h"

namespace binfmt {

// The exit status of a program given to RunNatively().
inline constexpr int kProbeExitStatus = 42;

// Runs each of PROGRAMS, complete ELF files that exit with kProbeExitStatus at
// once, on the machine itself and says which of them ran: (*runs)[i], 0 or 1.
//
// No handler gets in the way: the copy that is run has an EI_VERSION that no
// handler's magic has (the kernel's ELF loader never reads that byte,
// load_elf_binary()), and lives in a memfd with close-on-exec, which a handler
// refuses with ENOENT (BINPRM_FLAGS_PATH_INACCESSIBLE). An empty program never
// runs. Programs of the other byte order are not tried: Linux compares
// e_machine in its own.
//
// One process is made for each program that runs, and one more; it shares this
// one's memory until it runs the program. Fails where memfd_create(2) or
// clone(2) does; *runs is then of no use.
Error RunNatively(absl::Span<const Text> programs, Array<int>* runs);

}  // namespace binfmt

#endif  // BINFMT_NATIVE_H_
