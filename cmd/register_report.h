// SPDX-License-Identifier: Apache-2.0
// What register prints, and the files that it leaves.
#ifndef CMD_REGISTER_REPORT_H_
#define CMD_REGISTER_REPORT_H_

#include <span>

#include "binfmt/kernel/install.h"
#include "cmd/console.h"
#include "cmd/register_plan.h"
#include "cmd/register_request.h"

namespace cmd {

// Writes the records of ITEMS to stdout, or into the request's directory: for
// requests that register nothing (request.print).
void WriteRecords(const RegisterRequest& request,
                  std::span<const PlanItem> items, Console& console);

// Reports OUTCOMES, one for each of ITEMS, as text or JSON; leaves files in the
// request's directory, where it has one.
void ReportOutcomes(const RegisterRequest& request,
                    std::span<const PlanItem> items,
                    std::span<const binfmt::Outcome> outcomes,
                    Console& console);

}  // namespace cmd

#endif  // CMD_REGISTER_REPORT_H_
