// SPDX-License-Identifier: Apache-2.0
// What status prints: a table for people, an object for programs.
#ifndef CMD_STATUS_REPORT_H_
#define CMD_STATUS_REPORT_H_

#include <vector>

#include "binfmt/kernel/registry.h"
#include "cmd/console.h"
#include "cmd/entry_table.h"
#include "cmd/targets.h"

namespace cmd {

// What status shows.
struct StatusReport {
  // Both null where no binfmt_misc of this process is in sight.
  const binfmt::Registry* registry = nullptr;
  EntryTable* table = nullptr;
  bool enabled = false;  // binfmt_misc as a whole
  std::vector<EntryRow> rows = {};
  TargetList natives = {};  // targets asked for that the machine runs natively
  bool probe = false;
  TargetList probed = {};  // whose programs are to be run
  bool skips = false;      // those of them that nothing takes are left out
  bool looks_up = false;   // one of these has a handler without flag F
};

void Print(const StatusReport& report, bool as_json, Console& console);
// The platforms of the probed targets in Docker's words, this machine's own
// first, and the names of the enabled entries by which programs run. Where none
// is in sight, the targets' programs are started.
void PrintPlatforms(const StatusReport& report, Console& console);

}  // namespace cmd

#endif  // CMD_STATUS_REPORT_H_
