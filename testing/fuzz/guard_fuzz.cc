// SPDX-License-Identifier: Apache-2.0
// Records, a line each: the first is to be registered, the others stand there
// or come with it. What the guard lets through takes nothing that this machine
// needs. What remains behind an empty line is the interpreters' content.
#include <fcntl.h>

#include <algorithm>
#include <string>
#include <vector>

#include "binfmt/cover_index.h"
#include "binfmt/error.h"
#include "binfmt/guard.h"
#include "binfmt/io.h"
#include "binfmt/match.h"
#include "binfmt/memory.h"
#include "binfmt/record.h"
#include "binfmt/text.h"
#include "testing/fuzz/check.h"

namespace {

using binfmt::Guard;
using binfmt::Record;

constexpr size_t kMostRecords = 16;

// What must go on running.
std::vector<std::string> Samples() {
  const binfmt::UniqueFd fd =
      binfmt::OpenAt(binfmt::kCurrentDir, "/proc/self/exe", O_RDONLY);
  binfmt::Text head;
  FUZZ_CHECK(binfmt::ReadSome(fd.get(), binfmt::kMatchWindow, &head) == 0);
  std::string own = head;
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
  static const auto* const base = new Guard();
  static const auto* const samples = new std::vector<std::string>(Samples());
  const binfmt::MemoryScope scope;  // behind what stays

  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  std::vector<Record> records;
  while (records.size() < kMostRecords) {
    const std::string_view line = binfmtbox_fuzz::TakePart(&text, '\n');
    if (line.empty()) break;
    Record record;
    if (ParseRecord(line, &record).ok()) records.push_back(record);
  }
  if (records.empty()) return 0;

  // The guard knows the interpreters' content, and opens no file.
  Guard guard = *base;
  for (const Record& record : records) {
    guard.AddInterpreter(record.interpreter,
                         binfmtbox_fuzz::TakePart(&text, '\n'));
  }
  binfmt::CoverIndex handlers;
  for (const Record& record : records) handlers.Add(record);
  const binfmt::Error error = guard.Check(records[0], &handlers);
  FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(error.text()));
  if (!error.ok()) {
    FUZZ_CHECK(!error.text().empty());
    return 0;
  }
  if (records[0].type != binfmt::RecordType::kMagic) return 0;
  for (const std::string& sample : *samples) {
    FUZZ_CHECK(!Matches(records[0], {sample, ""}));
  }
  return 0;
}
