// SPDX-License-Identifier: Apache-2.0
// The facts of an ELF file's first bytes that decide who can run it.
#ifndef BINFMT_ELF_HEADER_H_
#define BINFMT_ELF_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binfmt/text.h"

namespace binfmt {

// How much of a file ParseElf() wants to see: the header, and in every linker's
// usual output the program headers and PT_INTERP behind it.
inline constexpr size_t kElfProbeLength = 4096;

// Where fields of the header stand, in bytes from the file's start (elf.h).
inline constexpr size_t kElfClassPosition = 4;     // EI_CLASS
inline constexpr size_t kElfDataPosition = 5;      // EI_DATA
inline constexpr size_t kElfVersionPosition = 6;   // EI_VERSION
inline constexpr size_t kElfTypePosition = 16;     // e_type, 2 bytes
inline constexpr size_t kElfMachinePosition = 18;  // e_machine, 2 bytes

struct ElfFile {
  bool is_64bit = false;
  bool is_big_endian = false;
  uint8_t os_abi = 0;
  uint16_t type = 0;     // ET_EXEC 2, ET_DYN 3
  uint16_t machine = 0;  // EM_*
  uint32_t flags = 0;
  // Is it one for the kernel's ELF loader (load_elf_binary()) but for the
  // machine? Type EXEC or DYN, and program headers of the class's size, at
  // least one, all within the file; those behind the bytes given are taken to
  // be there, unless the file is at its end.
  bool is_loadable = false;
  // Does the file ask for a program interpreter (a dynamic loader)? Known only
  // where the program headers lie within the bytes given.
  enum class Loader { kUnknown, kNone, kPresent };
  Loader loader = Loader::kUnknown;
  Text loader_path;  // PT_INTERP's text where it lies within the bytes
};

// Reads HEAD, the first bytes of a file (kElfProbeLength suffice). False where
// it is no ELF file: another magic, class or byte order, or cut short.
bool ParseElf(std::string_view head, ElfFile* elf);

// The first bytes of this program's own file, as they lie in its memory: what
// the machine, or an emulator, runs. Needs no /proc.
std::string_view OwnHead();

// Would a kernel that runs A as its own also run B? Equal class, byte order
// and machine.
bool SameMachine(const ElfFile& a, const ElfFile& b);

}  // namespace binfmt

#endif  // BINFMT_ELF_HEADER_H_
