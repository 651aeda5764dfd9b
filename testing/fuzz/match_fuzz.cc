// SPDX-License-Identifier: Apache-2.0
// Two records and a file, a line each and the rest: FirstMismatch(),
// CanOverlap() and Covers() may not contradict one another. The whole is also
// read as a script.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "binfmt/base/error.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record.h"
#include "binfmt/record/script.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Candidate;
using binfmt::Record;
using binfmt::RecordType;
using binfmtbox_fuzz::TakePart;

// A file that RECORD takes: HEAD where RECORD leaves it free.
std::string Forced(const Record& record, std::string head) {
  if (record.type != RecordType::kMagic) return head;
  head.resize(std::max(head.size(), record.offset + record.magic.size()));
  for (size_t i = 0; i < record.magic.size(); ++i) {
    const char mask = record.mask.empty() ? '\xff' : record.mask[i];
    char& byte = head[record.offset + i];
    byte = static_cast<char>((byte & ~mask) | (record.magic[i] & mask));
  }
  return head;
}

void CheckFile(const Record& a, const Record& b, const Candidate& file) {
  for (const Record* record : {&a, &b}) {
    const int mismatch = FirstMismatch(*record, file);
    if (record->type == RecordType::kExtension) {
      FUZZ_CHECK(mismatch == binfmt::kMatches ||
                 mismatch == binfmt::kNoExtension);
    } else if (record->type == RecordType::kBpf) {
      FUZZ_CHECK(mismatch == binfmt::kNoExtension);
    } else if (mismatch != binfmt::kMatches) {
      const auto position = static_cast<size_t>(mismatch);
      FUZZ_CHECK(mismatch >= 0);
      FUZZ_CHECK(position >= record->offset);
      FUZZ_CHECK(position < record->offset + record->magic.size());
    }
  }
  const bool a_takes = Matches(a, file);
  const bool b_takes = Matches(b, file);
  FUZZ_CHECK(!(a_takes && b_takes) || CanOverlap(a, b));
  FUZZ_CHECK(!(b_takes && Covers(a, b)) || a_takes);
  FUZZ_CHECK(!(a_takes && Covers(b, a)) || b_takes);
  FUZZ_CHECK(!a.SameRule(b) || a_takes == b_takes);
}

// A script's interpreter is a part of its first line.
void CheckScript(std::string_view head) {
  const std::optional<std::string> interpreter = binfmt::ParseScript(head);
  if (!interpreter) return;
  FUZZ_CHECK(head.substr(0, 2) == "#!");
  FUZZ_CHECK(!interpreter->empty());
  FUZZ_CHECK(*interpreter == "." || head.find(*interpreter) != head.npos);
  FUZZ_CHECK(interpreter->find_first_of(std::string_view(" \t\n\0", 4)) ==
             interpreter->npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  CheckScript(text.substr(0, binfmt::kMatchWindow));
  const auto first = binfmt::ParseRecord(TakePart(&text, '\n'));
  if (!first) return 0;
  const Record& a = *first;
  // One record is checked against itself.
  const auto second = binfmt::ParseRecord(TakePart(&text, '\n'));
  const Record& b = second ? *second : a;
  const std::string_view path = text.substr(0, text.find('\0'));

  FUZZ_CHECK(CanOverlap(a, b) == CanOverlap(b, a));
  FUZZ_CHECK(CanOverlap(a, a));
  // Only the BPF program knows which files a record of type B takes.
  const bool known = a.type != RecordType::kBpf;
  FUZZ_CHECK(Covers(a, a) == known);
  FUZZ_CHECK(!known || !a.SameRule(b) || (Covers(a, b) && Covers(b, a)));
  FUZZ_CHECK(!Covers(a, b) || CanOverlap(a, b));
  binfmt::CoverIndex index;
  index.Add(a);
  index.Add(b);
  std::optional<size_t> covering;
  if (Covers(b, b)) covering = 1;
  if (Covers(a, b)) covering = 0;
  FUZZ_CHECK(index.FirstCovering(b) == covering);

  const std::string head(text);
  CheckFile(a, b, {head, path});
  const std::string of_a = Forced(a, head);
  const std::string of_b = Forced(b, head);
  CheckFile(a, b, {of_a, path});
  CheckFile(a, b, {of_b, path});
  if (a.type == RecordType::kMagic) FUZZ_CHECK(Matches(a, {of_a, path}));
  if (a.type == RecordType::kMagic && b.type == RecordType::kMagic) {
    const std::string of_both = Forced(b, of_a);
    FUZZ_CHECK(CanOverlap(a, b) == Matches(a, {of_both, path}));
  }
  return 0;
}
