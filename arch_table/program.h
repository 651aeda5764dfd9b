// SPDX-License-Identifier: Apache-2.0
//
// ELF files made from a row: a header to match rules against, a question to the
// kernel, and a program that proves that an emulator works.

#ifndef ARCH_TABLE_PROGRAM_H_
#define ARCH_TABLE_PROGRAM_H_

#include <string>

#include "arch_table/table.h"

namespace arch_table {

// The exit status of every built-in program that gets argv[0] alone; each
// further argument adds one.
inline constexpr int kProgramExitStatus = 42;

// An ELF header of type ET_EXEC that the target takes: 64 bytes, of which a
// 32-bit header fills 52 and leaves the rest zero.
std::string SampleHeader(const Target& target);

// A program that a kernel which runs the target natively begins to load and
// then rejects with EIO (load_elf_binary()), since the name of its loader
// (PT_INTERP) is behind the end of the file. Other kernels say ENOEXEC. Its
// EI_VERSION is one that no rule asks for, and that the kernel does not look
// at.
std::string NativeProbe(const Target& target);

// A complete static executable that only calls exit(41 + argc), 90 to 150
// bytes: ELF header, one program header, the target's code. Empty if the target
// has no code.
std::string BuiltInProgram(const Target& target);

}  // namespace arch_table

#endif  // ARCH_TABLE_PROGRAM_H_
