// SPDX-License-Identifier: Apache-2.0
// What status looks like on a terminal.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kInterpreter[] = "/mnt/emulators/of/mine/some-qemu-interpreter";

constexpr char kHeader[] = "NAME  STATE     FLAGS  TARGET  INTERPRETER\n";
constexpr char kNarrowHeader[] =
    "NAME  STATE     FLAGS  TARGET\n  INTERPRETER\n";

std::string FirstLine(const std::string& enabled) {
  utsname names;
  EXPECT_EQ(uname(&names), 0);
  return "binfmt_misc: " + enabled + " on " + kRegistry +
         ", user namespace: other, Linux " + names.release + "\n";
}

class TerminalTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    Mount();
    Register(std::string(":on:M::AB::") + kInterpreter + ":");
    Register(std::string(":off:M::CD::/mnt/bin/binfmtbox:"));
    Write("off", "0");
  }

  // What "binfmtbox ARGS" with ENV shows on a terminal of COLUMNS.
  static std::string Show(unsigned short columns,
                          const std::vector<std::string>& env = {},
                          const std::vector<std::string>& args = {"status"},
                          int status = 0) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(master, 0);
    EXPECT_EQ(grantpt(master), 0);
    EXPECT_EQ(unlockpt(master), 0);
    char name[100];
    EXPECT_EQ(ptsname_r(master, name, sizeof(name)), 0);
    // Kept open, or what is written would be gone with the last user.
    const int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(slave, 0);
    termios settings;
    EXPECT_EQ(tcgetattr(slave, &settings), 0);
    settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    EXPECT_EQ(tcsetattr(slave, TCSANOW, &settings), 0);
    const winsize size = {24, columns, 0, 0};
    EXPECT_EQ(ioctl(slave, TIOCSWINSZ, &size), 0);
    Command command = WithEnv(env);
    command.output = name;
    const Outcome outcome = Run(args, command);
    if (status == 0) {
      EXPECT_EQ(outcome.status, 0);
      EXPECT_EQ(outcome.err, "");
    }
    // A kernel thread hands over what was written. read(2) waits for it only
    // where nothing has arrived yet, so it is called until nothing is left.
    EXPECT_EQ(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    std::string text;
    char buffer[4096];
    ssize_t got;
    while ((got = read(master, buffer, sizeof(buffer))) > 0) {
      text.append(buffer, static_cast<size_t>(got));
    }
    close(slave);
    close(master);
    return text;
  }

  // What follows the first line or, on a narrow terminal, lines.
  static std::string ShowTable(unsigned short columns) {
    const std::string text = Show(columns, {"NO_COLOR=1"});
    return text.substr(std::min(text.find("NAME"), text.size()));
  }
  static std::string Table(const std::string& path) {
    return kHeader +
           ("off   disabled  -      -       /mnt/bin/binfmtbox  (not ours)\n"
            "on    enabled   -      -       " +
            path + "  (interpreter missing, not ours)\n");
  }
  // Without a terminal there are no headings.
  static std::string Plain(const std::string& path) {
    return FirstLine("enabled") +
           "off  disabled  -     -  /mnt/bin/binfmtbox  (not ours)\n"
           "on   enabled   -     -  " +
           path + "  (interpreter missing, not ours)\n";
  }
};

TEST_F(TerminalTest, ColoursOfStateAndMarks) {
  EXPECT_EQ(Show(200), FirstLine("enabled") + kHeader +
                           "off   \x1b[33mdisabled\x1b[m  -      -       "
                           "/mnt/bin/binfmtbox  (\x1b[33mnot ours\x1b[m)\n"
                           "on    enabled   -      -       " +
                           kInterpreter +
                           "  (\x1b[33minterpreter missing, not ours\x1b[m)\n");
  Write("status", "0");
  EXPECT_EQ(Show(200).find("binfmt_misc: \x1b[33mDISABLED\x1b[m on "), 0u);
}

TEST_F(TerminalTest, NoColour) {
  const std::string plain = FirstLine("enabled") + Table(kInterpreter);
  EXPECT_EQ(Show(200, {"NO_COLOR=1"}), plain);
  EXPECT_EQ(Show(200, {"TERM=dumb"}), plain);
  EXPECT_NE(Show(200, {"NO_COLOR=", "TERM=xterm"}), plain);
}

TEST_F(TerminalTest, NoTerminal) {
  EXPECT_EQ(Run({"status"}, WithEnv({"COLUMNS=20", "TERM=xterm"})),
            Prints(Plain(kInterpreter)));
}

TEST_F(TerminalTest, JsonHasNoColour) {
  EXPECT_EQ(Show(20, {}, {"status", "--json"}), Run({"status", "--json"}).out);
}

TEST_F(TerminalTest, PathsThatFit) {
  const unsigned short width = 6 + 10 + 7 + 8 + 44 + 33;
  EXPECT_EQ(ShowTable(width), Table(kInterpreter));
  EXPECT_EQ(ShowTable(width - 1),
            Table(".../emulators/of/mine/some-qemu-interpreter"));
  EXPECT_EQ(ShowTable(width - 9), Table("...rs/of/mine/some-qemu-interpreter"));
}

// Every line fits, and of a path some is always there.
TEST_F(TerminalTest, NarrowTerminals) {
  for (const unsigned short width : {40, 41, 60, 79, 80, 90}) {
    for (const std::vector<std::string>& args :
         {std::vector<std::string>{"status"},
          {"status", "off"},
          {"status", "--match", "/bin/sh"}}) {
      std::istringstream lines(Show(width, {"NO_COLOR=1"}, args, -1));
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), width) << line;
      }
    }
  }
  const std::string narrow = std::string(kNarrowHeader) +
                             "off   disabled  -      -\n"
                             "  ...bin/binfmtbox  (not ours)\n"
                             "on    enabled   -      -\n"
                             "  ...u-interpreter  (interpreter\n"
                             "  missing, not ours)\n";
  EXPECT_EQ(ShowTable(40), narrow);
  EXPECT_EQ(ShowTable(1), narrow);
  // A serial line does not tell its width.
  EXPECT_EQ(ShowTable(0), ShowTable(80));
}

// What flags mean, where there are some and they are not told anyway.
TEST_F(TerminalTest, Legend) {
  const std::string legend =
      "flags: P argv[0] kept, O program open, C setuid rights, F interpreter "
      "held\n";
  EXPECT_EQ(ShowTable(200).find(legend), std::string::npos);
  Register(":flags:M::EF::/mnt/bin/binfmtbox:P");
  const std::string text = ShowTable(80);
  EXPECT_EQ(text.substr(text.size() - legend.size()), legend);
  EXPECT_EQ(Show(80, {}, {"status", "flags"}).find(legend), std::string::npos);
}

TEST_F(TerminalTest, NoCharacterIsCut) {
  Write("on", "-1");
  Write("off", "-1");
  Register(":e:M::MZ::/mnt/bin/\xe2\x82\xac\xe2\x82\xac-12345678:");
  // The last 13 bytes would begin within a character.
  EXPECT_EQ(ShowTable(1), std::string(kNarrowHeader) +
                              "e     enabled   -      -\n"
                              "  ...\xe2\x82\xac-12345678  (interpreter "
                              "missing,\n  not ours)\n");
}

}  // namespace
}  // namespace binfmtbox_testing
