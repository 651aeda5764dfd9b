// SPDX-License-Identifier: Apache-2.0
#include "binfmt/bounded_run.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>

#include "binfmt/error.h"
#include "binfmt/io.h"
#include "binfmt/process.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr size_t kMostOutput = 200;  // bytes

// What parent and child share.
struct Start {
  const char* path;
  char* argv[3];
  int output = -1;
  int error = 0;  // errno of a failed execve(2)
};

// Runs in the child.
int Execute(void* argument) {
  auto* start = static_cast<Start*>(argument);
  setpgid(0, 0);
  close(0);
  // By number: musl's functions know kernels without these calls.
  syscall(SYS_dup3, start->output, 1, 0);
  syscall(SYS_dup3, start->output, 2, 0);
  char* const envp[] = {nullptr};
  execve(start->path, start->argv, envp);
  start->error = errno;
  return 0;
}

}  // namespace

Run RunBounded(const char* path, const char* argv0, const char* argv1,
               int milliseconds) {
  Run run;
  int ends[2];
  // Without O_NONBLOCK whoever prints a lot would wait for its reader.
  if (syscall(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    run.code = errno;
    return run;
  }
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  Start start{path,
              {const_cast<char*>(argv0), const_cast<char*>(argv1), nullptr},
              writer.get()};
  int status = 0;
  const Error error = RunSharingMemory(Execute, &start, &status, milliseconds);
  run.code = error.ok() ? start.error : error.errnum();
  if (run.code == ETIMEDOUT) {
    run.how = Run::kNoAnswer;
  } else if (run.code != 0) {
    run.how = Run::kNotStarted;
  } else if (WIFSIGNALED(status)) {
    run.how = Run::kKilled;
    run.code = WTERMSIG(status);
  } else {
    run.how = Run::kExited;
    run.code = WEXITSTATUS(status);
  }
  char bytes[kMostOutput];
  const ssize_t got = read(reader.get(), bytes, sizeof(bytes));
  std::string_view output(bytes, got < 0 ? 0 : static_cast<size_t>(got));
  run.output = TakeUntil('\n', &output);
  return run;
}

Run RunFromMemory(const Text& program, const char* argv0, int milliseconds) {
  const UniqueFd fd(
      static_cast<int>(syscall(SYS_memfd_create, "binfmtbox-probe", 0)));
  // A file that was not made, or written, can't be started either.
  (void)WriteAll(fd.get(), program);
  return RunBounded(
      Fill("/proc/self/fd/@"_fmt, Decimal(static_cast<uint64_t>(fd.get())))
          .c_str(),
      argv0, nullptr, milliseconds);
}

}  // namespace binfmt
