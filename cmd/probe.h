// SPDX-License-Identifier: Apache-2.0
// Whether the kernel really runs a target's programs.
#ifndef CMD_PROBE_H_
#define CMD_PROBE_H_

#include <string>

#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/process.h"
#include "cmd/console.h"
#include "cmd/entry_table.h"
#include "cmd/json.h"
#include "cmd/targets.h"

namespace cmd {

// Runs the built-in program of TARGET through the kernel with VARIABLE,
// "NAME=VALUE", or, where that is null, nothing as its environment. It may take
// ten seconds, and one once a program has taken longer. The code of a timeout
// is the number of seconds.
//
// The program exits with 42 where it gets the one argument with which it was
// started. With another number, interpreter and flag P disagree.
//
// TABLE has the entries of this process. Unless they lead to files that are
// root's alone, root starts the program as nobody. Null: they can't be seen;
// then root is nobody where that is possible.
binfmt::ProgramEnd Probe(const arch_table::Target& target, EntryTable* table,
                         const char* variable);

// Why a program that ended so does not run as it should; empty where it does.
std::string WhyNot(const binfmt::ProgramEnd& end);
// The error that TARGET's program ended so.
binfmt::Error NotRun(const arch_table::Target& target,
                     const binfmt::ProgramEnd& end);

// Probes TARGETS and prints the results: failures on stderr, the others on
// stdout or, unless it is null, as the array "probes" in JSON. What runs is
// started once more to have QEMU's version: asked through the handler, so that
// the file answers which flag F holds. SKIPS: what nothing takes is no failure.
// Returns whether any program ran.
bool ProbeAll(const TargetList& targets, EntryTable* table, bool skips,
              JsonWriter* json, Console& console);

}  // namespace cmd

#endif  // CMD_PROBE_H_
