// SPDX-License-Identifier: Apache-2.0
// Which exit status goes with what was complained of.
#include "cmd/console.h"

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "binfmt/base/error.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

using binfmt::Cause;

struct Printed {
  int status = -1;
  std::string out;
  std::string err;
};

std::string ReadToEnd(int fd) {
  std::string text;
  char buffer[4096];
  ssize_t got;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return text;
}

// Lets a process of its own use a console; what it prints fits into a pipe.
Printed Use(const std::function<void(Console&)>& use) {
  int out[2];
  int err[2];
  EXPECT_EQ(pipe(out), 0);
  EXPECT_EQ(pipe(err), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(out[1], STDOUT_FILENO);
    dup2(err[1], STDERR_FILENO);
    Console console("binfmt-test");
    use(console);
    _exit(console.Finish());
  }
  close(out[1]);
  close(err[1]);
  Printed printed;
  printed.out = ReadToEnd(out[0]);
  printed.err = ReadToEnd(err[0]);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  if (WIFEXITED(status)) printed.status = WEXITSTATUS(status);
  return printed;
}

// The exit status for complaints of these CAUSES.
int StatusFor(const std::vector<Cause>& causes, bool if_possible = false) {
  return Use([&](Console& console) {
           console.set_if_possible(if_possible);
           for (const Cause cause : causes) {
             console.Complain(binfmt::Error(0, "x", cause));
           }
         })
      .status;
}

constexpr Cause kSurroundings[] = {Cause::kNotMounted, Cause::kNoSupport,
                                   Cause::kDenied, Cause::kWouldNotLast};

TEST(ConsoleTest, NoComplaint) {
  const Printed printed = Use([](Console& console) {
    console.Result("result\n");
    console.Answer("answer\n");
  });
  EXPECT_EQ(printed.status, 0);
  EXPECT_EQ(printed.out, "result\nanswer\n");
  EXPECT_EQ(printed.err, "");
}

TEST(ConsoleTest, OneCause) {
  EXPECT_EQ(StatusFor({Cause::kFailed}), 1);
  EXPECT_EQ(StatusFor({Cause::kMisuse}), 2);
  EXPECT_EQ(StatusFor({Cause::kNotMounted}), 3);
  EXPECT_EQ(StatusFor({Cause::kNoSupport}), 4);
  EXPECT_EQ(StatusFor({Cause::kDenied}), 5);
  EXPECT_EQ(StatusFor({Cause::kWouldNotLast}), 6);
}

TEST(ConsoleTest, OneCauseTwice) {
  for (const Cause cause : kSurroundings) {
    EXPECT_EQ(StatusFor({cause, cause}), StatusFor({cause}));
  }
}

TEST(ConsoleTest, MixedCauses) {
  EXPECT_EQ(StatusFor({Cause::kDenied, Cause::kFailed}), 1);
  EXPECT_EQ(StatusFor({Cause::kFailed, Cause::kDenied}), 1);
  EXPECT_EQ(StatusFor({Cause::kNotMounted, Cause::kDenied}), 1);
  EXPECT_EQ(StatusFor({Cause::kDenied, Cause::kFailed, Cause::kDenied}), 1);
}

TEST(ConsoleTest, IfPossibleForgivesTheSurroundings) {
  for (const Cause cause : kSurroundings) {
    EXPECT_EQ(StatusFor({cause}, true), 0);
  }
  EXPECT_EQ(StatusFor({Cause::kFailed}, true), 1);
  EXPECT_EQ(StatusFor({Cause::kMisuse}, true), 2);
  EXPECT_EQ(StatusFor({Cause::kDenied, Cause::kFailed}, true), 1);
}

TEST(ConsoleTest, Texts) {
  const auto complain = [](Cause cause, bool if_possible, bool quiet) {
    return Use([&](Console& console) {
      console.set_if_possible(if_possible);
      console.set_quiet(quiet);
      console.Complain(binfmt::Error(0, "it is so", cause));
      console.Note("mind it");
      console.Result("result\n");
    });
  };
  Printed printed = complain(Cause::kFailed, false, false);
  EXPECT_EQ(printed.err, "binfmt-test: it is so\nbinfmt-test: note: mind it\n");
  EXPECT_EQ(printed.out, "result\n");
  printed = complain(Cause::kMisuse, false, false);
  EXPECT_EQ(printed.err,
            "binfmt-test: it is so; see \"binfmt-test --help\"\n"
            "binfmt-test: note: mind it\n");
  printed = complain(Cause::kDenied, true, false);
  EXPECT_EQ(printed.err,
            "binfmt-test: note: it is so\nbinfmt-test: note: mind it\n");
  printed = complain(Cause::kFailed, false, true);
  EXPECT_EQ(printed.err, "binfmt-test: it is so\n");
  EXPECT_EQ(printed.out, "");
}

TEST(ConsoleTest, AnswersAreNotSilenced) {
  const Printed printed = Use([](Console& console) {
    console.set_quiet(true);
    console.Answer("usage\n");
  });
  EXPECT_EQ(printed.out, "usage\n");
}

TEST(ConsoleTest, OutputThatNobodyTakes) {
  const Printed printed = Use([](Console& console) {
    close(STDOUT_FILENO);
    console.Result("result\n");
  });
  EXPECT_EQ(printed.status, 1);
  EXPECT_EQ(printed.err,
            "binfmt-test: cannot write to standard output: Bad file "
            "descriptor\n");
}

TEST(ConsoleTest, CanReport) {
  EXPECT_EQ(
      Use([](Console& console) { EXPECT_TRUE(console.CanReport()); }).status,
      0);
  const Printed closed = Use([](Console& console) {
    close(STDOUT_FILENO);
    console.CanReport();
  });
  EXPECT_EQ(closed.status, 1);
  EXPECT_EQ(closed.err,
            "binfmt-test: cannot write to standard output: Bad file "
            "descriptor\n");
  const Printed quiet = Use([](Console& console) {
    close(STDOUT_FILENO);
    console.set_quiet(true);
    if (!console.CanReport()) console.Note("refused");
  });
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.err, "");
}

}  // namespace
}  // namespace cmd
