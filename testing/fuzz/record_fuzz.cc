// SPDX-License-Identifier: Apache-2.0
// A record: whatever FormatRecord() writes, ParseRecord() reads as the same.
#include <cerrno>
#include <string>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Expected;
using binfmt::Record;
using binfmtbox_fuzz::IsPrintable;
using binfmtbox_fuzz::TakePart;

void CheckRoundTrip(const Record& record) {
  const Expected<std::string> text = FormatRecord(record);
  if (!text) {
    FUZZ_CHECK(IsPrintable(text.error().text()));
    return;
  }
  FUZZ_CHECK(CheckRecord(record).has_value());
  FUZZ_CHECK(text->size() >= binfmt::kMinRecordLength);
  FUZZ_CHECK(text->size() <= binfmt::kMaxRecordLength);
  Expected<Record> again = binfmt::ParseRecord(*text);
  FUZZ_CHECK(again.has_value());
  // Flag D is left out.
  again->flags |= record.flags & binfmt::kStartDisabled;
  FUZZ_CHECK(*again == record);
  const Expected<std::string> same = FormatRecord(*again);
  FUZZ_CHECK(same.has_value());
  FUZZ_CHECK(*same == *text);
}

// A record that no parser has seen, from fields with a NUL byte between.
Record FromFields(std::string_view text) {
  Record record;
  record.name = TakePart(&text, '\0');
  record.interpreter = TakePart(&text, '\0');
  const std::string_view letters = TakePart(&text, '\0');
  // The flags in front of the first character that is none.
  record.flags = binfmt::ParseFlagLetters(
                     letters.substr(0, letters.find_first_not_of("POCFTLD")))
                     .value();
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
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  if (const Expected<Record> record = binfmt::ParseRecord(text)) {
    CheckRoundTrip(*record);
  } else {
    const binfmt::Error& error = record.error();
    FUZZ_CHECK(IsPrintable(error.text()));
    FUZZ_CHECK(!error.text().empty());
    FUZZ_CHECK(error.errnum() == EINVAL || error.errnum() == ENAMETOOLONG ||
               error.errnum() == EEXIST);
  }
  CheckRoundTrip(FromFields(text));
  return 0;
}
