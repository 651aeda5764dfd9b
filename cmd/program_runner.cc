// SPDX-License-Identifier: Apache-2.0
#include "cmd/program_runner.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ostream>

#include "testing/elf.h"

namespace cmd {
namespace {

// A program that hangs is ended by SIGALRM: status 142.
constexpr unsigned kSeconds = 60;

// The full path of the tests' data, found before anything is mounted.
std::string* g_data = nullptr;

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

int MakeMemoryFile(std::string_view text) {
  const int fd = memfd_create("program-runner", 0);
  EXPECT_GE(fd, 0) << std::strerror(errno);
  EXPECT_EQ(write(fd, text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
  lseek(fd, 0, SEEK_SET);
  return fd;
}

std::string ReadFd(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t got;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  return got == 0 ? text : text + "[" + std::strerror(errno) + "]";
}

std::string ReadMemoryFile(int fd) {
  lseek(fd, 0, SEEK_SET);
  std::string text = ReadFd(fd);
  close(fd);
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

// The directory's names without "." and "..", in the order of the directory.
std::vector<std::string> List(const std::string& dir) {
  std::vector<std::string> names;
  DIR* stream = opendir(dir.c_str());
  if (stream == nullptr) return names;
  while (const dirent* item = readdir(stream)) {
    const std::string name = item->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(stream);
  return names;
}

bool IsMounted(const std::string& dir) {
  struct statfs facts;
  return statfs(dir.c_str(), &facts) == 0 && facts.f_type == BINFMTFS_MAGIC;
}

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr,
               "cannot %s: %s\n"
               "These tests need Linux 6.7 or newer and user namespaces; they "
               "never touch the machine's own binfmt_misc.\n",
               what, std::strerror(errno));
  std::exit(1);
}

void WriteOrDie(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text.data(), text.size()) !=
                    static_cast<ssize_t>(text.size())) {
    Die(path);
  }
  close(fd);
}

void EnterNamespaces() {
  const std::string uid = std::to_string(geteuid());
  const std::string gid = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) != 0) {
    Die("enter namespaces of its own (unshare)");
  }
  WriteOrDie("/proc/self/setgroups", "deny");
  WriteOrDie("/proc/self/uid_map", "0 " + uid + " 1");
  WriteOrDie("/proc/self/gid_map", "0 " + gid + " 1");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    Die("make its mounts private");
  }
}

}  // namespace

void PrintTo(const Outcome& outcome, std::ostream* stream) {
  *stream << "status " << outcome.status << "\n--- stdout\n"
          << outcome.out << "--- stderr\n"
          << outcome.err << "---";
}

Outcome Prints(std::string_view out) { return Prints(out, ""); }

Outcome Prints(std::string_view out, std::string_view err) {
  return {0, std::string(out), std::string(err)};
}

Outcome Fails(int status, std::string_view err) {
  return {status, "", std::string(err)};
}

Outcome Execute(const Call& call) {
  const int in = MakeMemoryFile(call.input);
  const int out = MakeMemoryFile("");
  const int err = MakeMemoryFile("");
  int to = out;
  if (call.output.has_value()) {
    to = call.output->empty() ? -1 : open(call.output->c_str(), O_WRONLY);
  }
  std::vector<char*> argv = Pointers(call.argv);
  std::vector<char*> env = Pointers(call.env);
  // The errno of a failed start; closed by exec otherwise.
  int start[2];
  EXPECT_EQ(pipe2(start, O_CLOEXEC), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(kSeconds);
    if (call.root.empty() ||
        (chroot(call.root.c_str()) == 0 && chdir("/") == 0)) {
      Place(in, 0);
      Place(to, 1);
      Place(err, 2);
      for (const int fd : {in, out, err, to}) {
        if (fd > 2) close(fd);
      }
      execve(call.path.c_str(), argv.data(), env.data());
    }
    const int error = errno;
    if (write(start[1], &error, sizeof(error)) < 0) _exit(126);
    _exit(127);
  }
  close(start[1]);
  int wait_status = 0;
  EXPECT_EQ(waitpid(pid, &wait_status, 0), pid);
  int error = 0;
  Outcome outcome;
  outcome.status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                          : 128 + WTERMSIG(wait_status);
  if (read(start[0], &error, sizeof(error)) > 0) outcome.status = -error;
  close(start[0]);
  close(in);
  if (to >= 0 && to != out) close(to);
  outcome.out = ReadMemoryFile(out);
  outcome.err = ReadMemoryFile(err);
  return outcome;
}

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

