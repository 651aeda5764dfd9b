// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/running_kernel.h"

#include <fcntl.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "binfmt/base/file.h"

namespace binfmt {
namespace {

constexpr size_t kMaxFilesystemsLength = 65536;
// No architecture has more than 4 KB of its own, but bootconfig adds to it.
constexpr size_t kMaxCmdlineLength = 65536;
constexpr char kCmdlineFile[] = "/proc/cmdline";

}  // namespace

const KernelVersion& RunningKernel() {
  static const KernelVersion& version = *new KernelVersion([] {
    utsname names;
    return uname(&names) == 0 ? ParseKernelVersion(names.release)
                              : KernelVersion();
  }());
  return version;
}

BinfmtMiscSupport FindBinfmtMiscSupport() {
  const ErrnoOr<std::string> filesystems =
      ReadFileAt(AT_FDCWD, "/proc/filesystems", kMaxFilesystemsLength);
  if (!filesystems) return BinfmtMiscSupport::kUnknown;
  return absl::StrContains(*filesystems, "\tbinfmt_misc\n")
             ? BinfmtMiscSupport::kPresent
             : BinfmtMiscSupport::kMissing;
}

Expected<std::string> ReadKernelCmdline() {
  ErrnoOr<std::string> line =
      ReadFileAt(AT_FDCWD, kCmdlineFile, kMaxCmdlineLength);
  if (!line) {
    return SystemError(
        "read", kCmdlineFile, line.error(),
        line.error() == ENOENT ? Cause::kNotMounted : Cause::kFailed);
  }
  // The newline would become part of a value whose quote is never closed.
  if (line->ends_with('\n')) line->pop_back();
  return *std::move(line);
}

}  // namespace binfmt
