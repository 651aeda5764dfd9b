// SPDX-License-Identifier: Apache-2.0
// What an operand of status and clear means.
#ifndef CMD_OPERAND_H_
#define CMD_OPERAND_H_

#include <span>
#include <string_view>

#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/record/entry.h"

namespace cmd {

struct Operand {
  const arch_table::Target* target = nullptr;  // nullptr: an entry is meant
  std::string_view name;                       // of the entry
  bool is_name = false;                        // "name:" said so
};

// What WORD means. A word for a target means the target, "name:WORD" and any
// other word an entry. Fails where WORD is a target's and also the name of one
// of ENTRIES that takes none of its programs.
binfmt::Expected<Operand> ReadOperand(std::string_view word,
                                      std::span<const binfmt::Entry> entries);

// The error that no entry is called as OPERAND says, and what may be meant.
binfmt::Error UnknownOperand(const Operand& operand);

// Whether an entry may be called so, and the name is not near a word for a
// target.
bool MayBeEntry(const Operand& operand);

}  // namespace cmd

#endif  // CMD_OPERAND_H_
