// SPDX-License-Identifier: Apache-2.0
// How much memory the product takes, and what one entry more of the registry
// costs, counted with few and with many entries.
#include <fcntl.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/process.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr int kFew = 10;
constexpr int kMany = 1000;

// The most KB with kFew entries of others, and the most bytes that each one
// more takes. An entry's text is some 150 bytes. To be lowered with what takes
// less. Pages are counted: each figure has room for one more at either end, and
// the bytes for most of a chunk of the heap, whose pages are got at once.
struct Budget {
  std::vector<std::string> args;
  long kilobytes;
  long bytes_an_entry;
};

class MemoryTest : public ProgramTest {
 protected:
  // Registers COUNT entries that are not ours, and qemu-arm.
  static void MakeEntries(int count) {
    Mount();
    MakeInterpreters("/mnt/qemu", {"qemu-arm-static"});
    for (int i = 0; i < count; ++i) {
      char record[128];
      std::snprintf(record, sizeof(record),
                    ":f%04d:M::\\x7fELF\\x02\\x01\\x01\\x00foreign%04d"
                    "\\x02\\x00\\xf0\\xf1::/mnt/bin/binfmtbox:",
                    i, i);
      Register(record);
    }
    ASSERT_EQ(Run({"register", "-q", "-Q", "/mnt/qemu", "arm"}), Prints(""));
  }

  // The memory that "binfmtbox ARGS" has written to, in KB, as it ends: nothing
  // is freed before. Pages of the executable itself come and go by the kernel's
  // favour.
  static long Taken(const std::vector<std::string>& args) {
    const pid_t pid = fork();
    if (pid == 0) {
      std::vector<char*> argv = {const_cast<char*>("binfmtbox")};
      for (const std::string& arg : args) {
        argv.push_back(const_cast<char*>(arg.c_str()));
      }
      argv.push_back(nullptr);
      char* const env[] = {nullptr};
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, 1);
      close(null);
      // Else the stack begins anywhere in a page.
      personality(ADDR_NO_RANDOMIZE);
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      execve(kBox, argv.data(), env);
      _exit(126);
    }
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(ptrace(PTRACE_SETOPTIONS, pid, nullptr,
                     PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL),
              0);
    long taken = -1;
    int signal = 0;  // the first stop is that of execve(2)
    while (ptrace(PTRACE_CONT, pid, nullptr, signal) == 0 &&
           waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
      signal = status >> 16 != 0 ? 0 : WSTOPSIG(status);
      if (status >> 16 == PTRACE_EVENT_EXIT) taken = ReadTaken(pid);
    }
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_GT(taken, 0);
    return taken;
  }

 private:
  // By a walk over all pages; the kernel's counters may lag behind.
  static long ReadTaken(pid_t pid) {
    const std::string name = "Anonymous:";
    std::istringstream lines(
        ReadFile("/proc/" + std::to_string(pid) + "/smaps_rollup"));
    for (std::string line; std::getline(lines, line);) {
      if (line.compare(0, name.size(), name) == 0) {
        return std::stol(line.substr(name.size()));
      }
    }
    return -1;
  }
};

TEST_F(MemoryTest, GrowsWithTheEntriesByNoMoreThanTheAnswerNeeds) {
  const std::vector<Budget> budgets = {
      {{"status", "-q", "arm"}, 56, 844},
      {{"register", "-q", "-Q", "/mnt/qemu", "arm"}, 56, 778},
      {{"register", "-q", "-Q", "/mnt/qemu", "all"}, 96, 774},
      {{"clear", "-q", "-n", "arm"}, 44, 790},
      {{"clear", "-q", "-n", "--all"}, 44, 790},
      {{"status"}, 48, 1254},
      {{"status", "--json"}, 60, 3244},
      {{"--help"}, 32, 9},
  };
  std::vector<long> few;
  MakeEntries(kFew);
  for (const Budget& budget : budgets) few.push_back(Taken(budget.args));
  TearDown();
  SetUp();
  MakeEntries(kMany);
  for (size_t i = 0; i < budgets.size(); ++i) {
    const Budget& budget = budgets[i];
    const long bytes = (Taken(budget.args) - few[i]) * 1024 / (kMany - kFew);
    EXPECT_LE(few[i], budget.kilobytes)
        << testing::PrintToString(budget.args) << " takes " << few[i]
        << " KB, budget " << budget.kilobytes;
    EXPECT_LE(bytes, budget.bytes_an_entry)
        << testing::PrintToString(budget.args) << " takes " << bytes
        << " bytes for each entry, budget " << budget.bytes_an_entry;
  }
}

