// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_hold.h"

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/guard.h"
#include "binfmt/kernel/install.h"
#include "binfmt/kernel/lifetime.h"
#include "cmd/entry_table.h"
#include "cmd/register_open.h"
#include "cmd/reported_errors.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::Error;
using binfmt::Expected;
using binfmt::Outcome;
using binfmt::Printable;
using binfmt::Record;

constexpr int kInterval = 5000;  // milliseconds

// Registers those of RECORDS that are lost. Returns whether all of them hold
// then.
Expected<bool> PutBack(const RegisterRequest& request,
                       std::span<const Record> records,
                       ReportedErrors& reported, Console& console) {
  Expected<OpenRegistry> open = OpenForRegister(request, /*lock=*/true);
  if (!open) return std::move(open.error());
  EntryTable table(open->registry, open->entries);
  bool all_hold = true;
  // What is lost and, as it may have to come to the front again, the rest.
  std::vector<Record> wanted;
  bool any_lost = false;
  for (const Record& record : records) {
    const EntryRow* const row = table.Find(record.name);
    if (row == nullptr) {
      wanted.push_back(record);
      any_lost = true;
      continue;
    }
    const std::string difference =
        binfmt::Difference(*row->entry, binfmt::EntryOf(record));
    if (difference.empty()) {
      wanted.push_back(record);
      if (const Expected<void> usable = table.Check(*row); !usable) {
        all_hold = false;
        reported.Report(usable.error(), console);
      }
      continue;
    }
    all_hold = false;
    reported.Report(Error(EEXIST, absl::StrCat(Printable(record.name),
                                               " was changed: ", difference,
                                               "; left alone")),
                    console);
  }
  if (!any_lost) return all_hold;
  // A new one: the interpreters' files may be others by now.
  const binfmt::Guard guard(RunsNatively);
  binfmt::InstallOptions options = request.install;
  options.together = records;
  Expected<std::vector<Outcome>> outcomes =
      binfmt::Install(open->registry, guard, open->entries, wanted, options);
  if (!outcomes) return std::move(outcomes.error());
  const Expected<std::vector<binfmt::Entry>> entries = open->registry.ReadAll();
  if (!entries) return entries.error().Copy();
  EntryTable table_now(open->registry, *entries);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string& name = wanted[i].name;
    if (const auto& error = (*outcomes)[i].error) {
      all_hold = false;
      reported.Report(*error, console);
      continue;
    }
    if (table.Find(name) != nullptr) continue;
    console.Note(binfmt::Message("$0 was not there; registered it", name));
    const EntryRow* const row = table_now.Find(name);
    if (row == nullptr) {  // lost again, and missed in the next turn
      all_hold = false;
      continue;
    }
    if (const Expected<void> usable = table_now.Check(*row); !usable) {
      all_hold = false;
      reported.Report(usable.error(), console);
    }
  }
  return all_hold;
}

}  // namespace

void HoldRecords(const RegisterRequest& request,
                 std::span<const Record> records, int planned_status,
                 ReportedErrors& reported, Console& console) {
  bool all_hold = false;
  for (;;) {
    console.Flush();
    if (binfmt::WaitForEnd(kInterval)) break;
    reported.BeginTurn();
    const Expected<bool> result = PutBack(request, records, reported, console);
    if (!result) reported.Report(result.error(), console);
    all_hold = result.value_or(false);
  }
  if (all_hold) console.set_status(planned_status);
}

}  // namespace cmd
