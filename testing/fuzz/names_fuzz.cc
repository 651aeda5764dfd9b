// SPDX-License-Identifier: Apache-2.0
// A word for an architecture, or a list of them.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "arch_table/names.h"
#include "arch_table/table.h"
#include "binfmt/error.h"
#include "binfmt/memory.h"
#include "cmd/targets.h"
#include "testing/fuzz/check.h"

namespace {

using arch_table::FindTarget;
using arch_table::Target;

void CheckWord(std::string_view word) {
  const Target* found = FindTarget(word);
  std::string other_case(word);
  for (char& c : other_case) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 32);
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c + 32);
    }
  }
  FUZZ_CHECK(FindTarget(other_case) == found);

  for (const size_t limit : {0u, 3u}) {
    std::vector<std::string_view> names(limit);
    const size_t count = arch_table::NearestNames(word, absl::MakeSpan(names));
    FUZZ_CHECK(count <= limit);
    names.resize(count);
    std::set<const Target*> targets;
    for (const std::string_view name : names) {
      const Target* target = FindTarget(name);
      FUZZ_CHECK(target != nullptr);
      FUZZ_CHECK(targets.insert(target).second);
    }
  }

  const Target* target = nullptr;
  const binfmt::Error error = cmd::ParseTarget(word, &target);
  FUZZ_CHECK(error.ok() == (found != nullptr));
  FUZZ_CHECK(target == found);
  FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(error.text()));
  if (found != nullptr) FUZZ_CHECK(FindTarget(found->name()) == found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const binfmt::MemoryScope scope;
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  // Each word costs a look at every name that there is.
  if (size > 64) return -1;
  CheckWord(text);
  for (const std::string_view word : cmd::SplitWords(text)) {
    FUZZ_CHECK(!word.empty());
    FUZZ_CHECK(word.find_first_of(" ,") == std::string_view::npos);
    CheckWord(word);
  }
  return 0;
}
