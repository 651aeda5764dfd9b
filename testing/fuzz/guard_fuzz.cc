// SPDX-License-Identifier: Apache-2.0
// Records, one a line: the first is to be registered, the others are registered
// or wanted, too. A record that the guard accepts takes nothing that this
// machine needs. What follows an empty line is the interpreters' content.
#include <fcntl.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/base/unique_fd.h"
#include "binfmt/kernel/guard.h"
#include "binfmt/record/cover_index.h"
#include "binfmt/record/elf_header.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Expected;
using binfmt::Guard;
using binfmt::Record;

constexpr size_t kMaxRecords = 16;

// Files that must still start.
std::vector<std::string> Samples() {
  const binfmt::UniqueFd fd =
      binfmt::OpenAt(AT_FDCWD, "/proc/self/exe", O_RDONLY);
  const binfmt::ErrnoOr<std::string> head =
      binfmt::ReadRange(fd.get(), 0, binfmt::kMatchWindow);
  FUZZ_CHECK(head.has_value());
  std::string own = *head;
  std::vector<std::string> samples = {own, "#!/bin/sh\n"};
  const size_t type = own[5] == 2 ? 17 : 16;
  for (const char value : {'\2', '\3'}) {
    own[type] = value;
    samples.push_back(own.substr(0, 64));
  }
  return samples;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* const samples = new std::vector<std::string>(Samples());

  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  std::vector<Record> records;
  while (records.size() < kMaxRecords) {
    const std::string_view line = binfmtbox_fuzz::TakePart(&text, '\n');
    if (line.empty()) break;
    Expected<Record> record = binfmt::ParseRecord(line);
    if (record) records.push_back(std::move(*record));
  }
  if (records.empty()) return 0;

  // The guard knows the interpreters' content.
  Guard guard([](const binfmt::Program& program) {
    return binfmt::IsForOwnMachine(program.head);
  });
  for (const Record& record : records) {
    const std::string head(binfmtbox_fuzz::TakePart(&text, '\n'));
    guard.AddInterpreter(record.interpreter,
                         {.elf = binfmt::ParseElf(head),
                          .is_script = head.starts_with("#!"),
                          .is_readable = true,
                          .head = head.substr(0, binfmt::kMatchWindow)});
  }
  binfmt::CoverIndex handlers;
  for (const Record& record : records) handlers.Add(record);
  const Expected<void> accepted = guard.Check(records[0], &handlers);
  if (!accepted) {
    const std::string& why = accepted.error().text();
    FUZZ_CHECK(!why.empty() && binfmtbox_fuzz::IsPrintable(why));
    return 0;
  }
  if (records[0].type != binfmt::RecordType::kMagic) return 0;
  for (const std::string& sample : *samples) {
    FUZZ_CHECK(!Matches(records[0], {sample, ""}));
  }
  return 0;
}
