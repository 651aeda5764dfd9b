// SPDX-License-Identifier: Apache-2.0
// register --hold: stays, and registers again what is lost.
#ifndef CMD_REGISTER_HOLD_H_
#define CMD_REGISTER_HOLD_H_

#include <span>

#include "binfmt/record/record.h"
#include "cmd/console.h"
#include "cmd/register_request.h"
#include "cmd/reported_errors.h"

namespace cmd {

// Keeps RECORDS registered until SIGTERM, SIGINT or SIGPWR
// (binfmt::PrepareToHold() was called). Reports each error once while it lasts.
// In the end, errors that were resolved do not count: where all RECORDS hold,
// the exit status is PLANNED_STATUS, that of what could not be planned.
// REPORTED knows what was said before.
void HoldRecords(const RegisterRequest& request,
                 std::span<const binfmt::Record> records, int planned_status,
                 ReportedErrors& reported, Console& console);

}  // namespace cmd

#endif  // CMD_REGISTER_HOLD_H_
