// SPDX-License-Identifier: Apache-2.0
// What an entry of the kernel is in the terms of the architecture table.
#ifndef CMD_RECOGNISE_H_
#define CMD_RECOGNISE_H_

#include <cstddef>
#include <string_view>

#include "arch_table/table.h"
#include "binfmt/array.h"
#include "binfmt/record.h"
#include "binfmt/text.h"

namespace cmd {

class Recogniser {
 public:
  // The target whose programs RECORD takes, told by its bytes and not by its
  // name; nullptr where it takes those of none, or of several targets.
  const arch_table::Target* Recognise(const binfmt::Record& record);

  // Does RECORD take the programs of TARGET?
  bool Takes(const binfmt::Record& record, const arch_table::Target& target);

 private:
  // One a target, in the table's order. Made when the first record is looked at
  // that is none of our own.
  binfmt::Array<binfmt::Text> headers_;
};

// Is RECORD one that this program makes: a row's magic, and mask and name as
// some emulator gets them for the row's target?
bool IsOurs(const binfmt::Record& record);
// The same where TARGET is known, whose programs RECORD takes (nullptr: none).
bool IsOursFor(const arch_table::Target* target, const binfmt::Record& record);

}  // namespace cmd

#endif  // CMD_RECOGNISE_H_
