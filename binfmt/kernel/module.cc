// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/module.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/kernel/namespaces.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/kernel_version.h"

namespace binfmt {
namespace {

constexpr int kCompressedFile = 4;  // MODULE_INIT_COMPRESSED_FILE of Linux 5.17

// Where the module may be installed. It has no dependencies, so modules.dep
// would tell nothing but its path.
std::vector<std::string> InstalledPaths() {
  const std::string release = RunningKernel().release;
  std::vector<std::string> paths;
  for (const std::string_view root : {"", "/usr"}) {
    for (const std::string_view suffix : {"", ".xz", ".zst", ".gz"}) {
      paths.push_back(absl::StrCat(root, "/lib/modules/", release,
                                   "/kernel/fs/binfmt_misc.ko", suffix));
    }
  }
  return paths;
}

// Explains ERRNUM of finit_module(2).
Error ExplainRefusal(const std::string& path, int errnum, bool compressed) {
  const KernelVersion kernel = RunningKernel();
  Cause cause = Cause::kNoSupport;
  std::string why;
  switch (errnum) {
    case EOPNOTSUPP:
    case EINVAL:
    case ENOEXEC:
    case ENOENT:
      if (!compressed || errnum == ENOEXEC || errnum == ENOENT) {
        why = Message(
            "it is damaged, no module, or built for another kernel or machine "
            "than this ($0); see dmesg",
            kernel.release);
      } else if (errnum == EOPNOTSUPP || kernel.IsBefore(5, 17)) {
        why = Message(
            "this kernel ($0) cannot unpack it; unpack it (xz -d, zstd -d, "
            "gzip -d), and name the result with --module",
            kernel.release);
      } else {
        why = Message(
            "it is damaged, or this kernel ($0) cannot unpack it; see dmesg",
            kernel.release);
      }
      break;
    case ENOSYS:
      why = "this kernel loads no modules";
      break;
    case EPERM:
    case EACCES:
      cause = Cause::kDenied;
      why =
          "it takes CAP_SYS_MODULE in the first user namespace, and "
          "kernel.modules_disabled, lockdown or an LSM may forbid it";
      break;
    case ENOKEY:
    case EKEYREJECTED:
      cause = Cause::kDenied;
      why = "this kernel wants it signed with one of the kernel's own keys";
      break;
    default:
      cause = Cause::kFailed;
      why = std::strerror(errnum);
  }
  return Error(errnum, Message("cannot load the module $0: ", path) + why,
               cause);
}

// Loads the module that FD has open.
Expected<void> Load(int fd, const std::string& path) {
  // A file that cannot be read is left to the kernel to refuse.
  const std::string head = ReadRange(fd, 0, 1).value_or("");
  // The first byte of what gzip, zstd and xz write.
  const bool compressed = head == "\x1f" || head == "\x28" || head == "\xfd";
  if (syscall(SYS_finit_module, fd, "", compressed ? kCompressedFile : 0) !=
          0 &&
      errno != EEXIST) {
    return ExplainRefusal(path, errno, compressed);
  }
  return {};
}

}  // namespace

Expected<std::string> LoadModule(const std::string& file, bool dry_run) {
  const std::vector<std::string> paths =
      file.empty() ? InstalledPaths() : std::vector<std::string>{file};
  for (const std::string& path : paths) {
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const UniqueFd fd =
        OpenAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd.ok() && errno == ENOENT) continue;
    if (!fd.ok()) {
      return SystemError("open the module", path, errno);
    }
    if (!dry_run) {
      Expected<void> loaded = Load(fd.get(), path);
      if (!loaded) return std::move(loaded.error());
    }
    return path;
  }
  if (!file.empty()) {
    return SystemError("open the module", file, ENOENT, Cause::kNoSupport);
  }
  Error error(ENOENT,
              Message("this kernel has no binfmt_misc, and there is no module "
                      "$0 (.xz, .zst, .gz): install this kernel's modules, or "
                      "name the file with --module",
                      paths[0]),
              Cause::kNoSupport);
  // The modules of a container's image are not the host's.
  if (!InFirstPidNamespace()) {
    error.Append(
        "; in a container: load it on the host, or use --pid=host (a pod: "
        "hostPID: true)");
  }
  return error;
}

}  // namespace binfmt
