// SPDX-License-Identifier: Apache-2.0
#include "binfmt/native.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "binfmt/array.h"
#include "binfmt/elf_header.h"
#include "binfmt/io.h"
#include "binfmt/kernel.h"
#include "binfmt/process.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr char kName[] = "binfmtbox-native-probe";
// MFD_EXEC of Linux 6.3, which the C library's headers do not have yet.
constexpr unsigned kExecutable = 0x10;

constexpr char OwnByteOrder() {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return 2;
#else
  return 1;
#endif
}

// What parent and child share.
struct Question {
  absl::Span<const Text> probes;
  Array<int>* native;
  int fd;              // the memfd
  size_t current = 0;  // the probe that is being tried
  int error = 0;       // an errno that is no answer
};

void TryProbes(Question* question) {
  // On the stack: the child shares the parent's memory, but never returns to
  // free any of it where a probe is run after all.
  char name[sizeof(kName)];
  std::memcpy(name, kName, sizeof(name));
  char* const argv[] = {name, nullptr};
  char* const envp[] = {nullptr};
  while (question->current < question->probes.size()) {
    const size_t current = question->current++;
    const Text& probe = question->probes[current];
    if (probe.size() <= kElfDataPosition ||
        probe[kElfDataPosition] != OwnByteOrder()) {
      continue;
    }
    // What a longer probe left behind the end is never looked at.
    if (pwrite(question->fd, probe.data(), probe.size(), 0) ==
        static_cast<ssize_t>(probe.size())) {
      syscall(SYS_execveat, question->fd, "", argv, envp, AT_EMPTY_PATH);
    }
    if (errno == EIO) {
      (*question->native)[current] = 1;
    } else if (errno != ENOEXEC && errno != ENOENT) {
      question->error = errno;
      break;
    }
  }
}

int TryInChild(void* argument) {
  // The parent's memory is shared, its descriptors are not: whatever a handler
  // prints must not appear among the parent's output.
  for (int fd = 0; fd <= 2; ++fd) close(fd);
  TryProbes(static_cast<Question*>(argument));
  return 0;
}

int MakeMemfd() {
  const long fd = syscall(SYS_memfd_create, kName, MFD_CLOEXEC | kExecutable);
  if (fd >= 0 || errno != EINVAL) return static_cast<int>(fd);
  return static_cast<int>(syscall(SYS_memfd_create, kName, MFD_CLOEXEC));
}

}  // namespace

Error FindNative(absl::Span<const Text> probes, Array<int>* native) {
  native->clear();
  native->resize(probes.size());
  if (probes.empty()) return Ok();
  const UniqueFd fd(MakeMemfd());
  if (!fd.ok()) return SystemError("make", "a memfd", errno);
  Question question{probes, native, fd.get()};
  // Flag T takes what is in a memfd, too; before it came, nothing can take our
  // place, and a child costs as much as six probes.
  const bool in_child = !RunningKernel().IsBefore(7, 3);
  while (question.current < probes.size() && question.error == 0) {
    const size_t before = question.current;
    if (!in_child) {
      TryProbes(&question);
      continue;
    }
    Error error = RunSharingMemory(TryInChild, &question);
    if (!error.ok()) return error;
    // An emulator's child has memory of its own.
    if (question.current == before) question.error = ENOSYS;
  }
  if (question.error == 0) return Ok();
  if (question.error == ENOSYS) {
    return Failure(ENOSYS,
                   "cannot find out what this machine runs by itself, since "
                   "this program runs under an emulator; take the build for "
                   "this machine"_fmt);
  }
  return SystemError("ask the kernel about", "a memfd", question.error);
}

}  // namespace binfmt
