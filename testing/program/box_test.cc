// SPDX-License-Identifier: Apache-2.0
// The executable under its own name and under its applets' names.
#include <sys/stat.h>
#include <unistd.h>

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kUsage[] =
    R"(usage: binfmtbox APPLET [OPTION]... [OPERAND]...
   or: binfmtbox help [APPLET] | --list | --version
   or: binfmtbox --install [-s] [--bare] DIR
   or: APPLET [OPTION]... [OPERAND]...    (by a link of that name)

Make this machine run programs built for other processors.

  mount                     Mount binfmt_misc, and /proc before it where that is missing.
  register                  Register QEMU's user-mode emulators as handlers of foreign programs.
  status                    Show the entries of binfmt_misc in the order in which they match.
  clear                     Remove entries from binfmt_misc.
  run                       Run a command where foreign programs work, without privilege.

  --list                    print the applets' names
  --install [-s] [--bare] DIR
                            make hard links (-s: symbolic ones) called
                            binfmt-APPLET (--bare: APPLET) in DIR
  --version                 print version, revision, table and target
  --help                    print this text

"binfmtbox help APPLET" tells more.
)";

constexpr char kCommonHelp[] =
    R"(  -D, --dir DIR          where binfmt_misc is mounted (default
                         /proc/sys/fs/binfmt_misc)
  -n, --dry-run          say what would be done and change nothing
  -q, --quiet            print errors only
      --json             print one JSON object instead of text
      --kmsg             write to the kernel's log instead of stdout and
                         stderr
      --if-possible      exit 0, with a note, where binfmt_misc can't be
                         used here
  -h, --help             print this text
)";

constexpr char kMountHelp[] =
    R"( [OPTION]...

Mount binfmt_misc, and /proc before it where that is missing.

      --module FILE      the kernel module to load where the kernel lacks
                         binfmt_misc (default: the one under /lib/modules)
      --userns           mount in a user namespace other than the first, too
      --host             mount in PID 1's mount namespace as well
      --hold             stay and keep the mount until SIGTERM, SIGINT
                         or SIGPWR
)";
constexpr char kMountDetails[] =
    R"(
In a user namespace other than the first, a mount hides the host's
handlers there for good; that is done with --userns only.

Examples:
  binfmtbox mount
  binfmtbox mount --host --if-possible
)";

constexpr char kRegisterHelp[] =
    R"( [OPTION]... [TARGET]...

Register QEMU's user-mode emulators as handlers of foreign programs.

  -I, --interpreter PATH  this interpreter (for one target)
  -Q, --qemu-path DIR    the directory of the interpreters
  -F, --qemu-suffix SUFFIX  what follows qemu-NAME in their names
      --emulator qemu|box64|box86|fex|rosetta  whose interpreter (default qemu)
  -p, --persistent yes|no  open the interpreter now, so that it is found in
                         every container (flag F; default yes)
  -c, --credential yes|no  run setuid programs with their owner's rights
                         (flags O and C; default no)
  -g, --preserve-argv0 yes|no|auto  hand argv[0] over (flag P; default
                         auto: where it is understood)
  -i, --ignore-family yes|no  register what this machine runs natively,
                         too (default no)
      --if-missing       leave out targets whose programs run already
      --replace          swap entries that differ, without a gap
      --override         register in front of other handlers
      --rule RECORD      register this record of the kernel's syntax
  -f, --file FILE|DIR|-  register records, binfmt.d or Debian files
      --system           register what systemd-binfmt would
      --print record|binfmt.d|debian  print only
  -e, --exportdir DIR    write files only
  -s, --systemd CPU|ALL  write binfmt.d files, into /etc/binfmt.d unless -e
  -d, --debian           write Debian's, into /usr/share/binfmts unless -e
      --cmdline          read binfmt.targets= and binfmt.flags= of the kernel
                         command line
      --binfmt-d DIR     leave the records in DIR, too, for systemd-binfmt
      --mount            mount binfmt_misc first, as mount does
      --module FILE      with --mount: the kernel module to load
      --userns           with --mount: in any user namespace
      --host             with --mount: in PID 1's mount namespace, too
      --verify           run a small program through each handler, and
                         remove what does not run it
      --wait SEC         wait for interpreters that are not there yet
      --hold             stay until SIGTERM, SIGINT or SIGPWR and put back
                         what gets lost
)";
// With a rule's syntax and examples.
constexpr char kRegisterDetails[] =
    R"(
