// SPDX-License-Identifier: Apache-2.0
// What status looks like on a terminal.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/namespace.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr char kInterpreter[] = "/mnt/emulators/of/mine/some-qemu-interpreter";

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
                          const std::vector<std::string>& args = {"status"}) {
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
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.err, "");
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

  static std::string Plain(const std::string& path) {
    return FirstLine("enabled") +
           "off  disabled  -     -  /mnt/bin/binfmtbox  (not ours)\n"
           "on   enabled   -     -  " +
           path + "  (interpreter missing, not ours)\n";
  }
};

TEST_F(TerminalTest, ColoursOfStateAndMarks) {
  EXPECT_EQ(Show(200),
            FirstLine("enabled") +
                "off  \x1b[33mdisabled\x1b[m  -     -  /mnt/bin/binfmtbox  "
                "(\x1b[33mnot ours\x1b[m)\n"
                "on   enabled   -     -  " +
                kInterpreter +
                "  (\x1b[33minterpreter missing, not ours\x1b[m)\n");
  Write("status", "0");
  EXPECT_EQ(Show(200).find("binfmt_misc: \x1b[33mDISABLED\x1b[m on "), 0u);
}

TEST_F(TerminalTest, NoColour) {
  EXPECT_EQ(Show(200, {"NO_COLOR=1"}), Plain(kInterpreter));
  EXPECT_EQ(Show(200, {"TERM=dumb"}), Plain(kInterpreter));
  EXPECT_NE(Show(200, {"NO_COLOR=", "TERM=xterm"}), Plain(kInterpreter));
}

TEST_F(TerminalTest, NoTerminal) {
  EXPECT_EQ(Run({"status"}, WithEnv({"COLUMNS=20", "TERM=xterm"})),
            Prints(Plain(kInterpreter)));
}

TEST_F(TerminalTest, JsonHasNoColour) {
  EXPECT_EQ(Show(20, {}, {"status", "--json"}), Run({"status", "--json"}).out);
}

TEST_F(TerminalTest, PathsThatFit) {
  const std::vector<std::string> env = {"NO_COLOR=1"};
  const unsigned short width = 5 + 10 + 6 + 3 + 44 + 33;
  EXPECT_EQ(Show(width, env), Plain(kInterpreter));
  EXPECT_EQ(Show(width - 1, env),
            Plain(".../emulators/of/mine/some-qemu-interpreter"));
  EXPECT_EQ(Show(width - 9, env), Plain("...rs/of/mine/some-qemu-interpreter"));
  // A serial line does not tell its width.
  EXPECT_EQ(Show(0, env), Plain(kInterpreter));
}

TEST_F(TerminalTest, SomeOfThePathIsAlwaysThere) {
  EXPECT_EQ(Show(1, {"NO_COLOR=1"}),
            FirstLine("enabled") +
                "off  disabled  -     -  ...bin/binfmtbox  (not ours)\n"
                "on   enabled   -     -  ...u-interpreter  (interpreter "
                "missing, not ours)\n");
}

TEST_F(TerminalTest, NoCharacterIsCut) {
  Write("on", "-1");
  Write("off", "-1");
  Register(":e:M::MZ::/mnt/bin/\xe2\x82\xac\xe2\x82\xac-12345678:");
  // The last 13 bytes would begin within a character.
  EXPECT_EQ(Show(1, {"NO_COLOR=1"}),
            FirstLine("enabled") +
                "e  enabled   -     -  ...\xe2\x82\xac-12345678  (interpreter "
                "missing, not ours)\n");
}

}  // namespace
}  // namespace binfmtbox_testing
