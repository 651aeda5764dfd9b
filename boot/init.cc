// SPDX-License-Identifier: Apache-2.0
// PID 1 of a boot test, where there is no shell: runs the commands of /steps,
// says how each ended, and powers off.
//
// A line of /steps is a command: its words, separated by tabs. Before and after
// each the console gets "@@ begin N" and "@@ end N STATUS", where STATUS is the
// exit status, "signal N" or an errno's text. Three words are done here:
//   insmod FILE           loads a module; one that does not end with .ko is for
//                         the kernel to unpack
//   chroot DIR COMMAND    runs COMMAND in DIR
//   cat FILE              prints it
// NAME=VALUE in front of a command is its environment.
#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace {

constexpr int kMaxWords = 32;

// Is WORD "NAME=VALUE"?
bool IsAssignment(const char* word) {
  const char* equals = strchr(word, '=');
  return equals != nullptr &&
         memchr(word, '/', static_cast<size_t>(equals - word)) == nullptr;
}

int LoadModule(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const size_t length = strlen(path);
  const bool plain = length > 3 && strcmp(path + length - 3, ".ko") == 0;
  // MODULE_INIT_COMPRESSED_FILE, since Linux 5.17
  const int flags = plain ? 0 : 4;
  const int error = syscall(SYS_finit_module, fd, "", flags) == 0 ? 0 : errno;
  close(fd);
  return error;
}

int Print(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  char buffer[4096];
  ssize_t size;
  while ((size = read(fd, buffer, sizeof(buffer))) > 0) {
    if (write(1, buffer, static_cast<size_t>(size)) != size) return EIO;
  }
  const int error = size < 0 ? errno : 0;
  close(fd);
  return error;
}

// In the child: becomes the command, or returns an errno.
int Become(char** words) {
  static char path[] = "PATH=/bin:/usr/bin";
  char* environment[kMaxWords + 2] = {path};
  for (int i = 1; *words != nullptr && IsAssignment(*words); ++i) {
    environment[i] = *words++;
  }
  if (*words == nullptr) return EINVAL;
  if (strcmp(words[0], "chroot") == 0 && words[1] != nullptr &&
      words[2] != nullptr) {
    if (chroot(words[1]) != 0 || chdir("/") != 0) return errno;
    words += 2;
  }
  execve(words[0], words, environment);
  return errno;
}

// Runs one command; STATUS gets how it ended.
void Run(char** words, char* status, size_t size) {
  const bool has_operand = words[1] != nullptr;
  if (has_operand && strcmp(words[0], "insmod") == 0) {
    const int error = LoadModule(words[1]);
    snprintf(status, size, "%s", error == 0 ? "0" : strerror(error));
    return;
  }
  if (has_operand && strcmp(words[0], "cat") == 0) {
    const int error = Print(words[1]);
    snprintf(status, size, "%s", error == 0 ? "0" : strerror(error));
    return;
  }
  // Tells why the command could not be started; closed where it was.
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) {
    snprintf(status, size, "pipe: %s", strerror(errno));
    return;
  }
  const pid_t child = fork();
  if (child == 0) {
    const int error = Become(words);
    if (write(report[1], &error, sizeof(error)) < 0) _exit(126);
    _exit(127);
  }
  close(report[1]);
  int error = 0;
  const bool started = read(report[0], &error, sizeof(error)) == 0;
  close(report[0]);
  int ended = 0;
  while (waitpid(child, &ended, 0) != child && errno == EINTR) {
  }
  if (!started) {
    snprintf(status, size, "%s", strerror(error));
  } else if (WIFSIGNALED(ended)) {
    snprintf(status, size, "signal %d", WTERMSIG(ended));
  } else {
    snprintf(status, size, "%d", WEXITSTATUS(ended));
  }
}

}  // namespace

int main() {
  // What Linux gave it is the console.
  static char steps[65536];
  const int fd = open("/steps", O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? -1 : read(fd, steps, sizeof(steps) - 1);
  if (size < 0) dprintf(1, "@@ no steps: %s\n", strerror(errno));
  int number = 0;
  char* next_line = steps;
  while (char* line = strsep(&next_line, "\n")) {
    char* words[kMaxWords + 1] = {};
    int count = 0;
    while (char* word = strsep(&line, "\t")) {
      if (count < kMaxWords && *word != '\0') words[count++] = word;
    }
    if (count == 0) continue;
    char status[128];
    dprintf(1, "@@ begin %d\n", ++number);
    Run(words, status, sizeof(status));
    dprintf(1, "\n@@ end %d %s\n", number, status);
  }
  sync();
  reboot(RB_POWER_OFF);
  pause();
}
