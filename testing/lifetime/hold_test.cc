// SPDX-License-Identifier: Apache-2.0
// --hold: what it keeps, how it ends, and what it costs meanwhile.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/lifetime/program.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmtbox_testing {
namespace {

constexpr char kMounted[] = "mounted binfmt_misc on /proc/sys/fs/binfmt_misc\n";
constexpr char kRegistered[] =
    "foreign: registered, /mnt/interpreter, flags F\n";
constexpr char kRule[] = ":foreign:M::FOREIGN::/mnt/interpreter:F";
// The program looks every 5 seconds.
constexpr int kMostSeconds = 20;

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / 1e6;
}

class HoldTest : public LifetimeTest {
 protected:
  void SetUp() override {
    LifetimeTest::SetUp();
    WriteFile("/mnt/interpreter", NativeProgram(0), 0755);
  }

  static std::vector<std::string> RegisterAndHold() {
    return {"register", "--mount", "--userns", "--credential",
            "no",       "--hold",  "--rule",   kRule};
  }

  static int WriteTo(const std::string& file, std::string_view command) {
    return WriteOnce(std::string(kRegistry) + "/" + file, command);
  }

  // Sends SIGNAL and expects the end within a second.
  static Result EndSoon(Program* program, int signal) {
    const auto start = std::chrono::steady_clock::now();
    Result result = program->End(signal);
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              std::chrono::seconds(1));
    return result;
  }
};

TEST_F(HoldTest, RegisterEndsWithSigtermAndLeavesTheEntries) {
  Program program(RegisterAndHold());
  program.WaitForOut(kRegistered);
  EXPECT_EQ(EndSoon(&program, SIGTERM), Succeeds(kRegistered));
  EXPECT_EQ(Entries(), "foreign");
}

TEST_F(HoldTest, RegisterEndsWithSigintToo) {
  Program program(RegisterAndHold());
  program.WaitForOut(kRegistered);
  EXPECT_EQ(EndSoon(&program, SIGINT), Succeeds(kRegistered));
  EXPECT_EQ(Entries(), "foreign");
}

TEST_F(HoldTest, MountEndsWithSigtermAndLeavesTheMount) {
  Program program({"mount", "--userns", "--hold"});
  program.WaitForOut(kMounted);
  EXPECT_EQ(EndSoon(&program, SIGTERM), Succeeds(kMounted));
  EXPECT_EQ(Entries(), "");
}

TEST_F(HoldTest, MountEndsWithSigintToo) {
  Program program({"mount", "--userns", "--hold"});
  program.WaitForOut(kMounted);
  EXPECT_EQ(EndSoon(&program, SIGINT), Succeeds(kMounted));
  EXPECT_EQ(Entries(), "");
}

TEST_F(HoldTest, MountKeepsAMountThatWouldNotLast) {
  const MountNamespace mounts;
  Program program({"mount", "--userns", "--hold"}, In(mounts));
  program.WaitForOut(kMounted);
  EXPECT_EQ(EntriesIn(mounts), "");
  EXPECT_EQ(Entries(), "not mounted");
  EXPECT_EQ(program.End(SIGTERM), Succeeds(kMounted));
}

// systemd-binfmt does that to everybody's entries (pains.md P7).
TEST_F(HoldTest, RegistersAgainWhatWasWiped) {
  Program program(RegisterAndHold());
  program.WaitForOut(kRegistered);
  ASSERT_EQ(ErrnoName(WriteTo("status", "-1")), "0");
  ASSERT_EQ(Entries(), "");
  EXPECT_TRUE(WaitUntil([] { return Entries() == "foreign"; }, kMostSeconds));
  EXPECT_EQ(program.End(SIGTERM),
            Succeeds(kRegistered,
                     "binfmt-register: note: foreign was not there; registered "
                     "it\n"));
  EXPECT_EQ(Entries(), "foreign");
}

TEST_F(HoldTest, LeavesTheEntriesOfOthersAsTheyAre) {
  Mount();
  Program program(RegisterAndHold());
  program.WaitForOut(kRegistered);
  ASSERT_EQ(
      ErrnoName(WriteTo("register", ":other:E::other::/mnt/interpreter:")),
      "0");
  ASSERT_EQ(ErrnoName(WriteTo("foreign", "-1")), "0");
  EXPECT_TRUE(
      WaitUntil([] { return Entries() == "foreign other"; }, kMostSeconds))
      << Entries();
}

