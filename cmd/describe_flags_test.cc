// SPDX-License-Identifier: Apache-2.0
#include "cmd/describe_flags.h"

#include <optional>
#include <string>

#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

// The sentences for an entry with FLAGS, as lines.
std::string Sentences(const std::string& flags, const std::string& unknown = "",
                      std::optional<bool> other_file = false) {
  binfmt::Entry entry;
  entry.record.flags = binfmt::ParseFlagLetters(flags).value();
  entry.unknown_flags = unknown;
  EntryRow row{.entry = &entry, .target = nullptr};
  row.other_file = other_file;
  std::string text;
  for (const std::string& line : DescribeFlags(row)) text += line + "\n";
  return text;
}

TEST(DescribeFlagsTest, None) {
  EXPECT_EQ(Sentences(""),
            "no P: argv[0] is the program's path\n"
            "no C: programs with setuid run unprivileged: sudo will fail\n"
            "no F: interpreter looked up in each container\n");
}

TEST(DescribeFlagsTest, AllOfOldKernels) {
  EXPECT_EQ(Sentences("POCF"),
            "P: programs get their own argv[0]\n"
            "O: programs need not be readable\n"
            "C: programs with setuid run with their owner's rights\n"
            "F: interpreter held open since registration\n");
}

TEST(DescribeFlagsTest, HeldOpenAndNobodyCanTellWhat) {
  EXPECT_EQ(Sentences("PCF", "", std::nullopt),
            "P: programs get their own argv[0]\n"
            "O: programs need not be readable\n"
            "C: programs with setuid run with their owner's rights\n"
            "F: interpreter held open since registration; whether it is the "
            "file now at that path can't be told\n");
}

TEST(DescribeFlagsTest, HeldOpenWhileTheFileIsAnother) {
  EXPECT_EQ(Sentences("PF", "", true),
            "P: programs get their own argv[0]\n"
            "no C: programs with setuid run unprivileged: sudo will fail\n"
            "F: interpreter held open since registration; the file now at that "
            "path is another one\n");
}

// With flag T argv is the program's own.
TEST(DescribeFlagsTest, TransparentMissesNoP) {
  EXPECT_EQ(Sentences("TF"),
            "O: programs need not be readable\n"
            "no C: programs with setuid run unprivileged: sudo will fail\n"
            "F: interpreter held open since registration\n"
            "T: argv and /proc/self/exe are the program's\n");
}

// The program is native, and its rights are its own.
TEST(DescribeFlagsTest, LoaderMissesNeitherPNorC) {
  EXPECT_EQ(Sentences("LF"),
            "F: interpreter held open since registration\n"
            "L: interpreter replaces the program's ELF loader\n");
}

TEST(DescribeFlagsTest, StartsDisabled) {
  EXPECT_EQ(Sentences("PCFD"),
            "P: programs get their own argv[0]\n"
            "O: programs need not be readable\n"
            "C: programs with setuid run with their owner's rights\n"
            "F: interpreter held open since registration\n"
            "D: registered disabled\n");
}

TEST(DescribeFlagsTest, OfAKernelToCome) {
  EXPECT_EQ(Sentences("PCF", "XZ"),
            "P: programs get their own argv[0]\n"
            "O: programs need not be readable\n"
            "C: programs with setuid run with their owner's rights\n"
            "F: interpreter held open since registration\n"
            "XZ: not known to this version\n");
}

TEST(DescribeFlagsTest, NothingOfWhatABpfProgramDecides) {
  binfmt::Entry entry;
  entry.record.type = binfmt::RecordType::kBpf;
  EXPECT_TRUE(
      DescribeFlags(EntryRow{.entry = &entry, .target = nullptr}).empty());
}

}  // namespace
}  // namespace cmd