A TARGET is written as QEMU (aarch64), Docker (linux/arm64), Debian
(armhf), uname (armv7l) or Go (mips64le) write it; all is every target
that has an interpreter and that this machine does not run natively.
Without TARGET: the words of $QEMU_TARGET_LIST, else of
$qemu_target_list, else, with --cmdline, of binfmt.targets=, else all.

A RECORD is :NAME:M:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS for files that have
the bytes MAGIC at OFFSET where MASK has ones (all, where it is empty), or
:NAME:E::EXTENSION::INTERPRETER:FLAGS for names that end in .EXTENSION. A
byte may be \xHH; FLAGS are none or some of POCF.

Examples:
  binfmtbox register --mount all
  binfmtbox register arm64 linux/arm/v7
  binfmtbox register --replace --credential yes arm64
  binfmtbox register --rule ':jar:E::jar::/usr/local/bin/run-jar:'
  binfmtbox register --file /etc/binfmt.d/wine.conf
)";

constexpr char kStatusHelp[] =
    R"( [OPTION]... [NAME|TARGET]...

Show the entries of binfmt_misc in the order in which they match.

      --match FILE       show what the kernel would do with FILE, and why
      --print record|binfmt.d|debian|display  print records, for --file
      --platforms        print what runs in Docker's words, as JSON
      --probe            run a small program for each target through its
                         handler
)";
constexpr char kStatusDetails[] =
    R"(
With operands it is a probe: the exit status is 0 only when each NAME is
an entry that is enabled and usable, and programs of each TARGET run.

Examples:
  binfmtbox status
  binfmtbox status --quiet arm64 && echo yes
  binfmtbox status --match ./program
  binfmtbox status --print record >FILE
)";

constexpr char kClearHelp[] =
    R"( [OPTION]... [NAME|TARGET|PATTERN]...

Remove entries from binfmt_misc.

      --ours             the entries that register makes of targets
      --all              every entry, whoever made it
      --disable          switch the entries off and leave them there
      --enable           switch the entries on
      --unmount          unmount binfmt_misc afterwards
)";
constexpr char kClearDetails[] =
    R"(
A TARGET means the entries that register makes for it (arm64 means
qemu-aarch64), name:NAME always an entry; a PATTERN is a shell pattern of
entry names. What is not there is no error.

Examples:
  binfmtbox clear --ours
  binfmtbox clear arm64 'qemu-mips*' name:jar
  binfmtbox clear --disable arm64
  binfmtbox clear --all --unmount
)";

constexpr char kRunHelp[] =
    R"( [OPTION]... [--] COMMAND [ARG]...

Run a command where foreign programs work, without privilege.

  -t, --target LIST      handlers for these targets (default: for COMMAND's
                         where it is foreign, else for all)
  -c, --credential yes|no  run setuid programs with their owner's rights
                         (flags O and C; default no)
      --root-user        stay root of the namespace (default: your own ids)
      --or-direct        where there can be no handlers, start the emulator
                         with COMMAND; what that starts has none
)";
constexpr char kRunDetails[] =
    R"(
The handlers are in a user namespace that ends with the command, so the
machine stays as it is. Needs Linux 6.7. Where everything runs already,
COMMAND is only started. The exit status is that of COMMAND; 125: there
are no handlers; 126: COMMAND cannot be started; 127: there is none.

Examples:
  binfmtbox run ./hello-arm64
  binfmtbox run -t arm64,riscv64 -- ctest --output-on-failure
  unshare -r --map-auto binfmtbox run chroot /srv/arm64 apt update
)";

struct Help {
  const char* applet;
  std::string rest;  // of the text

  // The text where the words CALLED called the applet.
  Outcome By(const std::string& called) const {
    return Prints("usage: " + called + rest);
  }
  Outcome ByBox() const { return By(std::string("binfmtbox ") + applet); }
};

