// SPDX-License-Identifier: Apache-2.0
// What status prints: a table for people, an object for programs.
#ifndef CMD_STATUS_REPORT_H_
#define CMD_STATUS_REPORT_H_

#include "binfmt/array.h"
#include "binfmt/namespaces.h"
#include "binfmt/text.h"
#include "cmd/console.h"
#include "cmd/listing.h"
#include "cmd/targets.h"

namespace cmd {

// What is seen at once of the registry as a whole.
struct Overview {
  binfmt::Text dir;
  bool enabled = false;
  bool read_only = false;
  binfmt::UserNamespace user_namespace = binfmt::UserNamespace::kUnknown;
  binfmt::Text kernel;
};

// What status shows.
struct StatusReport {
  Overview overview;
  const binfmt::Array<Line>* lines;
  bool all = false;    // not the wanted lines only
  TargetList natives;  // targets asked for that the machine runs by itself
  bool probe = false;
  TargetList probed;  // whose programs are to be run
};

void PrintText(const StatusReport& report, Console* console);
void PrintJson(const StatusReport& report, Console* console);
// The platforms of probed in Docker's words, and the names of the
// entries by which programs run.
void PrintPlatforms(const StatusReport& report, Console* console);

}  // namespace cmd

#endif  // CMD_STATUS_REPORT_H_
