// SPDX-License-Identifier: Apache-2.0
// The facts in an ELF file's first bytes that decide who can run it.
#ifndef BINFMT_RECORD_ELF_HEADER_H_
#define BINFMT_RECORD_ELF_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binfmt {

// How much of a file ParseElf() needs: the header and, in every linker's usual
// output, the program headers and PT_INTERP behind it.
inline constexpr size_t kElfProbeLength = 4096;

// Where fields of the header stand, in bytes from the file's start (elf.h).
inline constexpr size_t kElfClassPosition = 4;     // EI_CLASS
inline constexpr size_t kElfDataPosition = 5;      // EI_DATA
inline constexpr size_t kElfVersionPosition = 6;   // EI_VERSION
inline constexpr size_t kElfOsAbiPosition = 7;     // EI_OSABI
inline constexpr size_t kElfTypePosition = 16;     // e_type, 2 bytes
inline constexpr size_t kElfMachinePosition = 18;  // e_machine, 2 bytes

struct ElfFile {
  bool is_64bit = false;
  bool is_big_endian = false;
  uint8_t os_abi = 0;
  uint16_t type = 0;     // ET_EXEC 2, ET_DYN 3
  uint16_t machine = 0;  // EM_*
  uint32_t flags = 0;
  // Whether the kernel's ELF loader (load_elf_binary()) takes it, machine
  // aside: type EXEC or DYN, and at least one program header, all of the
  // class's size and within the file. Those behind the given bytes are assumed
  // to be there, unless the file ends before.
  bool is_loadable = false;
  // Whether the file asks for a program interpreter (a dynamic loader). Known
  // only where the program headers lie within the given bytes.
  enum class Loader { kUnknown, kNone, kPresent };
  Loader loader = Loader::kUnknown;
  std::string loader_path;  // PT_INTERP, where it lies within the given bytes
};

// Reads HEAD, the first bytes of a file (kElfProbeLength suffice). Nothing
// where it is no ELF file: another magic, class or byte order, or cut short.
std::optional<ElfFile> ParseElf(std::string_view head);

// The first bytes of this program's own file as they lie in its memory: a
// header that the machine, or an emulator, runs. Needs no /proc.
std::string_view OwnHead();

// Whether HEAD is the beginning of an ELF file for the machine that this
// program was built for: equal class, byte order and e_machine.
bool IsForOwnMachine(std::string_view head);

}  // namespace binfmt

#endif  // BINFMT_RECORD_ELF_HEADER_H_
