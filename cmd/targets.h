// SPDX-License-Identifier: Apache-2.0
// Targets as users write them, and those that the machine runs natively.
#ifndef CMD_TARGETS_H_
#define CMD_TARGETS_H_

#include <string>
#include <string_view>
#include <vector>

#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/kernel/interpreter.h"

namespace cmd {

using TargetList = std::vector<const arch_table::Target*>;

// The target that WORD names. An unknown one is misuse; the error suggests the
// nearest words.
binfmt::Expected<const arch_table::Target*> ParseTarget(std::string_view word);

// Adds those that WORDS name to TARGETS, each once. The word "all" sets ALL.
binfmt::Expected<void> ParseTargets(const std::vector<std::string>& words,
                                    TargetList& targets, bool& all);

// The words of LIST, which blanks and commas separate, as in $QEMU_TARGET_LIST.
std::vector<std::string> SplitWords(std::string_view list);

// What this program was built for; nullptr where the table was built without
// it.
const arch_table::Target* OwnTarget();

// Whether TARGET is of this program's own family. Programs for others never run
// natively, unless this program is emulated, and a question to the kernel costs
// as much as ten open(2).
bool IsSibling(const arch_table::Target& target);

// Those of TARGETS that this machine runs natively. The kernel is asked, see
// binfmt/kernel/native.h.
binfmt::Expected<TargetList> FindNative(const TargetList& targets,
                                        bool emulated = false);

// Whether this machine runs TARGET natively. False, too, where that cannot be
// found out.
bool IsNative(const arch_table::Target& target);

// The target of PROGRAM, whatever its type; nullptr: none.
const arch_table::Target* TargetOf(const binfmt::Program& program);

// Whether this machine runs PROGRAM natively, by its machine.
bool RunsNatively(const binfmt::Program& program);

// The error that no entry takes TARGET's programs, and how to register one.
binfmt::Error NoEntry(const arch_table::Target& target);

}  // namespace cmd

#endif  // CMD_TARGETS_H_
