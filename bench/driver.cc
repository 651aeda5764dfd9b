// SPDX-License-Identifier: Apache-2.0
// Runs commands in turn on a binfmt_misc of its own and tells what each took.
//
// usage: driver time ROUNDS SCENE_FILE
//        driver count SCENE_FILE
//        driver run SCENE_FILE
//
// The scene file has a command a line, fields separated by tabs:
//   NAME  BEFORE  AFTER  WORD...
// BEFORE is what is registered before each run: "empty", or a file of records,
// each behind its length in two bytes (low first). AFTER is what has to be
// there afterwards, to the byte: the same, or "-" for anything.
//
// `time` goes over all commands in turn, round after round, so that a busy
// neighbour strikes all alike, and prints NAME, wall time and CPU time in
// microseconds, minor faults, separated by tabs. Two rounds before are not
// counted. A command that takes more than 5 s once is not run again.
// `count` runs each once under ptrace(2) and prints NAME, system calls,
// processes, peak memory of the first process in KB. `run` runs each once.
//
// It works in the folder "interpreters" of where it is started, which it binds
// to /mnt, and needs user, mount and process namespaces that run.py made.
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
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr char kRegistry[] = "/proc/sys/fs/binfmt_misc";
constexpr char kInterpreters[] = "/mnt";
constexpr int kWarmUp = 2;
constexpr double kSlow = 5e6;
// A command that takes less runs twice in a round, and the second time counts:
// what ran before it leaves it a cold cache.
constexpr double kQuick = 1e5;

struct Command {
  std::string name;
  std::string before;
  std::string after;
  std::vector<std::string> words;
  double wall = 0;  // of the last run
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

// Every entry's name and text.
std::map<std::string, std::string> ReadRegistry() {
  DIR* const dir = opendir(kRegistry);
  if (dir == nullptr) Die("read the registry");
  std::map<std::string, std::string> entries;
  while (const dirent* item = readdir(dir)) {
    const std::string name = item->d_name;
    if (name == "." || name == ".." || name == "register" || name == "status") {
      continue;
    }
    entries[name] = ReadFile(std::string(kRegistry) + "/" + name);
  }
  closedir(dir);
  return entries;
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

// What the registry holds with the records of a file, or none.
const std::map<std::string, std::string>& Expected(const std::string& after) {
  static auto* const known =
      new std::map<std::string, std::map<std::string, std::string>>;
  const auto found = known->find(after);
  if (found != known->end()) return found->second;
  Prepare(after);
  return (*known)[after] = ReadRegistry();
}

void Check(const Command& command, int status) {
  errno = 0;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    Die(command.name + " ended with wait status " + std::to_string(status));
  }
  if (command.after == "-") return;
  const std::map<std::string, std::string> entries = ReadRegistry();
  const std::map<std::string, std::string>& expected = Expected(command.after);
  if (entries == expected) return;
  for (const auto& [name, text] : expected) {
    const auto found = entries.find(name);
    if (found == entries.end()) Die(command.name + " left no entry " + name);
    if (found->second != text) {
      Die(command.name + " left another entry " + name + ":\n" + found->second);
    }
  }
  Die(command.name + " left " + std::to_string(entries.size()) +
      " entries, not " + std::to_string(expected.size()));
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

void RunOnce(const Command& command, int null) {
  Prepare(command.before);
  const std::vector<char*> argv = Words(command);
  int status = 0;
  const pid_t pid = vfork();
  if (pid == 0) Exec(argv, null);
  if (waitpid(pid, &status, 0) != pid) Die("wait");
  Check(command, status);
}

// Runs COMMAND; prints what it took if the round COUNTS.
void Time(Command& command, int null, bool counts) {
  if (command.wall > kSlow) return;
  if (counts && command.wall < kQuick) RunOnce(command, null);
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
  command.wall = static_cast<double>(end.tv_nsec - start.tv_nsec) / 1000 +
                 static_cast<double>(end.tv_sec - start.tv_sec) * 1e6;
  if (!counts && command.wall <= kSlow) return;
  std::printf("%s\t%.1f\t%lld\t%ld\n", command.name.c_str(), command.wall,
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
  std::printf("%s\t%ld\t%ld\t%ld\n", command.name.c_str(), (stops + 1) / 2,
              processes, peak);
}

// In the first user namespace this would be the machine's own binfmt_misc.
void EnterScene() {
  std::istringstream map(ReadFile("/proc/self/uid_map"));
  long inside = 0;
  long outside = 0;
  long count = 0;
  map >> inside >> outside >> count;
  errno = 0;
  if (count != 1) Die("not in a user namespace of its own");
  if (mount("binfmt_misc", kRegistry, "binfmt_misc", 0, nullptr) != 0) {
    Die("mount binfmt_misc");
  }
  if (mount("interpreters", kInterpreters, nullptr, MS_BIND, nullptr) != 0) {
    Die("bind the interpreters");
  }
}

std::vector<Command> ReadScene(const char* path) {
  std::vector<Command> commands;
  std::istringstream scene(ReadFile(path));
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
  return commands;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (!(mode == "time" && argc == 4) &&
      !((mode == "count" || mode == "run") && argc == 3)) {
    std::fprintf(stderr,
                 "usage: driver time ROUNDS SCENE_FILE\n"
                 "       driver count|run SCENE_FILE\n");
    return 2;
  }
  std::vector<Command> commands = ReadScene(argv[argc - 1]);
  EnterScene();
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (mode == "time") {
    const long rounds = std::strtol(argv[2], nullptr, 10);
    for (long round = -kWarmUp; round < rounds; ++round) {
      for (Command& command : commands) Time(command, null, round >= 0);
    }
    return 0;
  }
  for (const Command& command : commands) {
    mode == "count" ? Count(command, null) : RunOnce(command, null);
  }
  return 0;
}
