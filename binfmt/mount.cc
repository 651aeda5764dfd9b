// SPDX-License-Identifier: Apache-2.0
#include "binfmt/mount.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "binfmt/io.h"
#include "binfmt/kernel.h"
#include "binfmt/lifetime.h"
#include "binfmt/module.h"
#include "binfmt/namespaces.h"
#include "binfmt/path.h"
#include "binfmt/process.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

// How many mounts on one directory are taken off.
constexpr int kMostMounts = 100;
constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// The f_type of the file system at PATH, or -1. Opening the directory triggers
// an automount, which O_PATH alone does not.
long FileSystemType(const Text& path, int flags = O_RDONLY | O_DIRECTORY) {
  const UniqueFd fd = OpenAt(AT_FDCWD, path.c_str(), flags);
  struct statfs facts;
  if (!fd.ok() || fstatfs(fd.get(), &facts) != 0) return -1;
  return static_cast<long>(facts.f_type);
}

// Is ERRNUM of mounting on DIR that of a kernel which does not know
// binfmt_misc? The directory in /proc/sys exists where binfmt_misc is built in
// or its module is loaded (register_sysctl_mount_point()), before Linux 5.17
// always.
bool LacksModule(const Text& dir, int errnum) {
  return errnum == ENODEV ||
         (errnum == ENOENT && absl::StartsWith(dir, "/proc/") &&
          SupportOfBinfmtMisc() != Support::kPresent);
}

Error ExplainMount(const Text& dir, int errnum) {
  const Text what = Fill("cannot mount binfmt_misc on %: "_fmt, dir);
  switch (errnum) {
    case ENODEV:
      return Failure(
          Because(errnum, Cause::kNoSupport),
          "@this kernel has no binfmt_misc, and the module that was loaded did "
          "not bring it"_fmt,
          what);
    case ENOENT:
      if (LacksModule(dir, errnum)) return ExplainMount(dir, ENODEV);
      return Failure(Because(errnum, Cause::kNotMounted),
                     "@there is no such directory"_fmt, what);
    case ENOTDIR:
      return Failure(Because(errnum, Cause::kNotMounted),
                     "@it is not a directory"_fmt, what);
    case EPERM:
    case EACCES: {
      Error error =
          SystemError("mount binfmt_misc on"_fmt, dir, errnum, Cause::kDenied);
      if (errnum == EACCES && AddClosedDirectory(dir, &error)) return error;
      const bool is_other = CurrentUserNamespace() == UserNamespace::kOther;
      // In another user namespace EPERM is also the kernel's own answer, where
      // the mount namespace does not belong to it.
      // The other texts have no place for the confinement.
      const bool is_forbidden =
          !(is_other && errnum == EPERM) && MayAdminister();
      error.AddText(
          is_forbidden
              ? "; CAP_SYS_ADMIN is there: an LSM or seccomp forbids it "
                "(docker: --privileged, a pod: privileged: true)@"_fmt
          : is_other && RunningKernel().IsBefore(6, 7)
              ? "; before Linux 6.7 only the first user namespace may mount "
                "it: do it on the host"_fmt
              : "; it takes CAP_SYS_ADMIN in this user namespace: run it as "
                "root, in a container with --privileged (a pod: privileged: "
                "true)"_fmt,
          Confinement());
      return error;
    }
    case ELOOP:
      if (!IsThere(dir)) {
        return SystemError("mount binfmt_misc on"_fmt, dir, errnum,
                           Cause::kNotMounted);
      }
      return Failure(
          Because(errnum, Cause::kNotMounted),
          "@it is an automount point that nobody answers; mount it somewhere "
          "else with --dir"_fmt,
          what);
    default:
      return SystemError("mount binfmt_misc on"_fmt, dir, errnum);
  }
}

// Mounts on DIR, where necessary after loading the module.
Error LoadAndMount(const Text& dir, const Text& file, Text* module) {
  for (bool loaded = false;; loaded = true) {
    if (mount("binfmt_misc", dir.c_str(), "binfmt_misc", kFlags, nullptr) ==
        0) {
      return Ok();
    }
    const int error = errno;
    // Another process was faster.
    if (error == EBUSY && IsBinfmtMisc(dir)) return Ok();
    if (loaded || !LacksModule(dir, error)) return ExplainMount(dir, error);
    if (Error failure = LoadModule(file, false, module); !failure.ok()) {
      return failure;
    }
  }
}

// What MountOnHost() and its child share.
struct HostMount {
  const Text* dir;
  const Text* file;
  Text* module;
  Error error;
};

int EnterAndMount(void* argument) {
  auto* job = static_cast<HostMount*>(argument);
  const UniqueFd host = OpenAt(AT_FDCWD, "/proc/1/ns/mnt", O_RDONLY);
  if (!host.ok() || setns(host.get(), CLONE_NEWNS) != 0) {
    job->error = SystemError("enter the mount namespace of"_fmt, "PID 1", errno,
                             Cause::kDenied);
    job->error.AddText(
        "; it takes CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_SYS_PTRACE (docker: "
        "--privileged, a pod: privileged: true)@"_fmt,
        Confinement());
    return 0;
  }
  const Text& dir = *job->dir;
  // PID 1 of an early boot may not have it yet.
  if (absl::StartsWith(dir, "/proc/")) job->error = MountProc(false);
  if (job->error.ok() && !IsBinfmtMisc(dir)) {
    job->error = LoadAndMount(dir, *job->file, job->module);
  }
  return 0;
}

