// SPDX-License-Identifier: Apache-2.0
// Whether the kernel really runs a target's programs.
#ifndef CMD_PROBE_H_
#define CMD_PROBE_H_

#include <string>

#include "arch_table/table.h"
#include "cmd/console.h"
#include "cmd/json.h"
#include "cmd/targets.h"

namespace cmd {

// Runs the built-in program of TARGET through the kernel, for ten seconds at
// most. Returns why it does not run as it should; empty where it does. Writes
// an object to JSON, unless that is null.
//
// The program exits with 42 where it gets the one argument with which it was
// started. With another number, interpreter and flag P disagree.
std::string Probe(const arch_table::Target& target, JsonWriter* json);

// Probes TARGETS and prints the results: failures on stderr, the others on
// stdout or, unless it is null, as the array "probes" in JSON. Returns whether
// any program ran.
bool ProbeAll(const TargetList& targets, JsonWriter* json, Console& console);

}  // namespace cmd

#endif  // CMD_PROBE_H_
