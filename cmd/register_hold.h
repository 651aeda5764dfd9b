// SPDX-License-Identifier: Apache-2.0
// register --hold: stays, and registers again what is lost.
#ifndef CMD_REGISTER_HOLD_H_
#define CMD_REGISTER_HOLD_H_

#include <span>

#include "binfmt/kernel/guard.h"
#include "binfmt/record/record.h"
#include "cmd/console.h"
#include "cmd/register_request.h"

namespace cmd {

// Keeps RECORDS registered until SIGTERM or SIGINT (binfmt::PrepareToHold() was
// called). Reports each error once while it lasts. In the end, errors that were
// resolved do not count: where all RECORDS hold, the exit status is
// PLANNED_STATUS, that of what could not be planned.
void HoldRecords(const RegisterRequest& request, const binfmt::Guard& guard,
                 std::span<const binfmt::Record> records, int planned_status,
                 Console& console);

}  // namespace cmd

#endif  // CMD_REGISTER_HOLD_H_
