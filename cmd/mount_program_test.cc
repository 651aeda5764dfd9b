// SPDX-License-Identifier: Apache-2.0
// mount as users run it.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "cmd/program_runner.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

constexpr char kMounted[] = "mounted binfmt_misc on /proc/sys/fs/binfmt_misc\n";
constexpr char kAlready[] =
    "binfmt_misc is mounted on /proc/sys/fs/binfmt_misc already\n";
constexpr char kRefused[] =
    "this is a user namespace of its own: a mount hides the host's handlers "
    "here for good; if that is what you want, add --userns\n";

class MountTest : public ProgramTest {
 protected:
  // Runs "binfmtbox ARGS" in a chroot that holds nothing but the box.
  static Outcome RunInEmptyRoot(const std::vector<std::string>& args) {
    EXPECT_EQ(mkdir("/mnt/root", 0755), 0);
    EXPECT_EQ(link(kBox, "/mnt/root/box"), 0);
    Call call;
    call.root = "/mnt/root";
    call.path = "/box";
    call.argv = {"binfmtbox"};
    call.argv.insert(call.argv.end(), args.begin(), args.end());
    return Execute(call);
  }
};

TEST_F(MountTest, RefusesInAUserNamespaceWithoutConsent) {
  EXPECT_EQ(Run({"mount"}), Fails(5, std::string("binfmt-mount: ") + kRefused));
  EXPECT_EQ(Snapshot(), "not mounted");
  EXPECT_EQ(Run({"mount", "--dry-run"}),
            Fails(5, std::string("binfmt-mount: ") + kRefused));
  EXPECT_EQ(Run({"mount", "--if-possible"}),
            Prints("", std::string("binfmt-mount: note: ") + kRefused));
  EXPECT_EQ(Run({"mount", "--if-possible", "--quiet"}).status, 0);
  EXPECT_EQ(Snapshot(), "not mounted");
}

TEST_F(MountTest, MountsOnce) {
  EXPECT_EQ(Run({"mount", "--userns"}), Prints(kMounted));
  EXPECT_EQ(Snapshot(), "status: enabled\n");
  EXPECT_EQ(Run({"mount", "--userns"}), Prints(kAlready));
  EXPECT_EQ(umount2(kRegistry, 0), 0);
  EXPECT_EQ(Snapshot(), "not mounted") << "it was mounted twice";
}

// What is there already hides nothing more.
TEST_F(MountTest, NeedsNoConsentWhereItIsMounted) {
  Mount();
  EXPECT_EQ(Run({"mount"}), Prints(kAlready));
  EXPECT_EQ(Run({"mount", "--dry-run"}), Prints(kAlready));
}

TEST_F(MountTest, KeepsTheEntriesOfAMountThatIsThere) {
  Mount();
  Register(":jar:E::jar::/usr/bin/jexec:");
  const std::string before = Snapshot();
  EXPECT_EQ(Run({"mount", "--userns"}), Prints(kAlready));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(MountTest, DryRun) {
  EXPECT_EQ(Run({"mount", "--userns", "-n"}),
            Prints("would mount binfmt_misc on /proc/sys/fs/binfmt_misc\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
}

TEST_F(MountTest, Quiet) {
  EXPECT_EQ(Run({"mount", "--userns", "-q"}), Prints(""));
  EXPECT_EQ(Snapshot(), "status: enabled\n");
  EXPECT_EQ(Run({"mount", "--userns", "-q"}), Prints(""));
}

TEST_F(MountTest, Json) {
  EXPECT_EQ(Run({"mount", "--userns", "-n", "--json"}),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"would mount\"}\n"));
  EXPECT_EQ(Run({"mount", "--userns", "--json"}),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"mounted\"}\n"));
  EXPECT_EQ(Run({"mount", "--userns", "--json"}),
            Prints("{\"dir\":\"/proc/sys/fs/binfmt_misc\","
                   "\"result\":\"unchanged\"}\n"));
}

TEST_F(MountTest, AnotherDirectory) {
  ASSERT_EQ(mkdir("/mnt/else where", 0755), 0);
  EXPECT_EQ(Run({"mount", "--userns", "-D/mnt/else where"}),
            Prints("mounted binfmt_misc on /mnt/else where\n"));
  EXPECT_EQ(Snapshot("/mnt/else where"), "status: enabled\n");
  EXPECT_EQ(Snapshot(), "not mounted");
  EXPECT_EQ(Run({"mount", "--userns", "--dir=/mnt/else where"}),
            Prints("binfmt_misc is mounted on /mnt/else where already\n"));
}

TEST_F(MountTest, MissingDirectory) {
  EXPECT_EQ(Run({"mount", "--userns", "--dir", "/mnt/none"}),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on /mnt/none: there "
                  "is no such directory\n"));
}

TEST_F(MountTest, FileInPlaceOfTheDirectory) {
  EXPECT_EQ(Run({"mount", "--userns", "--dir", kBox}),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on "
                  "/mnt/bin/binfmtbox: it is not a directory\n"));
}

// A dry run promises what the run would do.
TEST_F(MountTest, DryRunOnAMissingDirectory) {
  EXPECT_EQ(Run({"mount", "--userns", "-n", "--dir", "/mnt/none"}),
            Fails(3,
                  "binfmt-mount: cannot mount binfmt_misc on /mnt/none: there "
                  "is no such directory\n"));
}

TEST_F(MountTest, MountsProcWhereItIsMissing) {
  EXPECT_EQ(RunInEmptyRoot({"mount", "--userns"}), Prints(kMounted));
  EXPECT_EQ(Snapshot(std::string("/mnt/root") + kRegistry),
            "status: enabled\n");
}

TEST_F(MountTest, DryRunWithoutProcMakesNothing) {
  EXPECT_EQ(RunInEmptyRoot({"mount", "--userns", "-n"}),
            Prints("would mount binfmt_misc on /proc/sys/fs/binfmt_misc\n"));
  EXPECT_NE(access("/mnt/root/proc", F_OK), 0);
}

TEST_F(MountTest, Misuse) {
  EXPECT_EQ(Run({"mount", "/mnt"}),
            Fails(2,
                  "binfmt-mount: unexpected operand \"/mnt\"; see "
                  "\"binfmt-mount --help\"\n"));
  EXPECT_EQ(Run({"mount", "--userns=yes"}),
            Fails(2,
                  "binfmt-mount: option --userns takes no value; see "
                  "\"binfmt-mount --help\"\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
}

TEST_F(MountTest, MountsNothingWhereOutputFails) {
  Call call;
  call.argv = {"binfmt-mount", "--userns"};
  call.output = "/dev/full";
  EXPECT_EQ(Execute(call), Fails(1,
                                 "binfmt-mount: cannot write to standard "
                                 "output: No space left on device\n"));
  call.output = "";
  EXPECT_EQ(Execute(call), Fails(1,
                                 "binfmt-mount: cannot write to standard "
                                 "output: Bad file descriptor\n"));
  EXPECT_EQ(Snapshot(), "not mounted");
}

}  // namespace
}  // namespace cmd

int main(int argc, char** argv) {
  return cmd::RunTestsInNamespaces(argc, argv);
}
