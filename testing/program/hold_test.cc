// SPDX-License-Identifier: Apache-2.0
// --hold: what it keeps, how it ends, and what it costs meanwhile.
#include <fcntl.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kMounted[] = "mounted binfmt_misc on /proc/sys/fs/binfmt_misc\n";
constexpr char kRegistered[] =
    "foreign: registered, /mnt/interpreter, flags F\n";
constexpr char kRule[] = ":foreign:M::FOREIGN::/mnt/interpreter:F";
// A program with --hold looks at the registry once in this time.
constexpr std::chrono::seconds kInterval{5};

class HoldTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    WriteFile("/mnt/interpreter", NativeProgram(0), 0755);
  }

  static std::vector<std::string> RegisterAndHold() {
    return {"register", "--mount", "--userns", "--hold", "--rule", kRule};
  }

  static int WriteTo(const std::string& file, std::string_view command) {
    return WriteOnce(std::string(kRegistry) + "/" + file, command);
  }

  // Sends SIGNAL to a program that has just begun to wait, and expects that it
  // ends before it looks again.
  static Outcome EndSoon(Program* program, int signal) {
    const auto start = std::chrono::steady_clock::now();
    Outcome outcome = program->End(signal);
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              kInterval - std::chrono::seconds(1));
    return outcome;
  }
};

// Sees the turns of a program with --hold: it waits, looks at the registry, and
// waits again.
class TurnWatch {
 public:
  TurnWatch() : fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    EXPECT_GE(inotify_add_watch(fd_, kRegistry, IN_OPEN | IN_ACCESS), 0)
        << std::strerror(errno);
  }
  TurnWatch(const TurnWatch&) = delete;
  TurnWatch& operator=(const TurnWatch&) = delete;
  ~TurnWatch() { close(fd_); }

  // Waits until PROGRAM, which waits now, has finished another turn.
  void WaitForTurn(Program* program) {
    Forget();
    ASSERT_TRUE(WaitUntil([&] { return Forget(); }));
    program->WaitForSleep();
  }

 private:
  // Returns whether anything was seen, and forgets it.
  bool Forget() {
    char buffer[4096];
    bool seen = false;
    while (read(fd_, buffer, sizeof(buffer)) > 0) seen = true;
    return seen;
  }

  int fd_;
};

// The processor time that PID has used, in clock ticks, and how often it has
// gone to sleep.
struct Effort {
  long ticks = 0;
  long sleeps = 0;
};

Effort EffortOf(pid_t pid) {
  Effort effort;
  const std::string dir = absl::StrCat("/proc/", pid);
  const std::string stat = ReadFile(dir + "/stat");
  // proc(5): utime and stime are fields 14 and 15, and ") " ends field 2.
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  effort.ticks = std::stol(fields.at(11)) + std::stol(fields.at(12));
  const std::string status = ReadFile(dir + "/status");
  const std::string key = "\nvoluntary_ctxt_switches:";
  effort.sleeps = std::stol(status.substr(status.find(key) + key.size()));
  return effort;
}

// LXC halts a container by SIGPWR.
constexpr int kEnds[] = {SIGTERM, SIGINT, SIGPWR};

TEST_F(HoldTest, RegisterEndsWithASignalAndLeavesTheEntries) {
  for (const int signal : kEnds) {
    Program program(Box(RegisterAndHold()));
    program.WaitForOut(kRegistered);
    EXPECT_EQ(EndSoon(&program, signal), Prints(kRegistered)) << signal;
    EXPECT_EQ(EntryNames(), "foreign");
    ASSERT_EQ(umount2(kRegistry, 0), 0);
  }
}

TEST_F(HoldTest, MountEndsWithASignalAndLeavesTheMount) {
  for (const int signal : kEnds) {
    Program program(Box({"mount", "--userns", "--hold"}));
    program.WaitForOut(kMounted);
    EXPECT_EQ(EndSoon(&program, signal), Prints(kMounted)) << signal;
    EXPECT_EQ(EntryNames(), "");
    ASSERT_EQ(umount2(kRegistry, 0), 0);
  }
}