// Mounts on DIR in the mount namespace of PID 1. A child does it, since
// there is no way back with this process's root and working directory.
Error MountOnHost(const Text& dir, const Text& file, Text* module) {
  if (CurrentUserNamespace() == UserNamespace::kFirst &&
      !InFirstPidNamespace()) {
    return Failure(
        Because(EPERM, Cause::kDenied),
        "PID 1 is this container's own, not the host's, so --host can't "
        "work: "
        "start the container with --pid=host (a pod: hostPID: true)"_fmt);
  }
  HostMount job{&dir, &file, module, Ok()};
  if (Error error = RunSharingMemory(EnterAndMount, &job); !error.ok()) {
    return error;
  }
  return std::move(job.error);
}

}  // namespace

Error MountProc(bool dry_run) {
  if (FileSystemType("/proc") == PROC_SUPER_MAGIC) return Ok();
  if (dry_run) return Ok();
  if (mkdir("/proc", 0555) != 0 && errno != EEXIST) {
    return SystemError("make the directory"_fmt, "/proc", errno);
  }
  if (mount("proc", "/proc", "proc", kFlags, nullptr) == 0) return Ok();
  const int error = errno;
  return SystemError("mount proc on", "/proc", error,
                     error == EPERM ? Cause::kDenied : Cause::kFailed);
}

bool IsBinfmtMisc(const Text& dir) {
  return FileSystemType(dir) == BINFMTFS_MAGIC;
}

Error UnmountBinfmtMisc(const Text& dir, bool dry_run, bool* mounted) {
  for (int round = 0; round < kMostMounts; ++round) {
    const bool there = FileSystemType(dir, O_PATH) == BINFMTFS_MAGIC;
    if (round == 0) *mounted = there;
    if (!there || dry_run) return Ok();
    if (umount2(dir.c_str(), UMOUNT_NOFOLLOW) == 0) continue;
    const int errnum = errno;
    Error error =
        SystemError("unmount binfmt_misc from"_fmt, dir, errnum,
                    errnum == EPERM ? Cause::kDenied : Cause::kFailed);
    error.AddText(errnum == EBUSY ? "; a process has something in it open, or "
                                    "works there: fuser -vm %"_fmt
                  : errnum == EINVAL
                      ? "; this is a symbolic link, or a mount of another "
                        "mount namespace"_fmt
                  : errnum == EPERM ? "; it takes CAP_SYS_ADMIN"_fmt
                                    : "",
                  dir);
    return error;
  }
  return SystemError("unmount binfmt_misc from"_fmt, dir, EBUSY);
}

Error MountBinfmtMisc(const Text& dir, const MountOptions& options,
                      MountOutcome* outcome, Text* module) {
  Text unwanted;
  if (module == nullptr) module = &unwanted;
  *outcome = MountOutcome::kAlreadyMounted;
  bool mounted = IsBinfmtMisc(dir);
  if (!mounted && absl::StartsWith(dir, "/proc/")) {
    if (Error error = MountProc(options.dry_run); !error.ok()) return error;
    // It may have been there all the time, under a /proc that was not.
    mounted = IsBinfmtMisc(dir);
  }
  if (!mounted && !options.allow_user_namespace &&
      CurrentUserNamespace() == UserNamespace::kOther) {
    return Failure(
        Because(EPERM, Cause::kDenied),
        "this is a user namespace of its own: a mount hides the host's "
        "handlers here for good; if that is what you want, add --userns"_fmt);
  }
  if (options.on_host && !options.dry_run) {
    if (Error error = MountOnHost(dir, options.module, module); !error.ok()) {
      return error;
    }
    // Where mounts propagate, it is here now.
    mounted = IsBinfmtMisc(dir);
  }
  if (mounted) {
    return options.holds || options.on_host ? Ok() : CheckLasts(dir);
  }
  *outcome = MountOutcome::kMounted;
  if (options.dry_run) {
    if (SupportOfBinfmtMisc() == Support::kMissing) {
      Error error = LoadModule(options.module, true, module);
      if (!error.ok() || absl::StartsWith(dir, "/proc/")) return error;
    }
    // Without /proc there is no telling; with it, the directory must be there.
    struct stat facts;
    if (stat(dir.c_str(), &facts) == 0) {
      return S_ISDIR(facts.st_mode) ? Ok() : ExplainMount(dir, ENOTDIR);
    }
    const int error = errno;
    return absl::StartsWith(dir, "/proc/") &&
                   FileSystemType("/proc") != PROC_SUPER_MAGIC
               ? Ok()
               : ExplainMount(dir, error);
  }
  const bool has_to_last =
      !options.holds && !options.on_host && !MountNamespaceLasts();
  const timespec before = has_to_last ? TimeBetweenInstances() : timespec();
  if (Error error = LoadAndMount(dir, options.module, module); !error.ok()) {
    return error;
  }
  const long type = FileSystemType(dir);
  if (type < 0) return SystemError("examine", dir, errno);
  if (type != BINFMTFS_MAGIC) {
    return Failure(
        Because(0, Cause::kNotMounted),
        "binfmt_misc was mounted on %, but is not there now; was something "
        "else mounted over it?"_fmt,
        dir);
  }
  if (has_to_last && !InstanceIsOlder(dir, before)) return WouldNotLast(dir);
  return Ok();
}

}  // namespace binfmt
