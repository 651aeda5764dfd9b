// What each product must be, whatever its code does: read from its ELF headers.

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace {

// The most bytes that the product for ARCHITECTURE may have; 0: none is given.
size_t SizeBudget(const std::string& architecture) {
  std::ifstream file("toolchains/size_budgets.txt");
  for (std::string line; std::getline(file, line);) {
    const size_t blank = line.find(' ');
    if (line.substr(0, blank) == architecture) {
      return std::stoul(line.substr(blank));
    }
  }
  return 0;
}

struct Elf32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Dynamic = Elf32_Dyn;
};

struct Elf64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Dynamic = Elf64_Dyn;
};

// The facts that the tests ask for, the same for both classes.
struct Product {
  struct Segment {
    uint32_t type;
    uint32_t flags;
  };
  struct Dynamic {
    uint64_t tag;
    uint64_t value;
  };

  uint16_t type = 0;
  uint16_t machine = 0;
  uint32_t flags = 0;
  std::vector<Segment> segments;
  std::vector<Dynamic> dynamic;
  bool has_sections = false;

  int CountSegments(uint32_t wanted) const {
    int n = 0;
    for (const Segment& s : segments) n += s.type == wanted;
    return n;
  }
  uint64_t DynamicValue(uint64_t tag) const {
    for (const Dynamic& d : dynamic) {
      if (d.tag == tag) return d.value;
    }
    return 0;
  }
  bool HasDynamic(uint64_t tag) const {
    for (const Dynamic& d : dynamic) {
      if (d.tag == tag) return true;
    }
    return false;
  }
};

// Copies one T from `bytes`; all zero where the file is too short.
template <typename T>
T At(const std::string& bytes, size_t offset) {
  T value{};
  if (offset <= bytes.size() && sizeof(T) <= bytes.size() - offset) {
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
  }
  return value;
}

template <typename Elf>
Product Parse(const std::string& bytes) {
  Product product;
  const auto header = At<typename Elf::Header>(bytes, 0);
  product.type = header.e_type;
  product.machine = header.e_machine;
  product.flags = header.e_flags;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = At<typename Elf::Segment>(
        bytes, header.e_phoff + i * header.e_phentsize);
    product.segments.push_back({segment.p_type, segment.p_flags});
    if (segment.p_type != PT_DYNAMIC) continue;
    for (size_t at = 0; at < segment.p_filesz;
         at += sizeof(typename Elf::Dynamic)) {
      const auto entry =
          At<typename Elf::Dynamic>(bytes, segment.p_offset + at);
      if (entry.d_tag == DT_NULL) break;
      product.dynamic.push_back(
          {static_cast<uint64_t>(entry.d_tag), entry.d_un.d_val});
    }
  }
  product.has_sections = header.e_shnum != 0;
  return product;
}

struct Expected {
  const char* name;
  unsigned char elf_class;
  uint16_t machine;
};

constexpr Expected kProducts[] = {
    {"x86_64", ELFCLASS64, EM_X86_64},
    {"arm64", ELFCLASS64, EM_AARCH64},
    {"armv7", ELFCLASS32, EM_ARM},
    {"riscv64", ELFCLASS64, EM_RISCV},
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.name;
}

class ProductTest : public testing::TestWithParam<Expected> {
 protected:
  void SetUp() override {
    const std::string path = std::string("binfmtbox_") + GetParam().name;
    std::ifstream in(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
    ASSERT_GT(bytes_.size(), size_t{EI_NIDENT}) << path;
    ASSERT_EQ(bytes_.compare(0, SELFMAG, ELFMAG), 0) << path;
    ASSERT_EQ(bytes_[EI_CLASS], GetParam().elf_class);
    ASSERT_EQ(bytes_[EI_DATA], ELFDATA2LSB);
    product_ = GetParam().elf_class == ELFCLASS32 ? Parse<Elf32>(bytes_)
                                                  : Parse<Elf64>(bytes_);
    ASSERT_FALSE(product_.segments.empty());
    ASSERT_FALSE(product_.dynamic.empty());
  }

  std::string bytes_;
  Product product_;
};

TEST_P(ProductTest, IsForItsMachine) {
  EXPECT_EQ(product_.machine, GetParam().machine);
  if (product_.machine == EM_ARM) {
    EXPECT_EQ(product_.flags & EF_ARM_EABIMASK, uint32_t{EF_ARM_EABI_VER5});
    EXPECT_TRUE(product_.flags & EF_ARM_ABI_FLOAT_HARD);
  }
}

TEST_P(ProductTest, IsStaticPie) {
  EXPECT_EQ(product_.type, ET_DYN);
  EXPECT_TRUE(product_.DynamicValue(DT_FLAGS_1) & DF_1_PIE);
  EXPECT_EQ(product_.CountSegments(PT_INTERP), 0);
  EXPECT_FALSE(product_.HasDynamic(DT_NEEDED));
}

TEST_P(ProductTest, HasFullRelro) {
  EXPECT_EQ(product_.CountSegments(PT_GNU_RELRO), 1);
  EXPECT_TRUE(product_.DynamicValue(DT_FLAGS_1) & DF_1_NOW);
}

TEST_P(ProductTest, HasNoExecutableStack) {
  ASSERT_EQ(product_.CountSegments(PT_GNU_STACK), 1);
  for (const Product::Segment& segment : product_.segments) {
    if (segment.type != PT_GNU_STACK) continue;
    EXPECT_FALSE(segment.flags & PF_X);
  }
}

TEST_P(ProductTest, HasNoWritableExecutableSegment) {
  for (const Product::Segment& segment : product_.segments) {
    EXPECT_NE(segment.flags & (PF_W | PF_X), uint32_t{PF_W | PF_X})
        << "segment type " << segment.type;
  }
  EXPECT_FALSE(product_.HasDynamic(DT_TEXTREL));
}

TEST_P(ProductTest, IsStrippedAndWithinItsBudget) {
  EXPECT_FALSE(product_.has_sections);
  EXPECT_LE(bytes_.size(), SizeBudget(GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(All, ProductTest, testing::ValuesIn(kProducts),
                         [](const testing::TestParamInfo<Expected>& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
