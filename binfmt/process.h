// SPDX-License-Identifier: Apache-2.0
// A child that works on this process's memory.
#ifndef BINFMT_PROCESS_H_
#define BINFMT_PROCESS_H_

#include "binfmt/error.h"

namespace binfmt {

// Runs FUNCTION(ARGUMENT) in a child process with namespaces, root, working
// directory and descriptors of its own, but with this process's memory, and
// waits until it has ended or replaced itself by execve(2), and for the end of
// that program. FUNCTION returns the exit status. *STATUS, if given, gets what
// waitpid(2) tells.
//
// Until FUNCTION is done this process sleeps (CLONE_VFORK), so sharing memory
// is safe.
//
// With MILLISECONDS, a program that takes longer is killed with its process
// group, which FUNCTION has to have made (setpgid(2)), and ETIMEDOUT returned.
Error RunSharingMemory(int (*function)(void*), void* argument,
                       int* status = nullptr, int milliseconds = 0);

}  // namespace binfmt

#endif  // BINFMT_PROCESS_H_
