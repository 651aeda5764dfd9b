// SPDX-License-Identifier: Apache-2.0
#include "cmd/pattern.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace cmd {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view name;
  bool matches;
};

TEST(PatternTest, Matches) {
  constexpr Case kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"qemu-arm", "qemu-arm", true},
      {"qemu-arm", "qemu-armeb", false},
      {"qemu-arm", "QEMU-ARM", false},
      // Any bytes.
      {"*", "", true},
      {"*", "anything", true},
      {"**", "x", true},
      {"qemu-*", "qemu-", true},
      {"qemu-*", "qemu-aarch64", true},
      {"qemu-*", "xqemu-arm", false},
      {"*64", "qemu-aarch64", true},
      {"*64", "qemu-aarch64_be", false},
      {"*a*b*c*", "xxaxxbxxcxx", true},
      {"*a*b*c*", "xxaxxcxxbxx", false},
      {"*ab", "aab", true},
      {"a*a", "a", false},
      {"*.*", "a.b", true},
      {"*", ".hidden", true},
      // One byte.
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"qemu-mips??", "qemu-mips64", true},
      {"qemu-mips??", "qemu-mips", false},
      {"*?", "a", true},
      {"?*?", "a", false},
      // Sets.
      {"[abc]", "b", true},
      {"[abc]", "d", false},
      {"[a-c]x", "bx", true},
      {"[a-c]", "d", false},
      {"[!a-c]", "d", true},
      {"[!a-c]", "b", false},
      {"[!a]", "", false},
      {"[]]", "]", true},
      {"[!]]", "]", false},
      {"[!]]", "a", true},
      {"[a-]", "-", true},
      {"[-a]", "-", true},
      {"[a-]", "b", false},
      {"[c-a]", "b", false},
      {"qemu-[ar]*", "qemu-riscv64", true},
      {"qemu-[ar]*", "qemu-mips", false},
      {"[*]", "*", true},
      {"[*]", "a", false},
      {"[\x80-\xff]", "\xc3", true},
      // A set without its end is plain text.
      {"[", "[", true},
      {"[ab", "[ab", true},
      {"[ab", "a", false},
      {"[]", "[]", true},
      {"[!]", "[!]", true},
      {"*[", "a[", true},
      // A backslash takes the next byte as it is.
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\?", "?", true},
      {"\\[a]", "[a]", true},
      {"\\\\", "\\", true},
      {"a\\", "a\\", true},
      {"\\a", "a", true},
  };
  for (const Case& test : kCases) {
    EXPECT_EQ(MatchesPattern(test.pattern, test.name), test.matches)
        << "\"" << test.pattern << "\" and \"" << test.name << "\"";
  }
}

// Backtracking over every star would take longer than the world will last.
TEST(PatternTest, TimeIsBounded) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesPattern(pattern + "*b", std::string(4000, 'a')));
  EXPECT_FALSE(
      MatchesPattern(std::string(1000, '*') + "b", std::string(4000, 'a')));
  EXPECT_FALSE(
      MatchesPattern("*" + std::string(1000, '['), std::string(255, '[')));
}

TEST(PatternTest, IsPattern) {
  for (const char* text : {"*", "qemu-*", "a?", "[ab]", "["}) {
    EXPECT_TRUE(IsPattern(text)) << text;
  }
  for (const char* text : {"", "qemu-arm", "a]b", "!", "-"}) {
    EXPECT_FALSE(IsPattern(text)) << text;
  }
}

}  // namespace
}  // namespace cmd
