// SPDX-License-Identifier: Apache-2.0
//
// The architecture table: one row for each kind of ELF file that some user-mode
// emulator runs.

#ifndef ARCH_TABLE_TABLE_H_
#define ARCH_TABLE_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arch_table {

// One architecture. Targets live in the table as long as the process does; pass
// them by reference or pointer. Short texts stand within the row, since each
// pointer in it costs 24 bytes more for its relocation.
struct Target {
  bool SameFamily(const Target& other) const { return family == other.family; }
  bool SameInterpreter(const Target& other) const {
    return interpreter() == other.interpreter();
  }

  // The name that a binfmt_misc entry of this target gets: "qemu-aarch64".
  std::string EntryName() const;

  // What follows "qemu-" in the emulator's file name: "i386" for i486, the name
  // itself for most.
  std::string_view interpreter() const {
    return other_interpreter.empty() ? name : other_interpreter;
  }

  // The other words for this target, as people write them ("arm64",
  // "arm64/v8"), without those that follow from a rule (see names.h).
  std::vector<std::string_view> Aliases() const;

  // Docker's words for it, "arm64", or "arm/v7" and "arm/v6": "linux/WORD" is a
  // platform. The name where Docker has no other.
  std::vector<std::string_view> DockerNames() const;

  // The bytes of a file, from offset 0, that the target's files have where the
  // mask has ones. 20 bytes; 40 where e_flags decides. Both are of one length,
  // and magic() has no bit that mask() does not have.
  std::string_view magic() const { return {magic_bytes, rule_size}; }
  std::string_view mask() const;

  // Machine code of exit(41 + argc), position independent; empty if the row has
  // none.
  std::string_view code() const { return {code_bytes, code_size}; }

  // QEMU's name: "aarch64".
  std::string_view name;

  std::string_view other_interpreter;  // empty: the name
  std::string_view alias_words;        // with blanks between them
  uint8_t docker_names;  // how many aliases, from the first, are Docker's

  // Equal for the targets of one family, those that one kind of processor may
  // run natively, as QEMU sees it: arm and aarch64.
  uint8_t family;

  uint8_t rule_size;
  uint8_t code_size;
  uint8_t mask_number;  // rows share few masks
  char magic_bytes[41];
  char code_bytes[33];

  bool is_64bit;
  bool is_big_endian;
  uint16_t machine;  // e_machine
  uint32_t flags;    // e_flags of a typical program

  // Where linkers put a program that is not position independent. An emulator
  // that lies there itself is built for that address, and elsewhere the guest
  // may meet the emulator's own memory.
  uint64_t load_address() const { return uint64_t{load_page} * 4096; }
  uint32_t load_page;
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
