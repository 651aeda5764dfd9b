// SPDX-License-Identifier: Apache-2.0
#include "testing/namespace.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/process.h"

namespace binfmtbox_testing {
namespace {

// Set by the boot tests.
constexpr char kBootTest[] = "BINFMTBOX_BOOT_TEST";

// Leaked, so that it outlives every test.
std::string* g_scratch = nullptr;

std::string Failed(const std::string& what) {
  return absl::StrCat(
      "cannot ", what, ": ", std::strerror(errno),
      "; these tests need Linux 6.7 or newer and user namespaces (sysctl "
      "user.max_user_namespaces, kernel.unprivileged_userns_clone, a "
      "container's seccomp profile)");
}

// Identifies this process's namespace of KIND; "" without /proc.
std::string NamespaceId(const char* kind) {
  char text[64];
  const std::string link = absl::StrCat("/proc/self/ns/", kind);
  const ssize_t length = readlink(link.c_str(), text, sizeof(text));
  return length < 0 ? "" : std::string(text, static_cast<size_t>(length));
}

// Returns "" on a machine that was booted for this test, otherwise the reason
// against it. A developer's machine does not have that word on its kernel
// command line, nor its root in an initramfs, nor this program as PID 1's
// child.
std::string CheckBootedForTest() {
  const std::string words = absl::StrCat(" ", ReadFile("/proc/cmdline"));
  if (!absl::StrContains(words, " binfmtbox.boot_test\n")) {
    return "binfmtbox.boot_test does not end the kernel command line";
  }
  struct statfs facts;
  if (statfs("/", &facts) != 0 ||
      (facts.f_type != RAMFS_MAGIC && facts.f_type != TMPFS_MAGIC)) {
    return "/ is no initramfs";
  }
  if (getppid() != 1) return "the parent is not PID 1";
  if (NamespaceId("pid") != "pid:[4026531836]" ||
      NamespaceId("user") != "user:[4026531837]") {
    return "these are not the first namespaces";
  }
  return "";
}

std::string UnshareUserAndMounts() {
  const std::string user = NamespaceId("user");
  const std::string mounts = NamespaceId("mnt");
  const std::string uid_map = absl::StrCat("0 ", geteuid(), " 1");
  const std::string gid_map = absl::StrCat("0 ", getegid(), " 1");
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return Failed("make a user and a mount namespace");
  }
  // What follows must never happen to the machine itself.
  if (user.empty() || mounts.empty() || NamespaceId("user") == user ||
      NamespaceId("mnt") == mounts) {
    return "unshare(2) succeeded, but the namespaces are the same";
  }
  if ((errno = WriteOnce("/proc/self/setgroups", "deny")) != 0 ||
      (errno = WriteOnce("/proc/self/uid_map", uid_map)) != 0 ||
      (errno = WriteOnce("/proc/self/gid_map", gid_map)) != 0) {
    return Failed("map the user to 0");
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Failed("make the mounts private");
  }
  return "";
}

// Returns in a child, PID 1 of a new process namespace.
std::string ContinueAsPid1() {
  if (unshare(CLONE_NEWPID) != 0) return Failed("make a process namespace");
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return Failed("start a process");
  if (pid != 0) {
    int status = 0;
    while (waitpid(pid, &status, 0) != pid) {
    }
    // Not exit(3): LeakSanitizer would start a thread, which a process that has
    // unshared its children's process namespace can't.
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
            nullptr) != 0) {
    return Failed("mount /proc");
  }
  return "";
}

std::string MountRegistry(bool may_be_mounted) {
  if (mount("binfmt_misc", kRegistry, "binfmt_misc", 0, nullptr) != 0 &&
      (errno != EBUSY || !may_be_mounted)) {
    return Failed(absl::StrCat("mount binfmt_misc on ", kRegistry));
  }
  struct statfs facts;
  if (statfs(kRegistry, &facts) != 0 || facts.f_type != BINFMTFS_MAGIC) {
    return Failed("find the binfmt_misc just mounted");
  }
  return "";
}

std::string MountScratch() {
  const char* given = std::getenv("TEST_TMPDIR");
  const std::string dir = given != nullptr ? given : "/tmp";
  if (mount("tmpfs", dir.c_str(), "tmpfs", 0, "mode=0755") != 0) {
    return Failed(absl::StrCat("mount tmpfs on ", dir));
  }
  g_scratch = new std::string(dir);
  return "";
}

// Removes what is below the directory, and keeps the directory.
int RemoveOne(const char* path, const struct stat*, int, struct FTW* where) {
  return where->level == 0 ? 0 : remove(path);
}

}  // namespace

std::string EnterNamespaces(const NamespaceOptions& options) {
  const bool is_boot_test = std::getenv(kBootTest) != nullptr;
  std::string error;
  if (is_boot_test) {
    error = CheckBootedForTest();
    if (!error.empty()) return absl::StrCat(kBootTest, " is set, but ", error);
  } else {
    error = UnshareUserAndMounts();
    if (error.empty() && options.new_pids) error = ContinueAsPid1();
  }
  if (error.empty() && options.registry) error = MountRegistry(is_boot_test);
  if (error.empty() && options.scratch) error = MountScratch();
  return error;
}

std::string Scratch() { return *g_scratch; }

void KernelTest::SetUp() {
  ASSERT_EQ(ErrnoName(WriteOnce(EntryFile("status"), "-1")), "0");
  ASSERT_EQ(ErrnoName(WriteOnce(EntryFile("status"), "1")), "0");
  ASSERT_EQ(
      nftw(Scratch().c_str(), RemoveOne, 16, FTW_DEPTH | FTW_MOUNT | FTW_PHYS),
      0);
  ASSERT_EQ(chdir(Scratch().c_str()), 0);
}

std::string KernelTest::File(const std::string& name) {
  return absl::StrCat(Scratch(), "/", name);
}

std::string KernelTest::EntryFile(const std::string& name) {
  return absl::StrCat(kRegistry, "/", name);
}

int KernelTest::RawRegister(const std::string& record) {
  return WriteOnce(EntryFile("register"), record);
}

std::string KernelTest::MakeInterpreter(const std::string& name, int status) {
  WriteFile(File(name), NativeProgram(static_cast<uint8_t>(status)), 0755);
  return File(name);
}

}  // namespace binfmtbox_testing