// As LXC makes a container: PID 1, with a /proc of its own whose sys is
// read-only.
TEST_F(HoldTest, EndsWithSigpwrAsPid1BelowAReadOnlyProcSys) {
  for (const bool registers : {false, true}) {
    const MountNamespace mounts;
    Command command =
        Box(registers ? RegisterAndHold()
                      : std::vector<std::string>{"mount", "--userns", "--hold"},
            In(mounts));
    command.is_pid_1 = true;
    command.before_exec = [] {
      const char* sys = "/proc/sys";
      if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                nullptr) != 0 ||
          mount(sys, sys, nullptr, MS_BIND, nullptr) != 0 ||
          mount(nullptr, sys, nullptr,
                MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV |
                    MS_NOEXEC,
                nullptr) != 0) {
        _exit(99);
      }
    };
    const std::string out = registers ? kRegistered : kMounted;
    Program program(command);
    program.WaitForOut(out);
    EXPECT_EQ(EntryNamesIn(mounts), registers ? "foreign" : "");
    EXPECT_EQ(EndSoon(&program, SIGPWR), Prints(out));
    EXPECT_EQ(EntryNames(), "not mounted");
  }
}

TEST_F(HoldTest, MountKeepsAMountThatWouldNotLast) {
  const MountNamespace mounts;
  Program program(Box({"mount", "--userns", "--hold"}, In(mounts)));
  program.WaitForOut(kMounted);
  EXPECT_EQ(EntryNamesIn(mounts), "");
  EXPECT_EQ(EntryNames(), "not mounted");
  EXPECT_EQ(program.End(SIGTERM), Prints(kMounted));
}

// systemd-binfmt does that to everybody's entries when it starts again.
TEST_F(HoldTest, RegistersAgainWhatWasWiped) {
  Program program(Box(RegisterAndHold()));
  program.WaitForOut(kRegistered);
  ASSERT_EQ(ErrnoName(WriteTo("status", "-1")), "0");
  ASSERT_EQ(EntryNames(), "");
  EXPECT_TRUE(WaitUntil([] { return EntryNames() == "foreign"; }));
  EXPECT_EQ(program.End(SIGTERM),
            Prints(kRegistered,
                   "binfmt-register: note: foreign was not there; registered "
                   "it\n"));
  EXPECT_EQ(EntryNames(), "foreign");
}

// What one call asks for has its order again.
TEST_F(HoldTest, RegistersAgainBehindWhatComesLater) {
  Program program(Box({"register", "--mount", "--userns", "--hold", "--rule",
                       ":wide:M::MZ::/mnt/interpreter:", "--rule",
                       ":narrow:M::MZqFpD::/mnt/interpreter:"}));
  program.WaitForOut("narrow: registered, /mnt/interpreter\n");
  ASSERT_EQ(ErrnoName(WriteTo("wide", "-1")), "0");
  EXPECT_TRUE(WaitUntil([] { return EntryNames() == "narrow wide"; }));
  ASSERT_EQ(ErrnoName(WriteTo("narrow", "-1")), "0");
  EXPECT_TRUE(WaitUntil([] { return EntryNames() == "narrow wide"; }));
  EXPECT_EQ(program.End(SIGTERM).err,
            "binfmt-register: note: wide was not there; registered it\n"
            "binfmt-register: note: narrow was not there; registered it\n");
}

TEST_F(HoldTest, LeavesTheEntriesOfOthersAsTheyAre) {
  Mount();
  Program program(Box(RegisterAndHold()));
  program.WaitForOut(kRegistered);
  ASSERT_EQ(
      ErrnoName(WriteTo("register", ":other:E::other::/mnt/interpreter:")),
      "0");
  ASSERT_EQ(ErrnoName(WriteTo("foreign", "-1")), "0");
  EXPECT_TRUE(WaitUntil([] { return EntryNames() == "foreign other"; }))
      << EntryNames();
}

// "umount -l": the program's own descriptor keeps the instance.
TEST_F(HoldTest, MountsAgainWhatWasUnmounted) {
  Program mounting(Box({"mount", "--userns", "--hold"}));
  mounting.WaitForOut(kMounted);
  Program registering(Box(RegisterAndHold()));
  registering.WaitForOut(kRegistered);
  ASSERT_EQ(umount2(kRegistry, 0), -1);
  EXPECT_EQ(ErrnoName(errno), "EBUSY");
  ASSERT_EQ(umount2(kRegistry, MNT_DETACH), 0);
  ASSERT_EQ(EntryNames(), "not mounted");
  EXPECT_TRUE(WaitUntil([] { return EntryNames() == "foreign"; }));
  EXPECT_EQ(registering.End(SIGTERM), Prints(kRegistered));
  // Whoever was first says so.
  const Outcome outcome = mounting.End(SIGTERM);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, kMounted);
}

