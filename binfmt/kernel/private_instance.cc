// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/private_instance.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/file.h"
#include "binfmt/base/printable.h"
#include "binfmt/base/process.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/kernel/namespaces.h"
#include "binfmt/kernel/running_kernel.h"

namespace binfmt {
namespace {

constexpr size_t kMaxProcFile = 1 << 20;
constexpr int kLimitInterval = 10;  // milliseconds
// Of uid_map and gid_map: lines of an id inside, the same id outside, and a
// count. The kernel pads each with blanks.
constexpr size_t kMapColumn = 11;

std::string ReadProc(const std::string& path) {
  return ReadFileAt(AT_FDCWD, path, kMaxProcFile).value_or("");
}

// MAP, one of this namespace, as one under which each id is the same in a new
// namespace.
std::string SameIds(std::string map) {
  for (size_t line = 0; line + 3 * kMapColumn <= map.size();
       line += 3 * kMapColumn) {
    map.replace(line + kMapColumn, kMapColumn, map, line, kMapColumn);
  }
  return map;
}

// Whether MAP has an id 0, to which the files of binfmt_misc belong.
bool MapsRoot(const std::string& map) {
  for (size_t line = 0; line < map.size(); line += 3 * kMapColumn) {
    if (map.compare(line, kMapColumn, "         0 ") == 0) return true;
  }
  return false;
}

// A reason that a file of /proc tells. One that cannot be read tells none.
struct Reason {
  const char* path;
  std::string_view sign;
  bool has_sign;  // or lacks it
  std::string_view text;
};

constexpr Reason kReasons[] = {
    {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", true,
     "; AppArmor forbids it, which root may change: sysctl "
     "kernel.apparmor_restrict_unprivileged_userns=0"},
    {"/proc/sys/kernel/unprivileged_userns_clone", "0", true,
     "; it is forbidden, which root may change: sysctl "
     "kernel.unprivileged_userns_clone=1"},
    // A mount on "/": the field behind the mount point begins with rw or ro.
    {"/proc/self/mountinfo", " / r", false,
     "; the kernel makes none in a chroot: use it outside, as in "
     "binfmtbox run chroot DIR COMMAND"},
    {"/proc/self/status", "\nSeccomp:\t2", true,
     "; a seccomp filter forbids it (docker: --security-opt "
     "seccomp=unconfined)"},
};

// What forbids namespaces, or rights in them, as far as /proc tells; empty:
// nothing does.
std::string_view WhyDenied() {
  for (const Reason& reason : kReasons) {
    const std::string text = ReadProc(reason.path);
    if (!text.empty() &&
        absl::StrContains(text, reason.sign) == reason.has_sign) {
      return reason.text;
    }
  }
  return "";
}

// Why no namespace could be made for the user UID.
std::string_view WhyNoNamespace(int errnum, uid_t uid) {
  switch (errnum) {
    case ENOSPC:
    case EUSERS:
      return ReadProc("/proc/sys/user/max_mnt_namespaces") == "0\n"
                 ? "; the limit of mount namespaces is 0, which root raises: "
                   "sysctl user.max_mnt_namespaces=15000"
                 : "; the limit of user namespaces is reached or 0, which root "
                   "raises: sysctl user.max_user_namespaces=15000";
    case EINVAL:
    case ENOSYS:
      return "; this kernel has no user namespaces (CONFIG_USER_NS)";
    case ENOENT:
      return "; it takes /proc";
    case EPERM:
    case EACCES: {
      const std::string_view why = WhyDenied();
      if (!why.empty() || uid != 0) return why;
      return "; root takes CAP_SETFCAP for it; or be another user";
    }
  }
  return "";
}

// Why there could be no mount in it.
std::string_view WhyNoMount(int errnum) {
  switch (errnum) {
    case ENODEV:
      return "; this kernel has no binfmt_misc";
    case EPERM:
    case EACCES:
      return WhyDenied();
  }
  return "";
}

Error Explain(std::string_view what, int errnum, std::string_view why) {
  return Error(
      errnum,
      absl::StrCat("a command cannot have handlers of its own: cannot ", what,
                   ": ", std::strerror(errnum), why),
      Cause::kDenied);
}

// Where these return false, errno tells why. PROCESS is a process's folder in
// /proc.

bool WriteFile(int process, const std::string& name, std::string_view text) {
  const UniqueFd fd = OpenAt(process, name, O_WRONLY);
  return fd.ok() && WriteAll(fd.get(), text);
}

bool WriteMaps(int process, std::string_view uids, std::string_view gids) {
  return WriteFile(process, "uid_map", uids) &&
         WriteFile(process, "gid_map", gids);
}

// Maps one user and one group: BEFORE, its id, AFTER.
bool MapIds(int process, std::string_view before, const FormerIds& ids,
            std::string_view after) {
  return WriteMaps(process, absl::StrCat(before, ids.uid, after),
                   absl::StrCat(before, ids.gid, after));
}

// Maps all ids of UIDS and GIDS, the maps of the namespace before. A child
// process in that one writes them, since only that has the right to map more
// than one id.
bool EnterWithAllIds(int self, const std::string& uids,
                     const std::string& gids) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  // A child would leave no status where a caller has left it ignored.
  SetDisposition(SIGCHLD, SIG_DFL);
  const pid_t pid = _Fork();
  if (pid < 0) return false;
  if (pid == 0) {
    writer.Reset();
    // Nothing comes where there are no namespaces.
    char word;
    const bool failed = read(reader.get(), &word, 1) == 1 &&
                        !WriteMaps(self, SameIds(uids), SameIds(gids));
    _exit(failed ? errno : 0);
  }
  int error = unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 0 : errno;
  if (error == 0) (void)WriteAll(writer.get(), "1");
  writer.Reset();
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  // One that was killed may have written one map, or none.
  if (error == 0) error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  errno = error;
  return error == 0;
}

bool EnterAsRoot(int self, const FormerIds& ids) {
  return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
         // The kernel's condition for a map of groups without privilege.
         WriteFile(self, "setgroups", "deny") && MapIds(self, "0 ", ids, " 1");
}

}  // namespace

