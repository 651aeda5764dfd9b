// SPDX-License-Identifier: Apache-2.0
#include "cmd/flag_words.h"

#include <string>

#include "binfmt/entry.h"
#include "binfmt/record.h"
#include "binfmt/text.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

// The words for an entry with FLAGS, as lines.
std::string Words(const std::string& flags, const std::string& unknown = "",
                  bool older_file = false) {
  binfmt::Entry entry;
  EXPECT_TRUE(binfmt::ParseFlagLetters(flags, &entry.record.flags));
  entry.unknown_flags = unknown;
  Line line{&entry, nullptr, nullptr};
  line.older_file = older_file;
  std::string text;
  for (const binfmt::Text& word : FlagWords(line)) {
    text += std::string(word) + "\n";
  }
  return text;
}

TEST(FlagWordsTest, None) {
  EXPECT_EQ(Words(""),
            "no P: argv[0] is the program's path\n"
            "no C: programs with setuid run unprivileged: sudo will fail\n"
            "no F: interpreter looked up in each container\n");
}

TEST(FlagWordsTest, AllOfOldKernels) {
  EXPECT_EQ(Words("POCF"),
            "P: programs get their own argv[0]\n"
            "O: programs need not be readable\n"
            "C: programs with setuid run with their owner's rights\n"
            "F: interpreter held open since registration\n");
}

TEST(FlagWordsTest, HeldOpenWhileTheFileIsAnother) {
  EXPECT_EQ(Words("PF", "", true),
            "P: programs get their own argv[0]\n"
            "no C: programs with setuid run unprivileged: sudo will fail\n"
            "F: interpreter held open since registration; the file now at that "
            "path is another one\n");
}

// With them argv is the program's own (kernel.md B.2).
TEST(FlagWordsTest, TransparentMissesNoP) {
  EXPECT_EQ(Words("TF"),
            "O: programs need not be readable\n"
            "no C: programs with setuid run unprivileged: sudo will fail\n"
            "F: interpreter held open since registration\n"
            "T: argv and /proc/self/exe are the program's\n");
}

// The program is native, and its rights are its own.
TEST(FlagWordsTest, LoaderMissesNeitherPNorC) {
  EXPECT_EQ(Words("LF"),
            "F: interpreter held open since registration\n"
            "L: interpreter replaces the program's ELF loader\n");
}

TEST(FlagWordsTest, StartsDisabled) {
  EXPECT_EQ(Words("PCFD"),
            "P: programs get their own argv[0]\n"
            "O: programs need not be readable\n"
            "C: programs with setuid run with their owner's rights\n"
            "F: interpreter held open since registration\n"
            "D: registered disabled\n");
}

TEST(FlagWordsTest, OfAKernelToCome) {
  EXPECT_EQ(Words("PCF", "XZ"),
            "P: programs get their own argv[0]\n"
            "O: programs need not be readable\n"
            "C: programs with setuid run with their owner's rights\n"
            "F: interpreter held open since registration\n"
            "XZ: not known to this version\n");
}

TEST(FlagWordsTest, NothingOfWhatABpfProgramDecides) {
  binfmt::Entry entry;
  entry.record.type = binfmt::RecordType::kBpf;
  EXPECT_TRUE(FlagWords(Line{&entry, nullptr, nullptr}).empty());
}

}  // namespace
}  // namespace cmd
