// SPDX-License-Identifier: Apache-2.0
// The words of update-binfmts and systemd-binfmt, as scripts say them.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/namespace.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kFormats[] = "/usr/share/binfmts";
constexpr char kRecords[] = "/etc/binfmt.d";
constexpr char kUsage[] =
    "usage: update-binfmts [--test] [--importdir DIR]\n"
    "         --enable|--disable|--import|--unimport|--display [NAME] |\n"
    "         --find FILE | --install NAME PATH SPEC | --remove NAME PATH\n";

class OtherNamesTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    // Of the test's own, over the machine's.
    for (const char* dir : {"/usr/share", "/usr/lib/binfmt.d", "/etc"}) {
      if (access(dir, F_OK) != 0) continue;
      ASSERT_EQ(mount("none", dir, "tmpfs", 0, "mode=755"), 0) << dir;
      mounts_.push_back(dir);
    }
    ASSERT_EQ(mkdir(kFormats, 0755), 0);
    ASSERT_EQ(mkdir(kRecords, 0755), 0);
    WriteFile("/mnt/wine", NativeProgram(0), 0755);
    WriteFile(std::string(kFormats) + "/wine",
              "package wine\ninterpreter /mnt/wine\nmagic MZ\n", 0644);
    WriteFile("/mnt/x.exe", "MZ\n", 0755);
    Mount();
  }

  void TearDown() override {
    for (const std::string& dir : mounts_) umount2(dir.c_str(), MNT_DETACH);
    ProgramTest::TearDown();
  }

  static Outcome Call(const std::string& name,
                      const std::vector<std::string>& args) {
    Command command = Box(args);
    command.argv[0] = "/usr/sbin/" + name;
    // With a file of each name that a test may use.
    command.before_exec = [] { (void)chdir("/mnt"); };
    return Execute(command);
  }
  static Outcome Update(const std::vector<std::string>& args) {
    return Call("update-binfmts", args);
  }
  static Outcome Systemd(const std::vector<std::string>& args) {
    return Call("systemd-binfmt", args);
  }

  // What is displayed of wine.
  static std::string Wine(const std::string& state) {
    return "wine (" + state +
           "):\n        type = magic\n     package = wine\n"
           " interpreter = /mnt/wine\n       magic = MZ\n      offset = 0\n"
           " credentials = no\n    preserve = no\n  fix_binary = no\n";
  }

 private:
  std::vector<std::string> mounts_;
};

// "update-binfmts --display NAME | grep disabled", "… && update-binfmts
// --enable NAME", as scripts that build images have it.
TEST_F(OtherNamesTest, EnablesWhatAPackageBrings) {
  const Outcome before = Update({"--display", "wine"});
  EXPECT_EQ(before.status, 0);
  EXPECT_EQ(before.out, "wine (disabled):\n");
  EXPECT_EQ(Update({"--enable", "wine"}).out, "wine: registered, /mnt/wine\n");
  EXPECT_EQ(Update({"--display", "wine"}), Prints(Wine("enabled")));
  EXPECT_EQ(Update({"--enable", "wine"}),
            Prints("wine: unchanged, /mnt/wine\n"));
  Write("wine", "0");
  EXPECT_EQ(Update({"--display", "wine"}), Prints(Wine("disabled")));
  EXPECT_EQ(Update({"--enable", "wine"}).status, 0);
  EXPECT_EQ(Update({"--display"}), Prints(Wine("enabled")));
  EXPECT_EQ(Update({"--disable", "wine"}), Prints("wine: removed\n"));
  EXPECT_EQ(Update({"--import", std::string(kFormats) + "/wine"}).status, 0);
  EXPECT_EQ(EntryNames(), "wine");
  EXPECT_EQ(Update({"--test", "--unimport", std::string(kFormats) + "/wine"}),
            Prints("wine: would be removed\n"));
  EXPECT_EQ(Update({"--package", "wine", "--remove", "wine", "/mnt/wine"}),
            Prints("wine: removed\n"));
  EXPECT_EQ(Update({"--remove", "wine", "/mnt/wine"}),
            Prints("wine: not there\n"));
  // All of them.
  EXPECT_EQ(Update({"--enable"}).status, 0);
  EXPECT_EQ(EntryNames(), "wine");
}