TEST_F(HoldTest, MountSaysThatItMountedAgain) {
  Program program(Box({"mount", "--userns", "--hold"}));
  program.WaitForOut(kMounted);
  ASSERT_EQ(umount2(kRegistry, MNT_DETACH), 0);
  EXPECT_TRUE(WaitUntil([] { return EntryNames().empty(); }));
  EXPECT_EQ(program.End(SIGTERM),
            Prints(kMounted,
                   "binfmt-mount: note: binfmt_misc was not mounted; mounted "
                   "it\n"));
}

// What goes wrong goes on going wrong, every five seconds.
TEST_F(HoldTest, TheSameTroubleIsToldOnce) {
  const std::string registered =
      "one: registered, /mnt/interpreter, flags F\n"
      "two: registered, /mnt/interpreter, flags F\n";
  const std::string why =
      ": the interpreter /mnt/interpreter was not found when the kernel opened "
      "it (flag F)\n";
  Program program(Box({"register", "--mount", "--userns", "--hold", "--rule",
                       ":one:M::FOREIGN1::/mnt/interpreter:F", "--rule",
                       ":two:M::FOREIGN2::/mnt/interpreter:F"}));
  program.WaitForOut(registered);
  ASSERT_EQ(unlink("/mnt/interpreter"), 0);
  ASSERT_EQ(ErrnoName(WriteTo("status", "-1")), "0");
  TurnWatch watch;
  watch.WaitForTurn(&program);
  watch.WaitForTurn(&program);
  EXPECT_EQ(EndSoon(&program, SIGTERM),
            (Outcome{1, registered,
                     "binfmt-register: cannot register one" + why +
                         "binfmt-register: cannot register two" + why}));
  EXPECT_EQ(EntryNames(), "");
}