// Records of each shape that a search could be slow or greedy with.
struct Crowd {
  std::string name;
  // The record at INDEX: what follows ":NAME:M:".
  std::string (*record)(int index);
};

// TEXT, escaped as the kernel reads it.
std::string Hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    char hex[8];
    std::snprintf(hex, sizeof(hex), "\\x%02x", byte & 0xff);
    text += hex;
  }
  return text;
}

// Two bytes that say INDEX.
std::string Bytes(int index) {
  return {static_cast<char>(index / 256), static_cast<char>(index)};
}

// Promise 9: 64 MB are the most, whatever the entries are.
TEST_F(MemoryTest, TakesTenThousandOfAnyShape) {
  constexpr int kCount = 10000;
  constexpr int kPerFile = 1000;
  constexpr long kMostKilobytes = 64 * 1024;
  const std::vector<Crowd> crowds = {
      {"they shadow each other",
       [](int) { return std::string(":ZZZZ::/mnt/bin/binfmtbox:"); }},
      {"different masks",
       [](int index) {
         return ":" + Hex("ZZZZ" + std::string(2, '\0')) + ":" +
                Hex(std::string(4, '\xff') + Bytes(index)) +
                ":/mnt/bin/binfmtbox:";
       }},
      {"they overlap",
       [](int index) {
         std::string magic =
             "\x7f"
             "ELF\x02\x01\x01" +
             std::string(9, '\0') + "\x02" + std::string(1, '\0') + "\xf0\xf1";
         std::string mask(magic.size(), '\xff');
         magic.replace(8, 2, Bytes(index));
         mask.replace(8, 2, Bytes(index));
         return ":" + Hex(magic) + ":" + Hex(mask) + ":/mnt/bin/binfmtbox:";
       }},
      {"different interpreters",
       [](int index) {
         return ":ZZZZ" + Hex(Bytes(index)) + "::/mnt/many/" +
                std::to_string(index) + ":";
       }},
      {"long ones",
       [](int index) {
         const std::string magic =
             "ZZZZ" + Hex(Bytes(index)) + std::string(100, 'Z');
         return ":" + magic + "::/mnt" + std::string(700, '/') +
                "bin/binfmtbox:";
       }},
  };
  ASSERT_EQ(mkdir("/mnt/many", 0755), 0);
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(link(kBox, ("/mnt/many/" + std::to_string(i)).c_str()), 0);
  }
  Mount();
  ASSERT_EQ(mkdir("/mnt/records", 0755), 0);
  ASSERT_EQ(mkdir("/mnt/others", 0755), 0);
  for (const Crowd& crowd : crowds) {
    for (const std::string dir : {"/mnt/records", "/mnt/others"}) {
      std::string lines;
      for (int i = 0; i < kCount; ++i) {
        lines += ":" + dir.substr(5, 1) + std::to_string(i) +
                 ":M:" + crowd.record(i) + "\n";
        if ((i + 1) % kPerFile != 0) continue;
        WriteFile(dir + "/" + std::to_string(i / kPerFile) + ".conf", lines);
        lines.clear();
      }
    }
    const std::vector<std::string> record = {"register", "-q", "-f",
                                             "/mnt/records"};
    // Under other names, in place of those.
    const std::vector<std::string> replace = {"register", "-q", "--replace",
                                              "-f", "/mnt/others"};
    for (const std::vector<std::string>& args :
         {record, record, replace, {"status"}, {"clear", "-q", "--all"}}) {
      EXPECT_LE(Taken(args), kMostKilobytes)
          << crowd.name << ": " << testing::PrintToString(args);
    }
  }
}

// Promise 9: as many files as are read, each as long as one may be.
TEST_F(MemoryTest, TakesFourThousandFiles) {
  constexpr int kFiles = 4096;
  constexpr long kMostKilobytes = 4 * 1024;
  const std::string comment = "# " + std::string(61, 'x') + "\n";
  std::string text;
  while (text.size() + comment.size() <= 1 << 20) text += comment;
  Mount();
  ASSERT_EQ(mkdir("/mnt/records", 0755), 0);
  WriteFile("/mnt/text", text);
  for (int i = 0; i < kFiles; ++i) {
    const std::string path = "/mnt/records/" + std::to_string(i) + ".conf";
    ASSERT_EQ(link("/mnt/text", path.c_str()), 0);
  }
  EXPECT_LE(Taken({"register", "-q", "-f", "/mnt/records"}), kMostKilobytes);
}

}  // namespace
}  // namespace binfmtbox_testing
