// SPDX-License-Identifier: Apache-2.0
// A record: what one write to binfmt_misc's file `register` says, for example
//   :qemu-arm:M:0:\x7fELF\x01\x01...:\xff\xff\xff\xff...:/usr/bin/qemu-arm:F
#ifndef BINFMT_RECORD_RECORD_H_
#define BINFMT_RECORD_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "binfmt/base/error.h"
#include "binfmt/record/kernel_version.h"

namespace binfmt {

// MAX_REGISTER_LENGTH of fs/binfmt_misc.c: the longest write that is accepted.
inline constexpr size_t kMaxRecordLength = 1920;
// The shortest: `count < 11` in create_entry().
inline constexpr size_t kMinRecordLength = 11;
// BINPRM_BUF_SIZE since Linux 5.1: how much of a file the kernel looks at.
inline constexpr size_t kMatchWindow = 256;
// NAME_MAX: a longer name gets ENAMETOOLONG from the look-up.
inline constexpr size_t kMaxNameLength = 255;

// How a handler recognises its files.
enum class RecordType : char {
  kMagic = 'M',      // bytes at an offset
  kExtension = 'E',  // what follows the last dot of the path
  kBpf = 'B',        // a BPF program decides (Linux 7.3)
};

// The letters of the flags field, in the order in which the kernel reads them
// back. T, L and D came with Linux 7.3, F with 4.8.
enum Flag : uint8_t {
  kPreserveArgv0 = 1 << 0,  // P
  kOpenBinary = 1 << 1,     // O
  kCredentials = 1 << 2,    // C, implies O
  kFixBinary = 1 << 3,      // F: the interpreter is opened at registration
  kTransparent = 1 << 4,    // T, implies O
  kLoader = 1 << 5,         // L
  kStartDisabled = 1 << 6,  // D: never read back
};
using Flags = uint8_t;

// FLAGS as letters in the kernel's order.
std::string FlagLetters(Flags flags);

// The flags for LETTERS as the kernel takes them: repeats are allowed, and C
// and T bring O. Nothing where a letter is no flag.
std::optional<Flags> ParseFlagLetters(std::string_view letters);

struct Record {
  std::string name;
  RecordType type = RecordType::kMagic;
  uint32_t offset = 0;      // of the magic, in bytes from the file's start
  std::string magic;        // raw bytes; kExtension: the extension; kBpf: empty
  std::string mask;         // raw bytes, as many as magic; empty: exact compare
  std::string interpreter;  // a path; kBpf: the name of the program
  Flags flags = 0;

  // Equal in every field, where an absent mask equals one of all ones.
  bool operator==(const Record& other) const;

  // Whether both take the same files by the same bytes.
  bool SameRule(const Record& other) const;
};

// Fails where no entry can be called NAME: EINVAL, ENAMETOOLONG, or EEXIST for
// one of binfmt_misc's own files.
Expected<void> CheckName(std::string_view name);

// Checks RECORD against the kernel's own limits (fs/binfmt_misc.c), and beyond
// them refuses what a kernel would accept but could never use: an interpreter
// that is not absolute, an extension with a dot inside. The error names the
// field at fault.
Expected<void> CheckRecord(const Record& record);

// Checks whether KERNEL accepts RECORD, which some kernel does. Old ones know
// fewer flags and look at fewer bytes; Linux 7.3 refuses flags that contradict
// each other. Flag D does not matter: FormatRecord() leaves it out.
Expected<void> CheckForKernel(const Record& record,
                              const KernelVersion& kernel);

// The text of RECORD for one write to `register`. It has no newline at its end,
// and no flag D, which old kernels refuse: the caller disables the entry after
// registering it. The delimiter is ':' unless a field holds one. Fails where
// CheckRecord() does, where no delimiter is left, and where the text is longer
// than kMaxRecordLength or shorter than kMinRecordLength.
Expected<std::string> FormatRecord(const Record& record);

// Reads TEXT as the kernel does (create_entry()): same fields, same limits,
// same refusals. The error's errnum is the kernel's: EINVAL, ENAMETOOLONG for a
// name over kMaxNameLength, EEXIST for one of binfmt_misc's own files. One
// newline at the end is allowed. With KERNEL, reads it as that kernel does;
// without, accepts what any kernel accepts.
Expected<Record> ParseRecord(std::string_view text,
                             const KernelVersion* kernel = nullptr);

}  // namespace binfmt

#endif  // BINFMT_RECORD_RECORD_H_
