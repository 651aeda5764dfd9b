// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/mount.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/base/process.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/kernel/lifetime.h"
#include "binfmt/kernel/module.h"
#include "binfmt/kernel/namespaces.h"
#include "binfmt/kernel/running_kernel.h"

namespace binfmt {
namespace {

// How many mounts on one directory are removed.
constexpr int kMaxMounts = 100;
constexpr unsigned long kMountFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

bool IsUnderProc(const std::string& dir) { return dir.starts_with("/proc/"); }

// The f_type of the file system at PATH. Opening a directory triggers an
// automount, unless FLAGS has O_PATH.
ErrnoOr<long> FileSystemType(const std::string& path,
                             int flags = O_RDONLY | O_DIRECTORY) {
  const UniqueFd fd = OpenAt(AT_FDCWD, path, flags);
  struct statfs facts;
  if (!fd.ok() || fstatfs(fd.get(), &facts) != 0) {
    return std::unexpected(errno);
  }
  return static_cast<long>(facts.f_type);
}

// Whether ERRNUM of mounting on DIR means that the kernel lacks binfmt_misc.
// Its directory in /proc/sys exists where binfmt_misc is built in or its module
// is loaded (register_sysctl_mount_point()), before Linux 5.17 always.
bool LacksModule(const std::string& dir, int errnum) {
  return errnum == ENODEV ||
         (errnum == ENOENT && IsUnderProc(dir) &&
          FindBinfmtMiscSupport() != BinfmtMiscSupport::kPresent);
}

// What to append to the error where mounting on DIR failed with ERRNUM, EPERM
// or EACCES.
std::string DeniedMountHint(const std::string& dir, int errnum) {
  if (errnum == EACCES) {
    std::string hint = UnsearchableDirectory(dir);
    if (!hint.empty()) return hint;
  }
  const bool is_other = CurrentUserNamespace() == UserNamespace::kOther;
  // In another user namespace, EPERM is also the kernel's own answer where that
  // does not own the mount namespace.
  if (!(is_other && errnum == EPERM) && HasSysAdmin()) {
    return "; CAP_SYS_ADMIN is there: an LSM or seccomp forbids it (docker: "
           "--privileged, a pod: privileged: true)" +
           ConfinementHint();
  }
  if (is_other && RunningKernel().IsBefore(6, 7)) {
    return "; before Linux 6.7 only the first user namespace may mount it: do "
           "it on the host";
  }
  if (geteuid() != 0) return DeniedHint();
  std::string hint =
      "; it takes CAP_SYS_ADMIN in this user namespace: run it as root, in a "
      "container with --privileged (a pod: privileged: true)";
  if (is_other) hint += ", or only one command: binfmtbox run COMMAND";
  return hint;
}

// Explains ERRNUM of mounting on DIR.
Error ExplainMount(const std::string& dir, int errnum) {
  if (LacksModule(dir, errnum)) errnum = ENODEV;
  Cause cause = Cause::kNotMounted;
  std::string why = std::strerror(errnum);
  switch (errnum) {
    case ENODEV:
      cause = Cause::kNoSupport;
      why =
          "this kernel has no binfmt_misc, and the module that was loaded did "
          "not bring it";
      break;
    case ENOENT:
      why = "there is no such directory";
      break;
    case ENOTDIR:
      why = "it is not a directory";
      break;
    case EPERM:
    case EACCES:
      cause = Cause::kDenied;
      why += DeniedMountHint(dir, errnum);
      break;
    case ELOOP:
      if (Exists(dir)) {
        why =
            "it is an automount point that nobody answers; mount it somewhere "
            "else with --dir";
      }
      break;
    default:
      cause = Cause::kFailed;
  }
  return Error(errnum, Message("cannot mount binfmt_misc on $0: ", dir) + why,
               cause);
}

// Returns 0 or an errno.
int TryMount(const std::string& dir) {
  if (mount("binfmt_misc", dir.c_str(), "binfmt_misc", kMountFlags, nullptr) ==
      0) {
    return 0;
  }
  const int error = errno;
  // Another process may have mounted it meanwhile.
  return error == EBUSY && IsBinfmtMisc(dir) ? 0 : error;
}

// Mounts on DIR, if necessary after loading the module FILE (empty: the one
// that is installed). Returns the path of the module that was loaded, or
// nothing.
Expected<std::string> LoadAndMount(const std::string& dir,
                                   const std::string& file) {
  Expected<std::string> module;
  int error = TryMount(dir);
  if (error != 0 && LacksModule(dir, error)) {
    module = LoadModule(file, /*dry_run=*/false);
    if (!module) return module;
    error = TryMount(dir);
  }
  if (error != 0) return ExplainMount(dir, error);
  return module;
}

// LoadAndMount() in the mount namespace of PID 1, which this process enters for
// good.
Expected<std::string> EnterAndMount(const std::string& dir,
                                    const std::string& file) {
  const UniqueFd host = OpenAt(AT_FDCWD, "/proc/1/ns/mnt", O_RDONLY);
  if (!host.ok() || setns(host.get(), CLONE_NEWNS) != 0) {
    Error error = SystemError("enter the mount namespace of", "PID 1", errno,
                              Cause::kDenied);
    error.Append(
        "; it takes CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_SYS_PTRACE (docker: "
        "--privileged, a pod: privileged: true)");
    error.Append(ConfinementHint());
    return error;
  }
  if (IsUnderProc(dir)) {
    // PID 1 of an early boot may not have mounted it yet.
    Expected<void> proc = MountProc(/*dry_run=*/false);
    if (!proc) return std::move(proc.error());
  }
  if (IsBinfmtMisc(dir)) return "";
  return LoadAndMount(dir, file);
}

// LoadAndMount() in the mount namespace of PID 1. A child process does it,
// since setns(2) changes root and working directory, and there is no way back.
// The child also explains errors, by what it finds in those mounts.
Expected<std::string> MountOnHost(const std::string& dir,
                                  const std::string& file) {
  if (CurrentUserNamespace() == UserNamespace::kFirst &&
      !InFirstPidNamespace()) {
    return Error(
        EPERM,
        "PID 1 is this container's own, not the host's, so --host can't "
        "work: start the container with --pid=host (a pod: hostPID: "
        "true)",
        Cause::kDenied);
  }
  return CallInChild([&] { return EnterAndMount(dir, file); });
}

// Finds out what MountBinfmtMisc() would do where DIR is not mounted.
Expected<MountResult> PlanMount(const std::string& dir,
                                const MountOptions& options) {
  MountResult result;
  if (FindBinfmtMiscSupport() == BinfmtMiscSupport::kMissing) {
    Expected<std::string> module = LoadModule(options.module, /*dry_run=*/true);
    if (!module) return std::move(module.error());
    result.module = *std::move(module);
    // The directory comes with the module.
    if (IsUnderProc(dir)) return result;
  }
  struct stat facts;
  if (stat(dir.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) return result;
    return ExplainMount(dir, ENOTDIR);
  }
  const int error = errno;
  // Nothing under /proc can be seen before that is mounted.
  if (IsUnderProc(dir) && FileSystemType("/proc") != PROC_SUPER_MAGIC) {
    return result;
  }
  return ExplainMount(dir, error);
}

// DIR as a path through all that is mounted on it. "." would lead below what is
// mounted on the working directory.
std::string PathAbove(const std::string& dir) {
  if (dir.starts_with('/')) return dir;
  char working[PATH_MAX];
  if (getcwd(working, sizeof(working)) == nullptr) return dir;
  return absl::StrCat(working, "/", dir);
}

// Whether ERRNUM says nothing of a file.
bool IsPassing(int errnum) {
  return errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM ||
         errnum == EINTR || errnum == EIO;
}

}  // namespace

Expected<void> MountProc(bool dry_run) {
  if (FileSystemType("/proc") == PROC_SUPER_MAGIC || dry_run) return {};
  if (mkdir("/proc", 0555) != 0 && errno != EEXIST) {
    return SystemError("make the directory", "/proc", errno);
  }
  if (mount("proc", "/proc", "proc", kMountFlags, nullptr) == 0) return {};
  const int error = errno;
  return SystemError("mount proc on", "/proc", error,
                     error == EPERM ? Cause::kDenied : Cause::kFailed);
}

bool IsBinfmtMisc(const std::string& dir) {
  return FileSystemType(dir) == BINFMTFS_MAGIC;
}

Expected<bool> UnmountBinfmtMisc(const std::string& given, bool dry_run) {
  const std::string dir = PathAbove(given);
  for (int count = 0; count < kMaxMounts; ++count) {
    const ErrnoOr<long> type = FileSystemType(dir, O_PATH);
    if (!type && type.error() != ENOENT && type.error() != ENOTDIR) {
      return SystemError(
          "examine", dir, type.error(),
          type.error() == EACCES ? Cause::kDenied : Cause::kFailed);
    }
    if (type != BINFMTFS_MAGIC) return count > 0;
    if (dry_run) return true;
    if (umount2(dir.c_str(), UMOUNT_NOFOLLOW) == 0) continue;
    const int errnum = errno;
    Error error =
        SystemError("unmount binfmt_misc from", dir, errnum,
                    errnum == EPERM ? Cause::kDenied : Cause::kFailed);
    if (errnum == EBUSY) {
      error.Append(Message(
          "; a process has something in it open, or works there: fuser -vm $0",
          dir));
    } else if (errnum == EINVAL) {
      error.Append(
          "; this is a symbolic link, or a mount of another mount namespace");
    } else if (errnum == EPERM) {
      error.Append("; it takes CAP_SYS_ADMIN");
    }
    return error;
  }
  return SystemError("unmount binfmt_misc from", dir, EBUSY);
}

Expected<MountResult> MountBinfmtMisc(const std::string& given,
                                      const MountOptions& options) {
  const std::string dir = PathAbove(given);
  if (dir.find_first_not_of("/.") == dir.npos) {
    return Failed(EINVAL, "binfmt_misc would hide all that is in $0", dir);
  }
  MountResult result;
  const ErrnoOr<long> found = FileSystemType(dir);
  // A second mount would hide the first one.
  if (!found && IsPassing(found.error())) {
    return SystemError("examine", dir, found.error());
  }
  result.was_mounted = found == BINFMTFS_MAGIC;
  if (!result.was_mounted && IsUnderProc(dir)) {
    Expected<void> proc = MountProc(options.dry_run);
    if (!proc) return std::move(proc.error());
    // It may have been mounted all along, under a /proc that was not.
    result.was_mounted = IsBinfmtMisc(dir);
  }
  if (!result.was_mounted && !options.allow_user_namespace &&
      CurrentUserNamespace() == UserNamespace::kOther) {
    return Error(
        EPERM,
        "this is a user namespace of its own: a mount hides the host's "
        "handlers here for good; if that is what you want, add --userns",
        Cause::kDenied);
  }
  if (options.on_host && !options.dry_run) {
    Expected<std::string> module = MountOnHost(dir, options.module);
    if (!module) return std::move(module.error());
    result.module = *std::move(module);
    // Where mounts propagate, it is here now.
    result.was_mounted = IsBinfmtMisc(dir);
  }
  const bool has_to_last = !options.holds && !options.on_host;
  if (result.was_mounted) {
    Expected<void> lasts;
    if (has_to_last) lasts = CheckLasts(dir);
    if (!lasts) return std::move(lasts.error());
    return result;
  }
  if (options.dry_run) return PlanMount(dir, options);
  const bool may_not_last = has_to_last && !MountNamespaceLasts();
  const timespec before = may_not_last ? TimeBetweenInstances() : timespec();
  Expected<std::string> module = LoadAndMount(dir, options.module);
  if (!module) return std::move(module.error());
  if (!module->empty()) result.module = *std::move(module);
  const ErrnoOr<long> type = FileSystemType(dir);
  if (!type) return SystemError("examine", dir, type.error());
  if (type != BINFMTFS_MAGIC) {
    return Error(0,
                 Message("binfmt_misc was mounted on $0, but is not there now; "
                         "was something else mounted over it?",
                         dir),
                 Cause::kNotMounted);
  }
  if (may_not_last && !InstanceIsOlderThan(dir, before)) {
    return WouldNotLast(dir);
  }
  return result;
}

}  // namespace binfmt