// Debian ships no file for it, or the package is not there.
TEST_F(OtherNamesTest, EnablesTargets) {
  EXPECT_EQ(Update({"--enable", "qemu-s390x"}).out,
            "qemu-s390x: registered, /usr/bin/qemu-s390x-static, flags PF\n");
  EXPECT_EQ(Update({"--import", "qemu-s390x"}).status, 0);
  EXPECT_EQ(Update({"--disable"}), Prints("qemu-s390x: removed\n"));
  EXPECT_EQ(Update({"--importdir=/mnt/none", "--enable"}).status, 0);
  EXPECT_NE(EntryText("qemu-aarch64"), "");
}

// An entry of a package, whose name could mean a target, too.
TEST_F(OtherNamesTest, WordsAreEntries) {
  Register(":arm64:E::first::/mnt/wine:");
  Register(":qemu-arm:E::second::/mnt/wine:");
  EXPECT_EQ(Update({"--unimport", "arm64"}), Prints("arm64: removed\n"));
  EXPECT_EQ(Update({"--package", "p", "--remove", "qemu-arm", "/mnt/wine"}),
            Prints("qemu-arm: removed\n"));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(OtherNamesTest, WhatIsNotThere) {
  EXPECT_EQ(Update({"--enable", "nothing"}),
            Fails(1,
                  "binfmt-register: cannot read /usr/share/binfmts/nothing: No "
                  "such file or directory\n"));
  EXPECT_EQ(Update({"--display", "nothing"}),
            Fails(1,
                  "binfmt-status: \"nothing\" is neither an entry nor a "
                  "target\n"));
  EXPECT_EQ(Update({"--find", "/mnt/nothing"}),
            Fails(1, "update-binfmts: /mnt/nothing does not exist\n"));
}

// schroot copies what it prints into the root.
TEST_F(OtherNamesTest, Finds) {
  EXPECT_EQ(Update({"--find", "/mnt/x.exe"}), Prints(""));
  ASSERT_EQ(Update({"--enable", "wine"}).status, 0);
  EXPECT_EQ(Update({"--find", "/mnt/x.exe"}), Prints("/mnt/wine\n"));
  EXPECT_EQ(Update({"--find", "/mnt/wine"}), Prints(""));
  Write("wine", "0");
  EXPECT_EQ(Update({"--find", "/mnt/x.exe"}), Prints(""));
}

TEST_F(OtherNamesTest, Installs) {
  EXPECT_EQ(
      Update({"--install", "foo", "/mnt/wine", "--magic", "F\\x4fO",
              "--mask=\\xff\\xff\\xff", "--offset", "1", "--credentials", "yes",
              "--preserve", "no", "--fix-binary", "yes"}),
      Prints("foo: registered, /mnt/wine, flags OCF\n",
             "update-binfmts: note: nothing is kept for the next boot\n"));
  EXPECT_EQ(EntryText("foo"),
            "enabled\ninterpreter /mnt/wine\nflags: OCF\noffset 1\nmagic "
            "464f4f\nmask ffffff\n");
  EXPECT_EQ(Update({"--install", "foo", "/mnt/wine", "--extension", "foo",
                    "--package", "foo"})
                .out,
            "foo: replaced, /mnt/wine\n");
  EXPECT_EQ(Update({"--display", "foo"}).out.substr(0, 39),
            "foo (enabled):\n        type = extension");
}

// What takes the same files and has another name is somebody else's.
TEST_F(OtherNamesTest, LeavesEntriesOfOtherNames) {
  Register(":others:E::foo::/mnt/wine:");
  EXPECT_EQ(Update({"--install", "foo", "/mnt/wine", "--extension", "foo"}).out,
            "foo: registered, /mnt/wine, shadows others\n");
  EXPECT_EQ(EntryNames(), "foo others");
}

TEST_F(OtherNamesTest, WhatItCannotDo) {
  EXPECT_EQ(Update({"--install", "a", "/mnt/wine", "--magic=AB", "--detector",
                    "/mnt/wine"}),
            Fails(1,
                  "update-binfmts: --detector: there is no database of "
                  "binfmt-support here\n"));
  EXPECT_EQ(Update({"--admindir", "/var/lib/binfmts", "--display"}),
            Fails(1,
                  "update-binfmts: --admindir: there is no database of "
                  "binfmt-support here\n"));
  EXPECT_EQ(Update({"--install", "a", "/mnt/wine", "--nosuch=AB"}).status, 1);
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{},
                                             {"wine"},
                                             {"--find"},
                                             {"--enable", "--disable"},
                                             {"--enable", "a", "b"},
                                             {"--install", "a", "--magic=A"},
                                             {"--install", "a", "/mnt/wine"},
                                             {"--enable", "a", "--magic=A"},
                                             {"--remove2"},
                                             {"--remove2", "a", "b"},
                                             {"--enable?"},
                                             {"--enable? disable"},
                                             {"--"},
                                             {"--frobnicate"}}) {
    EXPECT_EQ(Update(args),
              Fails(2,
                    "update-binfmts: missing or unexpected words; see "
                    "\"update-binfmts --help\"\n"))
        << testing::PrintToString(args);
  }
  EXPECT_EQ(Update({"--help"}), Prints(kUsage));
  EXPECT_EQ(EntryNames(), "");
}

