// SPDX-License-Identifier: Apache-2.0

#include "arch_table/names.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "arch_table/table.h"
#include "gtest/gtest.h"

namespace arch_table {
namespace {

std::string Found(std::string_view word) {
  const Target* target = FindTarget(word);
  return target == nullptr ? "none" : std::string(target->name);
}

std::string Nearest(std::string_view word, size_t limit = 3) {
  return absl::StrJoin(NearestNames(word, limit), " ");
}

TEST(NamesTest, EveryNameAndAliasIsItsRow) {
  for (const Target& target : Targets()) {
    const std::string name(target.name);
    EXPECT_EQ(Found(name), name);
    EXPECT_EQ(Found(absl::AsciiStrToUpper(name)), name);
    EXPECT_EQ(Found(target.EntryName()), name);
    EXPECT_EQ(Found(absl::StrCat(target.EntryName(), "-static")), name);
    EXPECT_NE(
        FindTarget(absl::StrCat("qemu-", target.interpreter(), "-static")),
        nullptr);
    EXPECT_EQ(Found("linux/" + name), name);
    for (const std::string_view alias : target.Aliases()) {
      EXPECT_EQ(Found(alias), name) << alias;
      EXPECT_EQ(Found(absl::AsciiStrToUpper(alias)), name) << alias;
      EXPECT_EQ(Found(absl::StrCat("linux/", alias)), name) << alias;
    }
  }
}

TEST(NamesTest, DockerPlatforms) {
  EXPECT_EQ(Found("linux/amd64"), "x86_64");
  EXPECT_EQ(Found("linux/amd64/v2"), "x86_64");
  EXPECT_EQ(Found("linux/386"), "i386");
  EXPECT_EQ(Found("linux/arm64"), "aarch64");
  EXPECT_EQ(Found("linux/arm64/v8"), "aarch64");
  EXPECT_EQ(Found("linux/arm"), "arm");
  EXPECT_EQ(Found("linux/arm/v5"), "arm");
  EXPECT_EQ(Found("linux/arm/v6"), "arm");
  EXPECT_EQ(Found("linux/arm/v7"), "arm");
  EXPECT_EQ(Found("arm/v7"), "arm");
  EXPECT_EQ(Found("linux/loong64"), "loongarch64");
  EXPECT_EQ(Found("linux/mips64le"), "mips64el");
  EXPECT_EQ(Found("linux/ppc64le"), "ppc64le");
  EXPECT_EQ(Found("linux/riscv64"), "riscv64");
  EXPECT_EQ(Found("linux/s390x"), "s390x");
  EXPECT_EQ(Found("arm32v7"), "arm");
  EXPECT_EQ(Found("arm64v8"), "aarch64");
}

TEST(NamesTest, DebianArchitectures) {
  EXPECT_EQ(Found("amd64"), "x86_64");
  EXPECT_EQ(Found("armel"), "arm");
  EXPECT_EQ(Found("armhf"), "arm");
  EXPECT_EQ(Found("loong64"), "loongarch64");
  EXPECT_EQ(Found("mips64el"), "mips64el");
  EXPECT_EQ(Found("mipsel"), "mipsel");
  EXPECT_EQ(Found("powerpc"), "ppc");
  EXPECT_EQ(Found("ppc64el"), "ppc64le");
}

TEST(NamesTest, UnameMachines) {
  EXPECT_EQ(Found("armv5tel"), "arm");
  EXPECT_EQ(Found("armv6l"), "arm");
  EXPECT_EQ(Found("armv7l"), "arm");
  EXPECT_EQ(Found("armv8l"), "arm");
  EXPECT_EQ(Found("armv7b"), "armeb");
  EXPECT_EQ(Found("i586"), "i386");
  EXPECT_EQ(Found("i686"), "i386");
  EXPECT_EQ(Found("openrisc"), "or1k");
  EXPECT_EQ(Found("parisc"), "hppa");
  EXPECT_EQ(Found("parisc64"), "hppa");
  EXPECT_EQ(Found("sh4a"), "sh4");
}

TEST(NamesTest, GoArchitectures) {
  EXPECT_EQ(Found("386"), "i386");
  EXPECT_EQ(Found("arm64be"), "aarch64_be");
  EXPECT_EQ(Found("armbe"), "armeb");
  EXPECT_EQ(Found("mips64le"), "mips64el");
  EXPECT_EQ(Found("mips64p32"), "mipsn32");
  EXPECT_EQ(Found("mips64p32le"), "mipsn32el");
  EXPECT_EQ(Found("mipsle"), "mipsel");
}

TEST(NamesTest, GitHubRunnersWriteUpperCase) {
  EXPECT_EQ(Found("X64"), "x86_64");
  EXPECT_EQ(Found("X86"), "i386");
  EXPECT_EQ(Found("ARM"), "arm");
  EXPECT_EQ(Found("ARM64"), "aarch64");
}

TEST(NamesTest, TheEmulatorsOfI486AndOldMicroblazeAreOthers) {
  EXPECT_EQ(Found("qemu-i386-static"), "i386");
  EXPECT_EQ(Found("qemu-i486"), "i486");
  EXPECT_EQ(Found("microblaze"), "microblaze-189");
  EXPECT_EQ(Found("qemu-microblaze-189"), "microblaze-189");
  EXPECT_EQ(Found("qemu-microblaze-old"), "microblaze-old");
  EXPECT_EQ(Found("qemu-microblaze-static"), "microblaze-189");
  // What distributions call an entry for the old one.
  EXPECT_EQ(Found("qemu-microblaze"), "none");
}

TEST(NamesTest, UnknownWords) {
  for (const char* word :
       {"", " ", "-", "/", "linux/", "qemu-", "qemu--static", "-static",
        "aarch64 ", "linux/linux/arm", "linux/qemu-arm", "qemu-arm64",
        "qemu-linux/arm", "aarch64-static", "windows/amd64", "arm/v9",
        "arm64 arm64/v8", "s390", "ia64"}) {
    EXPECT_EQ(Found(word), "none") << word;
  }
  EXPECT_EQ(Found(std::string(1000000, 'a')), "none");
  EXPECT_EQ(Found(std::string_view("arm\0", 4)), "none");
}

TEST(NamesTest, NearestFirst) {
  EXPECT_EQ(Nearest("aarch46"), "aarch64");
  EXPECT_EQ(Nearest("AMD46"), "amd64");
  EXPECT_EQ(Nearest("riscv"), "riscv32 riscv64");
  EXPECT_EQ(Nearest("loong"), "loong64");
  EXPECT_EQ(Nearest("s390"), "s390x");
  EXPECT_EQ(Nearest("i786"), "i386 i486");
  EXPECT_EQ(Nearest("mips65"), "mips64 mips mipsel");
  EXPECT_EQ(Nearest("powerpc32"), "powerpc powerpc64");
  EXPECT_EQ(Nearest("linux/arm/v11"), "arm/v7");
  EXPECT_EQ(Nearest("qemu-aarch6-static"), "aarch64");
}

TEST(NamesTest, TripletsAndDoubles) {
  EXPECT_EQ(Nearest("aarch64-linux-gnu"), "aarch64");
  EXPECT_EQ(Nearest("arm-linux-gnueabihf"), "arm");
  EXPECT_EQ(Nearest("armv7-unknown-linux-musleabihf"), "armv7");
  EXPECT_EQ(Nearest("x86_64-pc-linux-gnu"), "x86_64");
  EXPECT_EQ(Nearest("x86-64-linux"), "x86-64");
  EXPECT_EQ(Nearest("i686-linux"), "i686");
  EXPECT_EQ(Nearest("powerpc64le-unknown-linux-gnu"), "powerpc64le");
  EXPECT_EQ(Nearest("AArch64-Linux"), "aarch64");
  EXPECT_EQ(Nearest("riscv64gc-unknown-linux-gnu"), "riscv64");
  EXPECT_EQ(Nearest("aarch64-apple-darwin"), "");
  EXPECT_EQ(Nearest("-linux"), "");
}

TEST(NamesTest, NearestAreLimitedAndOfDifferentTargets) {
  EXPECT_EQ(Nearest("arm46", 5), "armv6 arm64 armeb");
  EXPECT_EQ(Nearest("arm46", 2), "armv6 arm64");
  EXPECT_EQ(Nearest("arm46", 1), "armv6");
}

TEST(NamesTest, NothingNear) {
  EXPECT_EQ(Nearest(""), "");
  EXPECT_EQ(Nearest("linux/"), "");
  EXPECT_EQ(Nearest("foo"), "");
  EXPECT_EQ(Nearest("windows"), "");
  EXPECT_EQ(Nearest("arm64", 0), "");
  EXPECT_EQ(Nearest(std::string(33, 'a')), "");
  EXPECT_EQ(Nearest(std::string(1000000, 'a')), "");
}

}  // namespace
}  // namespace arch_table
