// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/elf_header.h"

#include "absl/strings/match.h"

// The linker's name for the ELF header, which is part of the first segment.
// Hidden: of this executable, not of a library.
extern "C" __attribute__((visibility("hidden"))) const char __ehdr_start[];

namespace binfmt {
namespace {

// All that a magic can compare, and less than the first page.
constexpr size_t kOwnHeadLength = 256;

constexpr size_t kHeaderLength32 = 52;
constexpr size_t kHeaderLength64 = 64;
constexpr uint32_t kPtInterp = 3;
// Linux refuses more than 64 KiB of program headers (load_elf_phdrs()).
constexpr size_t kMaxProgramHeaders = 65536 / 32;

// Reads numbers of either byte order; 0 beyond the end.
class Reader {
 public:
  Reader(std::string_view bytes, bool big_endian)
      : bytes_(bytes), big_endian_(big_endian) {}

  uint64_t Number(uint64_t offset, unsigned size) const {
    if (offset > bytes_.size() || bytes_.size() - offset < size) return 0;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      const unsigned at = big_endian_ ? i : size - 1 - i;
      value = value << 8 | static_cast<unsigned char>(
                               bytes_[static_cast<size_t>(offset) + at]);
    }
    return value;
  }

 private:
  std::string_view bytes_;
  bool big_endian_;
};

void FindLoader(std::string_view head, const Reader& reader, ElfFile* elf) {
  const bool wide = elf->is_64bit;
  const uint64_t table = reader.Number(wide ? 32 : 28, wide ? 8 : 4);
  const uint64_t size = reader.Number(wide ? 54 : 42, 2);
  const uint64_t count = reader.Number(wide ? 56 : 44, 2);
  if (size != (wide ? 56u : 32u) || count > kMaxProgramHeaders) return;
  const bool within =
      table <= head.size() && head.size() - table >= size * count;
  const bool is_program = elf->type == 2 || elf->type == 3;
  elf->is_loadable =
      is_program && count > 0 && (within || head.size() >= kElfProbeLength);
  if (!within) return;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t header = table + i * size;
    if (reader.Number(header, 4) != kPtInterp) continue;
    elf->loader = ElfFile::Loader::kPresent;
    const uint64_t start = reader.Number(header + (wide ? 8 : 4), wide ? 8 : 4);
    const uint64_t length =
        reader.Number(header + (wide ? 32 : 16), wide ? 8 : 4);
    if (start < head.size() && length <= head.size() - start) {
      const std::string_view path = head.substr(start, length);
      elf->loader_path = path.substr(0, path.find('\0'));
    }
    return;
  }
  elf->loader = ElfFile::Loader::kNone;
}

}  // namespace

std::optional<ElfFile> ParseElf(std::string_view head) {
  if (head.size() < kHeaderLength32 || !absl::StartsWith(head, "\177ELF")) {
    return std::nullopt;
  }
  const char elf_class = head[kElfClassPosition];
  const char data = head[kElfDataPosition];
  if (elf_class != 1 && elf_class != 2) return std::nullopt;
  if (data != 1 && data != 2) return std::nullopt;
  ElfFile elf;
  elf.is_64bit = elf_class == 2;
  elf.is_big_endian = data == 2;
  if (elf.is_64bit && head.size() < kHeaderLength64) return std::nullopt;
  const Reader reader(head, elf.is_big_endian);
  elf.os_abi = static_cast<uint8_t>(head[7]);
  elf.type = static_cast<uint16_t>(reader.Number(kElfTypePosition, 2));
  elf.machine = static_cast<uint16_t>(reader.Number(kElfMachinePosition, 2));
  elf.flags = static_cast<uint32_t>(reader.Number(elf.is_64bit ? 48 : 36, 4));
  FindLoader(head, reader, &elf);
  return elf;
}

std::string_view OwnHead() {
  return std::string_view(__ehdr_start, kOwnHeadLength);
}

bool IsForOwnMachine(std::string_view head) {
  constexpr size_t kEnd = kElfMachinePosition + 2;
  const std::string_view own = OwnHead();
  return head.size() >= kEnd &&
         head.substr(0, kElfVersionPosition) ==
             own.substr(0, kElfVersionPosition) &&
         head.substr(kElfMachinePosition, 2) ==
             own.substr(kElfMachinePosition, 2);
}

}  // namespace binfmt