TEST_F(OtherNamesTest, SystemdBinfmt) {
  WriteFile("/etc/binfmt.d/a.conf", "# A\n:a:M::AA::/mnt/wine:\n", 0644);
  WriteFile("/mnt/b.conf", ":b:M::BB::/mnt/wine:\n", 0644);
  EXPECT_EQ(Systemd({"/mnt/b.conf"}).out, "b: registered, /mnt/wine\n");
  EXPECT_EQ(Systemd({"a.conf"}).out, "a: registered, /mnt/wine\n");
  EXPECT_EQ(Systemd({}), Prints("a: unchanged, /mnt/wine\n"));
  EXPECT_EQ(EntryNames(), "a b");
  EXPECT_EQ(Systemd({"none.conf"}),
            Fails(1,
                  "systemd-binfmt: none.conf is in no directory binfmt.d; a "
                  "file elsewhere needs its path\n"));
  // Whoever may write to the current directory decides nothing.
  EXPECT_EQ(Systemd({"b.conf"}),
            Fails(1,
                  "systemd-binfmt: b.conf is in no directory binfmt.d; a file "
                  "elsewhere needs its path\n"));
  EXPECT_EQ(Systemd({"./b.conf"}), Prints("b: unchanged, /mnt/wine\n"));
  // Masks files of its name.
  ASSERT_EQ(symlink("/mnt/nowhere", "/etc/binfmt.d/m.conf"), 0);
  EXPECT_EQ(Systemd({"--cat-config"}),
            Prints("# /etc/binfmt.d/a.conf\n# A\n:a:M::AA::/mnt/wine:\n\n"));
  EXPECT_EQ(Systemd({"--tldr"}),
            Prints("# /etc/binfmt.d/a.conf\n:a:M::AA::/mnt/wine:\n"));
  EXPECT_EQ(Systemd({"--unregister"}), Prints("a: removed\nb: removed\n"));
  EXPECT_EQ(EntryNames(), "");
  EXPECT_EQ(Systemd({"--frobnicate"}),
            Fails(2,
                  "systemd-binfmt: unknown option \"--frobnicate\"; see "
                  "\"systemd-binfmt --help\"\n"));
}

// What could not be read is not taken for nothing.
TEST_F(OtherNamesTest, SystemdBinfmtWithTooManyFiles) {
  for (int i = 0; i <= 4096; ++i) {
    WriteFile("/etc/binfmt.d/" + std::to_string(i) + ".conf", "", 0644);
  }
  const std::string why =
      "systemd-binfmt: cannot list /etc/binfmt.d: File too large\n";
  EXPECT_EQ(Systemd({"--cat-config"}), Fails(1, why));
  EXPECT_EQ(Systemd({"a.conf"}), Fails(1, why));
}

// systemd-binfmt does nothing, and says 0, where nothing is mounted.
TEST_F(OtherNamesTest, SystemdBinfmtWithoutAMount) {
  ASSERT_EQ(umount(kRegistry), 0);
  WriteFile("/etc/binfmt.d/a.conf", ":a:M::AA::/mnt/wine:\n", 0644);
  EXPECT_EQ(Systemd({}).status, 0);
  EXPECT_EQ(Systemd({"--unregister"}).status, 0);
  EXPECT_EQ(EntryNames(), "not mounted");
}

}  // namespace
}  // namespace binfmtbox_testing
