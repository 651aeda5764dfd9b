// SPDX-License-Identifier: Apache-2.0
// Child processes with a bounded life.
#ifndef BINFMT_BASE_PROCESS_H_
#define BINFMT_BASE_PROCESS_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "binfmt/base/error.h"
#include "binfmt/base/unique_fd.h"

namespace binfmt {

// Runs FUNCTION(ARGUMENT) in a child process that shares this process's memory
// but has namespaces, root, working directory and descriptors of its own. Waits
// until it has ended, and, where it replaced itself by execve(2), until that
// program has. FUNCTION returns the exit status. Returns the status of
// waitpid(2).
//
// This process sleeps until FUNCTION is done (CLONE_VFORK). FUNCTION must not
// allocate memory: it hands numbers back through ARGUMENT, and the parent makes
// the message.
//
// With MAX_MILLISECONDS, a program that takes longer is killed with its process
// group, which FUNCTION must have made (setpgid(2), setsid(2)), and the error
// is ETIMEDOUT. 0: no limit.
Expected<int> RunSharingMemory(int (*function)(void*), void* argument,
                               int max_milliseconds = 0);

// In a child process: closes all descriptors from FIRST on but KEPT, which may
// be -1. A program that is only tried may be others', and what the caller's
// shell has open (exec 9>lock) is not theirs.
void CloseDescriptorsFrom(int first, int kept);

// A file in memory called NAME, which may be executed, with FLAGS of
// memfd_create(2). Writing to it fails with EFBIG below "ulimit -f", without
// SIGXFSZ. Where !ok(), errno tells why: EACCES where the sysctl
// vm.memfd_noexec forbids all.
UniqueFd MakeProgramFile(const char* name, unsigned flags);

// Calls FUNCTION in a child process, a copy of this one (fork(2)), and returns
// its result, of at most 64 KiB. What FUNCTION changes stays in the child: its
// namespaces, root and working directory, its memory. Unlike with
// RunSharingMemory(), it may allocate.
Expected<std::string> CallInChild(
    absl::FunctionRef<Expected<std::string>()> function);

// How a program ended.
struct ProgramEnd {
  enum class How {
    kExited,      // code: its exit status
    kKilled,      // code: the signal
    kNotStarted,  // code: the errno
    kTimedOut,    // it was killed when its time was up
  };

  How how = How::kNotStarted;
  int code = 0;
  // The first line that it printed on stdout or stderr, at most 200 bytes.
  std::string output;
};

// How to start a program.
struct ProgramStart {
  const char* argv0;
  const char* variable = nullptr;  // beside HOME and PATH: "NAME=VALUE"
  // Where this process is the machine's root, the program is uid and gid 65534,
  // nobody's; where the user namespace has no such ids, it is not started,
  // unless BY_ALL_MEANS.
  bool as_nobody = false;
  bool by_all_means = false;
  int max_milliseconds;
  int kept = -1;  // a descriptor that the program gets, too
};

// Runs the file at PATH without arguments, stdin, controlling terminal and this
// process's other descriptors. What it prints beyond a pipe's capacity is lost.
ProgramEnd RunProgram(const std::string& path, const ProgramStart& start);

// Runs PROGRAM, a complete ELF file, from memory, as if its file were
// /proc/self/fd/N. Handlers of binfmt_misc take it like any file: the memfd has
// no close-on-exec, since the kernel would then refuse with ENOENT
// (BINPRM_FLAGS_PATH_INACCESSIBLE). Does not start (ENOENT) without /proc.
ProgramEnd RunProgramFromMemory(std::string_view program,
                                const ProgramStart& start);

// signal(2), until ReplaceBy(): which signals a program ignores is its caller's
// decision, not that of a program in between.
void SetDisposition(int number, void (*disposition)(int));

// Replaces this process by the program at PATH, with the arguments ARGV, the
// first of which is its name, and this process's environment (execve(2)). It
// ignores the signals that this process ignored when it began. Returns only
// where that fails: the errno.
int ReplaceBy(const std::string& path, std::span<const std::string> argv);

}  // namespace binfmt

#endif  // BINFMT_BASE_PROCESS_H_
