// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/file.h"

namespace binfmt {
namespace {

constexpr size_t kStackSize = 32768;
constexpr int64_t kKillWait = 1000;  // milliseconds
constexpr size_t kMaxOutput = 200;   // bytes
constexpr size_t kMaxReply = 65536;  // bytes

constexpr int kNobody = 65534;

// Of Linux 6.3, which the C library's headers do not have yet.
constexpr unsigned kMfdExec = 0x10;
constexpr rlim_t kMostOpen = 65536;

// Of the programs that RunProgram() starts, whatever the caller's is. box64
// reads a null pointer without HOME, and wrapper scripts need a PATH.
constexpr char kHome[] = "HOME=/";
constexpr char kPath[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

using Disposition = void (*)(int);

// By signal: what SetDisposition() found.
std::optional<Disposition> former_dispositions[NSIG];

// What parent and child share.
struct Child {
  const char* path;
  const ProgramStart& start;
  int output;
  int error = 0;  // errno of what failed before the program ran
};

// Gives up root's identity, and with it all capabilities. Not by the C
// library's functions, which look after threads in memory that the parent
// shares.
bool BecomeNobody() {
  return syscall(SYS_setgroups, 0, nullptr) == 0 &&
         syscall(SYS_setresgid, kNobody, kNobody, kNobody) == 0 &&
         syscall(SYS_setresuid, kNobody, kNobody, kNobody) == 0;
}

// Whether uid 0 of this user namespace is somebody else outside: /proc/sys is
// always owned by the machine's root.
bool IsOrdinaryUser() {
  struct stat facts;
  return stat("/proc/sys", &facts) == 0 && facts.st_uid != 0;
}

// Runs in the child.
int Execute(void* argument) {
  auto* child = static_cast<Child*>(argument);
  const ProgramStart& start = child->start;
  // A process group to be killed by, and no terminal to type on (TIOCSTI).
  setsid();
  close(STDIN_FILENO);
  dup2(child->output, STDOUT_FILENO);
  dup2(child->output, STDERR_FILENO);
  CloseDescriptorsFrom(STDERR_FILENO + 1, start.kept);
  const char* const argv[] = {start.argv0, nullptr};
  const char* const envp[] = {kHome, kPath, start.variable, nullptr};
  if (!start.as_nobody || geteuid() != 0 || BecomeNobody() ||
      IsOrdinaryUser() || start.by_all_means) {
    execve(child->path, const_cast<char* const*>(argv),
           const_cast<char* const*>(envp));
  }
  child->error = errno;
  return 0;
}

// What the child of CallInChild() sends through a pipe: this, then the value or
// the error's text.
struct ReplyHead {
  bool ok;
  Cause cause;
  int errnum;
};

std::string MakeReply(const Expected<std::string>& result) {
  ReplyHead head = {};
  head.ok = result.has_value();
  if (!result) {
    head.cause = result.error().cause();
    head.errnum = result.error().errnum();
  }
  std::string reply(reinterpret_cast<const char*>(&head), sizeof(head));
  return reply + (result ? *result : result.error().text());
}

Expected<std::string> ReadReply(std::string_view reply) {
  ReplyHead head;
  if (reply.size() < sizeof(head)) {
    return Error(0, "a child process ended without a result");
  }
  std::memcpy(&head, reply.data(), sizeof(head));
  std::string text(reply.substr(sizeof(head)));
  if (head.ok) return text;
  return Error(head.errnum, std::move(text), head.cause);
}

}  // namespace

Expected<int> RunSharingMemory(int (*function)(void*), void* argument,
                               int max_milliseconds) {
  // A caller may have left SIGCHLD ignored, and the child would leave no
  // status.
  SetDisposition(SIGCHLD, SIG_DFL);
  // A stack of its own, as musl's vfork(2) is fork(2) on most architectures,
  // and the address sanitizer keeps track of frames that never return.
  std::string stack(kStackSize, '\0');
  const pid_t pid = clone(function, stack.data() + kStackSize,
                          CLONE_VM | CLONE_VFORK | SIGCHLD, argument);
  if (pid < 0) return SystemError("start", "a process", errno);
  int64_t end = MonotonicMilliseconds() + max_milliseconds;
  int error = 0;
  int status = 0;
  for (;;) {
    const pid_t ended =
        waitpid(pid, &status, max_milliseconds == 0 ? 0 : WNOHANG);
    if (ended == pid) break;
    if (ended < 0) {
      if (errno == EINTR) continue;
      error = errno;
      break;
    }
    if (MonotonicMilliseconds() < end) {
      SleepMilliseconds(1);
      continue;
    }
    // Killed already: it sleeps in the kernel, or has another user's rights.
    if (error != 0) break;
    kill(-pid, SIGKILL);
    error = ETIMEDOUT;
    end += kKillWait;
  }
  if (error != 0) {
    return SystemError("wait for", "a process", error);
  }
  return status;
}

Expected<std::string> CallInChild(
    absl::FunctionRef<Expected<std::string>()> function) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return SystemError("make", "a pipe", errno);
  }
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  // No thread holds a lock here, which is all that fork() would wait for.
  const pid_t pid = _Fork();
  if (pid < 0) return SystemError("start", "a process", errno);
  if (pid == 0) {
    reader.Reset();
    // A reply that cannot be written is missing in the parent.
    (void)WriteAll(writer.get(), MakeReply(function()));
    _exit(0);
  }
  writer.Reset();
  const ErrnoOr<std::string> reply = ReadAll(reader.get(), kMaxReply);
  // A child that has more to write must not wait for its reader.
  reader.Reset();
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return ReadReply(reply.value_or(""));
}

