// SPDX-License-Identifier: Apache-2.0

#include "arch_table/program.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "arch_table/table.h"

namespace arch_table {
namespace {

constexpr size_t kSampleSize = 64;

// The largest page size that Linux has.
constexpr uint32_t kMaxPageSize = 0x10000;

// EI_VERSION: EV_CURRENT, and one that no rule asks for.
constexpr uint8_t kCurrentVersion = 1;
constexpr uint8_t kProbeVersion = 0xff;

// Appends numbers in a target's byte order and word size.
class ElfWriter {
 public:
  explicit ElfWriter(const Target& target) : target_(target) {}

  void Bytes(std::string_view bytes) { image_.append(bytes); }
  void Half(uint16_t value) { Number(value, 2); }
  void Word(uint32_t value) { Number(value, 4); }
  // An address, offset or size.
  void Native(uint64_t value) { Number(value, target_.is_64bit ? 8 : 4); }

  std::string TakeImage() && { return std::move(image_); }

 private:
  void Number(uint64_t value, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      const size_t shift = 8 * (target_.is_big_endian ? size - 1 - i : i);
      image_.push_back(static_cast<char>(value >> shift & 0xff));
    }
  }

  const Target& target_;
  std::string image_;
};

uint16_t HeaderSize(const Target& target) { return target.is_64bit ? 64 : 52; }

uint16_t ProgramHeaderSize(const Target& target) {
  return target.is_64bit ? 56 : 32;
}

void WriteHeader(const Target& target, uint8_t version, uint64_t entry,
                 uint16_t program_headers, ElfWriter& elf) {
  const uint16_t header_size = HeaderSize(target);
  const uint8_t elf_class = target.is_64bit ? 2 : 1;
  const uint8_t data = target.is_big_endian ? 2 : 1;
  elf.Bytes(
      "\x7f"
      "ELF");
  const char ident[12] = {static_cast<char>(elf_class), static_cast<char>(data),
                          static_cast<char>(version)};
  elf.Bytes(std::string_view(ident, sizeof(ident)));
  elf.Half(2);  // e_type: ET_EXEC
  elf.Half(target.machine);
  elf.Word(1);  // e_version: EV_CURRENT
  elf.Native(entry);
  elf.Native(program_headers == 0 ? 0 : header_size);  // e_phoff
  elf.Native(0);                                       // e_shoff
  elf.Word(target.flags);
  elf.Half(header_size);
  elf.Half(ProgramHeaderSize(target));
  elf.Half(program_headers);
  elf.Half(0);  // e_shentsize
  elf.Half(0);  // e_shnum
  elf.Half(0);  // e_shstrndx
}

// SIZE bytes of the file from OFFSET.
void WriteProgramHeader(const Target& target, uint32_t type, uint32_t offset,
                        uint32_t size, ElfWriter& elf) {
  constexpr uint32_t kReadAndExecute = 5;  // PF_R | PF_X
  const uint64_t address = target.load_address();
  elf.Word(type);
  if (target.is_64bit) elf.Word(kReadAndExecute);
  elf.Native(offset);   // p_offset
  elf.Native(address);  // p_vaddr
  elf.Native(address);  // p_paddr
  elf.Native(size);     // p_filesz
  elf.Native(size);     // p_memsz
  if (!target.is_64bit) elf.Word(kReadAndExecute);
  // The largest that the address has, too.
  elf.Native(std::min<uint64_t>(kMaxPageSize, address & -address));
}

}  // namespace

std::string SampleHeader(const Target& target) {
  ElfWriter elf(target);
  WriteHeader(target, kCurrentVersion, target.load_address(), 0, elf);
  std::string image = std::move(elf).TakeImage();
  image.resize(kSampleSize);
  return image;
}

std::string NativeProbe(const Target& target) {
  constexpr uint32_t kInterpreter = 3;         // PT_INTERP
  constexpr uint32_t kBehindTheEnd = 1 << 20;  // of any probe
  ElfWriter elf(target);
  WriteHeader(target, kProbeVersion, target.load_address(), 1, elf);
  WriteProgramHeader(target, kInterpreter, kBehindTheEnd, 2, elf);
  return std::move(elf).TakeImage();
}

std::string BuiltInProgram(const Target& target) {
  if (target.code().empty()) return "";

  const uint32_t code_offset = HeaderSize(target) + ProgramHeaderSize(target);
  const uint32_t file_size =
      code_offset + static_cast<uint32_t>(target.code().size());
  constexpr uint32_t kLoad = 1;  // PT_LOAD

  ElfWriter elf(target);
  WriteHeader(target, kCurrentVersion, target.load_address() + code_offset, 1,
              elf);
  WriteProgramHeader(target, kLoad, 0, file_size, elf);
  elf.Bytes(target.code());
  return std::move(elf).TakeImage();
}

}  // namespace arch_table
