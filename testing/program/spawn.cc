// SPDX-License-Identifier: Apache-2.0
// Starts its arguments as a child process, and ends with the status of that: a
// foreign program that starts another one.
#include <sys/wait.h>
#include <unistd.h>

int main(int, char** argv) {
  const pid_t pid = fork();
  if (pid == 0) {
    execv(argv[1], argv + 1);
    _exit(99);
  }
  int status = 0;
  return pid > 0 && waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 98;
}
