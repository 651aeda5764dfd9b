// SPDX-License-Identifier: Apache-2.0
// clear as users run it.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

class ClearTest : public ProgramTest {
 protected:
  // Five entries: three of the program, two of others.
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/qemu", {"qemu-aarch64-static", "qemu-arm-static",
                                   "qemu-riscv64-static"});
    Mount();
    Register(":jar:E::jar::/usr/bin/jexec:");
    ASSERT_EQ(Run({"register", "-qQ/mnt/qemu", "arm", "arm64", "riscv64"}),
              Prints(""));
    // Named as ours, but with another rule.
    Register(":qemu-s390x:M::MZ::/mnt/bin/binfmtbox:");
    ASSERT_EQ(EntryNames(),
              "qemu-s390x qemu-riscv64 qemu-aarch64 qemu-arm jar");
  }
};

TEST_F(ClearTest, NothingNamed) {
  const Outcome expected =
      Fails(2,
            "binfmt-clear: name the entries, or say --ours or --all; see "
            "\"binfmtbox clear --help\"\n");
  const std::string before = Snapshot();
  EXPECT_EQ(Run({"clear"}), expected);
  EXPECT_EQ(Run({"clear", "--disable"}), expected);
  EXPECT_EQ(Run({"clear", "-n"}), expected);
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(ClearTest, Names) {
  EXPECT_EQ(Run({"clear", "jar", "qemu-arm"}),
            Prints("qemu-arm: removed\njar: removed\n"));
  EXPECT_EQ(EntryNames(), "qemu-s390x qemu-riscv64 qemu-aarch64");
}

TEST_F(ClearTest, Targets) {
  EXPECT_EQ(Run({"clear", "linux/arm64/v8", "armhf"}),
            Prints("qemu-aarch64: removed\nqemu-arm: removed\n"));
  EXPECT_EQ(EntryNames(), "qemu-s390x qemu-riscv64 jar");
}

TEST_F(ClearTest, Patterns) {
  EXPECT_EQ(Run({"clear", "qemu-[ar]*"}), Prints("qemu-riscv64: removed\n"
                                                 "qemu-aarch64: removed\n"
                                                 "qemu-arm: removed\n"));
  EXPECT_EQ(EntryNames(), "qemu-s390x jar");
  EXPECT_EQ(Run({"clear", "???"}), Prints("jar: removed\n"));
}

TEST_F(ClearTest, OursSparesForeignEntries) {
  EXPECT_EQ(Run({"clear", "--ours"}), Prints("qemu-riscv64: removed\n"
                                             "qemu-aarch64: removed\n"
                                             "qemu-arm: removed\n"));
  EXPECT_EQ(EntryNames(), "qemu-s390x jar");
  EXPECT_EQ(Run({"clear", "--ours"}), Prints(""));
}

TEST_F(ClearTest, All) {
  EXPECT_EQ(Run({"clear", "--all"}), Prints("qemu-s390x: removed\n"
                                            "qemu-riscv64: removed\n"
                                            "qemu-aarch64: removed\n"
                                            "qemu-arm: removed\n"
                                            "jar: removed\n"));
  EXPECT_EQ(Snapshot(), "status: enabled\n");
}

// The switch of the whole is not touched, whichever way it stands.
TEST_F(ClearTest, LeavesTheSwitchAlone) {
  Write("status", "0");
  EXPECT_EQ(Run({"clear", "-q", "--all"}), Prints(""));
  EXPECT_EQ(Snapshot(), "status: disabled\n");
}

TEST_F(ClearTest, DisableAndEnable) {
  EXPECT_EQ(Run({"clear", "--disable", "arm", "jar"}),
            Prints("qemu-arm: disabled\njar: disabled\n"));
  EXPECT_EQ(EntryText("jar").substr(0, 9), "disabled\n");
  EXPECT_EQ(EntryNames(), "qemu-s390x qemu-riscv64 qemu-aarch64 qemu-arm jar");
  EXPECT_EQ(Run({"clear", "--disable", "jar"}), Prints("jar: unchanged\n"));
  EXPECT_EQ(Run({"clear", "--enable", "*ar*"}),
            Prints("qemu-aarch64: unchanged\n"
                   "qemu-arm: enabled\n"
                   "jar: enabled\n"));
  EXPECT_EQ(EntryText("jar").substr(0, 8), "enabled\n");
  EXPECT_EQ(Run({"clear", "--enable", "--disable", "jar"}),
            Fails(2,
                  "binfmt-clear: --disable and --enable contradict each "
                  "other; see \"binfmtbox clear --help\"\n"));
}

TEST_F(ClearTest, EnableOfWhatIsNotThere) {
  EXPECT_EQ(Run({"clear", "--enable", "mips", "jar"}),
            (Outcome{1, "jar: unchanged\n",
                     "binfmt-clear: cannot enable qemu-mips: there is no such "
                     "entry\n"}));
}

TEST_F(ClearTest, DryRun) {
  const std::string before = Snapshot();
  EXPECT_EQ(Run({"clear", "-n", "arm", "jar"}),
            Prints("qemu-arm: would be removed\njar: would be removed\n"));
  EXPECT_EQ(Run({"clear", "-n", "--disable", "jar"}),
            Prints("jar: would be disabled\n"));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(ClearTest, WhatIsNotThereIsNoError) {
  const std::string before = Snapshot();
  EXPECT_EQ(Run({"clear", "mips", "wine", "no*such"}),
            Prints("qemu-mips: not there\nwine: not there\n"));
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(ClearTest, WhatIsNotThereAndNearATarget) {
  EXPECT_EQ(Run({"clear", "aarch46"}),
            Fails(1,
                  "binfmt-clear: \"aarch46\" is neither an entry nor a target; "
                  "did you mean aarch64; an entry is meant by name:aarch46\n"));
  EXPECT_EQ(Run({"clear", "name:aarch46"}), Prints("aarch46: not there\n"));
  EXPECT_EQ(
      Run({"clear", "all"}),
      Fails(1, "binfmt-clear: \"all\" is no entry; did you mean --all\n"));
}

TEST_F(ClearTest, NamesThatLookLikeOptions) {
  Register(":--all:M::MZ::/usr/bin/wine:");
  EXPECT_EQ(Run({"clear", "--", "--all"}), Prints("--all: removed\n"));
  EXPECT_EQ(EntryNames(), "qemu-s390x qemu-riscv64 qemu-aarch64 qemu-arm jar");
}

// Never "status" or "register": -1 to `status` would take out every entry.
TEST_F(ClearTest, NamesThatAreNoEntries) {
  const std::string before = Snapshot();
  for (const std::string name :
       {"status", "register", "../binfmt_misc/status", "."}) {
    const Outcome refused =
        Fails(1, "binfmt-clear: \"" + name +
                     "\" is neither an entry nor a target; no entry can have "
                     "that name\n");
    EXPECT_EQ(Run({"clear", name}), refused);
    EXPECT_EQ(Run({"clear", "name:" + name}), refused);
    EXPECT_EQ(Run({"clear", "--disable", name}), refused);
  }
  EXPECT_EQ(Snapshot(), before);
}

TEST_F(ClearTest, Quiet) {
  EXPECT_EQ(Run({"clear", "-q", "arm", "wine"}), Prints(""));
  EXPECT_EQ(EntryNames(), "qemu-s390x qemu-riscv64 qemu-aarch64 jar");
}

TEST_F(ClearTest, Json) {
  EXPECT_EQ(Run({"clear", "--json", "wine", "jar"}),
            Prints("{\"entries\":["
                   "{\"name\":\"wine\",\"result\":\"not there\"},"
                   "{\"name\":\"jar\",\"result\":\"removed\"}]}\n"));
}

TEST_F(ClearTest, OneEntryByThreeOperands) {
  EXPECT_EQ(Run({"clear", "jar", "jar", "j*"}), Prints("jar: removed\n"));
}

constexpr char kUnmounted[] =
    "binfmt_misc on /proc/sys/fs/binfmt_misc: unmounted\n";
constexpr char kNotMounted[] =
    "binfmt_misc on /proc/sys/fs/binfmt_misc: not mounted\n";

TEST_F(ClearTest, Unmount) {
  EXPECT_EQ(Run({"clear", "--ours", "--unmount"}),
            Prints(std::string("qemu-riscv64: removed\n"
                               "qemu-aarch64: removed\n"
                               "qemu-arm: removed\n") +
                   kUnmounted));
  EXPECT_EQ(Snapshot(), "not mounted");
  EXPECT_EQ(Run({"clear", "--ours", "--unmount"}), Prints(kNotMounted));
  EXPECT_EQ(Run({"clear", "--unmount", "-q", "arm"}), Prints(""));
}

// What flag F held can be unmounted then, and /proc as well.
TEST_F(ClearTest, UnmountReleasesWhatFlagFHolds) {
  ASSERT_EQ(mkdir("/mnt/held", 0755), 0);
  ASSERT_EQ(mount("held", "/mnt/held", "tmpfs", 0, nullptr), 0);
  WriteFile("/mnt/held/qemu", ReadFile(kBox), 0755);
  ASSERT_EQ(Run({"register", "-q", "-I/mnt/held/qemu", "mips"}), Prints(""));
  EXPECT_NE(umount2("/mnt/held", 0), 0);
  ASSERT_EQ(Run({"clear", "-q", "--all", "--unmount"}), Prints(""));
  EXPECT_EQ(umount2("/mnt/held", 0), 0);
}

TEST_F(ClearTest, UnmountAlone) {
  EXPECT_EQ(Run({"clear", "--unmount", "-n"}),
            Prints("binfmt_misc on /proc/sys/fs/binfmt_misc: would be "
                   "unmounted\n"));
  EXPECT_EQ(EntryNames(), "qemu-s390x qemu-riscv64 qemu-aarch64 qemu-arm jar");
  EXPECT_EQ(Run({"clear", "--unmount"}), Prints(kUnmounted));
  EXPECT_EQ(Run({"clear", "--unmount", "--dir", "/none"}),
            Prints("binfmt_misc on /none: not mounted\n"));
}

// A directory takes more than one mount, if something else lies between.
TEST_F(ClearTest, UnmountOfMountsOnTopOfEachOther) {
  ASSERT_EQ(mkdir("/mnt/dir", 0755), 0);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(mount(kRegistry, "/mnt/dir", nullptr, MS_BIND, nullptr), 0);
  }
  EXPECT_EQ(Run({"clear", "--unmount", "-D/mnt/dir"}),
            Prints("binfmt_misc on /mnt/dir: unmounted\n"));
  EXPECT_EQ(rmdir("/mnt/dir"), 0) << "a mount is left";
  EXPECT_NE(Snapshot(), "not mounted");
}

TEST_F(ClearTest, UnmountSparesWhatLiesAbove) {
  ASSERT_EQ(mount("above", kRegistry, "tmpfs", 0, nullptr), 0);
  EXPECT_EQ(Run({"clear", "--unmount", "--ours"}), Prints(kNotMounted));
  ASSERT_EQ(umount2(kRegistry, 0), 0);
  EXPECT_EQ(EntryNames(), "qemu-s390x qemu-riscv64 qemu-aarch64 qemu-arm jar");
}

TEST_F(ClearTest, UnmountOfWhatIsInUse) {
  const int fd = open(kRegistry, O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(Run({"clear", "--unmount", "jar"}),
            (Outcome{1, "jar: removed\n",
                     "binfmt-clear: cannot unmount binfmt_misc from "
                     "/proc/sys/fs/binfmt_misc: Resource busy; a process has "
                     "something in it open, or works there: fuser -vm "
                     "/proc/sys/fs/binfmt_misc\n"}));
  EXPECT_EQ(Run({"clear", "--unmount", "--json"}).out,
            "{\"entries\":[],\"unmount\":\"failed\"}\n");
  close(fd);
  EXPECT_EQ(Run({"clear", "--unmount", "--json", "arm"}),
            Prints("{\"entries\":[{\"name\":\"qemu-arm\","
                   "\"result\":\"removed\"}],\"unmount\":\"unmounted\"}\n"));
}

TEST_F(ClearTest, UnmountOverASymbolicLink) {
  ASSERT_EQ(symlink(kRegistry, "/mnt/link"), 0);
  EXPECT_EQ(Run({"clear", "--unmount", "-D/mnt/link"}),
            Fails(1,
                  "binfmt-clear: cannot unmount binfmt_misc from /mnt/link: "
                  "Invalid argument; this is a symbolic link, or a mount of "
                  "another mount namespace\n"));
}

TEST_F(ClearTest, UnmountGoesWithoutSwitching) {
  EXPECT_EQ(Run({"clear", "--unmount", "--disable", "jar"}),
            Fails(2,
                  "binfmt-clear: --unmount leaves no entries to switch on or "
                  "off; see \"binfmtbox clear --help\"\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
