// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_run.h"

#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arch_table/names.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/kernel/guard.h"
#include "binfmt/kernel/install.h"
#include "binfmt/kernel/lifetime.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/kernel/selinux.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/script.h"
#include "cmd/entry_table.h"
#include "cmd/probe.h"
#include "cmd/register_check.h"
#include "cmd/register_collect.h"
#include "cmd/register_hold.h"
#include "cmd/register_open.h"
#include "cmd/register_plan.h"
#include "cmd/register_report.h"
#include "cmd/reported_errors.h"
#include "cmd/target_matcher.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::Change;
using binfmt::Entry;
using binfmt::Expected;
using binfmt::Outcome;
using binfmt::Record;

// The plan that may be installed. GUARD learns the interpreters.
CollectedPlan MakePlan(const RegisterRequest& request,
                       std::span<const Entry> present, binfmt::Guard& guard,
                       Console& console) {
  CollectedPlan plan = CollectPlan(request, present, console);
  if (request.for_other_machine) return plan;
  plan.items =
      CheckPlan(std::move(plan.items), request, present, guard, console);
  if (!binfmt::SelinuxEnforces()) return plan;
  for (const PlanItem& item : plan.items) {
    const std::string hint = binfmt::SelinuxHint(item.record.interpreter);
    if (!hint.empty()) console.Note(hint);
  }
  return plan;
}

// Why no program runs through REGISTRY's entry of RECORD; empty: one did.
std::string TryProgram(const binfmt::Registry& registry, const Record& record) {
  const arch_table::Target* target = TargetOf(record);
  if (target == nullptr) return "there is none built in";
  const Expected<std::vector<Entry>> entries = registry.ReadAll();
  if (!entries) return std::string(entries.error().text());
  EntryTable table(registry, *entries);
  return WhyNot(Probe(*target, &table, nullptr));
}

std::vector<Record> RecordsOf(std::span<const PlanItem> items) {
  std::vector<Record> records;
  for (const PlanItem& item : items) records.push_back(item.record);
  return records;
}

// "all" asks that every target runs. Settles the OUTCOMES of ITEMS that were
// not named, differ from an entry that is there, and run by one of OPEN's
// entries with the flags that were asked for. Counts them in PLAN.
void LeaveAlone(const RegisterRequest& request, const OpenRegistry& open,
                CollectedPlan& plan, std::vector<Outcome>& outcomes) {
  const std::vector<PlanItem>& items = plan.items;
  std::optional<EntryTable> table;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const arch_table::Target* const target = items[i].target;
    Outcome& outcome = outcomes[i];
    if (!outcome.error || outcome.error->errnum() != EEXIST ||
        target == nullptr || request.IsNamed(target)) {
      continue;
    }
    if (!table) table.emplace(open.registry, open.entries);
    const EntryRow* const row = table->HandlerOf(*target);
    if (row == nullptr || !table->Check(*row)) continue;
    // QEMU's emulator of mips runs none of mipsn32's programs.
    const arch_table::Target* const other = arch_table::FindTarget(
        binfmt::BaseName(row->entry->record.interpreter));
    if (other != nullptr && other->interpreter() != target->interpreter()) {
      continue;
    }
    const binfmt::Flags flags = row->entry->record.flags;
    if (!request.record.Accept(flags, /*named=*/false)) continue;
    if (request.verify && !request.common.dry_run &&
        !TryProgram(open.registry, row->entry->record).empty()) {
      continue;
    }
    outcome.change = Change::kLeftAlone;
    outcome.error.reset();
    ++plan.left_alone;
    if (request.record.LacksPreferred(flags)) ++plan.lacks_credentials;
  }
}