std::vector<Help> Helps() {
  const std::string common = kCommonHelp;
  // What COMMAND prints is all that run prints, and its status is run's.
  const std::string json =
      "      --json             print one JSON object instead of text\n";
  std::string of_run = common;
  of_run.erase(common.find(json), json.size());
  const std::string exits =
      "exit 0, with a note, where binfmt_misc can't be\n"
      "                         used here\n";
  of_run.replace(of_run.find(exits), exits.size(),
                 "start COMMAND without handlers, with a note,\n"
                 "                         where there can be none\n");
  return {{"mount", kMountHelp + common + kMountDetails},
          {"register", kRegisterHelp + common + kRegisterDetails},
          {"status", kStatusHelp + common + kStatusDetails},
          {"clear", kClearHelp + common + kClearDetails},
          {"run", kRunHelp + of_run + kRunDetails}};
}

ino_t InodeOf(const std::string& path) {
  struct stat facts;
  return stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

std::string LinkTarget(const std::string& path) {
  char target[256];
  const ssize_t length = readlink(path.c_str(), target, sizeof(target));
  return length < 0 ? "no link" : std::string(target, length);
}

class BoxTest : public ProgramTest {
 protected:
  // Runs the product with ARGV, whatever argv[0] says.
  static Outcome Call(const std::vector<std::string>& argv) {
    Command command;
    command.argv = argv;
    return Execute(command);
  }
};

TEST_F(BoxTest, HelpWithoutWords) { EXPECT_EQ(Run({}), Prints(kUsage)); }

TEST_F(BoxTest, Help) {
  EXPECT_EQ(Run({"--help"}), Prints(kUsage));
  EXPECT_EQ(Run({"-h"}), Prints(kUsage));
  EXPECT_EQ(Run({"help"}), Prints(kUsage));
}

TEST_F(BoxTest, HelpOfEveryApplet) {
  for (const Help& help : Helps()) {
    EXPECT_EQ(Run({help.applet, "--help"}), help.ByBox());
    EXPECT_EQ(Run({help.applet, "-h"}), help.ByBox());
    EXPECT_EQ(Run({help.applet, "--help", "--no-such"}), help.ByBox())
        << "with an unknown option behind it";
    EXPECT_EQ(Run({"help", help.applet}), help.ByBox());
    EXPECT_EQ(Run({"--help", help.applet}), help.ByBox());
  }
}

TEST_F(BoxTest, List) {
  EXPECT_EQ(Run({"--list"}), Prints("mount\nregister\nstatus\nclear\nrun\n"));
}

TEST_F(BoxTest, Version) {
  const Outcome outcome = Run({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(std::regex_match(
      outcome.out, std::regex("binfmtbox [0-9]+\\.[0-9]+\\.[0-9]+\n"
                              "revision ([0-9a-f]{12}(-dirty)?|unknown)\n"
                              "table [0-9a-f]{8}, 36 targets\n"
                              "built for x86_64-linux-musl\n")))
      << outcome.out;
  EXPECT_EQ(Run({"version"}), outcome);
}

TEST_F(BoxTest, UnknownWords) {
  EXPECT_EQ(Run({"frobnicate"}),
            Fails(127,
                  "binfmtbox: there is no applet \"frobnicate\"; see "
                  "\"binfmtbox --list\"\n"));
  EXPECT_EQ(Run({""}), Fails(127,
                             "binfmtbox: there is no applet \"\"; see "
                             "\"binfmtbox --list\"\n"));
  EXPECT_EQ(Run({"--frobnicate"}),
            Fails(2,
                  "binfmtbox: unknown option \"--frobnicate\"; see "
                  "\"binfmtbox --help\"\n"));
  EXPECT_EQ(Run({"--list", "more"}),
            Fails(2,
                  "binfmtbox: unexpected operand \"more\" after --list; see "
                  "\"binfmtbox --help\"\n"));
  EXPECT_EQ(Run({"help", "mount", "more"}),
            Fails(2,
                  "binfmtbox: unexpected operand \"more\" after mount; see "
                  "\"binfmtbox --help\"\n"));
  EXPECT_EQ(Run({"help", "frobnicate"}), Run({"frobnicate"}));
}

// Mistyped words, those of other tools, and a target in an applet's place.
TEST_F(BoxTest, Suggestions) {
  const std::vector<std::pair<std::string, std::string>> kMeant = {
      {"regster", "register"},   {"Status", "status"},
      {"claer", "clear"},        {"remove", "clear"},
      {"unregister", "clear"},   {"uninstall", "clear"},
      {"disable", "clear"},      {"umount", "clear"},
      {"install", "register"},   {"import", "register"},
      {"list", "status"},        {"show", "status"},
      {"display", "status"},     {"arm64", "register arm64"},
      {"--lst", "--list"},       {"--versoin", "--version"},
      {"--hepl", "--help"},      {"--remove", "clear"},
      {"--unregister", "clear"}, {"--instal", "--install"}};
  for (const auto& [word, meant] : kMeant) {
    const Outcome outcome = Run({word});
    EXPECT_NE(outcome.err.find("; did you mean " + meant), std::string::npos)
        << word << ": " << outcome.err;
    EXPECT_EQ(outcome.status, word[0] == '-' ? 2 : 127) << word;
  }
}

TEST_F(BoxTest, AppletByTheNameOfTheLink) {
  for (const char* name : {"mount", "binfmt-mount", "/usr/sbin/binfmt-mount",
                           "./mount", "../x/binfmt-mount"}) {
    EXPECT_EQ(Call({name, "--help"}), Helps()[0].By(name));
    EXPECT_EQ(Call({name, "x"}),
              Fails(2, "binfmt-mount: unexpected operand \"x\"; see \"" +
                           std::string(name) + " --help\"\n"));
  }
}

TEST_F(BoxTest, AppletBehindTheBoxUnderAnyOfItsNames) {
  const Help help = Helps()[2];
  for (const std::string name : {"binfmtbox", "/opt/binfmtbox-static",
                                 "binfmtbox_arm64", "binfmtbox.real", ""}) {
    const std::string box = name.empty() ? "binfmtbox" : name;
    EXPECT_EQ(Call({name, "status", "--help"}), help.By(box + " status"));
    EXPECT_EQ(Call({name, "binfmt-status", "--help"}),
              help.By(box + " binfmt-status"));
    EXPECT_EQ(Call({name, "status", "--foo"}),
              Fails(2, "binfmt-status: unknown option \"--foo\"; see \"" + box +
                           " status --help\"\n"));
    EXPECT_EQ(Call({name, "--foo"}),
              Fails(2, "binfmtbox: unknown option \"--foo\"; see \"" + box +
                           " --help\"\n"));
  }
}

TEST_F(BoxTest, UnknownName) {
  EXPECT_EQ(
      Run({"./program"}),
      Fails(127,
            "binfmtbox: there is no applet \"./program\"; a program is "
            "run by: binfmtbox run ./program; see \"binfmtbox --list\"\n"));
  EXPECT_EQ(Call({"/usr/bin/umount", "--help"}),
            Fails(127,
                  "binfmtbox: there is no applet \"umount\"; did you mean "
                  "clear; see \"binfmtbox --list\"\n"));
  EXPECT_EQ(Call({"binfmt-", "--help"}),
            Fails(127,
                  "binfmtbox: there is no applet \"binfmt-\"; see "
                  "\"binfmtbox --list\"\n"));
  EXPECT_EQ(Call({"bad\x1b\n\xff"}),
            Fails(127,
                  "binfmtbox: there is no applet \"bad\\x1b\\x0a\\xff\"; see "
                  "\"binfmtbox --list\"\n"));
}

// Linux 5.18 and later put an empty argv[0] there.
TEST_F(BoxTest, NoArgvAtAll) { EXPECT_EQ(Call({}), Prints(kUsage)); }

TEST_F(BoxTest, InstallMakesHardLinks) {
  ASSERT_EQ(mkdir("/mnt/links", 0755), 0);
  EXPECT_EQ(Run({"--install", "/mnt/links"}),
            Prints("/mnt/links/binfmt-mount\n"
                   "/mnt/links/binfmt-register\n"
                   "/mnt/links/binfmt-status\n"
                   "/mnt/links/binfmt-clear\n"
                   "/mnt/links/binfmt-run\n"));
  for (const char* name : {"mount", "register", "status", "clear", "run"}) {
    EXPECT_EQ(InodeOf(std::string("/mnt/links/binfmt-") + name), InodeOf(kBox));
  }
  EXPECT_EQ(Run({"--install", "/mnt/links"}),
            Prints("/mnt/links/binfmt-mount: unchanged\n"
                   "/mnt/links/binfmt-register: unchanged\n"
                   "/mnt/links/binfmt-status: unchanged\n"
                   "/mnt/links/binfmt-clear: unchanged\n"
                   "/mnt/links/binfmt-run: unchanged\n"));
}

TEST_F(BoxTest, InstallMakesSymbolicAndBareLinks) {
  ASSERT_EQ(mkdir("/mnt/links", 0755), 0);
  EXPECT_EQ(Run({"--install", "-s", "--bare", "/mnt/links"}),
            Prints("/mnt/links/mount\n"
                   "/mnt/links/register\n"
                   "/mnt/links/status\n"
                   "/mnt/links/clear\n"
                   "/mnt/links/run\n"));
  for (const char* name : {"mount", "register", "status", "clear", "run"}) {
    EXPECT_EQ(LinkTarget(std::string("/mnt/links/") + name), kBox);
  }
  Command command;
  command.path = "/mnt/links/clear";
  command.argv = {"clear", "--help"};
  EXPECT_EQ(Execute(command), Helps()[3].By("clear"));
}

TEST_F(BoxTest, InstallLeavesAForeignFileAlone) {
  ASSERT_EQ(mkdir("/mnt/links", 0755), 0);
  WriteFile("/mnt/links/binfmt-status", "mine", 0644);
  const Outcome expected = {1,
                            "/mnt/links/binfmt-mount\n"
                            "/mnt/links/binfmt-register\n"
                            "/mnt/links/binfmt-clear\n"
                            "/mnt/links/binfmt-run\n",
                            "binfmtbox: /mnt/links/binfmt-status is there and "
                            "is another file; remove it first\n"};
  EXPECT_EQ(Run({"--install", "/mnt/links"}), expected);
  EXPECT_EQ(ReadFile("/mnt/links/binfmt-status"), "mine");
}

// The reason is one for all links, so it is told once.
TEST_F(BoxTest, InstallIntoAMissingDirectory) {
  EXPECT_EQ(Run({"--install", "/mnt/none"}),
            Fails(1,
                  "binfmtbox: cannot make the link /mnt/none/binfmt-mount: No "
                  "such file or directory\n"));
}

TEST_F(BoxTest, InstallMisuse) {
  EXPECT_EQ(Run({"--install"}),
            Fails(2,
                  "binfmtbox: --install needs a directory; see \"binfmtbox "
                  "--help\"\n"));
  EXPECT_EQ(Run({"--install", "-x", "/mnt"}),
            Fails(2,
                  "binfmtbox: unknown option \"-x\"; see \"binfmtbox "
                  "--help\"\n"));
  EXPECT_EQ(Run({"--install", "/mnt", "/mnt"}),
            Fails(2,
                  "binfmtbox: --install takes one directory; see \"binfmtbox "
                  "--help\"\n"));
}

TEST_F(BoxTest, InstallIntoADirectoryThatLooksLikeAnOption) {
  ASSERT_EQ(chdir("/mnt"), 0);
  ASSERT_EQ(mkdir("-s", 0755), 0);
  EXPECT_EQ(Run({"--install", "--bare", "--", "-s"}), Prints("-s/mount\n"
                                                             "-s/register\n"
                                                             "-s/status\n"
                                                             "-s/clear\n"
                                                             "-s/run\n"));
  ASSERT_EQ(chdir("/"), 0);
}

TEST_F(BoxTest, OutputThatNobodyTakes) {
  for (const char* word : {"--help", "--list", "--version"}) {
    Command command;
    command.argv = {"binfmtbox", word};
    command.output = "/dev/full";
    EXPECT_EQ(Execute(command), Fails(1,
                                      "binfmtbox: cannot write to standard "
                                      "output: No space left on device\n"));
    command.output = "";
    EXPECT_EQ(Execute(command), Fails(1,
                                      "binfmtbox: cannot write to standard "
                                      "output: Bad file descriptor\n"));
  }
}

TEST_F(BoxTest, InstallMakesNothingWhereOutputFails) {
  Command command;
  command.argv = {"binfmtbox", "--install", "/mnt"};
  command.output = "/dev/full";
  EXPECT_EQ(Execute(command), Fails(1,
                                    "binfmtbox: cannot write to standard "
                                    "output: No space left on device\n"));
  EXPECT_NE(access("/mnt/binfmt-mount", F_OK), 0);
}

}  // namespace
}  // namespace binfmtbox_testing
