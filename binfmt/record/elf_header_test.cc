// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/elf_header.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "testing/elf.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ElfSpec;
using binfmtbox_testing::MakeElf;

std::string LoaderText(const ElfFile& elf) {
  switch (elf.loader) {
    case ElfFile::Loader::kUnknown:
      return "unknown";
    case ElfFile::Loader::kNone:
      return "none";
    case ElfFile::Loader::kPresent:
      return "present " + elf.loader_path;
  }
  return "";
}

// All facts in one line, or "no ELF file".
std::string Facts(std::string_view head) {
  const std::optional<ElfFile> elf = ParseElf(head);
  if (!elf) return "no ELF file";
  return absl::StrCat(
      elf->is_64bit ? "64" : "32", elf->is_big_endian ? " big" : " little",
      " abi ", elf->os_abi, " type ", elf->type, " machine ", elf->machine,
      " flags ", elf->flags, " loader ", LoaderText(*elf));
}

std::string Dynamic(bool is_64bit, bool is_big_endian) {
  ElfSpec spec;
  spec.is_64bit = is_64bit;
  spec.is_big_endian = is_big_endian;
  spec.type = 3;
  spec.machine = 0x1234;
  spec.flags = 0x05000400;
  spec.loader = "/lib/ld.so.1";
  return MakeElf(spec);
}

// FILE with SIZE bytes of VALUE at POSITION, lowest first.
std::string Patched(std::string file, size_t position, size_t size,
                    uint64_t value) {
  for (size_t i = 0; i < size; ++i) {
    file[position + i] = static_cast<char>(value >> (8 * i) & 0xff);
  }
  return file;
}

constexpr char kDynamic64[] =
    "64 little abi 0 type 3 machine 4660 flags 83887104 loader present "
    "/lib/ld.so.1";
constexpr char kNoLoaderText64[] =
    "64 little abi 0 type 3 machine 4660 flags 83887104 loader present ";
constexpr char kUnknownLoader64[] =
    "64 little abi 0 type 3 machine 4660 flags 83887104 loader unknown";

TEST(ElfHeaderTest, EveryClassAndByteOrder) {
  EXPECT_EQ(Facts(Dynamic(true, false)), kDynamic64);
  EXPECT_EQ(Facts(Dynamic(true, true)),
            "64 big abi 0 type 3 machine 4660 flags 83887104 loader present "
            "/lib/ld.so.1");
  EXPECT_EQ(Facts(Dynamic(false, false)),
            "32 little abi 0 type 3 machine 4660 flags 83887104 loader present "
            "/lib/ld.so.1");
  EXPECT_EQ(Facts(Dynamic(false, true)),
            "32 big abi 0 type 3 machine 4660 flags 83887104 loader present "
            "/lib/ld.so.1");
}

TEST(ElfHeaderTest, StaticFileHasNoLoader) {
  ElfSpec spec;
  spec.machine = 40;
  EXPECT_EQ(Facts(MakeElf(spec)),
            "64 little abi 0 type 2 machine 40 flags 0 loader none");
}

TEST(ElfHeaderTest, BrandedFile) {
  std::string file = Dynamic(true, false);
  file[7] = 3;
  // AppImage writes into the padding.
  file[8] = 'A';
  file[9] = 'I';
  file[10] = 2;
  EXPECT_EQ(Facts(file),
            "64 little abi 3 type 3 machine 4660 flags 83887104 loader present "
            "/lib/ld.so.1");
}

TEST(ElfHeaderTest, OtherMagicClassOrByteOrder) {
  const std::string file = Dynamic(true, false);
  EXPECT_EQ(Facts(""), "no ELF file");
  EXPECT_EQ(Facts("#!/bin/sh\n" + std::string(100, ' ')), "no ELF file");
  for (size_t position : {0, 1, 2, 3, 4, 5}) {
    EXPECT_EQ(Facts(Patched(file, position, 1, 0)), "no ELF file") << position;
    EXPECT_EQ(Facts(Patched(file, position, 1, 3)), "no ELF file") << position;
    EXPECT_EQ(Facts(Patched(file, position, 1, 255)), "no ELF file")
        << position;
  }
}

TEST(ElfHeaderTest, EveryTruncation) {
  for (const bool is_64bit : {true, false}) {
    const std::string file = Dynamic(is_64bit, false);
    const size_t header = is_64bit ? 64 : 52;
    for (size_t size = 0; size < file.size(); ++size) {
      const std::string facts = Facts(std::string_view(file).substr(0, size));
      if (size < header) {
        EXPECT_EQ(facts, "no ELF file") << size;
      } else {
        EXPECT_NE(facts, "no ELF file") << size;
        EXPECT_EQ(facts.find("/lib/ld.so.1"), std::string::npos) << size;
      }
    }
  }
}

TEST(ElfHeaderTest, HeaderAloneDoesNotTellTheLoader) {
  EXPECT_EQ(Facts(Dynamic(true, false).substr(0, 64)), kUnknownLoader64);
}

TEST(ElfHeaderTest, LoaderPathBeyondTheBytes) {
  EXPECT_EQ(Facts(Dynamic(true, false).substr(0, 64 + 2 * 56)),
            kNoLoaderText64);
}

