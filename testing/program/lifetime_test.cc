// SPDX-License-Identifier: Apache-2.0
// What mount and register say of an instance that would not last in user
// namespaces: since Linux 6.7 all entries go with the last mount there.
#include <signal.h>
#include <sys/mount.h>

#include <cerrno>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/errno_name.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

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
    "true), or stay with --hold; for one command: binfmtbox run COMMAND\n";
constexpr char kNeedsConsent[] =
    "this is a user namespace of its own: a mount hides the host's handlers "
    "here for good; if that is what you want, add --userns\n";

std::vector<std::string> MountAnd(std::vector<std::string> more) {
  more.insert(more.begin(), {"mount", "--userns"});
  return more;
}

std::vector<std::string> RegisterAnd(std::vector<std::string> more) {
  more.insert(more.begin(), {"register", "--mount", "--userns", "--rule",
                             ":foreign:M::FOREIGN::/mnt/interpreter:F"});
  return more;
}

class MountLifetimeTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    WriteFile("/mnt/interpreter", NativeProgram(0), 0755);
  }

  // Makes the instance that is mounted older than what is made next.
  static void LetItAge() {
    WaitUntilNewFilesAreNewerThan(std::string(kRegistry) + "/status");
  }
};

TEST_F(MountLifetimeTest, MountInTheNamespaceOfPid1) {
  EXPECT_EQ(Run(MountAnd({})), Prints(kMounted));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(MountLifetimeTest, RegisterInTheNamespaceOfPid1) {
  EXPECT_EQ(Run(RegisterAnd({})), Prints(kRegistered));
  EXPECT_EQ(EntryNames(), "foreign");
}

TEST_F(MountLifetimeTest, MountInANamespaceOfItsOwnWouldNotLast) {
  const MountNamespace mounts;
  EXPECT_EQ(Run(MountAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-mount: ") + kWouldNotLast));
  // It never takes back a mount.
  EXPECT_EQ(EntryNamesIn(mounts), "");
  EXPECT_EQ(EntryNames(), "not mounted");
}

TEST_F(MountLifetimeTest, RegisterInANamespaceOfItsOwnWouldNotLast) {
  const MountNamespace mounts;
  EXPECT_EQ(Run(RegisterAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-register: ") + kWouldNotLast));
  EXPECT_EQ(EntryNamesIn(mounts), "")
      << "something was registered all the same";
  EXPECT_EQ(EntryNames(), "not mounted");
}

// Not the call that makes the mount is judged, but the mount.
TEST_F(MountLifetimeTest, SecondCallInANamespaceOfItsOwnWouldNotLastEither) {
  const MountNamespace mounts;
  Run(MountAnd({}), In(mounts));
  EXPECT_EQ(Run(MountAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-mount: ") + kWouldNotLast));
  EXPECT_EQ(Run(RegisterAnd({}), In(mounts)),
            Fails(6, std::string("binfmt-register: ") + kWouldNotLast));
  EXPECT_EQ(EntryNamesIn(mounts), "")
      << "something was registered all the same";
}

TEST_F(MountLifetimeTest, IfPossibleMakesItANote) {
  const MountNamespace mounts;
  EXPECT_EQ(Run(MountAnd({"--if-possible"}), In(mounts)),
            Prints("", std::string("binfmt-mount: note: ") + kWouldNotLast));
}

TEST_F(MountLifetimeTest, IfPossibleRegistersNothingEither) {
  const MountNamespace mounts;
  EXPECT_EQ(Run(RegisterAnd({"--if-possible"}), In(mounts)),
            Prints("", std::string("binfmt-register: note: ") + kWouldNotLast));
  EXPECT_EQ(EntryNamesIn(mounts), "");
}

// Measured, so that the refusal is known to be true.
TEST_F(MountLifetimeTest, EntriesGoWithTheLastMount) {
  auto mounts = std::make_unique<MountNamespace>();
  Program program(Box(RegisterAnd({"--hold"}), In(*mounts)));
  program.WaitForOut(kRegistered);
  EXPECT_EQ(EntryNamesIn(*mounts), "foreign");
  EXPECT_EQ(program.End(SIGTERM), Prints(kRegistered));
  mounts.reset();
  Mount();
  EXPECT_EQ(EntryNames(), "");
}

// With PID 1 its process namespace goes, and every other process in it.
TEST_F(MountLifetimeTest, Pid1ItselfWouldNotLast) {
  const MountNamespace mounts;
  Command command = In(mounts);
  command.is_pid_1 = true;
  EXPECT_EQ(Run(MountAnd({}), command),
            Fails(6, std::string("binfmt-mount: ") + kWouldNotLast));
}

// As in "unshare -m sh", where the shell goes on.
TEST_F(MountLifetimeTest, NamespaceOfTheParentLasts) {
  const MountNamespace mounts;
  EXPECT_EQ(InChild([&] {
              mounts.Enter();
              const Outcome outcome = Run(MountAnd({}));
              return std::to_string(outcome.status) + " " + outcome.out +
                     outcome.err;
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
  LetItAge();
  EXPECT_EQ(Run(MountAnd({}), In(mounts)), Prints(kMounted));
  EXPECT_EQ(EntryNamesIn(mounts), "");
}

TEST_F(MountLifetimeTest, RegisterInAnInstanceThatIsHeldElsewhere) {
  const MountNamespace mounts;
  Mount();
  LetItAge();
  EXPECT_EQ(Run(RegisterAnd({}), In(mounts)), Prints(kRegistered));
  EXPECT_EQ(EntryNamesIn(mounts), "foreign");
  EXPECT_EQ(EntryNames(), "foreign");
}

TEST_F(MountLifetimeTest, HostMountsInTheNamespaceOfPid1) {
  auto mounts = std::make_unique<MountNamespace>();
  EXPECT_EQ(Run(MountAnd({"--host"}), In(*mounts)), Prints(kMounted));
  EXPECT_EQ(EntryNamesIn(*mounts), "");
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(MountLifetimeTest, WithHostEntriesOutliveTheNamespace) {
  auto mounts = std::make_unique<MountNamespace>();
  EXPECT_EQ(Run(RegisterAnd({"--host"}), In(*mounts)), Prints(kRegistered));
  EXPECT_EQ(EntryNamesIn(*mounts), "foreign");
  mounts.reset();
  EXPECT_EQ(EntryNames(), "foreign");
}

TEST_F(MountLifetimeTest, HostWhereItIsMountedThereAlready) {
  const MountNamespace mounts;
  Mount();
  LetItAge();
  EXPECT_EQ(Run(MountAnd({"--host"}), In(mounts)), Prints(kMounted));
  EXPECT_EQ(Run(MountAnd({"--host"}), In(mounts)), Prints(kAlready));
}

// A mount here is a mount in this user namespace, too.
TEST_F(MountLifetimeTest, HostNeedsConsentToo) {
  const MountNamespace mounts;
  EXPECT_EQ(Run({"mount", "--host"}, In(mounts)),
            Fails(5, std::string("binfmt-mount: ") + kNeedsConsent));
  EXPECT_EQ(EntryNamesIn(mounts), "not mounted");
  EXPECT_EQ(EntryNames(), "not mounted");
}

TEST_F(MountLifetimeTest, NothingIsMountedWithoutConsent) {
  EXPECT_EQ(Run({"mount"}),
            Fails(5, std::string("binfmt-mount: ") + kNeedsConsent));
  EXPECT_EQ(Run({"register", "--mount", "arm"}),
            Fails(5, std::string("binfmt-register: ") + kNeedsConsent));
  EXPECT_EQ(Run({"mount", "--hold"}),
            Fails(5, std::string("binfmt-mount: ") + kNeedsConsent));
  EXPECT_EQ(Run({"mount", "--if-possible"}),
            Prints("", std::string("binfmt-mount: note: ") + kNeedsConsent));
  EXPECT_EQ(Run({"register", "--mount", "--if-possible", "arm"}),
            Prints("", std::string("binfmt-register: note: ") + kNeedsConsent));
  EXPECT_EQ(EntryNames(), "not mounted");
}

}  // namespace
}  // namespace binfmtbox_testing
