// SPDX-License-Identifier: Apache-2.0
// Runs commands in turn on a binfmt_misc of its own and tells what each took.
//
// usage: driver ROUNDS SCENE_FILE
//
// The scene file has a command a line, fields separated by tabs:
//   NAME  BEFORE  AFTER  WORD...
// BEFORE is what is registered before each run: "empty", or a file of records,
// each behind its length in two bytes (low first). AFTER is how many entries
// must be there afterwards ("-": any). Rounds go over all commands in turn, so
// that a busy neighbour strikes all alike; the first two are not counted.
//
// Prints lines of tabs: NAME wall_us cpu_us minor_faults for each round; then
// NAME "count" system_calls processes peak_kb, from one more run under
// ptrace(2), where every system call and process is counted.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr char kRegistry[] = "/proc/sys/fs/binfmt_misc";
constexpr int kWarmUp = 2;

struct Command {
  std::string name;
  std::string before;
  std::string after;
  std::vector<std::string> words;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "driver: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) Die("read " + path);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

void WriteTo(const std::string& path, const std::string& bytes) {
  const int fd = open(path.c_str(), O_WRONLY);
  if (fd < 0 || write(fd, bytes.data(), bytes.size()) < 0) Die("write " + path);
  close(fd);
}

long CountEntries() {
  DIR* const dir = opendir(kRegistry);
  if (dir == nullptr) Die("read the registry");
  long count = -4;  // ".", "..", register, status
  while (readdir(dir) != nullptr) ++count;
  closedir(dir);
  return count;
}

void Prepare(const std::string& before) {
  WriteTo(std::string(kRegistry) + "/status", "-1");
  if (before == "empty") return;
  const std::string records = ReadFile(before);
  const int fd = open((std::string(kRegistry) + "/register").c_str(), O_WRONLY);
  for (size_t at = 0; at + 2 <= records.size();) {
    const size_t length = static_cast<unsigned char>(records[at]) |
                          static_cast<unsigned char>(records[at + 1]) << 8;
    if (write(fd, &records[at + 2], length) < 0) Die("register a record");
    at += 2 + length;
  }
  close(fd);
}

void Check(const Command& command, int status) {
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    errno = 0;
    Die(command.name + " ended with status " + std::to_string(status));
  }
  if (command.after != "-" && CountEntries() != std::stol(command.after)) {
    errno = 0;
    Die(command.name + " left " + std::to_string(CountEntries()) +
        " entries, not " + command.after);
  }
}

[[noreturn]] void Exec(const std::vector<char*>& argv, int null) {
  dup2(null, 1);
  execv(argv[0], argv.data());
  _exit(127);
}

std::vector<char*> Words(const Command& command) {
  std::vector<char*> argv;
  for (const std::string& word : command.words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  return argv;
}

int64_t Microseconds(const timeval& time) {
  return time.tv_sec * 1000000LL + time.tv_usec;
}

void Time(const Command& command, int null, bool counts) {
  Prepare(command.before);
  const std::vector<char*> argv = Words(command);
  timespec start;
  timespec end;
  rusage usage;
  int status = 0;
  clock_gettime(CLOCK_MONOTONIC, &start);
  const pid_t pid = vfork();
  if (pid == 0) Exec(argv, null);
  if (wait4(pid, &status, 0, &usage) != pid) Die("wait");
  clock_gettime(CLOCK_MONOTONIC, &end);
  Check(command, status);
  if (!counts) return;
  std::printf("%s\t%.1f\t%lld\t%ld\n", command.name.c_str(),
              static_cast<double>(end.tv_nsec - start.tv_nsec) / 1000 +
                  static_cast<double>(end.tv_sec - start.tv_sec) * 1e6,
              static_cast<long long>(Microseconds(usage.ru_utime) +
                                     Microseconds(usage.ru_stime)),
              usage.ru_minflt);
}

long PeakMemory(pid_t pid) {
  std::istringstream status(
      ReadFile("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, 6, "VmHWM:") == 0) return std::stol(line.substr(6));
  }
  return 0;
}

void Count(const Command& command, int null) {
  Prepare(command.before);
  const std::vector<char*> argv = Words(command);
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    Exec(argv, null);
  }
  int status = 0;
  waitpid(child, &status, 0);
  constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                            PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
                            PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SETOPTIONS, child, nullptr, kOptions) != 0) Die("ptrace");
  ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  // Each call stops twice; the first ones are those up to execve(2).
  long stops = 0;
  long processes = 1;
  long peak = 0;
  bool running = false;
  int last = 0;
  for (;;) {
    const pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) break;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (pid == child) last = status;
      continue;
    }
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    long forwarded = 0;
    if (signal == (SIGTRAP | 0x80)) {
      if (running) ++stops;
    } else if (event == PTRACE_EVENT_EXEC) {
      // The end of this call is still to come.
      if (!running) stops = -1;
      running = true;
    } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
               event == PTRACE_EVENT_CLONE) {
      ++processes;
    } else if (event == PTRACE_EVENT_EXIT) {
      if (pid == child) peak = PeakMemory(pid);
    } else if (signal != SIGSTOP && signal != SIGTRAP) {
      forwarded = signal;
    }
    ptrace(PTRACE_SYSCALL, pid, nullptr, forwarded);
  }
  Check(command, last);
  std::printf("%s\tcount\t%ld\t%ld\t%ld\n", command.name.c_str(),
              (stops + 1) / 2, processes, peak);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: driver ROUNDS SCENE_FILE\n");
    return 2;
  }
  const long rounds = std::strtol(argv[1], nullptr, 10);
  std::vector<Command> commands;
  std::istringstream scene(ReadFile(argv[2]));
  for (std::string line; std::getline(scene, line);) {
    Command command;
    std::istringstream fields(line);
    std::getline(fields, command.name, '\t');
    std::getline(fields, command.before, '\t');
    std::getline(fields, command.after, '\t');
    for (std::string word; std::getline(fields, word, '\t');) {
      command.words.push_back(word);
    }
    commands.push_back(command);
  }
  // run.py made the namespaces: nothing of the machine's own is touched.
  if (mount("binfmt_misc", kRegistry, "binfmt_misc", 0, nullptr) != 0) {
    Die("mount binfmt_misc in the private namespace");
  }
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (long round = -kWarmUp; round < rounds; ++round) {
    for (const Command& command : commands) Time(command, null, round >= 0);
  }
  for (const Command& command : commands) Count(command, null);
  return 0;
}