// A container that ends may take its device down (pantavisor): with
// --if-possible it stays, whatever keeps binfmt_misc away.
TEST_F(HoldTest, StaysWhereItIsNotPossible) {
  WriteFile("/mnt/filesystems", "nodev\tproc\n", 0644);
  const std::vector<std::string> registers = {"register", "--if-possible",
                                              "--hold", "--rule", kRule};
  const std::vector<std::string> mounts = {"mount", "--if-possible", "--hold"};
  const auto plus = [](std::vector<std::string> words,
                       const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const char* const userns =
      "note: this is a user namespace of its own: a mount hides the host's "
      "handlers here for good; if that is what you want, add --userns\n";
  struct {
    std::vector<std::string> words;
    bool lacks_support;
    std::string err;
  } const cases[] = {
      // 3, 4 and 5 would be the exit statuses.
      {registers, false,
       "binfmt-register: note: binfmt_misc is not mounted on "
       "/proc/sys/fs/binfmt_misc; mount it with: binfmtbox mount\n"},
      {plus(mounts, {"--userns", "--dir", "/mnt/none"}), false,
       "binfmt-mount: note: cannot mount binfmt_misc on /mnt/none: there is no "
       "such directory\n"},
      {registers, true,
       "binfmt-register: note: this kernel has no binfmt_misc; load its "
       "module, if there is one, with: binfmtbox mount\n"},
      {plus(registers, {"--mount"}), false,
       std::string("binfmt-register: ") + userns},
      {mounts, false, std::string("binfmt-mount: ") + userns},
  };
  std::vector<std::unique_ptr<Program>> programs;
  for (const auto& one : cases) {
    const MountNamespace namespace_of_mounts;
    Command command = Box(one.words, In(namespace_of_mounts));
    if (one.lacks_support) {
      command.before_exec = [] {
        if (mount("/mnt/filesystems", "/proc/filesystems", nullptr, MS_BIND,
                  nullptr) != 0) {
          _exit(99);
        }
      };
    }
    programs.push_back(std::make_unique<Program>(command));
    programs.back()->WaitForSleep();
  }
  // Each looks again, and has nothing new to say.
  for (const auto& program : programs) {
    const long sleeps = EffortOf(program->pid()).sleeps;
    EXPECT_TRUE(
        WaitUntil([&] { return EffortOf(program->pid()).sleeps > sleeps; }));
    program->WaitForSleep();
  }
  for (size_t i = 0; i < programs.size(); ++i) {
    EXPECT_EQ(EndSoon(programs[i].get(), SIGPWR), Prints("", cases[i].err));
  }
}

// What comes back is judged by the files of now.
TEST_F(HoldTest, RegistersAgainAnInterpreterThatIsAnotherFile) {
  for (const bool is_gone : {true, false}) {
    WriteFile("/mnt/other", NativeProgram(0), 0755);
    Program program(Box({"register", "--mount", "--userns", "--hold", "--rule",
                         ":other:M::OTHER::/mnt/other:"}));
    program.WaitForOut("other: registered, /mnt/other\n");
    if (is_gone) {
      ASSERT_EQ(unlink("/mnt/other"), 0);
    } else {
      WriteFile("/mnt/new", "OTHER", 0755);
      ASSERT_EQ(rename("/mnt/new", "/mnt/other"), 0);
    }
    Write("other", "-1");
    TurnWatch watch;
    watch.WaitForTurn(&program);
    const Outcome outcome = EndSoon(&program, SIGTERM);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_TRUE(outcome.err.contains(is_gone ? "/mnt/other does not exist"
                                             : "refused to register other"))
        << outcome.err;
    (void)Run({"clear", "-q", "--all"});
  }
}

// What is open keeps the entries of others, too, without a mount.
TEST_F(HoldTest, RegisterKeepsAnInstanceWithoutAMount) {
  Program program(Box(RegisterAndHold()));
  program.WaitForOut(kRegistered);
  Register(":others:M::OTHERS::/mnt/interpreter:");
  ASSERT_EQ(umount2(kRegistry, MNT_DETACH), 0);
  EXPECT_TRUE(WaitUntil([] { return EntryNames() == "others foreign"; }));
  EXPECT_EQ(program.End(SIGTERM).status, 0);
}

TEST_F(HoldTest, RegistersOnceItIsPossible) {
  Program program(
      Box({"register", "--if-possible", "--hold", "--rule", kRule}));
  program.WaitForSleep();
  Mount();
  EXPECT_TRUE(WaitUntil([] { return EntryNames() == "foreign"; }));
  EXPECT_EQ(program.End(SIGTERM).status, 0);
}

TEST_F(HoldTest, MountsOnceItIsPossible) {
  Program program(
      Box({"mount", "--if-possible", "--hold", "--userns", "--dir", "/mnt/m"}));
  program.WaitForSleep();
  ASSERT_EQ(mkdir("/mnt/m", 0755), 0);
  EXPECT_TRUE(WaitUntil([] { return Snapshot("/mnt/m") != "not mounted"; }));
  EXPECT_EQ(program.End(SIGTERM).status, 0);
  EXPECT_EQ(umount2("/mnt/m", 0), 0);
}

// Each turn judges the entry as register and status would.
class HoldJudgesTest : public HoldTest {
 protected:
  // Registers and holds a rule without flag F; then does CHANGE, lets a turn
  // pass, and returns what the program said and how it ended.
  static Outcome HoldWhile(const std::function<void()>& change) {
    Program program(Box({"register", "--mount", "--userns", "--hold", "--rule",
                         ":foreign:M::FOREIGN::/mnt/interpreter:"}));
    program.WaitForOut("foreign: registered, /mnt/interpreter\n");
    change();
    TurnWatch watch;
    watch.WaitForTurn(&program);
    return EndSoon(&program, SIGTERM);
  }

  static Outcome Complains(const std::string& error) {
    return {1, "foreign: registered, /mnt/interpreter\n",
            "binfmt-register: " + error + "\n"};
  }
};

TEST_F(HoldJudgesTest, AnEntryOfOthersInFront) {
  EXPECT_EQ(HoldWhile([] { Register(":front:M::FOREI::/mnt/interpreter:"); }),
            Complains("foreign never gets a program: front takes them first"));
}

// With the mask of QEMU and Debian, which compares more of e_ident.
TEST_F(HoldTest, AnEntryForFewerProgramsOfTheMachineInFront) {
  constexpr char kFront[] =
      ":front:M::\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
      "\\x00\\x00\\x02\\x00\\xb7\\x00:\\xff\\xff\\xff\\xff\\xff\\xff\\xff"
      "\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff:"
      "/mnt/interpreter:";
  Program program(Box({"register", "--mount", "--userns", "--hold", "-I",
                       "/mnt/interpreter", "arm64"}));
  program.WaitForOut("qemu-aarch64: registered, /mnt/interpreter, flags F\n");
  Register(kFront);
  TurnWatch watch;
  watch.WaitForTurn(&program);
  const std::string why =
      "qemu-aarch64 never gets a program: front takes them first\n";
  const Outcome outcome = EndSoon(&program, SIGTERM);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.contains(why)) << outcome.err;
  EXPECT_EQ(Run({"status", "-q", "name:qemu-aarch64"}),
            Fails(1, "binfmt-status: " + why));
  EXPECT_EQ(Run({"clear", "-q", "--all"}), Prints(""));
}

