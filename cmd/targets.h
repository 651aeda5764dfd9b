// SPDX-License-Identifier: Apache-2.0
// Targets as users write them, and those that the machine runs itself.
#ifndef CMD_TARGETS_H_
#define CMD_TARGETS_H_

#include <string_view>

#include "absl/base/attributes.h"
#include "arch_table/table.h"
#include "binfmt/array.h"
#include "binfmt/error.h"
#include "binfmt/text.h"

namespace cmd {

using TargetList = binfmt::Array<const arch_table::Target*>;

inline bool Contains(const TargetList& targets,
                     const arch_table::Target* target) {
  for (const arch_table::Target* other : targets) {
    if (other == target) return true;
  }
  return false;
}

// The target that WORD names. An unknown one is misuse; the error names the
// nearest words.
binfmt::Error ParseTarget(std::string_view word,
                          const arch_table::Target** target);

// "; did you mean A or B" for a WORD that is near a target's name, else empty.
binfmt::Text Suggestion(std::string_view word);

// Words divided by blanks and commas, as in $QEMU_TARGET_LIST: takes the next
// one off *LIST, false where there is none; and all of them.
bool TakeWord(std::string_view* list, std::string_view* word);
binfmt::Array<std::string_view> SplitWords(
    std::string_view list ABSL_ATTRIBUTE_LIFETIME_BOUND);

// Which of TARGETS does this machine run by itself (1) or not (0)? The kernel
// is asked, see binfmt/native.h.
binfmt::Error FindNative(const TargetList& targets, binfmt::Array<int>* native);

// Does this machine run TARGET by itself? False, too, where that can't be found
// out.
bool IsNative(const arch_table::Target* target);

// That no entry takes TARGET's programs, and how to have one.
binfmt::Error NoEntry(const arch_table::Target* target);

}  // namespace cmd

#endif  // CMD_TARGETS_H_