void CloseDescriptorsFrom(int first, int kept) {
  const auto close_range = [](long low, long high) {
    if (low > high || syscall(SYS_close_range, low, high, 0L) == 0) return;
    // A kernel before 5.9.
    rlimit limit = {};
    getrlimit(RLIMIT_NOFILE, &limit);
    high = std::min(
        high, static_cast<long>(std::min<rlim_t>(limit.rlim_cur, kMostOpen)));
    for (; low <= high; ++low) close(static_cast<int>(low));
  };
  if (kept < first) return close_range(first, INT_MAX);
  close_range(first, kept - 1);
  close_range(kept + 1, INT_MAX);
}

UniqueFd MakeProgramFile(const char* name, unsigned flags) {
  // Below "ulimit -f" it would end the writer.
  SetDisposition(SIGXFSZ, SIG_IGN);
  const int fd = memfd_create(name, flags | kMfdExec);
  // EINVAL: a kernel before 6.3.
  if (fd >= 0 || errno != EINVAL) return UniqueFd(fd);
  return UniqueFd(memfd_create(name, flags));
}

ProgramEnd RunProgram(const std::string& path, const ProgramStart& start) {
  ProgramEnd program;
  int ends[2];
  // Without O_NONBLOCK a program that prints a lot would wait for its reader.
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    program.code = errno;
    return program;
  }
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  Child child{path.c_str(), start, writer.get()};
  const Expected<int> status =
      RunSharingMemory(Execute, &child, start.max_milliseconds);
  program.code = status ? child.error : status.error().errnum();
  if (program.code == ETIMEDOUT) {
    program.how = ProgramEnd::How::kTimedOut;
  } else if (program.code != 0) {
    program.how = ProgramEnd::How::kNotStarted;
  } else if (WIFSIGNALED(*status)) {
    program.how = ProgramEnd::How::kKilled;
    program.code = WTERMSIG(*status);
  } else {
    program.how = ProgramEnd::How::kExited;
    program.code = WEXITSTATUS(*status);
  }
  char bytes[kMaxOutput];
  const ssize_t got = read(reader.get(), bytes, sizeof(bytes));
  const std::string_view output(bytes, got < 0 ? 0 : static_cast<size_t>(got));
  program.output = output.substr(0, output.find('\n'));
  return program;
}

ProgramEnd RunProgramFromMemory(std::string_view program,
                                const ProgramStart& start) {
  const UniqueFd fd = MakeProgramFile("binfmtbox-probe", 0);
  if (!fd.ok()) {
    ProgramEnd end;
    end.code = errno;
    return end;
  }
  // A file that was not written does not start either.
  (void)WriteAll(fd.get(), program);
  ProgramStart start_from_it = start;
  start_from_it.kept = fd.get();
  return RunProgram(absl::StrCat("/proc/self/fd/", fd.get()), start_from_it);
}

void SetDisposition(int number, Disposition disposition) {
  const Disposition found = signal(number, disposition);
  std::optional<Disposition>& former = former_dispositions[number];
  if (!former) former = found;
}

int ReplaceBy(const std::string& path, std::span<const std::string> argv) {
  // The last one stays null.
  std::vector<char*> pointers(argv.size() + 1);
  for (size_t i = 0; i < argv.size(); ++i) {
    pointers[i] = const_cast<char*>(argv[i].c_str());
  }
  for (int number = 1; number < NSIG; ++number) {
    const std::optional<Disposition>& former = former_dispositions[number];
    if (former) signal(number, *former);
  }
  execve(path.c_str(), pointers.data(), environ);
  return errno;
}

}  // namespace binfmt
