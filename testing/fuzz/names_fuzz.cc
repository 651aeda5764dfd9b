// SPDX-License-Identifier: Apache-2.0
// A word for an architecture, or a list of them.
#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "arch_table/names.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
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
    const std::vector<std::string_view> names =
        arch_table::NearestNames(word, limit);
    FUZZ_CHECK(names.size() <= limit);
    std::set<const Target*> targets;
    for (const std::string_view name : names) {
      const Target* target = FindTarget(name);
      FUZZ_CHECK(target != nullptr);
      FUZZ_CHECK(targets.insert(target).second);
    }
  }

  const binfmt::Expected<const Target*> target = cmd::ParseTarget(word);
  if (!target) {
    FUZZ_CHECK(found == nullptr);
    FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(target.error().text()));
    return;
  }
  FUZZ_CHECK(*target == found);
  FUZZ_CHECK(FindTarget(found->name) == found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  // Each word costs a look at every name that there is.
  if (size > 64) return -1;
  CheckWord(text);
  for (const std::string& word : cmd::SplitWords(text)) {
    FUZZ_CHECK(!word.empty());
    FUZZ_CHECK(word.find_first_of(" ,") == std::string::npos);
    CheckWord(word);
  }
  return 0;
}
