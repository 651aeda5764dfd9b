// SPDX-License-Identifier: Apache-2.0
//
// The architecture table: one row for each kind of ELF file that some user-mode
// emulator runs.

#ifndef ARCH_TABLE_TABLE_H_
#define ARCH_TABLE_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

namespace arch_table {

// A stretch of the byte pool that all rows share. Rows hold no pointer, since
// each one would cost a relocation in a static-pie executable.
struct PoolSlice {
  uint16_t offset;
  uint16_t size;
};

// The facts of one row as the generator writes them.
struct Row {
  PoolSlice entry_name;  // "qemu-" and the name
  PoolSlice family;
  PoolSlice interpreter;
  PoolSlice aliases;  // separated by one blank
  PoolSlice magic;
  PoolSlice mask;
  PoolSlice code;
  uint32_t flags;  // e_flags of a typical program
  uint16_t machine;
  bool is_64bit : 1;
  bool is_big_endian : 1;
  uint8_t
      docker_size;  // how many bytes of aliases, from the first, are Docker's
};

// One architecture. Targets live in the table as long as the process does; pass
// them by reference or pointer. All views stay valid too.
class Target {
 public:
  explicit constexpr Target(const Row& row) : row_(row) {}
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  // QEMU's name: "aarch64".
  std::string_view name() const;

  // Targets of one family are those that one kind of processor may run
  // natively, as QEMU sees it: "arm" of arm and aarch64.
  std::string_view family() const;

  bool SameFamily(const Target& other) const {
    return Same(row_.family, other.row_.family);
  }

  // What follows "qemu-" in the emulator's file name: "i386" for i486, the
  // name itself for most.
  std::string_view interpreter() const;

  bool SameInterpreter(const Target& other) const {
    return Same(row_.interpreter, other.row_.interpreter);
  }

  // The name that a binfmt_misc entry of this target gets: "qemu-aarch64".
  std::string_view EntryName() const;

  // The other words for this target, as people write them ("arm64",
  // "arm64/v8"), without those that follow from a rule (see names.h).
  std::vector<std::string_view> Aliases() const;

  // The same as one text, separated by single blanks.
  std::string_view alias_text() const;

  // Docker's words for it, "arm64" or "arm/v7 arm/v6", separated by single
  // blanks: "linux/WORD" is a platform. The name where Docker has no other.
  std::string_view docker_text() const;

  // The bytes of a file, from offset 0, that the target's files have where
  // mask() has ones. 20 bytes; 40 where e_flags decides. Both are of one
  // length, and magic() has no bit that mask() has not.
  std::string_view magic() const;
  std::string_view mask() const;

  bool is_64bit() const { return row_.is_64bit; }
  bool is_big_endian() const { return row_.is_big_endian; }

  // e_machine.
  uint16_t machine() const { return row_.machine; }

  // e_flags of a typical program for this target.
  uint32_t flags() const { return row_.flags; }

  // Machine code of exit(41 + argc), position independent; empty if the row has
  // none.
  std::string_view code() const;

 private:
  // The generator finds the place of a text anew for each row, and so the same.
  static bool Same(PoolSlice a, PoolSlice b) {
    return a.offset == b.offset && a.size == b.size;
  }

  Row row_;
};

// All rows, in the order of the data file.
absl::Span<const Target> Targets();

// The target that takes a file which begins with `header`; nullptr if there is
// none. At most one does. 40 bytes are enough for every row.
const Target* FindByHeader(std::string_view header);

// A checksum of all rows, for telling apart builds with different tables.
uint32_t TableChecksum();

}  // namespace arch_table

#endif  // ARCH_TABLE_TABLE_H_
