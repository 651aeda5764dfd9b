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
  const binfmt::Registry& registry;
  EntryTable& table;
  bool enabled = false;  // binfmt_misc as a whole
  std::vector<EntryRow> rows = {};
  TargetList natives = {};  // targets asked for that the machine runs natively
  bool probe = false;
  TargetList probed = {};  // whose programs are to be run
  bool looks_up = false;   // one of these has a handler without flag F
};

void PrintText(const StatusReport& report, Console& console);
void PrintJson(const StatusReport& report, Console& console);
// The platforms of the probed targets in Docker's words, and the names of ALL
// rows' enabled entries by which programs run.
void PrintPlatforms(const StatusReport& report,
                    const std::vector<EntryRow>& all, Console& console);

}  // namespace cmd

#endif  // CMD_STATUS_REPORT_H_