Outcome ProgramTest::Run(const std::vector<std::string>& args) {
  return RunIn({}, args);
}

Outcome ProgramTest::RunIn(const std::vector<std::string>& env,
                           const std::vector<std::string>& args) {
  Call call;
  call.argv = {"binfmtbox"};
  call.argv.insert(call.argv.end(), args.begin(), args.end());
  call.env = env;
  return Execute(call);
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
  const std::string path = std::string(kRegistry) + "/" + name;
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0) << path << ": " << std::strerror(errno);
  ASSERT_EQ(write(fd, command.data(), command.size()),
            static_cast<ssize_t>(command.size()))
      << command << ": " << std::strerror(errno);
  close(fd);
}

std::string ProgramTest::Snapshot(const std::string& dir) {
  if (!IsMounted(dir)) return "not mounted";
  std::string text = "status: " + ReadFile(dir + "/status");
  for (const std::string& name : List(dir)) {
    if (name == "register" || name == "status") continue;
    text += name + ":\n" + ReadFile(dir + "/" + name);
  }
  return text;
}

std::string ProgramTest::EntryText(const std::string& name) {
  const std::string path = std::string(kRegistry) + "/" + name;
  return access(path.c_str(), F_OK) == 0 ? ReadFile(path) : "";
}

std::string ProgramTest::EntryNames() {
  std::string text;
  for (const std::string& name : List(kRegistry)) {
    if (name == "register" || name == "status") continue;
    text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

void ProgramTest::MakeInterpreters(const std::string& dir,
                                   const std::vector<std::string>& names) {
  ASSERT_TRUE(mkdir(dir.c_str(), 0755) == 0 || errno == EEXIST);
  for (const std::string& name : names) {
    ASSERT_EQ(link(kBox, (dir + "/" + name).c_str()), 0)
        << name << ": " << std::strerror(errno);
  }
}

bool RunsI386() {
  static const bool runs = [] {
    constexpr uint8_t kStatus = 42;
    Call call;
    call.path = std::string(kScratch) + "/i386";
    call.argv = {call.path};
    WriteFile(call.path, binfmtbox_testing::I386Program(kStatus), 0755);
    const int status = Execute(call).status;
    unlink(call.path.c_str());
    EXPECT_TRUE(status == kStatus || status == -ENOEXEC) << status;
    return status == kStatus;
  }();
  return runs;
}

std::string ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_GE(fd, 0) << path << ": " << std::strerror(errno);
  if (fd < 0) return "";
  std::string text = ReadFd(fd);
  close(fd);
  return text;
}

void WriteFile(const std::string& path, std::string_view text, int mode) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      static_cast<mode_t>(mode));
  ASSERT_GE(fd, 0) << path << ": " << std::strerror(errno);
  ASSERT_EQ(write(fd, text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
  close(fd);
}

std::string ProductPath(const std::string& arch) {
  return TestData("binfmtbox_" + arch);
}

std::string TestData(const std::string& path) { return *g_data + "/" + path; }

int RunTestsInNamespaces(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  char dir[PATH_MAX];
  if (getcwd(dir, sizeof(dir)) == nullptr) Die("find the test's data");
  g_data = new std::string(dir);
  EnterNamespaces();
  // Only a child is in the new process namespace.
  const pid_t pid = fork();
  if (pid < 0) Die("start a process");
  if (pid == 0) {
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              nullptr) != 0) {
      Die("mount /proc in its namespaces");
    }
    umask(0022);
    // exit() writes gtest's report as main() would.
    std::exit(RUN_ALL_TESTS());
  }
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) Die("wait for the tests");
  // Without the work of exit(): this process can't start threads any more, as
  // LeakSanitizer would.
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

}  // namespace cmd
