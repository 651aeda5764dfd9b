// SPDX-License-Identifier: Apache-2.0
#include "testing/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "absl/strings/str_cat.h"
#include "testing/errno_name.h"

namespace binfmtbox_testing {
namespace {

[[noreturn]] void Die(const char* what, const std::string& object) {
  std::fprintf(stderr, "test: cannot %s %s: %s\n", what, object.c_str(),
               std::strerror(errno));
  std::abort();
}

pid_t Fork() {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) Die("start", "a process");
  return pid;
}

int Wait(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) != pid) {
    if (errno != EINTR) Die("wait for", "a process");
  }
  return status;
}

std::string Ending(int status) {
  return WIFEXITED(status) ? absl::StrCat("exit ", WEXITSTATUS(status))
                           : absl::StrCat("signal ", WTERMSIG(status));
}

// A time in nanoseconds since 1970.
int64_t Nanoseconds(const statx_timestamp& time) {
  return time.tv_sec * 1000000000 + time.tv_nsec;
}

// The times of FD, whose file is called NAME in errors.
struct statx TimesOf(int fd, const std::string& name) {
  struct statx times = {};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &times) !=
      0) {
    Die("look at the times of", name);
  }
  return times;
}

// The birth time of a new file.
int64_t TimeOfNewFile() {
  const std::string name = "a file in memory";
  const int fd = memfd_create("time", MFD_CLOEXEC);
  if (fd < 0) Die("make", name);
  const struct statx times = TimesOf(fd, name);
  close(fd);
  if ((times.stx_mask & STATX_BTIME) == 0) {
    errno = ENODATA;
    Die("find the birth time of", name);
  }
  return Nanoseconds(times.stx_btime);
}

}  // namespace

void WriteFile(const std::string& path, std::string_view bytes, mode_t mode) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) Die("make", path);
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put <= 0) Die("write", path);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  if (fchmod(fd, mode) != 0) Die("change the mode of", path);
  close(fd);
}

std::string ReadFile(const std::string& path) {
  std::string bytes;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return bytes;
  char buffer[4096];
  ssize_t got;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
    bytes.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return bytes;
}

int WriteOnce(const std::string& path, std::string_view bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write(fd, bytes.data(), bytes.size()) < 0 ? errno : 0;
  close(fd);
  return error;
}

std::string RunProgram(const std::string& path,
                       const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  char* const envp[] = {nullptr};
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) Die("make", "a pipe");
  // With the sanitizers' maps, fork(2) takes milliseconds.
  const pid_t pid = vfork();
  if (pid < 0) Die("start", "a process");
  if (pid == 0) {
    execve(path.c_str(), argv.data(), envp);
    const int error = errno;
    if (write(fds[1], &error, sizeof(error)) < 0) _exit(126);
    _exit(127);
  }
  close(fds[1]);
  int error = 0;
  const bool failed = read(fds[0], &error, sizeof(error)) == sizeof(error);
  close(fds[0]);
  const int status = Wait(pid);
  return failed ? ErrnoName(error) : Ending(status);
}

bool WaitUntil(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

void WaitUntilNewFilesAreNewerThan(const std::string& path) {
  const int fd = open(path.c_str(), O_PATH | O_CLOEXEC);
  if (fd < 0) Die("open", path);
  const struct statx times = TimesOf(fd, path);
  close(fd);
  // The birth time is 0 where the file system has none.
  const int64_t latest =
      std::max({Nanoseconds(times.stx_atime), Nanoseconds(times.stx_mtime),
                Nanoseconds(times.stx_ctime), Nanoseconds(times.stx_btime)});
  if (!WaitUntil([&] { return TimeOfNewFile() > latest; })) {
    errno = ETIMEDOUT;
    Die("make a file newer than", path);
  }
}

std::string InChild(const std::function<std::string()>& function) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) Die("make", "a pipe");
  const pid_t pid = Fork();
  if (pid == 0) {
    const std::string result = function();
    std::fflush(nullptr);
    const bool written = write(fds[1], result.data(), result.size()) ==
                         static_cast<ssize_t>(result.size());
    _exit(written ? 0 : 126);
  }
  close(fds[1]);
  std::string result;
  char buffer[4096];
  ssize_t got;
  while ((got = read(fds[0], buffer, sizeof(buffer))) > 0) {
    result.append(buffer, static_cast<size_t>(got));
  }
  close(fds[0]);
  const int status = Wait(pid);
  return status == 0 ? result : absl::StrCat("CHILD: ", Ending(status));
}

Background::Background(const std::function<void()>& function) {
  const pid_t parent = getpid();
  pid_ = Fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == parent) function();
  _exit(0);
}

Background::~Background() {
  kill(pid_, SIGKILL);
  Wait(pid_);
}

}  // namespace binfmtbox_testing
