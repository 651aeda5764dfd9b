// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/native.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "binfmt/base/process.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/elf_header.h"

namespace binfmt {
namespace {

constexpr char kName[] = "binfmtbox-native-probe";
// EI_DATA of this machine's programs: ELFDATA2LSB or ELFDATA2MSB.
constexpr char kOwnData = std::endian::native == std::endian::big ? 2 : 1;

// What parent and child share.
struct Question {
  std::span<const std::string> probes;
  std::vector<bool>& native;
  int fd;                      // the memfd
  size_t current = 0;          // the probe that is tried next
  int error = 0;               // an errno that is no answer
  const char* path = nullptr;  // of the memfd; null: it has none to start it by
};

// Runs in the child, too: allocates nothing.
void TryProbes(Question& question) {
  char* const argv[] = {const_cast<char*>(kName), nullptr};
  char* const envp[] = {nullptr};
  while (question.current < question.probes.size()) {
    const size_t current = question.current++;
    const std::string& probe = question.probes[current];
    if (probe.size() <= kElfDataPosition ||
        probe[kElfDataPosition] != kOwnData) {
      continue;
    }
    // A longer probe's remains behind the end are never looked at. musl's
    // pwrite(3) makes up to three system calls of it; where the offset stands
    // among the arguments differs, and it is 0.
    if (syscall(SYS_pwrite64, question.fd, probe.data(), probe.size(), 0L, 0L,
                0L) == static_cast<ssize_t>(probe.size())) {
      // execveat(3) is in glibc only.
      syscall(SYS_execveat, question.fd, "", argv, envp, AT_EMPTY_PATH);
      if (errno == ENOSYS && question.path != nullptr) {
        execve(question.path, argv, envp);
      }
    }
    if (errno == EIO) {
      question.native[current] = true;
    } else if (errno != ENOEXEC && errno != ENOENT) {
      question.error = errno;
      break;
    }
  }
}

int TryInChild(void* question) {
  // The parent's memory is shared, its descriptors are not: what a handler
  // prints must not appear in the parent's output.
  CloseDescriptorsFrom(0, static_cast<Question*>(question)->fd);
  TryProbes(*static_cast<Question*>(question));
  return 0;
}

}  // namespace

Expected<std::vector<bool>> FindNative(std::span<const std::string> probes,
                                       bool emulated) {
  std::vector<bool> native(probes.size());
  if (probes.empty()) return native;
  const UniqueFd fd = MakeProgramFile(kName, MFD_CLOEXEC);
  if (!fd.ok()) return SystemError("make", "a memfd", errno);
  const std::string path = absl::StrCat("/proc/self/fd/", fd.get());
  Question question{.probes = probes, .native = native, .fd = fd.get()};
  if (emulated) question.path = path.c_str();
  // A handler with flag T takes a memfd, too. Before Linux 7.3 nothing can
  // replace this process, and a child costs as much as six probes.
  const bool in_child = !emulated && !RunningKernel().IsBefore(7, 3);
  while (question.current < probes.size() && question.error == 0) {
    if (!in_child) {
      TryProbes(question);
      continue;
    }
    const size_t before = question.current;
    Expected<int> status = RunSharingMemory(TryInChild, &question);
    if (!status) return std::move(status.error());
    // An emulator's child has memory of its own.
    if (question.current == before) question.error = ENOSYS;
  }
  if (question.error == ENOSYS) {
    return Error(ENOSYS,
                 "cannot find out what this machine runs natively, since this "
                 "program runs under an emulator; take the build for this "
                 "machine");
  }
  if (question.error != 0) {
    return SystemError("ask the kernel about", "a memfd", question.error);
  }
  return native;
}

}  // namespace binfmt
