// SPDX-License-Identifier: Apache-2.0
// The text of a data file such as arch_table/targets.txt, and the generator
// behind it.
#include <algorithm>
#include <string>

#include "arch_table/spec.h"
#include "arch_table/write_rows.h"
#include "testing/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  const arch_table::Spec spec = arch_table::ParseSpec(text);
  FUZZ_CHECK(!spec.targets.empty() || !spec.errors.empty());
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  int last = 1;
  for (const arch_table::SpecError& error : spec.errors) {
    FUZZ_CHECK(error.line >= last && error.line <= lines);
    FUZZ_CHECK(binfmtbox_fuzz::IsPrintable(error.message));
    FUZZ_CHECK(!error.message.empty());
    last = error.line;
  }
  for (const arch_table::TargetSpec& target : spec.targets) {
    FUZZ_CHECK(target.line >= 1 && target.line <= lines);
    FUZZ_CHECK(target.machine != 0);
    FUZZ_CHECK((target.match_value & ~target.match_mask) == 0);
    const arch_table::MatchRule rule = arch_table::DeriveRule(target);
    // Up to the end of e_machine, or of e_flags.
    const size_t to_flags = target.is_64bit ? 52 : 40;
    FUZZ_CHECK(rule.magic.size() == (target.match_mask == 0 ? 20 : to_flags));
    FUZZ_CHECK(rule.mask.size() == rule.magic.size());
    for (size_t i = 0; i < rule.magic.size(); ++i) {
      FUZZ_CHECK((rule.magic[i] & ~rule.mask[i]) == 0);
    }
    FUZZ_CHECK(arch_table::Overlap(rule, rule));
  }
  (void)arch_table::FindOverlaps(spec.targets);
  if (spec.errors.empty()) {
    FUZZ_CHECK(!arch_table::WriteRows(spec.targets).empty());
  }
  return 0;
}
