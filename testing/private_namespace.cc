// SPDX-License-Identifier: Apache-2.0
#include "testing/private_namespace.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/process.h"

namespace binfmtbox_testing {
namespace {

std::string* scratch = nullptr;

std::string Failed(const std::string& what) {
  return "cannot " + what + ": " + std::strerror(errno) +
         "; these tests need Linux 6.7 or newer and user namespaces (sysctl "
         "user.max_user_namespaces, kernel.unprivileged_userns_clone, a "
         "container's seccomp profile)";
}

// What tells one namespace from another; "" where /proc is not there.
std::string NamespaceId(const char* kind) {
  char text[64];
  const std::string link = std::string("/proc/self/ns/") + kind;
  const ssize_t length = readlink(link.c_str(), text, sizeof(text));
  return length < 0 ? "" : std::string(text, static_cast<size_t>(length));
}

// Set by the boot tests.
constexpr char kBootTest[] = "BINFMTBOX_BOOT_TEST";

// Is this machine one that was booted for this test? "" or why not. Nobody's
// own machine has that word on its kernel command line, runs from an initramfs,
// and starts this program as PID 1's child.
std::string BootedForThis() {
  const std::string words = " " + ReadFile("/proc/cmdline");
  if (words.find(" binfmtbox.boot_test\n") == std::string::npos) {
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

// Removes what is below the folder, and keeps the folder.
int RemoveOne(const char* path, const struct stat*, int, struct FTW* where) {
  return where->level == 0 ? 0 : remove(path);
}

}  // namespace

std::string EnterNewNamespaces() {
  const std::string user = NamespaceId("user");
  const std::string mounts = NamespaceId("mnt");
  const std::string uid_map = "0 " + std::to_string(geteuid()) + " 1";
  const std::string gid_map = "0 " + std::to_string(getegid()) + " 1";
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return Failed("make a user and a mount namespace");
  }
  // Nothing below may ever happen to the machine itself.
  if (user.empty() || mounts.empty() || NamespaceId("user") == user ||
      NamespaceId("mnt") == mounts) {
    return "unshare(2) said yes, but the namespaces are the same";
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

std::string EnterPrivateNamespace() {
  if (std::getenv(kBootTest) != nullptr) {
    // Kernels before 6.7 have but one binfmt_misc.
    if (std::string error = BootedForThis(); !error.empty()) {
      return std::string(kBootTest) + " is set, but " + error;
    }
  } else if (std::string error = EnterNewNamespaces(); !error.empty()) {
    return error;
  }
  if (mount("binfmt_misc", kRegistry, "binfmt_misc", 0, nullptr) != 0 &&
      (errno != EBUSY || std::getenv(kBootTest) == nullptr)) {
    return Failed(std::string("mount binfmt_misc on ") + kRegistry);
  }
  struct statfs facts;
  if (statfs(kRegistry, &facts) != 0 || facts.f_type != BINFMTFS_MAGIC) {
    return Failed("find the binfmt_misc just mounted");
  }
  // Either folder is hidden by a file system of our own.
  const char* given = std::getenv("TEST_TMPDIR");
  scratch = new std::string(given != nullptr ? given : "/tmp");
  if (mount("tmpfs", scratch->c_str(), "tmpfs", 0, "mode=0755") != 0) {
    return Failed("mount tmpfs on " + *scratch);
  }
  return "";
}

std::string Scratch() { return *scratch; }

void KernelTest::SetUp() {
  ASSERT_EQ(ErrnoName(WriteOnce(std::string(kRegistry) + "/status", "-1")),
            "0");
  ASSERT_EQ(ErrnoName(WriteOnce(std::string(kRegistry) + "/status", "1")), "0");
  ASSERT_EQ(
      nftw(Scratch().c_str(), RemoveOne, 16, FTW_DEPTH | FTW_MOUNT | FTW_PHYS),
      0);
  ASSERT_EQ(chdir(Scratch().c_str()), 0);
}

std::string KernelTest::File(const std::string& name) {
  return Scratch() + "/" + name;
}

std::string KernelTest::EntryFile(const std::string& name) {
  return std::string(kRegistry) + "/" + name;
}

int KernelTest::RawRegister(const std::string& record) {
  return WriteOnce(std::string(kRegistry) + "/register", record);
}

std::string KernelTest::MakeInterpreter(const std::string& name, int status) {
  WriteFile(File(name), NativeProgram(static_cast<uint8_t>(status)), 0755);
  return File(name);
}

}  // namespace binfmtbox_testing
