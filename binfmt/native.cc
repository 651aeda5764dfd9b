// SPDX-License-Identifier: Apache-2.0
#include "binfmt/native.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "binfmt/array.h"
#include "binfmt/io.h"
#include "binfmt/process.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr size_t kDataPosition = 5;     // EI_DATA
constexpr size_t kVersionPosition = 6;  // EI_VERSION

constexpr char OwnByteOrder() {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return 2;
#else
  return 1;
#endif
}

// What parent and child share.
struct Attempt {
  absl::Span<const Text> programs;
  size_t current = 0;  // the program that is being tried
  int fd = -1;         // the memfd
  int error = 0;       // errno of a failed write to it
};

bool IsCandidate(const Text& program) {
  return program.size() > kVersionPosition &&
         program[kDataPosition] == OwnByteOrder();
}

// Runs in the child: tries one program after the other until one replaces this
// process. A failed execve(2) leaves the process as it was.
int TryPrograms(void* argument) {
  auto* attempt = static_cast<Attempt*>(argument);
  // The parent's memory is shared, its descriptors are not: whatever a program
  // prints must not appear among the parent's output.
  for (int fd = 0; fd <= 2; ++fd) close(fd);
  char* const argv[] = {const_cast<char*>("binfmtbox-native-probe"), nullptr};
  char* const envp[] = {nullptr};
  for (; attempt->current < attempt->programs.size(); ++attempt->current) {
    const Text& program = attempt->programs[attempt->current];
    if (!IsCandidate(program)) continue;
    const ssize_t size = static_cast<ssize_t>(program.size());
    const char version = '\xff';
    // What a longer program left behind the end is never looked at.
    if (pwrite(attempt->fd, program.data(), program.size(), 0) != size ||
        pwrite(attempt->fd, &version, 1, kVersionPosition) != 1) {
      attempt->error = errno;
      return 1;
    }
    syscall(SYS_execveat, attempt->fd, "", argv, envp, AT_EMPTY_PATH);
  }
  return 0;
}

}  // namespace

Error RunNatively(absl::Span<const Text> programs, Array<int>* runs) {
  runs->clear();
  runs->resize(programs.size());
  bool any = false;
  for (const Text& program : programs) any = any || IsCandidate(program);
  if (!any) return Ok();

  const UniqueFd fd(static_cast<int>(
      syscall(SYS_memfd_create, "binfmtbox-native-probe", MFD_CLOEXEC)));
  if (!fd.ok()) return SystemError("make", "a memfd", errno);
  Attempt attempt{programs, 0, fd.get(), 0};
  while (attempt.current < programs.size()) {
    int status;
    if (Error error = RunSharingMemory(TryPrograms, &attempt, &status);
        !error.ok()) {
      return error;
    }
    if (attempt.error != 0) {
      return SystemError("write", "a memfd", attempt.error);
    }
    if (attempt.current >= programs.size()) break;
    (*runs)[attempt.current] =
        WIFEXITED(status) && WEXITSTATUS(status) == kProbeExitStatus ? 1 : 0;
    ++attempt.current;
  }
  return Ok();
}

}  // namespace binfmt