// Notes what else the records of ITEMS do that OUTCOMES say were registered.
void NoteRisks(std::span<const PlanItem> items,
               std::span<const Outcome> outcomes, const binfmt::Guard& guard,
               Console& console) {
  // Neighbours often have one interpreter, and all of them one place.
  std::string_view last_interpreter;
  std::string last_place;
  for (size_t i = 0; i < outcomes.size() && !console.quiet(); ++i) {
    const Record& record = items[i].record;
    const Change change = outcomes[i].change;
    if (change != Change::kAdded && change != Change::kReplaced) continue;
    if (binfmt::TakesUsualNames(record)) {
      console.Note(binfmt::Message(
          "$0 takes scripts, loaders and programs, too, whose names end in .$1",
          record.name, record.magic));
    }
    if (record.interpreter == last_interpreter) continue;
    last_interpreter = record.interpreter;
    std::string place = guard.FindForeignPlace(record);
    // What is not here is nobody's.
    if (place.empty() || place == last_place || !binfmt::Exists(place)) {
      continue;
    }
    console.Note(binfmt::Message(
        "others than root may write to $0, and so decide what $1 starts, for "
        "root too",
        place, record.name));
    last_place = std::move(place);
  }
}

// Installs PLAN. Takes out of it what was left alone, and is not this program's
// to hold.
Expected<void> InstallPlan(const RegisterRequest& request,
                           const binfmt::Guard& guard, CollectedPlan& plan,
                           OpenRegistry& open, Console& console) {
  std::vector<PlanItem>& items = plan.items;
  binfmt::InstallOptions options = request.install;
  if (request.verify) options.try_program = TryProgram;
  // Moved there and back, since 10,000 long ones are a lot.
  std::vector<Record> records;
  for (PlanItem& item : items) records.push_back(std::move(item.record));
  Expected<std::vector<Outcome>> outcomes =
      binfmt::Install(open.registry, guard, open.entries, records, options);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].record = std::move(records[i]);
  }
  if (!outcomes) return std::move(outcomes.error());
  LeaveAlone(request, open, plan, *outcomes);
  ReportOutcomes(request, items, *outcomes, console);
  NoteRisks(items, *outcomes, guard, console);
  if (plan.left_alone != 0) {
    console.Note(binfmt::Message("$0 of the targets run already; left alone",
                                 plan.left_alone));
  }
  if (plan.lacks_credentials != 0) {
    console.Warn(binfmt::Message(
        "entries left alone without flag C: $0; setuid programs (sudo) run "
        "there without their rights; swap them with --replace",
        plan.lacks_credentials));
  }
  size_t i = 0;
  std::erase_if(items, [&](const PlanItem&) {
    return (*outcomes)[i++].change == Change::kLeftAlone;
  });
  return {};
}

}  // namespace

void RunRegister(const RegisterRequest& request, Console& console) {
  binfmt::Guard guard(RunsNatively);
  if (request.print) {
    const CollectedPlan plan = MakePlan(request, {}, guard, console);
    return WriteRecords(request, plan.items, console);
  }
  // Other runs are not kept waiting while this one waits for interpreters, or
  // for somebody to write its input.
  const bool waits = request.wait != 0 || !request.files.empty();
  Expected<OpenRegistry> open = OpenForRegister(request, /*lock=*/!waits);
  CollectedPlan plan;
  // With --hold, plan anyway: binfmt_misc may be mounted later.
  if (open || request.hold) {
    const std::span<const Entry> present =
        open ? std::span<const Entry>(open->entries) : std::span<const Entry>();
    plan = MakePlan(request, present, guard, console);
  }
  const int planned_status = console.status();
  // What was there may have changed while this run waited without the lock.
  if (open && waits) {
    open->entries.clear();
    open = OpenForRegister(request, /*lock=*/true);
  }
  ReportedErrors reported;
  if (open && !plan.ended) {
    const Expected<void> installed =
        InstallPlan(request, guard, plan, *open, console);
    if (!installed) console.Complain(installed.error());
    open->registry.Unlock();
  } else if (!open) {
    reported.Report(open.error(), console);
  }
  if (request.hold && !request.common.dry_run && !plan.ended) {
    // OPEN stays: it keeps the instance, and everybody's entries in it, where
    // the last mount goes in spite of that (umount -l).
    HoldRecords(request, RecordsOf(plan.items), planned_status, reported,
                console);
  }
}

}  // namespace cmd
