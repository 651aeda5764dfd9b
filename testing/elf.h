// SPDX-License-Identifier: Apache-2.0
// ELF files made by hand, for tests.
#ifndef TESTING_ELF_H_
#define TESTING_ELF_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace binfmtbox_testing {

// e_machine (elf.h)
inline constexpr uint16_t kI386 = 3;
inline constexpr uint16_t kArm = 40;
inline constexpr uint16_t kX86_64 = 62;
inline constexpr uint16_t kAarch64 = 183;
inline constexpr uint16_t kRiscv = 243;

struct ElfSpec {
  bool is_64bit = true;
  bool is_big_endian = false;
  uint16_t type = 2;  // ET_EXEC
  uint16_t machine = 0;
  uint32_t flags = 0;
  std::string code;    // behind the program headers, loaded and started
  std::string loader;  // PT_INTERP, where not empty
};

// A complete ELF file: the header, a PT_LOAD of the whole file, a PT_INTERP
// where there is a loader, then the loader's path and the code.
std::string MakeElf(const ElfSpec& spec);

// A static program for the machine that this code is built for, which ends at
// once with STATUS. It is how a test sees which handler took a file.
std::string NativeProgram(uint8_t status);

// The same for i386, for which some x86_64 kernels run it, too.
std::string I386Program(uint8_t status);

// PROGRAM, a native one, with TEXT in a section of constants.
std::string WithConstants(std::string program, std::string_view text);

// A file that says it is for a machine that no Linux runs itself (EM 0xfe00),
// with PAYLOAD behind the header.
std::string ForeignElf(std::string_view payload = "");

}  // namespace binfmtbox_testing

#endif  // TESTING_ELF_H_