TEST_F(HoldJudgesTest, AnInterpreterThatIsGone) {
  EXPECT_EQ(HoldWhile([] { ASSERT_EQ(unlink("/mnt/interpreter"), 0); }),
            Complains("foreign runs no program: interpreter /mnt/interpreter "
                      "does not exist"));
}

TEST_F(HoldJudgesTest, AnInterpreterThatTheRuleTakesNow) {
  EXPECT_EQ(HoldWhile([] {
              WriteFile("/mnt/new", "FOREIGN", 0755);
              ASSERT_EQ(rename("/mnt/new", "/mnt/interpreter"), 0);
            }),
            Complains("foreign runs no program: five interpreters are the "
                      "most"));
}

TEST_F(HoldJudgesTest, AnInterpreterForAnotherMachine) {
  EXPECT_EQ(HoldWhile([] {
              WriteFile("/mnt/new", ForeignElf(), 0755);
              ASSERT_EQ(rename("/mnt/new", "/mnt/interpreter"), 0);
            }),
            Complains("foreign runs no program: this machine does not run "
                      "/mnt/interpreter, and no entry takes it"));
}

TEST_F(HoldTest, EndsWhileItWaitsForAnInterpreter) {
  Mount();
  Program program(Box({"register", "--wait", "30", "--hold", "--interpreter",
                       "/mnt/none", "arm"}));
  program.WaitForSleep();
  EXPECT_EQ(EndSoon(&program, SIGTERM),
            Fails(1,
                  "binfmt-register: qemu-arm: interpreter /mnt/none does not "
                  "exist\n"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(HoldTest, UsesNoCpuTimeWhileIdle) {
  for (const bool registers : {false, true}) {
    Program program(Box(
        registers ? RegisterAndHold()
                  : std::vector<std::string>{"mount", "--userns", "--hold"}));
    program.WaitForOut(registers ? kRegistered : kMounted);
    program.WaitForSleep();
    const Effort before = EffortOf(program.pid());
    TurnWatch watch;
    watch.WaitForTurn(&program);
    const Effort after = EffortOf(program.pid());
    EXPECT_EQ(program.End(SIGTERM).status, 0);
    // A tick is 10 ms.
    EXPECT_LT(after.ticks - before.ticks, 5);
    // An idle program does not wake up between two turns.
    EXPECT_LT(after.sleeps - before.sleeps, 20);
  }
}

// As PID 1 of a container, it becomes the parent of all who lost theirs.
TEST_F(HoldTest, LeavesNoZombieAsPid1) {
  const MountNamespace mounts;
  // The orphan ends when the test closes the one, and its end closes the other.
  int stay[2];
  int alive[2];
  ASSERT_EQ(pipe2(stay, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
  char nothing;
  Command command = Box({"mount", "--userns", "--hold"}, In(mounts));
  command.is_pid_1 = true;
  command.before_exec = [&] {
    if (fork() != 0) return;
    // The box's child, which ends at once, and the orphan.
    if (fork() != 0) _exit(0);
    close(stay[1]);
    _exit(read(stay[0], &nothing, 1) == 0 ? 0 : 1);
  };
  Program program(command);
  close(stay[0]);
  close(alive[1]);
  program.WaitForOut(kMounted);
  const std::string children = absl::StrCat("/proc/", program.pid(), "/task/",
                                            program.pid(), "/children");
  // Seen from outside, where it is not PID 1.
  EXPECT_NE(ReadFile(children), "");
  close(stay[1]);
  EXPECT_EQ(read(alive[0], &nothing, 1), 0);
  EXPECT_TRUE(WaitUntil([&] { return ReadFile(children).empty(); }));
  close(alive[0]);
  EXPECT_EQ(EndSoon(&program, SIGTERM), Prints(kMounted));
}

}  // namespace
}  // namespace binfmtbox_testing
