// SPDX-License-Identifier: Apache-2.0
// Starts its arguments as a child process, and ends with the status of that: a
// foreign program that starts another one. Without arguments it says hello.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return puts("hello") < 0 ? 97 : 0;
  const pid_t pid = fork();
  if (pid == 0) {
    execv(argv[1], argv + 1);
    _exit(99);
  }
  int status = 0;
  return pid > 0 && waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 98;
}