// "umount -l": the program's own descriptor keeps the instance.
TEST_F(HoldTest, MountsAgainWhatWasUnmounted) {
  Program mounting({"mount", "--userns", "--hold"});
  mounting.WaitForOut(kMounted);
  Program registering(RegisterAndHold());
  registering.WaitForOut(kRegistered);
  ASSERT_EQ(umount2(kRegistry, 0), -1);
  EXPECT_EQ(ErrnoName(errno), "EBUSY");
  ASSERT_EQ(umount2(kRegistry, MNT_DETACH), 0);
  ASSERT_EQ(Entries(), "not mounted");
  EXPECT_TRUE(WaitUntil([] { return Entries() == "foreign"; }, kMostSeconds));
  EXPECT_EQ(registering.End(SIGTERM), Succeeds(kRegistered));
  // Whoever was first says so.
  const Result result = mounting.End(SIGTERM);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.out, kMounted);
}

TEST_F(HoldTest, MountSaysThatItMountedAgain) {
  Program program({"mount", "--userns", "--hold"});
  program.WaitForOut(kMounted);
  ASSERT_EQ(umount2(kRegistry, MNT_DETACH), 0);
  EXPECT_TRUE(WaitUntil([] { return Entries().empty(); }, kMostSeconds));
  EXPECT_EQ(program.End(SIGTERM),
            Succeeds(kMounted,
                     "binfmt-mount: note: binfmt_misc was unmounted; mounted "
                     "it again\n"));
}

// What goes wrong goes on going wrong, every five seconds.
TEST_F(HoldTest, TheSameTroubleIsToldOnce) {
  const std::string registered =
      "one: registered, /mnt/interpreter, flags F\n"
      "two: registered, /mnt/interpreter, flags F\n";
  const std::string why =
      ": the interpreter /mnt/interpreter was not found when the kernel opened "
      "it (flag F)\n";
  Program program({"register", "--mount", "--userns", "--credential", "no",
                   "--hold", "--rule", ":one:M::FOREIGN1::/mnt/interpreter:F",
                   "--rule", ":two:M::FOREIGN2::/mnt/interpreter:F"});
  program.WaitForOut(registered);
  ASSERT_EQ(unlink("/mnt/interpreter"), 0);
  ASSERT_EQ(ErrnoName(WriteTo("status", "-1")), "0");
  sleep(12);
  EXPECT_EQ(EndSoon(&program, SIGTERM),
            (Result{1, registered,
                    "binfmt-register: cannot register one" + why +
                        "binfmt-register: cannot register two" + why}));
  EXPECT_EQ(Entries(), "");
}

TEST_F(HoldTest, EndsWhileItWaitsForAnInterpreter) {
  Mount();
  Program program({"register", "--wait", "30", "--hold", "--interpreter",
                   "/mnt/none", "arm"});
  program.WaitForWaiting();
  EXPECT_EQ(EndSoon(&program, SIGTERM),
            Fails(1,
                  "binfmt-register: qemu-arm: interpreter /mnt/none does not "
                  "exist\n"));
  EXPECT_EQ(Entries(), "");
}

TEST_F(HoldTest, UsesNoCpuTimeWhileIdle) {
  for (const bool registers : {false, true}) {
    Program program(
        registers ? RegisterAndHold()
                  : std::vector<std::string>{"mount", "--userns", "--hold"});
    program.WaitForOut(registers ? kRegistered : kMounted);
    sleep(3);
    EXPECT_EQ(program.End(SIGTERM).status, 0);
    EXPECT_LT(
        Seconds(program.usage().ru_utime) + Seconds(program.usage().ru_stime),
        0.05);
    // An idle program does not wake up.
    EXPECT_LT(program.usage().ru_nvcsw, 50);
  }
}

// As PID 1 of a container, it becomes the parent of all who lost theirs.
TEST_F(HoldTest, LeavesNoZombieAsPid1) {
  const MountNamespace mounts;
  // Closed by the orphan's end.
  int alive[2];
  ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
  Start start = In(mounts);
  start.as_pid_1 = true;
  const auto before = start.before;
  start.before = [&] {
    before();
    if (fork() != 0) return;
    // The box's child, which ends at once, and the orphan.
    if (fork() != 0) _exit(0);
    close(alive[0]);
    sleep(1);
    _exit(0);
  };
  Program program({"mount", "--userns", "--hold"}, start);
  close(alive[1]);
  program.WaitForOut(kMounted);
  const std::string children = "/proc/" + std::to_string(program.pid()) +
                               "/task/" + std::to_string(program.pid()) +
                               "/children";
  // Seen from outside, where it is not PID 1.
  EXPECT_NE(ReadFile(children), "");
  char nothing;
  EXPECT_EQ(read(alive[0], &nothing, 1), 0);
  EXPECT_TRUE(
      WaitUntil([&] { return ReadFile(children).empty(); }, kMostSeconds));
  close(alive[0]);
  EXPECT_EQ(EndSoon(&program, SIGTERM), Succeeds(kMounted));
}

}  // namespace
}  // namespace binfmtbox_testing

int main(int argc, char** argv) {
  return binfmtbox_testing::RunTestsInNamespaces(argc, argv);
}
