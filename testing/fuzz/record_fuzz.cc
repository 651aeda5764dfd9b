// SPDX-License-Identifier: Apache-2.0
// A record: whatever FormatRecord() writes, ParseRecord() reads as the same.
#include <cerrno>
#include <string>

#include "binfmt/error.h"
#include "binfmt/memory.h"
#include "binfmt/record.h"
#include "binfmt/text.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Error;
using binfmt::Record;
using binfmtbox_fuzz::IsPrintable;
using binfmtbox_fuzz::TakePart;

void CheckRoundTrip(const Record& record) {
  binfmt::Text text;
  const Error error = FormatRecord(record, &text);
  FUZZ_CHECK(IsPrintable(error.text()));
  if (!error.ok()) return;
  FUZZ_CHECK(CheckRecord(record).ok());
  FUZZ_CHECK(text.size() >= binfmt::kMinRecordLength);
  FUZZ_CHECK(text.size() <= binfmt::kMaxRecordLength);
  Record again;
  FUZZ_CHECK(ParseRecord(text, &again).ok());
  // Flag D is left out.
  again.flags |= record.flags & binfmt::kStartDisabled;
  FUZZ_CHECK(again == record);
  binfmt::Text same;
  FUZZ_CHECK(FormatRecord(again, &same).ok());
  FUZZ_CHECK(same == text);
}

// A record that no parser has seen, from fields with a NUL byte between.
Record FromFields(std::string_view text) {
  Record record;
  record.name = TakePart(&text, '\0');
  record.interpreter = TakePart(&text, '\0');
  const std::string_view letters = TakePart(&text, '\0');
  (void)binfmt::ParseFlagLetters(letters, &record.flags);
  if (letters.size() % 2 != 0) record.type = binfmt::RecordType::kExtension;
  if (record.type == binfmt::RecordType::kMagic) {
    record.offset = static_cast<uint32_t>(letters.size());
  }
  record.magic = text.substr(0, (text.size() + 1) / 2);
  if (record.type == binfmt::RecordType::kMagic) {
    record.mask = text.substr(record.magic.size());
  }
  return record;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  Record record;
  const Error error = ParseRecord(text, &record);
  FUZZ_CHECK(IsPrintable(error.text()));
  if (error.ok()) {
    CheckRoundTrip(record);
  } else {
    FUZZ_CHECK(!error.text().empty());
    FUZZ_CHECK(error.errnum() == EINVAL || error.errnum() == ENAMETOOLONG ||
               error.errnum() == EEXIST);
  }
  CheckRoundTrip(FromFields(text));
  return 0;
}
