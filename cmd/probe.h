// SPDX-License-Identifier: Apache-2.0
// Does the kernel really run a target's programs?
#ifndef CMD_PROBE_H_
#define CMD_PROBE_H_

#include "arch_table/table.h"
#include "binfmt/text.h"
#include "cmd/console.h"
#include "cmd/json.h"
#include "cmd/targets.h"

namespace cmd {

// Runs the built-in program of TARGET through the kernel, ten seconds at most.
// Returns what is wrong where it does not run as it should, else "". With JSON,
// writes an object there.
//
// The program exits with 42 where it gets one argument, as it was started with.
// With another number, interpreter and flag P disagree.
binfmt::Text Probe(const arch_table::Target& target, JsonWriter* json);

// Probes TARGETS and prints what comes of each: failures on stderr, the others
// on stdout or, with JSON, as the array "probes" there.
void ProbeAll(const TargetList& targets, JsonWriter* json, Console* console);

}  // namespace cmd

#endif  // CMD_PROBE_H_
