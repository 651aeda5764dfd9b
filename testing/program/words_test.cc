// SPDX-License-Identifier: Apache-2.0
// What the words for a target mean to each applet, and entries that are called
// by one.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "testing/program.h"

namespace binfmtbox_testing {
namespace {

constexpr const char* kWords[] = {"aarch64",        "arm64",
                                  "qemu-aarch64",   "qemu-aarch64-static",
                                  "linux/arm64/v8", "ARM64"};

class WordsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    MakeInterpreters("/mnt/qemu", {"qemu-aarch64-static", "qemu-arm-static"});
    Mount();
  }

  static void RegisterArm64() {
    ASSERT_EQ(Run({"register", "-qQ/mnt/qemu", "arm64"}), Prints(""));
  }

  // Makes of the handler of arm64 an entry called NAME.
  static void RegisterArm64As(const std::string& name) {
    const Outcome record =
        Run({"register", "--print", "record", "-Q", "/mnt/qemu", "arm64"});
    const std::string begin = ":qemu-aarch64:";
    ASSERT_EQ(record.out.substr(0, begin.size()), begin);
    Register(":" + name + record.out.substr(begin.size() - 1));
  }

  static std::vector<std::string> With(std::vector<std::string> args,
                                       const std::string& word) {
    args.push_back(word);
    return args;
  }
};

// Each applet, also in a dry run, gives one answer to all words, whatever
// entries there are.
TEST_F(WordsTest, OneAnswerToAllWordsOfATarget) {
  const std::vector<std::vector<std::string>> calls = {
      {"status"},
      {"status", "--json"},
      {"status", "--print", "record"},
      {"clear", "-n"},
      {"clear", "-n", "--disable"},
      {"clear", "-n", "--json"},
      {"register", "-n", "-Q", "/mnt/qemu"},
      {"register", "-n", "--if-missing", "-Q", "/mnt/qemu"}};
  const auto check = [&](const char* what) {
    for (const std::vector<std::string>& call : calls) {
      const Outcome first = Run(With(call, kWords[0]));
      for (const char* word : kWords) {
        EXPECT_EQ(Run(With(call, word)), first)
            << what << ": " << call[0] << " " << word;
      }
    }
  };
  check("no entry");
  RegisterArm64();
  check("ours");
  Write("qemu-aarch64", "0");
  check("ours, disabled");
  RegisterArm64As("arm64");
  check("another in front");
  Write("arm64", "0");
  check("both disabled");
  Write("qemu-aarch64", "-1");
  Write("arm64", "1");
  check("another only");
}

TEST_F(WordsTest, AnEntryOfTheTargetsOwnIsTakenOutByEachWord) {
  for (const char* word : kWords) {
    RegisterArm64();
    RegisterArm64As("arm64");
    EXPECT_EQ(Run({"clear", word}),
              Prints("arm64: removed\nqemu-aarch64: removed\n"))
        << word;
  }
}

// Another tool's entry for other files.
TEST_F(WordsTest, AnEntryThatIsCalledLikeATargetIsNotIt) {
  Register(":aarch64:M::\\xca\\xfe\\xba\\xbe::/mnt/bin/binfmtbox:");
  RegisterArm64();
  const std::string text =
      ": \"aarch64\" means the target aarch64, and is the name of an entry "
      "that "
      "takes none of its programs; for the entry say name:aarch64, for the "
      "target another of its words\n";
  EXPECT_EQ(Run({"status", "-q", "aarch64"}), Fails(1, "binfmt-status" + text));
  EXPECT_EQ(Run({"status", "--print", "record", "aarch64"}),
            Fails(1, "binfmt-status" + text));
  EXPECT_EQ(Run({"clear", "aarch64"}), Fails(1, "binfmt-clear" + text));
  EXPECT_EQ(Run({"clear", "-n", "aarch64"}), Fails(1, "binfmt-clear" + text));
  EXPECT_EQ(Run({"clear", "--disable", "aarch64"}),
            Fails(1, "binfmt-clear" + text));
  EXPECT_EQ(EntryNames(), "qemu-aarch64 aarch64");

  EXPECT_EQ(Run({"status", "-q", "arm64"}), Prints(""));
  EXPECT_EQ(Run({"status", "-q", "name:aarch64"}), Prints(""));
  EXPECT_EQ(Run({"clear", "arm64"}), Prints("qemu-aarch64: removed\n"));
  EXPECT_EQ(Run({"status", "-q", "arm64"}).status, 1);
  EXPECT_EQ(Run({"clear", "name:aarch64"}), Prints("aarch64: removed\n"));
  EXPECT_EQ(Run({"clear", "name:aarch64"}), Prints("aarch64: not there\n"));
  EXPECT_EQ(Run({"status", "name:aarch64"}).err,
            "binfmt-status: \"aarch64\" is neither an entry nor a target\n");
}

// The name that register would give, for other files.
TEST_F(WordsTest, ATakenNameIsNotTheTarget) {
  Register(":qemu-aarch64:M::MZ::/mnt/bin/binfmtbox:");
  EXPECT_EQ(
      Run({"status", "-q", "arm64"}),
      Fails(1,
            "binfmt-status: no entry takes programs for aarch64; register "
            "one with: binfmtbox register aarch64\n"));
  EXPECT_EQ(Run({"clear", "arm64"}),
            Fails(1,
                  "binfmt-clear: qemu-aarch64 takes no programs for aarch64; "
                  "if it is meant, say name:qemu-aarch64\n"));
  EXPECT_EQ(Run({"clear", "qemu-aarch64"}).status, 1);
  EXPECT_EQ(EntryNames(), "qemu-aarch64");
  EXPECT_EQ(Run({"clear", "name:qemu-aarch64"}),
            Prints("qemu-aarch64: removed\n"));
}

TEST_F(WordsTest, NamesAreNoPatterns) {
  Register(":a*:E::aaa::/bin/cat:");
  Register(":ab:E::bbb::/bin/cat:");
  EXPECT_EQ(Run({"clear", "name:a?"}), Prints("a?: not there\n"));
  EXPECT_EQ(Run({"clear", "-n", "a*"}), Prints("a*: would be removed\n"));
  EXPECT_EQ(Run({"clear", "-n", "a?"}),
            Prints("ab: would be removed\na*: would be removed\n"));
}

}  // namespace
}  // namespace binfmtbox_testing
