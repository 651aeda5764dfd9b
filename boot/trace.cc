// SPDX-License-Identifier: Apache-2.0
// Counts the system calls of a command and of all its children, and says how
// long it took: "trace COMMAND [ARGUMENT]..." prints "@@ N system calls in M
// processes", or, with -t in front, "@@ N microseconds", without ptrace(2).
// Ends with the command's status.
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace {

int64_t Microseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

int Time(char** command) {
  const int64_t start = Microseconds();
  const pid_t child = fork();
  if (child == 0) {
    execvp(command[0], command);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  fprintf(stderr, "@@ %lld microseconds\n",
          static_cast<long long>(Microseconds() - start));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

int Count(char** command) {
  const pid_t first = fork();
  if (first == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    execvp(command[0], command);
    _exit(127);
  }
  int status = 0;
  waitpid(first, &status, 0);
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                       PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                       PTRACE_O_TRACEEXEC;
  ptrace(PTRACE_SETOPTIONS, first, nullptr, reinterpret_cast<void*>(options));
  ptrace(PTRACE_SYSCALL, first, nullptr, nullptr);
  long stops = 0;
  long processes = 1;
  int result = 126;
  for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid == first && WIFEXITED(status)) result = WEXITSTATUS(status);
      continue;
    }
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    long pass = 0;
    if (signal == (SIGTRAP | 0x80)) {
      ++stops;
    } else if (event != 0) {
      if (event != PTRACE_EVENT_EXEC) ++processes;
    } else if (signal != SIGSTOP && signal != SIGTRAP) {
      pass = signal;
    }
    ptrace(PTRACE_SYSCALL, pid, nullptr, reinterpret_cast<void*>(pass));
  }
  // A stop before and a stop after each.
  fprintf(stderr, "@@ %ld system calls in %ld processes\n", (stops + 1) / 2,
          processes);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && strcmp(argv[1], "-t") == 0) return Time(argv + 2);
  return argc > 1 ? Count(argv + 1) : 2;
}
