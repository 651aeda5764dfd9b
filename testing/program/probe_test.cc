// SPDX-License-Identifier: Apache-2.0
// status --probe and register --verify as users run them: with the emulators of
// qemu-user-static, and with interpreters that do not work.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kInterpreter[] = "/mnt/interpreter";
constexpr char kRule[] =
    "\\x7fELF\\x02\\x02\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x00\\x02\\x00\\x16:"
    "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x00\\x00\\xff\\xfe\\xff\\xff";

constexpr char kArmRule[] =
    "\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x02\\x00\\x28\\x00:"
    "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
    "\\x00\\x00\\xfe\\xff\\xff\\xff";

constexpr char kNoteOfLookup[] =
    "binfmt-status: note: without flag F, programs run in containers only "
    "where they have the interpreter, too\n";

std::string FirstLine() {
  utsname names;
  EXPECT_EQ(uname(&names), 0);
  return std::string("binfmt_misc: enabled on ") + kRegistry +
         ", user namespace: other, Linux " + names.release + "\n";
}

class ProbeProgramTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    container_.emplace();
    Mount();
  }

  // Makes the script SCRIPT the handler of s390x.
  static void Handle(std::string_view script, std::string_view flags = "") {
    WriteFile(kInterpreter, "#!/bin/sh\n" + std::string(script) + "\n", 0755);
    Register(RecordOf(kInterpreter, flags));
  }

  static std::string RecordOf(std::string_view interpreter,
                              std::string_view flags) {
    return ":qemu-s390x:M::" + std::string(kRule) + ":" +
           std::string(interpreter) + ":" + std::string(flags);
  }

  // What status --probe says of s390x, where its program does not run.
  static std::string Complaint() {
    const Outcome outcome = Run({"status", "-q", "--probe", "s390x"});
    EXPECT_EQ(outcome.status, outcome.err.empty() ? 0 : 1);
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  }

  static std::string Version() {
    Command command;
    command.path = "/usr/bin/qemu-s390x-static";
    command.argv = {command.path, "--version"};
    const std::string text = Execute(command).out;
    return text.substr(0, text.find('\n'));
  }

  static std::string Fault(std::string_view why) {
    return "binfmt-status: s390x: a program does not run: " + std::string(why) +
           "\n";
  }

  std::optional<MountNamespace> container_;  // without the mount
};

