// SPDX-License-Identifier: Apache-2.0
// What mount and register say of an instance that would not last (pains.md P9:
// since Linux 6.7 all entries go with the last mount; kernel.md B.7).
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/lifetime/program.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmtbox_testing {
namespace {

constexpr char kMounted[] = "mounted binfmt_misc on /proc/sys/fs/binfmt_misc\n";
constexpr char kAlready[] =
    "binfmt_misc is mounted on /proc/sys/fs/binfmt_misc already\n";
constexpr char kRegistered[] =
    "foreign: registered, /mnt/interpreter, flags F\n";
constexpr char kWouldNotLast[] =
    "binfmt_misc on /proc/sys/fs/binfmt_misc is held by this process's mount "
    "namespace only, and all entries would go with it: mount it on the host "
    "first, or use --host (in a container: with --pid=host, a pod: hostPID: "
    "true), or stay with --hold\n";
constexpr char kNeedsConsent[] =
    "this is a user namespace of its own: a mount hides the host's handlers "
    "here for good; if that is what you want, add --userns\n";

std::vector<std::string> MountAnd(std::vector<std::string> more) {
  more.insert(more.begin(), {"mount", "--userns"});
  return more;
}

std::vector<std::string> RegisterAnd(std::vector<std::string> more) {
  more.insert(more.begin(),
              {"register", "--mount", "--userns", "--credential", "no",
               "--rule", ":foreign:M::FOREIGN::/mnt/interpreter:F"});
  return more;
}

class MountLifetimeTest : public LifetimeTest {
 protected:
  void SetUp() override {
    LifetimeTest::SetUp();
    WriteFile("/mnt/interpreter", NativeProgram(0), 0755);
  }

  // File times are those of the coarse clock, which ticks every 1 to 10 ms.
  static void LetTheClockTick() { usleep(50000); }
};

TEST_F(MountLifetimeTest, MountInTheNamespaceOfPid1) {
  EXPECT_EQ(RunBox(MountAnd({})), Succeeds(kMounted));
  EXPECT_EQ(Entries(), "");
}

TEST_F(MountLifetimeTest, RegisterInTheNamespaceOfPid1) {
  EXPECT_EQ(RunBox(RegisterAnd({})), Succeeds(kRegistered));
  EXPECT_EQ(Entries(), "foreign");
}

TEST_F(MountLifetimeTest, MountInANamespaceOfItsOwnWouldNotLast) {
  const MountNamespace mounts;
  EXPECT_EQ(RunBox(MountAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-mount: ") + kWouldNotLast));
  // It never takes back a mount.
  EXPECT_EQ(EntriesIn(mounts), "");
  EXPECT_EQ(Entries(), "not mounted");
}

TEST_F(MountLifetimeTest, RegisterInANamespaceOfItsOwnWouldNotLast) {
  const MountNamespace mounts;
  EXPECT_EQ(RunBox(RegisterAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-register: ") + kWouldNotLast));
  EXPECT_EQ(EntriesIn(mounts), "") << "something was registered all the same";
  EXPECT_EQ(Entries(), "not mounted");
}

// Not the call that makes the mount is judged, but the mount.
TEST_F(MountLifetimeTest, SecondCallInANamespaceOfItsOwnWouldNotLastEither) {
  const MountNamespace mounts;
  RunBox(MountAnd({}), In(mounts));
  EXPECT_EQ(RunBox(MountAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-mount: ") + kWouldNotLast));
  EXPECT_EQ(RunBox(RegisterAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-register: ") + kWouldNotLast));
  EXPECT_EQ(EntriesIn(mounts), "") << "something was registered all the same";
}

TEST_F(MountLifetimeTest, IfPossibleMakesItANote) {
  const MountNamespace mounts;
  EXPECT_EQ(RunBox(MountAnd({"--if-possible"}), In(mounts)),
            Succeeds("", std::string("binfmt-mount: note: ") + kWouldNotLast));
}

TEST_F(MountLifetimeTest, IfPossibleRegistersNothingEither) {
  const MountNamespace mounts;
  EXPECT_EQ(
      RunBox(RegisterAnd({"--if-possible"}), In(mounts)),
      Succeeds("", std::string("binfmt-register: note: ") + kWouldNotLast));
  EXPECT_EQ(EntriesIn(mounts), "");
}

// Measured, so that the refusal is known to be true.
TEST_F(MountLifetimeTest, EntriesGoWithTheLastMount) {
  auto mounts = std::make_unique<MountNamespace>();
  Program program(RegisterAnd({"--hold"}), In(*mounts));
  program.WaitForOut(kRegistered);
  EXPECT_EQ(EntriesIn(*mounts), "foreign");
  EXPECT_EQ(program.End(SIGTERM), Succeeds(kRegistered));
  mounts.reset();
  Mount();
  EXPECT_EQ(Entries(), "");
}

// With PID 1 its process namespace goes, and every other process in it.
TEST_F(MountLifetimeTest, Pid1ItselfWouldNotLast) {
  const MountNamespace mounts;
  Start start = In(mounts);
  start.as_pid_1 = true;
  EXPECT_EQ(RunBox(MountAnd({}), start),
            Fails(6, std::string("binfmt-mount: ") + kWouldNotLast));
}

// As in "unshare -m sh", where the shell goes on.
TEST_F(MountLifetimeTest, NamespaceOfTheParentLasts) {
  const MountNamespace mounts;
  EXPECT_EQ(InChild([&] {
              mounts.Enter();
              const Result result = RunBox(MountAnd({}));
              return std::to_string(result.status) + " " + result.out +
                     result.err;
            }),
            std::string("0 ") + kMounted);
}

TEST_F(MountLifetimeTest, MountOfAnInstanceThatIsHeldElsewhere) {
  Mount();
  const MountNamespace mounts;
  ASSERT_EQ(InChild([&] {
              mounts.Enter();
              return ErrnoName(umount2(kRegistry, 0) == 0 ? 0 : errno);
            }),
            "0");
  LetTheClockTick();
  EXPECT_EQ(RunBox(MountAnd({}), In(mounts)), Succeeds(kMounted));
  EXPECT_EQ(EntriesIn(mounts), "");
}

TEST_F(MountLifetimeTest, RegisterInAnInstanceThatIsHeldElsewhere) {
  const MountNamespace mounts;
  Mount();
  LetTheClockTick();
  EXPECT_EQ(RunBox(RegisterAnd({}), In(mounts)), Succeeds(kRegistered));
  EXPECT_EQ(EntriesIn(mounts), "foreign");
  EXPECT_EQ(Entries(), "foreign");
}

TEST_F(MountLifetimeTest, HostMountsInTheNamespaceOfPid1) {
  auto mounts = std::make_unique<MountNamespace>();
  EXPECT_EQ(RunBox(MountAnd({"--host"}), In(*mounts)), Succeeds(kMounted));
  EXPECT_EQ(EntriesIn(*mounts), "");
  EXPECT_EQ(Entries(), "");
}

TEST_F(MountLifetimeTest, WithHostEntriesOutliveTheNamespace) {
  auto mounts = std::make_unique<MountNamespace>();
  EXPECT_EQ(RunBox(RegisterAnd({"--host"}), In(*mounts)),
            Succeeds(kRegistered));
  EXPECT_EQ(EntriesIn(*mounts), "foreign");
  mounts.reset();
  EXPECT_EQ(Entries(), "foreign");
}

TEST_F(MountLifetimeTest, HostWhereItIsMountedThereAlready) {
  const MountNamespace mounts;
  Mount();
  LetTheClockTick();
  EXPECT_EQ(RunBox(MountAnd({"--host"}), In(mounts)), Succeeds(kMounted));
  EXPECT_EQ(RunBox(MountAnd({"--host"}), In(mounts)), Succeeds(kAlready));
}

// A mount here is a mount in this user namespace, too.
TEST_F(MountLifetimeTest, HostNeedsConsentToo) {
  const MountNamespace mounts;
  EXPECT_EQ(RunBox({"mount", "--host"}, In(mounts)),
            Fails(5, std::string("binfmt-mount: ") + kNeedsConsent));
  EXPECT_EQ(EntriesIn(mounts), "not mounted");
  EXPECT_EQ(Entries(), "not mounted");
}

TEST_F(MountLifetimeTest, NothingIsMountedWithoutConsent) {
  EXPECT_EQ(RunBox({"mount"}),
            Fails(5, std::string("binfmt-mount: ") + kNeedsConsent));
  EXPECT_EQ(RunBox({"register", "--mount", "arm"}),
            Fails(5, std::string("binfmt-register: ") + kNeedsConsent));
  EXPECT_EQ(RunBox({"mount", "--hold"}),
            Fails(5, std::string("binfmt-mount: ") + kNeedsConsent));
  EXPECT_EQ(RunBox({"mount", "--if-possible"}),
            Succeeds("", std::string("binfmt-mount: note: ") + kNeedsConsent));
  EXPECT_EQ(
      RunBox({"register", "--mount", "--if-possible", "arm"}),
      Succeeds("", std::string("binfmt-register: note: ") + kNeedsConsent));
  EXPECT_EQ(Entries(), "not mounted");
}

}  // namespace
}  // namespace binfmtbox_testing

int main(int argc, char** argv) {
  return binfmtbox_testing::RunTestsInNamespaces(argc, argv);
}
