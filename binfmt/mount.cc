// SPDX-License-Identifier: Apache-2.0
#include "binfmt/mount.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <string_view>

#include "absl/strings/match.h"
#include "binfmt/io.h"
#include "binfmt/kernel.h"
#include "binfmt/namespaces.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// The f_type of the file system at PATH, or -1. Opening the directory triggers
// an automount, which statfs(2) on the path alone does not.
long FileSystemType(const std::string& path) {
  const UniqueFd fd = OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY);
  struct statfs facts;
  if (!fd.ok() || fstatfs(fd.get(), &facts) != 0) return -1;
  return static_cast<long>(facts.f_type);
}

Error MountProc(bool dry_run) {
  if (FileSystemType("/proc") == PROC_SUPER_MAGIC) return Ok();
  if (dry_run) return Ok();
  if (mkdir("/proc", 0555) != 0 && errno != EEXIST) {
    return SystemError("make the directory", "/proc", errno);
  }
  if (mount("proc", "/proc", "proc", kFlags, nullptr) == 0) return Ok();
  const int error = errno;
  return SystemError("mount proc on", "/proc", error,
                     error == EPERM ? Cause::kDenied : Cause::kFailed);
}

Error ExplainMount(const std::string& dir, int errnum) {
  const std::string what = Fill("cannot mount binfmt_misc on %: ", {dir});
  switch (errnum) {
    case ENODEV:
      return Failure(
          "@this kernel has no binfmt_misc: load its module (modprobe "
          "binfmt_misc) or use a kernel with CONFIG_BINFMT_MISC",
          {what}, errnum, Cause::kNoSupport);
    case ENOENT:
      // The directory in /proc/sys exists where binfmt_misc is built in or its
      // module is loaded (register_sysctl_mount_point()).
      if (absl::StartsWith(dir, "/proc/") &&
          SupportOfBinfmtMisc() != Support::kPresent) {
        return ExplainMount(dir, ENODEV);
      }
      return Failure("@there is no such directory", {what}, errnum,
                     Cause::kNotMounted);
    case ENOTDIR:
      return Failure("@it is not a directory", {what}, errnum,
                     Cause::kNotMounted);
    case EPERM:
    case EACCES: {
      Error error =
          SystemError("mount binfmt_misc on", dir, errnum, Cause::kDenied);
      error.text +=
          CurrentUserNamespace() == UserNamespace::kOther &&
                  RunningKernel().IsBefore(6, 7)
              ? "; before Linux 6.7 only the first user namespace may mount "
                "it: do it on the host"
              : "; it takes CAP_SYS_ADMIN in this user namespace: run it as "
                "root, in a container with --privileged";
      return error;
    }
    case ELOOP:
      return Failure(
          "@it is an automount point that nobody answers; mount it somewhere "
          "else with --dir",
          {what}, errnum, Cause::kNotMounted);
    default:
      return SystemError("mount binfmt_misc on", dir, errnum);
  }
}

}  // namespace

bool IsBinfmtMisc(const std::string& dir) {
  return FileSystemType(dir) == BINFMTFS_MAGIC;
}

Error MountBinfmtMisc(const std::string& dir, const MountOptions& options,
                      MountOutcome* outcome) {
  *outcome = MountOutcome::kAlreadyMounted;
  if (IsBinfmtMisc(dir)) return Ok();
  *outcome = MountOutcome::kMounted;
  if (absl::StartsWith(dir, "/proc/")) {
    if (Error error = MountProc(options.dry_run); !error.ok()) return error;
    // It may have been there all the time, under a /proc that was not.
    if (IsBinfmtMisc(dir)) {
      *outcome = MountOutcome::kAlreadyMounted;
      return Ok();
    }
  }
  if (!options.allow_user_namespace &&
      CurrentUserNamespace() == UserNamespace::kOther) {
    return Failure(
        "this is a user namespace of its own: a mount hides the host's "
        "handlers here for good; if that is what you want, add --userns",
        EPERM, Cause::kDenied);
  }
  if (options.dry_run) return Ok();
  if (mount("binfmt_misc", dir.c_str(), "binfmt_misc", kFlags, nullptr) != 0 &&
      // EBUSY: another process was faster.
      !(errno == EBUSY && IsBinfmtMisc(dir))) {
    return ExplainMount(dir, errno);
  }
  if (IsBinfmtMisc(dir)) return Ok();
  return Failure(
      "binfmt_misc was mounted on %, but is not there now; was something else "
      "mounted over it?",
      {dir}, 0, Cause::kNotMounted);
}

}  // namespace binfmt
