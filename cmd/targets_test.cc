// SPDX-License-Identifier: Apache-2.0
#include "cmd/targets.h"

#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "gtest/gtest.h"

namespace cmd {
namespace {

using Words = std::vector<std::string>;

// The name of the target, or the error.
std::string Parse(std::string_view word) {
  const binfmt::Expected<const arch_table::Target*> target = ParseTarget(word);
  if (target) return std::string((*target)->name);
  EXPECT_EQ(target.error().cause(), binfmt::Cause::kMisuse);
  return target.error().text();
}

TEST(TargetsTest, WordsOfEveryVocabulary) {
  EXPECT_EQ(Parse("aarch64"), "aarch64");         // QEMU
  EXPECT_EQ(Parse("qemu-aarch64"), "aarch64");    // an entry
  EXPECT_EQ(Parse("linux/arm64/v8"), "aarch64");  // Docker
  EXPECT_EQ(Parse("armhf"), "arm");               // Debian
  EXPECT_EQ(Parse("ppc64el"), "ppc64le");         // Debian
  EXPECT_EQ(Parse("armv7l"), "arm");              // uname
  EXPECT_EQ(Parse("i686"), "i386");               // uname
  EXPECT_EQ(Parse("386"), "i386");                // Go
  EXPECT_EQ(Parse("mips64le"), "mips64el");       // Go
}

TEST(TargetsTest, UnknownWordsNameTheNearest) {
  EXPECT_EQ(Parse("aarch46"),
            "unknown target \"aarch46\"; did you mean aarch64");
  EXPECT_EQ(Parse("xyzzyxyzzy"), "unknown target \"xyzzyxyzzy\"");
  EXPECT_EQ(Parse(""), "unknown target \"\"");
  EXPECT_EQ(Parse("all"), "unknown target \"all\"");
  EXPECT_EQ(Parse("\x1b[2J\xff"), "unknown target \"\\x1b[2J\\xff\"");
  EXPECT_EQ(Parse(std::string(100000, 'a')).size(),
            std::string("unknown target \"\"").size() + 100000);
}

TEST(TargetsTest, WordsAreSeparatedByBlanksAndCommas) {
  EXPECT_EQ(SplitWords(""), Words());
  EXPECT_EQ(SplitWords(" ,\t\n,"), Words());
  EXPECT_EQ(SplitWords("arm"), Words({"arm"}));
  EXPECT_EQ(SplitWords("arm aarch64"), Words({"arm", "aarch64"}));
  EXPECT_EQ(SplitWords(" arm,,aarch64 ,\tmips\n"),
            Words({"arm", "aarch64", "mips"}));
  EXPECT_EQ(SplitWords("linux/arm64/v8,linux/386"),
            Words({"linux/arm64/v8", "linux/386"}));
}

TEST(TargetsTest, WordsOfAList) {
  TargetList targets;
  bool all = false;
  ASSERT_TRUE(ParseTargets({"arm64", "armhf", "aarch64"}, targets, all));
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0]->name, "aarch64");
  EXPECT_EQ(targets[1]->name, "arm");
  EXPECT_FALSE(all);
  ASSERT_TRUE(ParseTargets({"all", "mips"}, targets, all));
  EXPECT_EQ(targets.size(), 3u);
  EXPECT_TRUE(all);
  const binfmt::Expected<void> parsed =
      ParseTargets({"arm", "aarch46"}, targets, all);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().text(), Parse("aarch46"));
}

TEST(TargetsTest, NoTargetIsNative) {
  const binfmt::Expected<TargetList> native = FindNative({});
  ASSERT_TRUE(native);
  EXPECT_TRUE(native->empty());
}

}  // namespace
}  // namespace cmd
