// SPDX-License-Identifier: Apache-2.0
#include "testing/program.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
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

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/process.h"

namespace binfmtbox_testing {
namespace {

// The directory of the tests' data, found before anything is mounted over it.
// Leaked, so that it outlives every test.
std::string* g_data = nullptr;

// For children and main(), which have no test to fail.
[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "FAILED: cannot %s: %s\n", what, std::strerror(errno));
  _exit(125);
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

int MakeMemoryFile(std::string_view text) {
  const int fd = memfd_create("program", MFD_CLOEXEC);
  if (fd < 0 || write(fd, text.data(), text.size()) !=
                    static_cast<ssize_t>(text.size())) {
    Die("make a file in memory");
  }
  lseek(fd, 0, SEEK_SET);
  return fd;
}

// The offset, which the program shares, stays as it is.
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

// Puts FD at TARGET; a FD of -1 closes TARGET.
void Place(int fd, int target) {
  if (fd < 0) {
    close(target);
  } else {
    dup2(fd, target);
  }
}

// The names in DIR without those that are not entries, in its own order.
std::vector<std::string> ListEntries(const std::string& dir) {
  std::vector<std::string> names;
  DIR* stream = opendir(dir.c_str());
  if (stream == nullptr) return {absl::StrCat("cannot open ", dir)};
  while (const dirent* item = readdir(stream)) {
    const std::string name = item->d_name;
    if (name != "." && name != ".." && name != "register" && name != "status") {
      names.push_back(name);
    }
  }
  closedir(stream);
  return names;
}

bool IsMounted(const std::string& dir) {
  struct statfs facts;
  return statfs(dir.c_str(), &facts) == 0 && facts.f_type == BINFMTFS_MAGIC;
}

// Moves the process into the surroundings of COMMAND. Returns whether it could.
bool EnterSurroundings(const Command& command) {
  if (command.mounts != nullptr) command.mounts->Enter();
  if (!command.root.empty() &&
      (chroot(command.root.c_str()) != 0 || chdir("/") != 0)) {
    return false;
  }
  for (const int capability : command.dropped_capabilities) {
    if (prctl(PR_CAPBSET_DROP, capability) != 0) return false;
  }
  return !command.is_nobody || unshare(CLONE_NEWUSER) == 0;
}

}  // namespace

void PrintTo(const Outcome& outcome, std::ostream* stream) {
  *stream << "status " << outcome.status << "\n--- stdout\n"
          << outcome.out << "--- stderr\n"
          << outcome.err << "---";
}

Outcome Prints(std::string_view out, std::string_view err) {
  return {0, std::string(out), std::string(err)};
}

Outcome Fails(int status, std::string_view err) {
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

Command Box(const std::vector<std::string>& args, Command command) {
  command.argv = {"binfmtbox"};
  command.argv.insert(command.argv.end(), args.begin(), args.end());
  return command;
}

Command In(const MountNamespace& mounts) {
  Command command;
  command.mounts = &mounts;
  return command;
}

Command InRoot(const std::string& root) {
  Command command;
  command.root = root;
  return command;
}

Command WithEnv(const std::vector<std::string>& env) {
  Command command;
  command.env = env;
  return command;
}

Command Without(const std::vector<int>& capabilities) {
  Command command;
  command.dropped_capabilities = capabilities;
  return command;
}

Command AsNobody() {
  Command command;
  command.is_nobody = true;
  return command;
}

Program::Program(const Command& command)
    : out_(MakeMemoryFile("")), err_(MakeMemoryFile("")) {
  int in;
  if (command.holds_input_open) {
    int input[2];
    if (pipe2(input, O_CLOEXEC) != 0) Die("make a pipe");
    in = input[0];
    input_ = input[1];
  } else {
    in = MakeMemoryFile(command.input);
  }
  int to = out_;
  if (command.output.has_value()) {
    to = command.output->empty()
             ? -1
             : open(command.output->c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  }
  if (pipe2(start_error_, O_CLOEXEC | O_NONBLOCK) != 0) Die("make a pipe");
  std::fflush(nullptr);
  // clone(2), for one process in a new process namespace without moving the
  // test's later children there.
  const unsigned long flags = (command.is_pid_1 ? CLONE_NEWPID : 0) | SIGCHLD;
  pid_ = static_cast<pid_t>(
      syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
  if (pid_ < 0) Die("start a process");
  if (pid_ == 0) Exec(command, in, to);
  close(in);
  if (to >= 0 && to != out_) close(to);
}

void Program::Exec(const Command& command, int in, int to) {
  std::vector<char*> argv = Pointers(command.argv);
  std::vector<char*> env = Pointers(command.env);
  if (EnterSurroundings(command)) {
    Place(in, 0);
    Place(to, 1);
    Place(err_, 2);
    if (command.before_exec) command.before_exec();
    execve(command.path.c_str(), argv.data(), env.data());
  }
  const int error = errno;
  if (write(start_error_[1], &error, sizeof(error)) < 0) _exit(126);
  _exit(127);
}

Program::~Program() {
  if (!has_ended_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CloseInput();
  for (const int fd : {out_, err_, start_error_[0], start_error_[1]}) close(fd);
}

std::string Program::Out() const { return ReadMemoryFile(out_); }

std::string Program::Err() const { return ReadMemoryFile(err_); }

bool Program::HasEnded() {
  int status;
  if (has_ended_ || wait4(pid_, &status, WNOHANG, &usage_) != pid_) {
    return has_ended_;
  }
  has_ended_ = true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  int error = 0;
  if (read(start_error_[0], &error, sizeof(error)) == sizeof(error)) {
    status_ = -error;
  }
  return true;
}

void Program::WaitForOut(std::string_view text) {
  ASSERT_TRUE(WaitUntil([&] {
    return absl::StrContains(Out(), text) || HasEnded();
  })) << Out()
      << Err();
  ASSERT_TRUE(absl::StrContains(Out(), text)) << Out() << Err();
}

void Program::WaitForReading() {
  WaitForCall({absl::StrCat(SYS_read, " 0x0 ")});
}

void Program::WaitForSleep() {
  WaitForCall({absl::StrCat(SYS_rt_sigtimedwait, " "),
               absl::StrCat(SYS_nanosleep, " "),
               absl::StrCat(SYS_clock_nanosleep, " ")});
}

void Program::WaitForCall(const std::vector<std::string>& calls) {
  const std::string file = absl::StrCat("/proc/", pid_, "/syscall");
  ASSERT_TRUE(WaitUntil([&] {
    const std::string current = ReadFile(file);
    return std::any_of(calls.begin(), calls.end(), [&](const auto& call) {
      return absl::StartsWith(current, call);
    });
  })) << Out()
      << Err();
}

void Program::CloseInput() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

Outcome Program::Wait() {
  CloseInput();
  if (!HasEnded()) {
    // Not WaitUntil(), whose steps of 5 ms add up over some thousand programs.
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    if (fd < 0) Die("open a process");
    pollfd poll_fd = {fd, POLLIN, 0};
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    if (poll(&poll_fd, 1, static_cast<int>(milliseconds.count())) != 1) {
      kill(pid_, SIGKILL);
      poll(&poll_fd, 1, -1);
    }
    close(fd);
    EXPECT_TRUE(HasEnded());
  }
  return {status_, Out(), Err()};
}

Outcome Program::End(int signal) {
  kill(pid_, signal);
  return Wait();
}

Outcome Execute(const Command& command) { return Program(command).Wait(); }

void ProgramTest::SetUp() {
  ASSERT_FALSE(IsMounted(kRegistry));
  ASSERT_EQ(mount("scratch", kScratch, "tmpfs", 0, "mode=755"), 0)
      << std::strerror(errno);
  ASSERT_EQ(mkdir("/mnt/bin", 0755), 0);
  WriteFile(kBox, ReadFile(ProductPath("x86_64")), 0755);
  // As long as no handler takes the program.
  (void)RunsI386();
}

void ProgramTest::TearDown() {
  // Entries go with the last mount (Linux 6.7), also those below kScratch.
  while (IsMounted(kRegistry)) {
    ASSERT_EQ(umount2(kRegistry, MNT_DETACH), 0) << std::strerror(errno);
  }
  ASSERT_EQ(umount2(kScratch, MNT_DETACH), 0) << std::strerror(errno);
}

Outcome ProgramTest::Run(const std::vector<std::string>& args,
                         const Command& command) {
  return Execute(Box(args, command));
}

void ProgramTest::Mount(const std::string& dir) {
  ASSERT_EQ(mount("binfmt_misc", dir.c_str(), "binfmt_misc", 0, nullptr), 0)
      << std::strerror(errno);
  ASSERT_EQ(Snapshot(dir), "status: enabled\n");
}

void ProgramTest::Register(std::string_view record) {
  Write("register", record);
}

void ProgramTest::Write(const std::string& name, std::string_view command) {
  ASSERT_EQ(ErrnoName(WriteOnce(absl::StrCat(kRegistry, "/", name), command)),
            "0")
      << name << ": " << command;
}

std::string ProgramTest::Snapshot(const std::string& dir) {
  if (!IsMounted(dir)) return "not mounted";
  std::string text = absl::StrCat("status: ", ReadFile(dir + "/status"));
  for (const std::string& name : ListEntries(dir)) {
    absl::StrAppend(&text, name, ":\n", ReadFile(absl::StrCat(dir, "/", name)));
  }
  return text;
}

std::string ProgramTest::EntryText(const std::string& name) {
  return ReadFile(absl::StrCat(kRegistry, "/", name));
}

std::string ProgramTest::EntryNames() {
  if (!IsMounted(kRegistry)) return "not mounted";
  return absl::StrJoin(ListEntries(kRegistry), " ");
}

std::string ProgramTest::EntryNamesIn(const MountNamespace& mounts) {
  return InChild([&] {
    mounts.Enter();
    return EntryNames();
  });
}

void ProgramTest::MakeInterpreters(const std::string& dir,
                                   const std::vector<std::string>& names) {
  ASSERT_TRUE(mkdir(dir.c_str(), 0755) == 0 || errno == EEXIST);
  for (const std::string& name : names) {
    ASSERT_EQ(link(kBox, absl::StrCat(dir, "/", name).c_str()), 0)
        << name << ": " << std::strerror(errno);
  }
}

std::string OwnPlatforms() {
  // The micro-architecture levels of the x86-64 psABI, in Linux's words.
  constexpr const char* kLevels[] = {
      "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3",
      "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
      "avx512f avx512bw avx512cd avx512dq avx512vl"};
  std::string flags = ReadFile("/proc/cpuinfo");
  flags.erase(0, flags.find("\nflags"));
  flags = absl::StrCat(flags.substr(0, flags.find('\n', 1)), " ");
  std::string platforms = "\"linux/amd64\"";
  int level = 2;
  for (const char* words : kLevels) {
    const std::vector<std::string> wanted = absl::StrSplit(words, ' ');
    if (!std::all_of(wanted.begin(), wanted.end(), [&](const auto& flag) {
          return absl::StrContains(flags, absl::StrCat(" ", flag, " "));
        })) {
      break;
    }
    absl::StrAppend(&platforms, ",\"linux/amd64/v", level++, "\"");
  }
  return platforms + (RunsI386() ? ",\"linux/386\"" : "");
}

bool RunsI386() {
  static const bool runs = [] {
    constexpr uint8_t kStatus = 42;
    Command command;
    command.path = absl::StrCat(kScratch, "/i386");
    command.argv = {command.path};
    WriteFile(command.path, I386Program(kStatus), 0755);
    const int status = Execute(command).status;
    unlink(command.path.c_str());
    EXPECT_TRUE(status == kStatus || status == -ENOEXEC) << status;
    return status == kStatus;
  }();
  return runs;
}

std::string ProductPath(const std::string& arch) {
  return TestData("binfmtbox_" + arch);
}

std::string TestData(const std::string& path) {
  return absl::StrCat(*g_data, "/", path);
}

int RunProgramTests(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  char dir[PATH_MAX];
  if (getcwd(dir, sizeof(dir)) == nullptr) Die("find the test's data");
  g_data = new std::string(dir);
  NamespaceOptions options;
  options.new_pids = true;
  if (const std::string error = EnterNamespaces(options); !error.empty()) {
    std::fprintf(stderr, "FAILED: %s\n", error.c_str());
    return 1;
  }
  umask(0022);
  return RUN_ALL_TESTS();
}

}  // namespace binfmtbox_testing
