// SPDX-License-Identifier: Apache-2.0
#include "binfmt/process.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>
#include <memory>

namespace binfmt {
namespace {

constexpr size_t kStackSize = 32768;

}  // namespace

Error RunSharingMemory(int (*function)(void*), void* argument, int* status) {
  // Whoever started this process may have ignored SIGCHLD; then the child would
  // leave no status.
  signal(SIGCHLD, SIG_DFL);
  // Not on this function's stack: there the address sanitizer would go on
  // minding the frames of children that never returned.
  const std::unique_ptr<char[]> stack(new char[kStackSize]);
  const pid_t pid = clone(function, stack.get() + kStackSize,
                          CLONE_VM | CLONE_VFORK | SIGCHLD, argument);
  if (pid < 0) return SystemError("start", "a process", errno);
  int result;
  while (waitpid(pid, &result, 0) != pid) {
    if (errno != EINTR) return SystemError("wait for", "a process", errno);
  }
  if (status != nullptr) *status = result;
  return Ok();
}

}  // namespace binfmt
