// SPDX-License-Identifier: Apache-2.0
#include "binfmt/module.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "binfmt/errno_text.h"
#include "binfmt/io.h"
#include "binfmt/kernel.h"
#include "binfmt/namespaces.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr long kCompressed = 4;  // MODULE_INIT_COMPRESSED_FILE of Linux 5.17

// A FIFO must not make the program wait.
UniqueFd OpenModule(const Text& path) {
  return OpenAt(kCurrentDir, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

// Opens the module of the kernel RELEASE: it has no dependencies, so its place
// is all that modules.dep could tell.
UniqueFd FindModule(const Text& release, Text* path) {
  for (const char* root : {"", "/usr"}) {
    // Not pointers, each of which would be a relocation.
    static constexpr char kSuffixes[][sizeof(".zst")] = {"", ".xz", ".zst",
                                                         ".gz"};
    for (const char* suffix : kSuffixes) {
      *path = Fill("@/lib/modules/@/kernel/fs/binfmt_misc.ko@"_fmt, root,
                   release, suffix);
      UniqueFd fd = OpenModule(*path);
      if (fd.ok() || errno != ENOENT) return fd;
    }
  }
  *path = Fill("/lib/modules/@/kernel/fs/binfmt_misc.ko"_fmt, release);
  errno = ENOENT;
  return UniqueFd();
}

// ERRNUM of finit_module(2) in words.
Error Explain(const Text& path, int errnum, bool compressed) {
  const KernelVersion kernel = RunningKernel();
  Cause cause = Cause::kNoSupport;
  Format why =
      "it is damaged, no module, or built for another kernel or machine than "
      "this (@); see dmesg"_fmt;
  switch (errnum) {
    case EOPNOTSUPP:
    case EINVAL:
      if (!compressed) break;
      why = errnum == EOPNOTSUPP || kernel.IsBefore(5, 17)
                ? "this kernel (@) cannot unpack it; unpack it (xz -d, zstd "
                  "-d, gzip -d), and name the result with --module"_fmt
                : "it is damaged, or this kernel (@) cannot unpack it; see "
                  "dmesg"_fmt;
      break;
    case ENOEXEC:
    case ENOENT:
      break;
    case ENOSYS:
      why = "this kernel loads no modules"_fmt;
      break;
    case EPERM:
    case EACCES:
      cause = Cause::kDenied;
      why =
          "it takes CAP_SYS_MODULE in the first user namespace, and "
          "kernel.modules_disabled, lockdown or an LSM may forbid it"_fmt;
      break;
    case ENOKEY:
    case EKEYREJECTED:
      cause = Cause::kDenied;
      why = "this kernel wants it signed with one of the kernel's own keys"_fmt;
      break;
    default:
      cause = Cause::kFailed;
      why = DescribeErrno(errnum);
      break;
  }
  Error error =
      Failure(Because(errnum, cause), "cannot load the module %: "_fmt, path);
  error.AddText(why, kernel.text);
  return error;
}

}  // namespace

Error LoadModule(const Text& file, bool dry_run, Text* path) {
  *path = file;
  const UniqueFd fd =
      file.empty() ? FindModule(RunningKernel().text, path) : OpenModule(*path);
  if (!fd.ok()) {
    const int error = errno;
    Error failure =
        SystemError("open the module", *path, error,
                    error == ENOENT ? Cause::kNoSupport : Cause::kFailed);
    if (error == ENOENT && file.empty()) {
      // The modules of a container's image are not the host's.
      failure.SetText(
          "this kernel has no binfmt_misc, and there is no module % (.xz, "
          ".zst, .gz): install this kernel's modules, or name the file with "
          "--module@"_fmt,
          *path,
          InFirstPidNamespace()
              ? ""
              : "; in a container: load it on the host, or use --pid=host "
                "(a pod: hostPID: true)"_fmt);
    }
    return failure;
  }
  if (dry_run) return Ok();
  // Where nothing can be read, the kernel says so.
  Text head;
  (void)ReadSome(fd.get(), 1, &head);
  // The first byte of what gzip, zstd and xz write.
  const bool compressed = head == "\x1f" || head == "\x28" || head == "\xfd";
  if (syscall(SYS_finit_module, fd.get(), "", compressed ? kCompressed : 0) ==
          0 ||
      errno == EEXIST) {
    return Ok();
  }
  return Explain(*path, errno, compressed);
}

}  // namespace binfmt
