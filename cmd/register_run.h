// SPDX-License-Identifier: Apache-2.0
// The work of register: plan, check, install, verify, report, hold.
#ifndef CMD_REGISTER_RUN_H_
#define CMD_REGISTER_RUN_H_

#include "cmd/console.h"
#include "cmd/register_request.h"

namespace cmd {

// Registers what REQUEST asks for and reports on CONSOLE. Returns when it is
// done or, with --hold, when a signal ends it.
void RunRegister(const RegisterRequest& request, Console& console);

}  // namespace cmd

#endif  // CMD_REGISTER_RUN_H_
