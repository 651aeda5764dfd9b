// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "binfmt/record/proc_files.h"
#include "gtest/gtest.h"

namespace binfmt {
namespace {

// "this", "others", both or neither.
std::string Find(std::string_view mountinfo, std::string_view device) {
  const MountedInstances found = FindInstances(mountinfo, device);
  return std::string(found.this_one ? "this" : "") +
         (found.others ? " others" : "");
}

// Linux 6.18, shortened; the third is a tmpfs on "/tmp/a - binfmt_misc b" with
// the source "- binfmt_misc x", as mount(8) makes it.
constexpr char kMounts[] =
    "21 28 0:20 / /proc rw,relatime shared:5 - proc proc rw\n"
    "34 21 0:32 / /proc/sys/fs/binfmt_misc rw,nosuid - binfmt_misc "
    "binfmt_misc rw\n"
    "50 28 0:44 / /tmp/a\\040-\\040binfmt_misc\\040b rw - tmpfs "
    "-\\040binfmt_misc\\040x rw\n"
    "51 28 0:45 /status /mnt rw master:2 - binfmt_misc 0:20 rw\n";

TEST(FindInstances, TheThirdFieldOfEachBinfmtMisc) {
  EXPECT_EQ(Find(kMounts, "0:32"), "this others");
  EXPECT_EQ(Find(kMounts, "0:45"), "this others");
  for (const char* device :
       {"0:20", "0:44", "0:3", "0:321", "10:32", "34", "21", "/"}) {
    EXPECT_EQ(Find(kMounts, device), " others") << device;
  }
}

TEST(FindInstances, Alone) {
  const std::string_view mounts(kMounts);
  EXPECT_EQ(Find(mounts.substr(0, mounts.rfind("51 28")), "0:32"), "this");
}

TEST(FindInstances, LinesCutShort) {
  EXPECT_EQ(Find("", "0:32"), "");
  EXPECT_EQ(Find("\n\n", "0:32"), "");
  EXPECT_EQ(Find("34 21 0:32 / /x rw - binfmt_misc", "0:32"), "");
  EXPECT_EQ(Find(" - binfmt_misc ", "0:32"), " others");
  EXPECT_EQ(Find("\n - binfmt_misc ", "binfmt_misc"), "this");
}

}  // namespace
}  // namespace binfmt
