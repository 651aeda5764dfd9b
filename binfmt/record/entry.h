// SPDX-License-Identifier: Apache-2.0
// An entry: a handler as the kernel holds it, read from its file under
// binfmt_misc.
#ifndef BINFMT_RECORD_ENTRY_H_
#define BINFMT_RECORD_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"

namespace binfmt {

// The longest entry text that is read. entry_status() fills one page, and the
// kernel prints at most an interpreter of 1,907 bytes and two hex fields.
inline constexpr size_t kMaxEntryLength = 65536;

struct Entry {
  Record record;  // kBpf: the interpreter is the program's name
  bool enabled = false;
  // Flag letters of a later kernel, which this program does not know.
  std::string unknown_flags;
  // False where the text cannot be parsed: then only the name is valid.
  bool understood = true;
  // False where the text also has a line of an unknown kind.
  bool complete = true;
  // When the file of a saved registry was modified, in nanoseconds since 1970;
  // 0 for entries of the kernel.
  int64_t modified = 0;
};

// Reads CONTENT, the text of the entry file NAME (bm_entry_read(),
// entry_status() of fs/binfmt_misc.c):
//   enabled
//   interpreter /usr/bin/qemu-arm
//   flags: OCF
//   offset 0
//   magic 7f454c46...
//   mask ffffffff...
// Lines of an unknown kind, from a later kernel, are skipped. The error
// (EINVAL) says which line is malformed or missing.
Expected<Entry> ParseEntry(std::string_view name, std::string_view content);

// The text that the kernel writes for ENTRY, to the byte.
std::string FormatEntry(const Entry& entry);

// The entry that the kernel makes of RECORD, to compare with what is read back.
Entry EntryOf(const Record& record);

// Whether A and B, of one name, are equal in all that the kernel shows.
bool SameEntry(const Entry& a, const Entry& b);

}  // namespace binfmt

#endif  // BINFMT_RECORD_ENTRY_H_
