// SPDX-License-Identifier: Apache-2.0
// An entry file: what FormatEntry() writes, ParseEntry() reads as the same.
#include <string>

#include "binfmt/entry.h"
#include "binfmt/error.h"
#include "binfmt/memory.h"
#include "binfmt/record.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Entry;
using binfmt::Error;
using binfmt::Record;

// An entry as the kernel makes it from a record.
void CheckKernelEntry(const Record& record) {
  // Where an interpreter's name looks like the flags line, the kernel's own
  // text is ambiguous.
  if (record.interpreter.find("\nflags: ") != std::string::npos) return;
  // So is it where a BPF program's name, a line of its own, holds a newline.
  if (record.type == binfmt::RecordType::kBpf &&
      record.interpreter.find('\n') != std::string::npos) {
    return;
  }
  const Entry entry = EntryOf(record);
  const std::string text = FormatEntry(entry);
  FUZZ_CHECK(text.size() <= binfmt::kMaxEntryLength);
  Entry again;
  FUZZ_CHECK(ParseEntry(record.name, text, &again).ok());
  FUZZ_CHECK(again.understood);
  FUZZ_CHECK(again.enabled == entry.enabled);
  FUZZ_CHECK(again.unknown_flags.empty());
  FUZZ_CHECK(again.record == entry.record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  Record record;
  if (ParseRecord(text, &record).ok()) CheckKernelEntry(record);

  Entry entry;
  const Error error = ParseEntry("name", text, &entry);
  FUZZ_CHECK(error.ok() == error.text().empty());
  FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(error.text()));
  if (!error.ok()) return 0;
  // The text may have said more than an entry holds, once.
  const std::string written = FormatEntry(entry);
  Entry again;
  FUZZ_CHECK(ParseEntry("name", written, &again).ok());
  FUZZ_CHECK(again.enabled == entry.enabled);
  FUZZ_CHECK(again.record.flags == entry.record.flags);
  FUZZ_CHECK(again.record.interpreter == entry.record.interpreter);
  FUZZ_CHECK(FormatEntry(again) == written);
  return 0;
}
