// SPDX-License-Identifier: Apache-2.0
// What the kernel would do with a file: status --match.
#ifndef CMD_MATCH_REPORT_H_
#define CMD_MATCH_REPORT_H_

#include <span>
#include <string>

#include "binfmt/kernel/registry.h"
#include "binfmt/record/entry.h"
#include "cmd/console.h"

namespace cmd {

// Says of FILE which of ENTRIES takes it, which byte or extension decides for
// each of the others, and what follows, file after file, up to a program that
// this machine runs. Complains where that is not reached. REGISTRY may be a
// saved one.
void ReportMatch(const std::string& file, bool enabled,
                 const binfmt::Registry& registry,
                 std::span<const binfmt::Entry> entries, bool as_json,
                 Console& console);

}  // namespace cmd

#endif  // CMD_MATCH_REPORT_H_
