// SPDX-License-Identifier: Apache-2.0
// An entry file: what FormatEntry() writes, ParseEntry() reads as the same.
#include <string>

#include "binfmt/base/error.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Entry;
using binfmt::Expected;
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
  const Expected<Entry> again = binfmt::ParseEntry(record.name, text);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->understood);
  FUZZ_CHECK(again->enabled == entry.enabled);
  FUZZ_CHECK(again->unknown_flags.empty());
  FUZZ_CHECK(again->record == entry.record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  if (const Expected<Record> record = binfmt::ParseRecord(text)) {
    CheckKernelEntry(*record);
  }

  const Expected<Entry> entry = binfmt::ParseEntry("name", text);
  if (!entry) {
    FUZZ_CHECK(!entry.error().text().empty());
    FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(entry.error().text()));
    return 0;
  }
  // The text may have more than an entry holds; what is written has not.
  const std::string written = FormatEntry(*entry);
  const Expected<Entry> again = binfmt::ParseEntry("name", written);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->enabled == entry->enabled);
  FUZZ_CHECK(again->record.flags == entry->record.flags);
  FUZZ_CHECK(again->record.interpreter == entry->record.interpreter);
  FUZZ_CHECK(FormatEntry(*again) == written);
  return 0;
}
