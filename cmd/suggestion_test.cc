// SPDX-License-Identifier: Apache-2.0
#include "cmd/suggestion.h"

#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace cmd {
namespace {

TEST(SuggestionTest, Alternatives) {
  const std::vector<std::string_view> words = {"A", "B", "C"};
  const std::span<const std::string_view> all = words;
  EXPECT_EQ(JoinAlternatives({}), "");
  EXPECT_EQ(JoinAlternatives(all.first(1)), "A");
  EXPECT_EQ(JoinAlternatives(all.first(2)), "A or B");
  EXPECT_EQ(JoinAlternatives(all), "A, B or C");
}

TEST(SuggestionTest, DidYouMean) {
  EXPECT_EQ(DidYouMean({}), "");
  EXPECT_EQ(DidYouMean(std::vector<std::string_view>{"A", "B"}),
            "; did you mean A or B");
}

TEST(SuggestionTest, WordsThatAreNear) {
  constexpr std::string_view kWords = "yes|no|auto";
  EXPECT_EQ(Suggest("yse", kWords, '|'), "; did you mean yes");
  EXPECT_EQ(Suggest("YES", kWords, '|'), "; did you mean yes");
  EXPECT_EQ(Suggest("n", kWords, '|'), "; did you mean no");
  EXPECT_EQ(Suggest("maybe", kWords, '|'), "");
  EXPECT_EQ(Suggest("", kWords, '|'), "");
  EXPECT_EQ(Suggest("lone", "one two done gone bone lone", ' '),
            "; did you mean lone");
  EXPECT_EQ(Suggest("fone", "one two done gone bone tone", ' '),
            "; did you mean one, done or gone");
}

TEST(SuggestionTest, Targets) {
  EXPECT_EQ(SuggestTarget("aarch46"), "; did you mean aarch64");
  EXPECT_EQ(SuggestTarget("xyzzyxyzzy"), "");
}

}  // namespace
}  // namespace cmd