TEST(ElfHeaderTest, LoaderPathWithoutNulByte) {
  EXPECT_EQ(Facts(Patched(Dynamic(true, false), 64 + 32, 8, 4)),
            "64 little abi 0 type 3 machine 4660 flags 83887104 loader present "
            "/lib");
}

TEST(ElfHeaderTest, CraftedOffsetsAndLengths) {
  const std::string file = Dynamic(true, false);
  constexpr uint64_t kHuge = UINT64_MAX;
  // e_phoff
  EXPECT_EQ(Facts(Patched(file, 32, 8, kHuge)), kUnknownLoader64);
  EXPECT_EQ(Facts(Patched(file, 32, 8, kHuge - 55)), kUnknownLoader64);
  EXPECT_EQ(Facts(Patched(file, 32, 8, file.size())), kUnknownLoader64);
  // p_offset and p_filesz of PT_INTERP
  EXPECT_EQ(Facts(Patched(file, 64 + 8, 8, kHuge)), kNoLoaderText64);
  EXPECT_EQ(Facts(Patched(file, 64 + 8, 8, kHuge - 10)), kNoLoaderText64);
  EXPECT_EQ(Facts(Patched(file, 64 + 32, 8, kHuge)), kNoLoaderText64);
  EXPECT_EQ(Facts(Patched(file, 64 + 32, 8, 0)), kNoLoaderText64);
}

TEST(ElfHeaderTest, CraftedProgramHeaderSizeAndCount) {
  const std::string file = Dynamic(true, false);
  // e_phentsize, which Linux compares too (load_elf_phdrs())
  for (uint64_t size : {0, 1, 32, 55, 57, 65535}) {
    EXPECT_EQ(Facts(Patched(file, 54, 2, size)), kUnknownLoader64) << size;
  }
  // e_phnum
  EXPECT_EQ(Facts(Patched(file, 56, 2, 65535)), kUnknownLoader64);
  EXPECT_EQ(Facts(Patched(file, 56, 2, 3)), kUnknownLoader64);
  EXPECT_EQ(Facts(Patched(file, 56, 2, 0)),
            "64 little abi 0 type 3 machine 4660 flags 83887104 loader none");
}

TEST(ElfHeaderTest, LoadableByTypeAndProgramHeaders) {
  const std::string file = Dynamic(true, false);
  const auto loadable = [](std::string_view head) {
    const std::optional<ElfFile> elf = ParseElf(head);
    return elf && elf->is_loadable;
  };
  EXPECT_TRUE(loadable(file));
  EXPECT_TRUE(loadable(Dynamic(false, true)));
  EXPECT_TRUE(loadable(Patched(file, 16, 2, 2)));
  for (const uint64_t type : {0, 1, 4, 0x203}) {
    EXPECT_FALSE(loadable(Patched(file, 16, 2, type))) << type;
  }
  EXPECT_FALSE(loadable(Patched(file, 54, 2, 32)));
  EXPECT_FALSE(loadable(Patched(file, 56, 2, 0)));
  EXPECT_FALSE(loadable(file.substr(0, 64 + 2 * 56 - 1)));
  EXPECT_TRUE(loadable(file.substr(0, 64 + 2 * 56)));
  // e_phoff, beyond the end of the file, and of the bytes that are looked at.
  const std::string far = Patched(file, 32, 8, kElfProbeLength);
  EXPECT_FALSE(loadable(far));
  EXPECT_TRUE(loadable(far + std::string(kElfProbeLength - far.size(), '\0')));
}

TEST(ElfHeaderTest, FirstLoaderCounts) {
  // The PT_LOAD behind it becomes a second PT_INTERP.
  EXPECT_EQ(Facts(Patched(Dynamic(true, false), 64 + 56, 4, 3)), kDynamic64);
}

TEST(ElfHeaderTest, OwnMachineIsClassOrderAndMachine) {
  std::string head(OwnHead());
  EXPECT_TRUE(IsForOwnMachine(head));
  EXPECT_TRUE(IsForOwnMachine(head.substr(0, 20)));
  EXPECT_FALSE(IsForOwnMachine(head.substr(0, 19)));
  EXPECT_FALSE(IsForOwnMachine(""));
  head[7] = 9;    // EI_OSABI
  head[16] ^= 1;  // e_type
  EXPECT_TRUE(IsForOwnMachine(head));
  for (const size_t position : {0, 4, 5, 18, 19}) {
    std::string other = head;
    other[position] ^= 3;
    EXPECT_FALSE(IsForOwnMachine(other)) << position;
  }
}

TEST(ElfHeaderTest, OwnHeadIsThatOfThisProgram) {
  const std::optional<ElfFile> own = ParseElf(OwnHead());
  ASSERT_TRUE(own);
  EXPECT_EQ(own->is_64bit, sizeof(void*) == 8);
  // Position independent or not: ET_EXEC or ET_DYN.
  EXPECT_TRUE(own->type == 2 || own->type == 3) << own->type;
  EXPECT_NE(own->machine, 0);
}

}  // namespace
}  // namespace binfmt
