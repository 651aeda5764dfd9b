// SPDX-License-Identifier: Apache-2.0
//
// The architecture table: one row for each kind of ELF file that some user-mode
// emulator runs.

#ifndef ARCH_TABLE_TABLE_H_
#define ARCH_TABLE_TABLE_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace arch_table {

// One architecture. Targets live in the table as long as the process does; pass
// them by reference or pointer.
struct Target {
  bool SameFamily(const Target& other) const { return family == other.family; }
  bool SameInterpreter(const Target& other) const {
    return interpreter == other.interpreter;
  }

  // QEMU's name: "aarch64".
  std::string_view name;

  // The name that a binfmt_misc entry of this target gets: "qemu-aarch64".
  std::string_view entry_name;

  // Targets of one family are those that one kind of processor may run
  // natively, as QEMU sees it: "arm" of arm and aarch64.
  std::string_view family;

  // What follows "qemu-" in the emulator's file name: "i386" for i486, the name
  // itself for most.
  std::string_view interpreter;

  // The other words for this target, as people write them ("arm64",
  // "arm64/v8"), without those that follow from a rule (see names.h).
  std::span<const std::string_view> aliases;

  // Docker's words for it, "arm64", or "arm/v7" and "arm/v6": "linux/WORD" is a
  // platform. The name where Docker has no other.
  std::span<const std::string_view> docker_names;

  // The bytes of a file, from offset 0, that the target's files have where mask
  // has ones. 20 bytes; 40 where e_flags decides. Both are of one length, and
  // magic has no bit that mask does not have.
  std::string_view magic;
  std::string_view mask;

  // Machine code of exit(41 + argc), position independent; empty if the row has
  // none.
  std::string_view code;

  uint16_t machine;  // e_machine
  uint32_t flags;    // e_flags of a typical program
  bool is_64bit;
  bool is_big_endian;
};

// All rows, in the order of the data file.
std::span<const Target> Targets();

// The target that takes a file which begins with `header`; nullptr if there is
// none. At most one does. 40 bytes are enough for every row.
const Target* FindByHeader(std::string_view header);

// A checksum of all rows, to tell builds with different tables apart.
uint32_t TableChecksum();

}  // namespace arch_table

#endif  // ARCH_TABLE_TABLE_H_