TEST_F(ProbeProgramTest, EveryTargetRunsWithEachFlag) {
  const std::vector<std::vector<std::string>> settings = {
      {}, {"-p", "no"}, {"-g", "no"}, {"-c", "yes"}, {"-c", "yes", "-g", "no"},
  };
  for (std::vector<std::string> args : settings) {
    args.insert(args.begin(), {"register", "-q", "--replace"});
    args.push_back("all");
    const Outcome registered = Run(args);
    ASSERT_EQ(registered, Prints("")) << testing::PrintToString(args);
    const Outcome outcome = Run({"status", "--probe"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, args[3] == "-p" ? kNoteOfLookup : "");
    size_t running = 0;
    for (size_t at = outcome.out.find(": runs, qemu-"); at != std::string::npos;
         at = outcome.out.find(": runs, qemu-", at + 1)) {
      ++running;
    }
    EXPECT_GE(running, 30u) << outcome.out;
  }
}

TEST_F(ProbeProgramTest, Runs) {
  Register(RecordOf("/usr/bin/qemu-s390x-static", "F"));
  const std::string line =
      "qemu-s390x  enabled   F     s390x  /usr/bin/qemu-s390x-static\n";
  EXPECT_EQ(Run({"status", "--probe"}),
            Prints(FirstLine() + line + "s390x: runs, " + Version() + "\n"));
}

// A file in memory may be executed there only where its maker says so.
TEST_F(ProbeProgramTest, SysctlThatForbidsExecutableMemfds) {
  Register(RecordOf("/usr/bin/qemu-s390x-static", "F"));
  const MountNamespace mounts;
  for (const char* const level : {"1", "2"}) {
    Command command = Box({"status", "-q", "--probe", "s390x"}, In(mounts));
    command.is_pid_1 = true;
    command.before_exec = [level] {
      mount("proc", "/proc", "proc", 0, nullptr);
      if (WriteOnce("/proc/sys/vm/memfd_noexec", level) != 0) _exit(99);
    };
    const Outcome outcome = Execute(command);
    if (*level == '1') {
      EXPECT_EQ(outcome, Prints(""));
    } else {
      EXPECT_EQ(outcome.status, 1);
      EXPECT_TRUE(outcome.err.contains("errno 13, Permission denied"))
          << outcome.err;
    }
  }
}

// The interpreter may be others', and root's shell has "exec 9>lock".
TEST_F(ProbeProgramTest, DescriptorsOfTheCallerStayItsOwn) {
  Handle("ls /proc/$$/fd >/mnt/open; exit 42");
  Command command = Box({"status", "-q", "--probe", "s390x"});
  command.before_exec = [] { dup2(STDERR_FILENO, 57); };
  (void)Execute(command);
  const std::string open = ReadFile("/mnt/open");
  EXPECT_NE(open, "");
  EXPECT_FALSE(open.contains("57")) << open;
}

// Without --probe nobody is asked.
TEST_F(ProbeProgramTest, TheVersionIsAskedWithProbeOnly) {
  Handle("echo started > /mnt/started; exit 42", "F");
  for (const char* option : {"--json", "-q", "--print=record", "--platforms"}) {
    EXPECT_EQ(Run({"status", option}).status, 0) << option;
    EXPECT_EQ(Run({"status", option, "s390x"}).status, 0) << option;
  }
  EXPECT_EQ(access("/mnt/started", F_OK), -1);
  EXPECT_EQ(Run({"status", "-q", "--probe", "s390x"}).status, 0);
  EXPECT_EQ(access("/mnt/started", F_OK), 0);
}

// Whose file the kernel holds cannot be seen any more.
TEST_F(ProbeProgramTest, AHeldFileOfUnknownOwnersIsNotStartedAsRoot) {
  WriteFile(kInterpreter, ReadFile("/usr/bin/qemu-s390x-static"), 0755);
  Register(RecordOf(kInterpreter, "F"));
  ASSERT_EQ(rename(kInterpreter, "/mnt/held"), 0);
  WriteFile(kInterpreter, ReadFile("/mnt/bin/binfmtbox"), 0755);
  EXPECT_EQ(Complaint(), Fault("errno 1, Operation not permitted"));
}

// Root starts nothing that is others', and nobody is not here.
TEST_F(ProbeProgramTest, AnInterpreterOfOthersIsNotStartedAsRoot) {
  const std::string refusal = Fault("errno 1, Operation not permitted");
  Handle("echo started > /mnt/started; exit 42");
  for (const char* path : {kInterpreter, "/mnt"}) {
    ASSERT_EQ(chmod(path, 0777), 0);
    EXPECT_EQ(Complaint(), refusal) << path;
    ASSERT_EQ(chmod(path, 0755), 0);
  }
  EXPECT_EQ(access("/mnt/started", F_OK), -1);
  EXPECT_EQ(Complaint(), "");
  EXPECT_EQ(access("/mnt/started", F_OK), 0);
}

// Nor what a script of root's own leads to.
TEST_F(ProbeProgramTest, AnInterpretersInterpreterOfOthers) {
  WriteFile("/mnt/shell", ReadFile("/mnt/bin/binfmtbox"), 0777);
  WriteFile(kInterpreter, "#!/mnt/shell\n", 0755);
  Register(RecordOf(kInterpreter, ""));
  ASSERT_EQ(chmod("/mnt/shell", 0777), 0);
  EXPECT_EQ(Complaint(), Fault("errno 1, Operation not permitted"));
}

// Entries need a mount, answers do not.
TEST_F(ProbeProgramTest, AnswersWithoutAMount) {
  Register(RecordOf("/usr/bin/qemu-s390x-static", "F"));
  const auto run = [this](std::vector<std::string> args) {
    args.insert(args.begin(), "status");
    return Run(args, In(*container_));
  };
  const std::string note =
      "binfmt-status: note: no entries: binfmt_misc is not mounted on "
      "/proc/sys/fs/binfmt_misc; mount it with: binfmtbox mount\n";
  const std::string runs = "s390x: runs, " + Version() + "\n";
  EXPECT_EQ(run({"--probe", "s390x"}), Prints(runs, note));
  EXPECT_EQ(run({"--probe", "linux/amd64"}), Prints("x86_64: runs\n", note));
  EXPECT_EQ(run({"--probe", "arm64"}),
            Fails(1, note + "binfmt-status: aarch64: a program does not run: "
                            "errno 8, Exec format error\n"));
  EXPECT_EQ(run({"--probe", "frobnicate"}),
            Fails(1, note + "binfmt-status: \"frobnicate\" is neither an entry "
                            "nor a target\n"));
  // All that runs, and nothing of what does not.
  EXPECT_EQ(run({"--probe"}),
            Prints((RunsI386() ? "i386: runs\ni486: runs\n" : "") +
                       ("x86_64: runs\n" + runs),
                   note));
  EXPECT_EQ(run({"--platforms"}),
            Prints("{\"supported\":[" + OwnPlatforms() +
                   ",\"linux/s390x\"],\"emulators\":null}\n"));
  EXPECT_EQ(run({"--platforms", "s390x"}),
            Prints("{\"supported\":[\"linux/s390x\"],\"emulators\":null}\n"));
  EXPECT_EQ(run({"--platforms", "arm64"}),
            (Outcome{1, "{\"supported\":[],\"emulators\":null}\n",
                     "binfmt-status: aarch64: a program does not run: errno 8, "
                     "Exec format error\n"}));
  const std::string json = run({"--probe", "--json", "s390x"}).out;
  EXPECT_EQ(json.substr(0, json.find(",\"user_namespace")),
            "{\"dir\":null,\"enabled\":null,\"read_only\":null");
  EXPECT_NE(json.find("\"entries\":[],\"native\":[],\"probes\":[{\"target\":"
                      "\"s390x\",\"result\":\"exit status\",\"code\":42"),
            std::string::npos)
      << json;
  // Without these words, and with a directory, the entries are asked for.
  EXPECT_EQ(run({"s390x"}).status, 3);
  EXPECT_EQ(run({"--probe", "-D/mnt", "s390x"}).status, 3);
  EXPECT_EQ(run({"--platforms", "-D/mnt"}).status, 3);
}

// A handler that is there and fails is said, too.
TEST_F(ProbeProgramTest, AFaultWithoutAMount) {
  Handle("exit 3");
  const Outcome outcome = Run({"status", "-q", "--probe"}, In(*container_));
  EXPECT_EQ(outcome, Fails(1, Fault("exit status 3")));
}

// A container without the interpreter gets ENOENT.
TEST_F(ProbeProgramTest, RunsHereAndNotInEveryContainer) {
  Register(RecordOf("/usr/bin/qemu-s390x-static", ""));
  EXPECT_EQ(Run({"status", "--probe"}),
            Prints(FirstLine() +
                       "qemu-s390x  enabled   -     s390x  "
                       "/usr/bin/qemu-s390x-static\ns390x: runs, " +
                       Version() + "\n",
                   kNoteOfLookup));
  EXPECT_EQ(Run({"status", "-q", "--probe", "s390x"}), Prints(""));
  EXPECT_EQ(Run({"status", "s390x"}).err, "");
}

TEST_F(ProbeProgramTest, WhatThisMachineRunsItself) {
  EXPECT_EQ(Run({"status", "--probe", "amd64"}),
            Prints(FirstLine() + "x86_64: this machine runs it natively\n"));
}

TEST_F(ProbeProgramTest, AnEntryThatTakesNoTargetsPrograms) {
  Register(":wine:M::MZ::/mnt/bin/binfmtbox:");
  EXPECT_EQ(Run({"status", "-q", "--probe", "wine"}),
            Fails(1, "binfmt-status: there is no built-in program for wine\n"));
}

TEST_F(ProbeProgramTest, ExitStatus) {
  Handle("echo 'it \x1b[2J failed' >&2; echo more; exit 1");
  EXPECT_EQ(Complaint(), Fault("exit status 1: it \\x1b[2J failed"));
}

TEST_F(ProbeProgramTest, Signal) {
  Handle("kill -SEGV $$");
  EXPECT_EQ(Complaint(), Fault("signal 11"));
}

// A boot waits for all of them.
TEST_F(ProbeProgramTest, SeveralThatHang) {
  Handle("sleep 1000");
  Register(":qemu-arm:M::" + std::string(kArmRule) + ":" + kInterpreter + ":");
  const Outcome outcome = Run({"status", "-q", "--probe", "s390x", "arm"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.contains("timeout 10 s")) << outcome.err;
  EXPECT_TRUE(outcome.err.contains("timeout 1 s")) << outcome.err;
}

TEST_F(ProbeProgramTest, InterpreterThatIsKilledWithAllThatItStarted) {
  Handle("echo $$ > /mnt/pid; sleep 1000 & echo $! >> /mnt/pid; sleep 1000");
  EXPECT_EQ(Complaint(), Fault("timeout 10 s"));
  const std::string pids = ReadFile("/mnt/pid");
  const size_t newline = pids.find('\n');
  ASSERT_NE(newline, std::string::npos);
  EXPECT_NE(access(("/proc/" + pids.substr(0, newline)).c_str(), F_OK), 0);
  // Nobody waits for the second, so that it may be left as a zombie; and a
  // killed process takes its time to end.
  const std::string second =
      "/proc/" + pids.substr(newline + 1, pids.size() - newline - 2);
  std::string stat;
  EXPECT_TRUE(WaitUntil([&] {
    stat = ReadFile(second + "/stat");
    // Empty where init has waited for it.
    return stat.empty() || absl::StrContains(stat, ") Z ");
  })) << stat;
}

TEST_F(ProbeProgramTest, InterpreterThatPrintsWithoutEnd) {
  Handle("while echo " + std::string(300, 'y') + "; do :; done; exit 5");
  EXPECT_EQ(Complaint(), Fault("exit status 5: " + std::string(200, 'y')));
}

TEST_F(ProbeProgramTest, InterpreterOfAnotherMachine) {
  std::string elf(
      "\x7f"
      "ELF\x02\x01\x01",
      7);
  elf.resize(1000);
  elf[16] = 2;       // ET_EXEC
  elf[18] = '\xb7';  // EM_AARCH64
  WriteFile(kInterpreter, elf, 0755);
  Register(RecordOf(kInterpreter, ""));
  EXPECT_EQ(Complaint(),
            std::string("binfmt-status: qemu-s390x runs no program: this "
                        "machine does not run ") +
                kInterpreter + ", and no entry takes it\n");
}

TEST_F(ProbeProgramTest, InterpreterThatIsGone) {
  Handle("exit 42", "F");
  ASSERT_EQ(unlink(kInterpreter), 0);
  // Whose it was is not known.
  EXPECT_EQ(Complaint(), Fault("errno 1, Operation not permitted"));
}

TEST_F(ProbeProgramTest, InterpreterThatDoesNotKnowFlagP) {
  Handle("exec /usr/bin/qemu-s390x-static \"$@\"", "P");
  EXPECT_EQ(Complaint(),
            Fault("exit status 43, the interpreter does not know flag P: "
                  "--preserve-argv0 no"));
  Write("qemu-s390x", "-1");
  Register(RecordOf(kInterpreter, ""));
  EXPECT_EQ(Complaint(), "");
}

TEST_F(ProbeProgramTest, InterpreterThatWantsFlagP) {
  // As one does that hands argv[2] and what follows over.
  Handle("path=$1; shift; exec /usr/bin/qemu-s390x-static $path \"$@\"", "");
  EXPECT_EQ(Complaint(), "");
  Write("qemu-s390x", "-1");
  ASSERT_EQ(unlink(kInterpreter), 0);
  Handle("exit $((40 + $#))", "");
  EXPECT_EQ(Complaint(), Fault("exit status 41, the interpreter wants flag P: "
                               "--preserve-argv0 yes"));
  Write("qemu-s390x", "-1");
  Register(RecordOf(kInterpreter, "P"));
  EXPECT_EQ(Complaint(), "");
}

TEST_F(ProbeProgramTest, Json) {
  Handle("echo no; exit 7");
  const Outcome outcome = Run({"status", "--json", "--probe"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, Fault("exit status 7: no"));
  const std::string expected =
      R"(,"native":[],"probes":[{"target":"s390x","result":"exit status",)"
      R"("code":7,"output":"no"}]})"
      "\n";
  ASSERT_GE(outcome.out.size(), expected.size());
  EXPECT_EQ(outcome.out.substr(outcome.out.size() - expected.size()), expected);
}

// box64 reads a null pointer without HOME.
TEST_F(ProbeProgramTest, InterpreterThatNeedsHome) {
  Handle(
      "[ \"$HOME\" ] || kill -SEGV $$\n"
      "exec /usr/bin/qemu-s390x-static \"$@\"");
  EXPECT_EQ(Complaint(), "");
}

TEST_F(ProbeProgramTest, VerifyKeepsWhatRuns) {
  EXPECT_EQ(
      Run({"register", "--verify", "-c", "no", "s390x", "arm"}),
      Prints("qemu-s390x: registered, /usr/bin/qemu-s390x-static, flags "
             "PF\n"
             "qemu-arm: registered, /usr/bin/qemu-arm-static, flags PF\n"));
  EXPECT_EQ(EntryNames(), "qemu-arm qemu-s390x");
}

TEST_F(ProbeProgramTest, VerifyTakesBackWhatDoesNotRun) {
  WriteFile(kInterpreter, "#!/bin/sh\nexit 3\n", 0755);
  const std::string why =
      "binfmt-register: qemu-s390x: no program ran: exit status 3; ";
  EXPECT_EQ(
      Run({"register", "--verify", "-c", "no", "-I", kInterpreter, "s390x"}),
      Fails(1, why + "taken back\n"));
  EXPECT_EQ(EntryNames(), "");
  EXPECT_EQ(Run({"register", "-q", "-I", kInterpreter, "s390x"}), Prints(""));
  EXPECT_EQ(Run({"register", "--verify", "-I", kInterpreter, "s390x"}),
            Fails(1, why + "left alone\n"));
  EXPECT_EQ(EntryNames(), "qemu-s390x");
  const std::string before = Snapshot();
  EXPECT_EQ(Run({"register", "--verify", "-n", "-q", "--replace", "-g", "no",
                 "-I", kInterpreter, "s390x"}),
            Prints(""));
  EXPECT_EQ(Snapshot(), before);
}

// What ran before goes on running where the new rule does not.
TEST_F(ProbeProgramTest, VerifyThatFailsLeavesWhatWasThere) {
  const std::string works = "/usr/bin/qemu-s390x-static";
  Register(RecordOf(works, "PF"));
  Register(":mine:M::" + RecordOf(works, "PF").substr(15));
  const std::string before = Snapshot();
  WriteFile(kInterpreter, "#!/bin/sh\nexit 3\n", 0755);
  EXPECT_EQ(
      Run({"register", "--verify", "--replace", "-I", kInterpreter, "s390x"}),
      Fails(1,
            "binfmt-register: qemu-s390x: no program ran: exit status 3; "
            "taken back\n"));
  EXPECT_EQ(Snapshot(), before);
}

// An entry that only looks as if it ran is not left alone.
TEST_F(ProbeProgramTest, VerifyOfAllAsksWhatIsThere) {
  ASSERT_EQ(mkdir("/mnt/few", 0755), 0);
  WriteFile("/mnt/few/qemu-s390x", ReadFile("/usr/bin/qemu-s390x-static"),
            0755);
  const std::vector<std::string> all = {"register", "--verify", "-c", "no",
                                        "-Q",       "/mnt/few", "all"};
  const std::string note =
      "binfmt-register: note: 1 of the targets run already; left alone\n";
  Handle("exit 42");
  EXPECT_EQ(Run(all), Prints("", note));
  WriteFile(kInterpreter, "#!/bin/sh\nexit 3\n", 0755);
  EXPECT_EQ(
      Run(all),
      Fails(1, std::string("binfmt-register: qemu-s390x is there and "
                           "differs: flags none instead of PF, interpreter ") +
                   kInterpreter +
                   " instead of /mnt/few/qemu-s390x; swap it with "
                   "--replace\n"));
}

TEST_F(ProbeProgramTest, VerifyOfARule) {
  EXPECT_EQ(
      Run({"register", "-q", "--verify", "--rule", ":wine:M::MZ::/bin/sh:"}),
      Fails(1,
            "binfmt-register: wine: no program ran: there is none built in; "
            "taken back\n"));
  EXPECT_EQ(Run({"register", "-q", "--verify", "--rule",
                 RecordOf("/usr/bin/qemu-s390x-static", "PF")}),
            Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-s390x");
}

TEST_F(ProbeProgramTest, VerifyAndHold) {
  EXPECT_EQ(Run({"register", "--verify", "--hold", "arm"}),
            Fails(2,
                  "binfmt-register: options --hold and --verify don't go "
                  "together; see \"binfmtbox register --help\"\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
