// SPDX-License-Identifier: Apache-2.0
#include "testing/lifetime/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>

#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmtbox_testing {
namespace {

// The longest that anything here may take; the program's own interval is 5.
constexpr int kMostSeconds = 20;

// The product's bytes, read before anything is mounted.
std::string* g_product = nullptr;

// For children and main(), which have no test to fail.
[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr,
               "FAILED: cannot %s: %s\n"
               "These tests need Linux 6.7 or newer and user namespaces; they "
               "never touch the machine's own binfmt_misc.\n",
               what, std::strerror(errno));
  _exit(125);
}

int MakeMemoryFile() {
  const int fd = memfd_create("output", MFD_CLOEXEC);
  EXPECT_GE(fd, 0) << std::strerror(errno);
  return fd;
}

std::string ReadMemoryFile(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t got;
  while ((got = pread(fd, buffer, sizeof(buffer),
                      static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

bool IsMounted() {
  struct statfs facts;
  return statfs(kRegistry, &facts) == 0 && facts.f_type == BINFMTFS_MAGIC;
}

std::string ListEntries() {
  if (!IsMounted()) return "not mounted";
  std::string text;
  DIR* dir = opendir(kRegistry);
  if (dir == nullptr) return std::strerror(errno);
  while (const dirent* item = readdir(dir)) {
    const std::string name = item->d_name;
    if (name == "." || name == ".." || name == "register" || name == "status") {
      continue;
    }
    text += (text.empty() ? "" : " ") + name;
  }
  closedir(dir);
  return text;
}

}  // namespace

void PrintTo(const Result& result, std::ostream* stream) {
  *stream << "status " << result.status << "\n--- stdout\n"
          << result.out << "--- stderr\n"
          << result.err << "---";
}

Result Succeeds(std::string_view out, std::string_view err) {
  return {0, std::string(out), std::string(err)};
}

Result Fails(int status, std::string_view err) {
  return {status, "", std::string(err)};
}

MountNamespace::MountNamespace() {
  const int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (own < 0 || unshare(CLONE_NEWNS) != 0 ||
      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    Die("make a mount namespace");
  }
  fd_ = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (fd_ < 0 || setns(own, CLONE_NEWNS) != 0) {
    Die("return to the test's mount namespace");
  }
  close(own);
}

MountNamespace::~MountNamespace() { close(fd_); }

void MountNamespace::Enter() const {
  if (setns(fd_, CLONE_NEWNS) != 0) Die("enter a mount namespace");
}

Program::Program(const std::vector<std::string>& args, const Start& start)
    : out_(MakeMemoryFile()), err_(MakeMemoryFile()) {
  std::vector<char*> argv = {const_cast<char*>("binfmtbox")};
  for (const std::string& arg : args) {
    argv.push_back(const_cast<char*>(arg.c_str()));
  }
  argv.push_back(nullptr);
  char* const envp[] = {nullptr};
  int input[2];
  if (pipe2(input, O_CLOEXEC) != 0) Die("make a pipe");
  input_ = input[1];
  std::fflush(nullptr);
  const unsigned long flags = (start.as_pid_1 ? CLONE_NEWPID : 0) | SIGCHLD;
  pid_ = static_cast<pid_t>(
      syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
  if (pid_ < 0) Die("start a process");
  if (pid_ == 0) {
    dup2(input[0], 0);
    dup2(out_, 1);
    dup2(err_, 2);
    start.before();
    execve(kBox, argv.data(), envp);
    Die("start the product");
  }
  close(input[0]);
}

Program::~Program() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CloseInput();
  close(out_);
  close(err_);
}

std::string Program::Out() const { return ReadMemoryFile(out_); }

std::string Program::Err() const { return ReadMemoryFile(err_); }

bool Program::HasEnded() {
  int status;
  if (!ended_ && wait4(pid_, &status, WNOHANG, &usage_) == pid_) {
    ended_ = true;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return ended_;
}

void Program::WaitForOut(std::string_view text) {
  ASSERT_TRUE(WaitUntil(
      [&] { return Out().find(text) != std::string::npos || HasEnded(); },
      kMostSeconds));
  ASSERT_FALSE(HasEnded()) << Err();
}

void Program::WaitForReading() {
  WaitForCall(std::to_string(SYS_read) + " 0x0 ");
}

void Program::WaitForWaiting() {
  WaitForCall(std::to_string(SYS_rt_sigtimedwait) + " ");
}

void Program::WaitForCall(const std::string& call) {
  const std::string file = "/proc/" + std::to_string(pid_) + "/syscall";
  ASSERT_TRUE(WaitUntil(
      [&] { return ReadFile(file).compare(0, call.size(), call) == 0; },
      kMostSeconds))
      << Err();
}

void Program::CloseInput() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

Result Program::Wait() {
  CloseInput();
  if (!WaitUntil([&] { return HasEnded(); }, kMostSeconds)) {
    kill(pid_, SIGKILL);
    WaitUntil([&] { return HasEnded(); }, kMostSeconds);
  }
  return {status_, Out(), Err()};
}

Result Program::End(int signal) {
  kill(pid_, signal);
  return Wait();
}

Result RunBox(const std::vector<std::string>& args, const Start& start) {
  return Program(args, start).Wait();
}

Start Without(const std::vector<int>& capabilities) {
  Start start;
  start.before = [capabilities] {
    for (const int capability : capabilities) {
      if (prctl(PR_CAPBSET_DROP, capability) != 0) Die("drop a capability");
    }
  };
  return start;
}

Start In(const MountNamespace& mounts) {
  Start start;
  start.before = [&mounts] { mounts.Enter(); };
  return start;
}

Start AsNobody() {
  Start start;
  start.before = [] {
    if (unshare(CLONE_NEWUSER) != 0) Die("make a user namespace");
  };
  return start;
}

bool WaitUntil(const std::function<bool()>& condition, int seconds) {
  constexpr int kPollsASecond = 200;
  for (int i = 0; i < seconds * kPollsASecond; ++i) {
    if (condition()) return true;
    usleep(1000000 / kPollsASecond);
  }
  return condition();
}

void LifetimeTest::SetUp() {
  ASSERT_FALSE(IsMounted());
  ASSERT_EQ(mount("scratch", kScratch, "tmpfs", 0, "mode=0755"), 0)
      << std::strerror(errno);
  WriteFile(kBox, *g_product, 0755);
}

void LifetimeTest::TearDown() {
  // Entries go with the last mount, those below kScratch too.
  while (IsMounted()) {
    ASSERT_EQ(umount2(kRegistry, MNT_DETACH), 0) << std::strerror(errno);
  }
  ASSERT_EQ(umount2(kScratch, MNT_DETACH), 0) << std::strerror(errno);
}

void LifetimeTest::Mount() {
  ASSERT_EQ(mount("binfmt_misc", kRegistry, "binfmt_misc", 0, nullptr), 0)
      << std::strerror(errno);
}

std::string LifetimeTest::Entries() { return ListEntries(); }

std::string LifetimeTest::EntriesIn(const MountNamespace& mounts) {
  return InChild([&] {
    mounts.Enter();
    return ListEntries();
  });
}

int RunTestsInNamespaces(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  g_product = new std::string(ReadFile("binfmtbox_x86_64"));
  if (g_product->empty()) Die("read the product, binfmtbox_x86_64");
  if (const std::string error = EnterNamespaces(); !error.empty()) {
    std::fprintf(stderr, "FAILED: %s\n", error.c_str());
    return 1;
  }
  if (unshare(CLONE_NEWPID) != 0) Die("make a process namespace");
  // Only a child is in it.
  const pid_t pid = fork();
  if (pid < 0) Die("start a process");
  if (pid == 0) {
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              nullptr) != 0) {
      Die("mount /proc");
    }
    umask(0022);
    // Writes the report as main() would.
    std::exit(RUN_ALL_TESTS());
  }
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) Die("wait for the tests");
  // Without exit(): this process can start no thread any more, as
  // LeakSanitizer would.
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

}  // namespace binfmtbox_testing
