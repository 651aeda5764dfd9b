// SPDX-License-Identifier: Apache-2.0
//
// Asks the real emulators (qemu-user-static) whether the table is right: what
// they load, and that every built-in program ends as it should.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "arch_table/program.h"
#include "arch_table/table.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

constexpr unsigned kSeconds = 60;

std::string EmulatorOf(const Target& target) {
  return absl::StrCat("/usr/bin/qemu-", target.interpreter(), "-static");
}

// Runs a command without output, and returns its exit status, or -1 if it did
// not exit by itself.
int RunCommand(const std::vector<std::string>& command) {
  const pid_t pid = fork();
  if (pid == 0) {
    const int null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(kSeconds);
    std::vector<char*> argv;
    for (const std::string& word : command) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string WriteProgram(const std::string& program) {
  const std::string path = absl::StrCat(testing::TempDir(), "/program");
  unlink(path.c_str());
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0755);
  EXPECT_GE(fd, 0);
  EXPECT_EQ(write(fd, program.data(), program.size()),
            static_cast<ssize_t>(program.size()));
  close(fd);
  return path;
}

int RunEmulated(const Target& target, const std::string& program,
                const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> command = {EmulatorOf(target),
                                      WriteProgram(program)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunCommand(command);
}

struct Variant {
  std::string what;
  size_t offset;
  std::string bytes;
};

// What a rule may or may not compare, each as a change of one field.
std::vector<Variant> Variants(const Target& target) {
  const bool big = target.is_big_endian;
  const auto half = [big](unsigned value) {
    const std::string low(1, static_cast<char>(value & 0xff));
    const std::string high(1, static_cast<char>(value >> 8));
    return big ? high + low : low + high;
  };
  const unsigned machine = target.machine;
  return {
      {"EI_CLASS", 4, target.is_64bit ? "\x01" : "\x02"},
      {"EI_DATA", 5, big ? "\x01" : "\x02"},
      {"EI_DATA 0", 5, std::string(1, '\0')},
      {"EI_VERSION 0", 6, std::string(1, '\0')},
      {"EI_OSABI Linux", 7, "\x03"},
      {"EI_OSABI FreeBSD", 7, "\x09"},
      {"EI_ABIVERSION 1", 8, "\x01"},
      {"AppImage", 8, "AI\x02"},
      {"padding", 9, std::string(7, '\xff')},
      {"e_type REL", 16, half(1)},
      {"e_type DYN", 16, half(3)},
      {"e_type CORE", 16, half(4)},
      {"e_machine lowest bit", 18, half(machine ^ 1)},
      {"e_machine upper byte", 18, half(machine ^ 0x100)},
      {"e_version 0", 20, std::string(4, '\0')},
  };
}

TEST(EmulatorTest, EveryProgramExitsAsItShould) {
  for (const Target& target : Targets()) {
    EXPECT_EQ(RunEmulated(target, BuiltInProgram(target)), kProgramExitStatus)
        << target.name << " under " << EmulatorOf(target);
  }
}

// So an interpreter that hands over one argument too many gives itself away.
TEST(EmulatorTest, EveryProgramCountsItsArguments) {
  for (const Target& target : Targets()) {
    EXPECT_EQ(RunEmulated(target, BuiltInProgram(target), {"one", "two"}),
              kProgramExitStatus + 2)
        << target.name << " under " << EmulatorOf(target);
  }
}

TEST(EmulatorTest, EmulatorsLoadExactlyWhatTheTableTakes) {
  for (const Target& target : Targets()) {
    // A missing emulator would refuse everything.
    ASSERT_EQ(access(EmulatorOf(target).c_str(), X_OK), 0)
        << EmulatorOf(target);
    for (const Variant& variant : Variants(target)) {
      std::string program = BuiltInProgram(target);
      program.replace(variant.offset, variant.bytes.size(), variant.bytes);
      const Target* taker = FindByHeader(program);
      const bool taken =
          taker != nullptr && taker->interpreter() == target.interpreter();
      EXPECT_EQ(RunEmulated(target, program) == kProgramExitStatus, taken)
          << target.name << ": " << variant.what;
    }
  }
}

// EF_MIPS_ABI2 is what tells n32 from o32.
TEST(EmulatorTest, MipsEmulatorsLoadOnlyTheirAbi) {
  int checked = 0;
  for (const Target& target : Targets()) {
    if (target.magic().size() != 40) continue;
    std::string program = BuiltInProgram(target);
    const size_t offset = target.is_big_endian ? 39 : 36;
    program[offset] = static_cast<char>(program[offset] ^ 0x20);
    EXPECT_NE(FindByHeader(program), &target);
    EXPECT_NE(RunEmulated(target, program), kProgramExitStatus) << target.name;
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

#if defined(__x86_64__)
TEST(EmulatorTest, X86ProgramsRunHereWithoutEmulator) {
  for (const Target& target : Targets()) {
    if (target.name != "x86_64") continue;
    EXPECT_EQ(RunCommand({WriteProgram(BuiltInProgram(target))}),
              kProgramExitStatus);
  }
}
#endif

}  // namespace
}  // namespace arch_table
