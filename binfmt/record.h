// SPDX-License-Identifier: Apache-2.0
// A record: what one write to binfmt_misc's file `register` says, for example
//   :qemu-arm:M:0:\x7fELF\x01\x01...:\xff\xff\xff\xff...:/usr/bin/qemu-arm:F
#ifndef BINFMT_RECORD_H_
#define BINFMT_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binfmt/error.h"
#include "binfmt/kernel.h"

namespace binfmt {

// MAX_REGISTER_LENGTH of fs/binfmt_misc.c: the longest write that is taken.
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
  kFixBinary = 1 << 3,      // F: the interpreter is opened when registered
  kTransparent = 1 << 4,    // T, implies O
  kLoader = 1 << 5,         // L
  kStartDisabled = 1 << 6,  // D: never read back
};
using Flags = uint8_t;

// FLAGS as letters in the kernel's order.
Text FlagLetters(Flags flags);

// The flags for LETTERS, repeats allowed, as the kernel takes them (C brings O,
// T brings O). False where a letter is no flag; *FLAGS then holds those before.
bool ParseFlagLetters(std::string_view letters, Flags* flags);

struct Record {
  Text name;
  RecordType type = RecordType::kMagic;
  uint32_t offset = 0;  // of the magic, in bytes from the file's start
  Text magic;           // raw bytes; for kExtension the extension; kBpf: none
  Text mask;            // raw bytes, as many as magic; empty: exact compare
  Text interpreter;     // a path; for kBpf the name of the program
  Flags flags = 0;

  bool operator==(const Record& other) const;
  bool operator!=(const Record& other) const { return !(*this == other); }

  // Do both take the same files by the same bytes? An absent mask equals one
  // of all ones.
  bool SameRule(const Record& other) const;
};

// Is RECORD one that a kernel takes as it stands? The error says which field
// is at fault. Checks the kernel's own limits (fs/binfmt_misc.c) and refuses
// beyond them what it would take but never could use: an interpreter that is
// not absolute, an extension with a dot inside.
Error CheckRecord(const Record& record);

// Does KERNEL take RECORD, which some kernel does? Old ones know fewer flags
// and look at fewer bytes; Linux 7.3 refuses flags that contradict each other.
// Flag D is no matter: FormatRecord() leaves it out.
Error CheckForKernel(const Record& record, const KernelVersion& kernel);

// The text for one write to `register`. There is no newline at the end, and no
// flag D, which old kernels refuse: who registers it switches it off
// afterwards. The delimiter is ':' unless a field holds one. Fails where
// CheckRecord() does, where no delimiter is left, and where the text is longer
// than kMaxRecordLength or shorter than kMinRecordLength.
Error FormatRecord(const Record& record, Text* text);

// Reads TEXT as the kernel would (create_entry()): same fields, same limits,
// same refusals. errnum of the error is the kernel's: EINVAL, or ENAMETOOLONG
// for a name over kMaxNameLength, or EEXIST. One newline at the end is allowed.
// KERNEL says which kernel; without it, what any takes is taken.
Error ParseRecord(std::string_view text, Record* record,
                  const KernelVersion* kernel = nullptr);

}  // namespace binfmt

#endif  // BINFMT_RECORD_H_
