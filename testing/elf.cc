// SPDX-License-Identifier: Apache-2.0
#include "testing/elf.h"

#include <link.h>

#include <cstddef>
#include <cstring>
#include <initializer_list>

namespace binfmtbox_testing {
namespace {

constexpr uint64_t kLoadAddress = 0x400000;
constexpr uint16_t kForeignMachine = 0xfe00;

class Writer {
 public:
  explicit Writer(const ElfSpec& spec) : spec_(spec) {}

  void Number(uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      const unsigned shift = 8 * (spec_.is_big_endian ? size - 1 - i : i);
      bytes_.push_back(static_cast<char>(value >> shift & 0xff));
    }
  }
  void Address(uint64_t value) { Number(value, spec_.is_64bit ? 8 : 4); }
  void Bytes(std::string_view bytes) { bytes_ += bytes; }

  void ProgramHeader(uint32_t type, uint64_t offset, uint64_t size) {
    const uint32_t read_and_execute = 5;
    Number(type, 4);
    if (spec_.is_64bit) Number(read_and_execute, 4);
    Address(offset);
    Address(kLoadAddress + offset);
    Address(kLoadAddress + offset);
    Address(size);
    Address(size);
    if (!spec_.is_64bit) Number(read_and_execute, 4);
    Address(type == 1 ? 0x10000 : 1);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  const ElfSpec& spec_;
  std::string bytes_;
};

// 32-bit words of machine code, lowest byte first.
std::string Code(std::initializer_list<uint32_t> words) {
  std::string code;
  for (const uint32_t word : words) {
    for (int shift = 0; shift < 32; shift += 8) {
      code.push_back(static_cast<char>(word >> shift & 0xff));
    }
  }
  return code;
}

}  // namespace

std::string MakeElf(const ElfSpec& spec) {
  const size_t header_size = spec.is_64bit ? 64 : 52;
  const size_t program_header_size = spec.is_64bit ? 56 : 32;
  const size_t count = spec.loader.empty() ? 1 : 2;
  const size_t loader_start = header_size + count * program_header_size;
  const size_t loader_size = spec.loader.empty() ? 0 : spec.loader.size() + 1;
  const size_t code_start = loader_start + loader_size;
  Writer out(spec);
  out.Bytes("\x7f");
  out.Bytes("ELF");
  out.Number(spec.is_64bit ? 2 : 1, 1);
  out.Number(spec.is_big_endian ? 2 : 1, 1);
  out.Number(1, 1);  // EI_VERSION
  out.Bytes(std::string(9, '\0'));
  out.Number(spec.type, 2);
  out.Number(spec.machine, 2);
  out.Number(1, 4);  // e_version
  out.Address(kLoadAddress + code_start);
  out.Address(header_size);
  out.Address(0);  // no section headers
  out.Number(spec.flags, 4);
  out.Number(header_size, 2);
  out.Number(program_header_size, 2);
  out.Number(count, 2);
  out.Bytes(std::string(6, '\0'));
  if (!spec.loader.empty()) out.ProgramHeader(3, loader_start, loader_size);
  out.ProgramHeader(1, 0, code_start + spec.code.size());
  if (!spec.loader.empty()) {
    out.Bytes(spec.loader);
    out.Bytes(std::string(1, '\0'));
  }
  out.Bytes(spec.code);
  return out.bytes();
}

std::string NativeProgram(uint8_t status) {
  ElfSpec spec;
#if defined(__x86_64__)
  spec.machine = kX86_64;
  // mov edi, STATUS; mov eax, 60; syscall
  spec.code = "\xbf" + Code({status}) + "\xb8" + Code({60}) + "\x0f\x05";
#elif defined(__aarch64__)
  spec.machine = kAarch64;
  spec.code = Code({0xd2800000u | static_cast<uint32_t>(status) << 5,  // x0
                    0xd2800ba8u,                                       // x8
                    0xd4000001u});                                     // svc
#elif defined(__arm__)
  spec.is_64bit = false;
  spec.machine = kArm;
  spec.flags = 0x05000000;                       // EABI 5
  spec.code = Code({0xe3a00000u | status,        // r0
                    0xe3a07001u, 0xef000000u});  // r7, svc
#elif defined(__riscv) && __riscv_xlen == 64
  spec.machine = kRiscv;
  spec.code = Code({static_cast<uint32_t>(status) << 20 | 0x513u,  // a0
                    0x05d00893u, 0x00000073u});                    // a7, ecall
#else
#error "no program for this machine"
#endif
  return MakeElf(spec);
}

std::string I386Program(uint8_t status) {
  ElfSpec spec;
  spec.is_64bit = false;
  spec.machine = kI386;
  // mov ebx, STATUS; mov eax, 1; int 0x80
  spec.code = "\xbb" + Code({status}) + "\xb8" + Code({1}) + "\xcd\x80";
  return MakeElf(spec);
}

std::string WithConstants(std::string program, std::string_view text) {
  ElfW(Shdr) sections[2] = {};  // the first one is empty in every file
  sections[1].sh_type = SHT_PROGBITS;
  sections[1].sh_flags = SHF_ALLOC;
  sections[1].sh_offset = program.size();
  sections[1].sh_size = text.size();
  ElfW(Ehdr) header;
  std::memcpy(&header, program.data(), sizeof(header));
  header.e_shoff = program.size() + text.size();
  header.e_shentsize = sizeof(ElfW(Shdr));
  header.e_shnum = 2;
  std::memcpy(program.data(), &header, sizeof(header));
  program += text;
  program.append(reinterpret_cast<const char*>(sections), sizeof(sections));
  return program;
}

std::string ForeignElf(std::string_view payload) {
  ElfSpec spec;
  spec.machine = kForeignMachine;
  spec.code = std::string(payload);
  return MakeElf(spec);
}

}  // namespace binfmtbox_testing