Expected<FormerIds> EnterPrivateInstance(const std::string& dir) {
  if (RunningKernel().IsBefore(6, 7)) {
    return Error(ENOTSUP,
                 "before Linux 6.7 there is one binfmt_misc for all, so a "
                 "command can't have handlers of its own",
                 Cause::kNoSupport);
  }
  const UniqueFd self = OpenAt(AT_FDCWD, "/proc/self", O_RDONLY | O_DIRECTORY);
  if (!self.ok()) {
    const int error = errno;
    return Explain("make a user namespace", error,
                   WhyNoNamespace(error, geteuid()));
  }
  const std::string uids = ReadProc("/proc/self/uid_map");
  const std::string gids = ReadProc("/proc/self/gid_map");
  // What the kernel asks of a process that maps all ids.
  const bool may_map_all = HasCapability(CAP_SETUID) &&
                           HasCapability(CAP_SETGID) &&
                           HasCapability(CAP_SETFCAP);
  const FormerIds ids{geteuid(), getegid(),
                      may_map_all && MapsRoot(uids) && MapsRoot(gids)};
  if (!(ids.are_kept ? EnterWithAllIds(self.get(), uids, gids)
                     : EnterAsRoot(self.get(), ids))) {
    const int error = errno;
    return Explain("make a user namespace", error,
                   WhyNoNamespace(error, ids.uid));
  }
  // Over one that is mounted there: that belongs to another namespace.
  if (mount("binfmt_misc", dir.c_str(), "binfmt_misc",
            MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    const int error = errno;
    return Explain(absl::StrCat("mount binfmt_misc on ", Printable(dir)), error,
                   WhyNoMount(error));
  }
  return ids;
}

Expected<void> RestoreIds(const FormerIds& ids, int max_wait) {
  if (ids.are_kept || (ids.uid == 0 && ids.gid == 0)) return {};
  const UniqueFd self = OpenAt(AT_FDCWD, "/proc/self", O_RDONLY | O_DIRECTORY);
  const int64_t end = MonotonicMilliseconds() + max_wait;
  int error = unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
  while (error == ENOSPC && MonotonicMilliseconds() < end) {
    SleepMilliseconds(kLimitInterval);
    error = unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
  }
  if (error == 0 && !MapIds(self.get(), "", ids, " 0 1")) error = errno;
  if (error == 0) return {};
  return Explain("have its ids again", error, WhyNoNamespace(error, ids.uid));
}

}  // namespace binfmt
