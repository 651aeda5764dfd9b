// SPDX-License-Identifier: Apache-2.0
// Records in terms of the architecture table.
#ifndef CMD_TARGET_MATCHER_H_
#define CMD_TARGET_MATCHER_H_

#include "arch_table/table.h"
#include "binfmt/record/record.h"

namespace cmd {

// The target whose programs RECORD takes, decided by its bytes and not by its
// name; nullptr where it takes all of none, or of several targets.
const arch_table::Target* TargetOf(const binfmt::Record& record);

// Whether RECORD takes all ordinary programs of TARGET: of both types (EXEC and
// DYN), with e_ident as linkers write it for Linux, whatever else their headers
// say.
bool Takes(const binfmt::Record& record, const arch_table::Target& target);

// Whether RECORD takes some ordinary program of TARGET.
bool TakesSome(const binfmt::Record& record, const arch_table::Target& target);

// Whether RECORD is one that this program makes: a row's magic, and mask and
// name as some emulator has them for the row's target.
bool IsOurs(const binfmt::Record& record);
// The same where TARGET is known, whose programs RECORD takes (nullptr: none).
bool IsOursFor(const arch_table::Target* target, const binfmt::Record& record);

// Whether RECORD is an entry for TARGET: one that this program makes, or one
// that is called by a word for it and takes some of its programs.
bool IsEntryOf(const arch_table::Target& target, const binfmt::Record& record);

}  // namespace cmd

#endif  // CMD_TARGET_MATCHER_H_
