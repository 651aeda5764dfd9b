// SPDX-License-Identifier: Apache-2.0
//
// ELF files made from a row: a header to match rules against, a question to the
// kernel, and a program that proves that an emulator works.

#ifndef ARCH_TABLE_PROGRAM_H_
#define ARCH_TABLE_PROGRAM_H_

#include <cstddef>
#include <string_view>

#include "absl/base/attributes.h"
#include "arch_table/table.h"

namespace arch_table {

// The exit status of every built-in program that gets argv[0] alone; each
// further argument makes it one more.
inline constexpr int kProgramExitStatus = 42;

// A small ELF file.
class ElfImage {
 public:
  std::string_view bytes() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return {bytes_, size_};
  }

 private:
  friend class ElfWriter;

  // Two headers, and the longest code that the generator takes.
  static constexpr size_t kMostBytes = 256;

  char bytes_[kMostBytes] = {};
  size_t size_ = 0;
};

// An ELF header of type ET_EXEC that the target takes: 64 bytes, of which a
// 32-bit header fills 52 and leaves the rest zero.
ElfImage SampleHeader(const Target& target);

// A program that a kernel which runs the target's programs by itself begins to
// load, and gives up with EIO (load_elf_binary()), since the name of its loader
// (PT_INTERP) is behind the end of the file. Others say ENOEXEC. Its EI_VERSION
// is one that no rule asks for, and that the kernel does not look at.
ElfImage NativeProbe(const Target& target);

// A complete static executable that only calls exit(41 + argc), 90 to 150
// bytes: ELF header, one program header, code(). Empty if the target has no
// code.
ElfImage BuiltInProgram(const Target& target);

}  // namespace arch_table

#endif  // ARCH_TABLE_PROGRAM_H_
