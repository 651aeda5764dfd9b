// SPDX-License-Identifier: Apache-2.0
// Two records and a file, a line each and the rest: FirstMismatch(),
// CanOverlap() and Covers() may not contradict one another. The whole is also
// read as a script.
#include <algorithm>
#include <string>

#include "binfmt/cover_index.h"
#include "binfmt/error.h"
#include "binfmt/match.h"
#include "binfmt/memory.h"
#include "binfmt/record.h"
#include "binfmt/script.h"
#include "binfmt/text.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Candidate;
using binfmt::Record;
using binfmt::RecordType;

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
void CheckScript(const binfmt::Text& head) {
  binfmt::Text interpreter;
  if (!ParseScript(head, &interpreter)) return;
  FUZZ_CHECK(head.substr(0, 2) == "#!");
  FUZZ_CHECK(!interpreter.empty());
  FUZZ_CHECK(interpreter == "." || head.find(interpreter) != head.npos);
  FUZZ_CHECK(interpreter.find_first_of(std::string_view(" \t\n\0", 4)) ==
             interpreter.npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  CheckScript(text.substr(0, binfmt::kMatchWindow));
  Record a;
  Record b;
  // The first record alone is worth a look, too.
  if (!ParseRecord(binfmtbox_fuzz::TakePart(&text, '\n'), &a).ok()) return 0;
  if (!ParseRecord(binfmtbox_fuzz::TakePart(&text, '\n'), &b).ok()) b = a;
  const std::string_view path = text.substr(0, text.find('\0'));

  FUZZ_CHECK(CanOverlap(a, b) == CanOverlap(b, a));
  FUZZ_CHECK(CanOverlap(a, a));
  // What a BPF program takes, nobody else knows.
  const bool known = a.type != RecordType::kBpf;
  FUZZ_CHECK(Covers(a, a) == known);
  FUZZ_CHECK(!known || !a.SameRule(b) || (Covers(a, b) && Covers(b, a)));
  FUZZ_CHECK(!Covers(a, b) || CanOverlap(a, b));
  binfmt::CoverIndex index;
  index.Add(a);
  index.Add(b);
  const int covering = Covers(a, b)   ? 0
                       : Covers(b, b) ? 1
                                      : binfmt::CoverIndex::kNone;
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
