// SPDX-License-Identifier: Apache-2.0
// Checks a plan against what this machine is.
#ifndef CMD_REGISTER_CHECK_H_
#define CMD_REGISTER_CHECK_H_

#include <span>
#include <vector>

#include "binfmt/kernel/guard.h"
#include "binfmt/record/entry.h"
#include "cmd/console.h"
#include "cmd/register_plan.h"
#include "cmd/register_request.h"

namespace cmd {

// Returns the items of PLAN that may be registered. Takes out what GUARD
// refuses; targets that this machine runs natively, unless the request says
// otherwise; and records whose interpreter is built for another machine. Not
// what is from a rule or a file and equals an entry of PRESENT.
// Complains of each, except of native targets that were not asked for by name.
// GUARD learns the interpreters.
std::vector<PlanItem> CheckPlan(std::vector<PlanItem> plan,
                                const RegisterRequest& request,
                                std::span<const binfmt::Entry> present,
                                binfmt::Guard& guard, Console& console);

}  // namespace cmd

#endif  // CMD_REGISTER_CHECK_H_
