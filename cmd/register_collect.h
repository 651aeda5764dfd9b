// SPDX-License-Identifier: Apache-2.0
// Collects what register was asked for: targets, rules, and the records in
// files; waits for interpreters that are not there yet.
#ifndef CMD_REGISTER_COLLECT_H_
#define CMD_REGISTER_COLLECT_H_

#include <cstddef>
#include <span>
#include <vector>

#include "binfmt/record/entry.h"
#include "cmd/console.h"
#include "cmd/register_plan.h"
#include "cmd/register_request.h"

namespace cmd {

struct CollectedPlan {
  std::vector<PlanItem> items;
  // With --hold: a signal ended the waiting.
  bool ended = false;
  // With --if-missing: how many targets of "all" are not in it, since an entry
  // runs their programs.
  size_t left_alone = 0;
  // How many entries run programs, and lack the flag C that is preferred.
  size_t lacks_credentials = 0;
};

// Makes the plan for REQUEST, where PRESENT are the entries that exist.
// Complains of what cannot be planned. Waits for missing interpreters as long
// as the request says; "all" waits only for the first interpreter of any
// target, since nobody knows how many will come.
CollectedPlan CollectPlan(const RegisterRequest& request,
                          std::span<const binfmt::Entry> present,
                          Console& console);

}  // namespace cmd

#endif  // CMD_REGISTER_COLLECT_H_
