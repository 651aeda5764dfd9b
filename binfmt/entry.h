// SPDX-License-Identifier: Apache-2.0
// An entry: a handler as the kernel holds it, read from its file under
// binfmt_misc.
#ifndef BINFMT_ENTRY_H_
#define BINFMT_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "binfmt/error.h"
#include "binfmt/record.h"
#include "binfmt/text.h"

namespace binfmt {

// The longest entry text that is read: entry_status() fills one page, and the
// kernel prints at most an interpreter of 1,907 bytes and two hex fields.
inline constexpr size_t kMaxEntryLength = 65536;

struct Entry {
  Record record;  // for kBpf, interpreter holds the program's name
  bool enabled = false;
  // Flag letters that this program does not know (from a later kernel).
  Text unknown_flags;
  // False where the file's text is none that this program knows: then only the
  // name holds.
  bool understood = true;
  // Is that all? False where the text has a line of an unknown kind, too.
  bool complete = true;
  // Of a saved registry's file: when it was modified, in nanoseconds; 0 for
  // all entries of the kernel.
  int64_t modified = 0;
};

// Reads CONTENT, that of the entry file NAME (bm_entry_read(),
// entry_status() of fs/binfmt_misc.c):
//   enabled
//   interpreter /usr/bin/qemu-arm
//   flags: OCF
//   offset 0
//   magic 7f454c46...
//   mask ffffffff...
// Lines of an unknown kind, from a later kernel, are passed over. The error
// (EINVAL) says which line is malformed or missing.
Error ParseEntry(std::string_view name, const Text& content, Entry* entry);

// The text that the kernel writes for ENTRY, to the byte.
Text FormatEntry(const Entry& entry);

// How the kernel will hold RECORD once it is registered and not changed: the
// entry to compare with what is read back.
Entry EntryOf(const Record& record);

}  // namespace binfmt

#endif  // BINFMT_ENTRY_H_
