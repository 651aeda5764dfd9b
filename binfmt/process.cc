// SPDX-License-Identifier: Apache-2.0
#include "binfmt/process.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "binfmt/clock.h"

namespace binfmt {
namespace {

[[maybe_unused]] constexpr size_t kStackSize = 32768;
constexpr size_t kSignalSetSize = 8;
constexpr int kDeathTime = 1000;  // milliseconds

}  // namespace

Error RunSharingMemory(int (*function)(void*), void* argument, int* status,
                       int milliseconds) {
  // Whoever started this process may have ignored SIGCHLD; then the child would
  // leave no status.
  // SIG_DFL is all zeros, on every architecture; by number, since signal(3) of
  // musl is 1 KB for the sake of threads.
  const long as_default[8] = {};
  syscall(SYS_rt_sigaction, SIGCHLD, as_default, nullptr, kSignalSetSize);
#if !defined(__GLIBC__) && (defined(__x86_64__) || defined(__arm__))
  // 0.4 KB less. Elsewhere musl's vfork(2) is fork(2), which shares nothing.
  const pid_t pid = vfork();
  if (pid == 0) _exit(function(argument));
#else
  // Not on this function's stack: there the address sanitizer would go on
  // minding the frames of children that never returned.
  const std::unique_ptr<char[]> stack(new char[kStackSize]);
  const pid_t pid = clone(function, stack.get() + kStackSize,
                          CLONE_VM | CLONE_VFORK | SIGCHLD, argument);
#endif
  if (pid < 0) return SystemError("start", "a process", errno);
  int64_t end = MonotonicMilliseconds() + milliseconds;
  int error = 0;
  int result;
  for (;;) {
    const pid_t ended = waitpid(pid, &result, milliseconds == 0 ? 0 : WNOHANG);
    if (ended == pid) break;
    if (ended < 0) {
      if (errno == EINTR) continue;
      error = errno;
      break;
    } else if (MonotonicMilliseconds() < end) {
      SleepMilliseconds(1);
    } else if (error != 0) {
      break;  // sleeps in the kernel, or has another user's rights
    } else {
      kill(-pid, SIGKILL);
      error = ETIMEDOUT;
      end += kDeathTime;
    }
  }
  if (error != 0) return SystemError("wait for", "a process", error);
  if (status != nullptr) *status = result;
  return Ok();
}

}  // namespace binfmt
