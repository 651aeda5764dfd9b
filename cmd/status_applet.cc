// SPDX-License-Identifier: Apache-2.0
// status: shows what the kernel will really do.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arch_table/table.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/registry.h"
#include "cmd/applets.h"
#include "cmd/entry_table.h"
#include "cmd/match_report.h"
#include "cmd/operand.h"
#include "cmd/print_format.h"
#include "cmd/status_report.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Registry;

// Fails where ROW of TABLE runs no program at the moment.
Expected<void> CheckUsable(const StatusReport& report, EntryTable& table,
                           const EntryRow& row) {
  if (report.enabled) return table.Check(row);
  return Failed(0,
                "$0 is of no use while binfmt_misc is disabled; enable it "
                "with: echo 1 > $1/status",
                row.entry->record.name, report.registry->dir());
}

constexpr AppletHelp kHelp = {
    .name = "status",
    .arguments = "[OPTION]... [NAME|TARGET]...",
    .summary =
        "Show the entries of binfmt_misc in the order in which they match.",
    .details = R"(
With operands it is a probe: the exit status is 0 only when each NAME is
an entry that is enabled and usable, and programs of each TARGET run.

Examples:
  binfmtbox status
  binfmtbox status --quiet arm64 && echo yes
  binfmtbox status --match ./program
  binfmtbox status --print record >FILE
)",
    .other_words = " list ls show display find info",
};

class Status : public Applet {
 public:
  Status() : Applet(kHelp) {}

  std::vector<Option> Options() override {
    return {
        StringOption(kNoLetter, "match", "FILE",
                     "show what the kernel would do with FILE, and why",
                     &match_),
        OptionFor<StoreFormat>(kNoLetter, "print",
                               "record|binfmt.d|debian|display",
                               "print records, for --file", &format_),
        FlagOption(kNoLetter, "platforms",
                   "print what runs in Docker's words, as JSON", &platforms_),
        FlagOption(kNoLetter, "probe",
                   "run a small program for each target through its\nhandler",
                   &probe_),
    };
  }

  void Run(const CommandLine& line, Console& console) override {
    if (match_ && line.own_options.size() + line.operands.size() > 1) {
      return console.Complain(binfmt::Misuse("--match FILE stands alone"));
    }
    if (format_ ? platforms_ || probe_ || line.common.json
                : platforms_ && probe_) {
      return console.Complain(
          binfmt::Misuse("--print, --platforms and --probe don't go together, "
                         "nor --print and --json"));
    }
    const bool is_default = line.common.dir == binfmt::kDefaultDir;
    Show(line,
         match_                                 ? Kind::kMountedOrSaved
         : probe_ || (platforms_ && is_default) ? Kind::kOwn
                                                : Kind::kMounted,
         console);
  }

 private:
  using Kind = Registry::Kind;

  // Shows the registry, which is one of KIND.
  void Show(const CommandLine& line, Kind kind, Console& console);

  // Answers without a registry, by starting programs.
  void ShowWhatRuns(const CommandLine& line, Console& console) const;

  // Answers one operand: adds to REPORT what it means, and marks its row.
  // Unless records are printed, complains of what takes no program.
  void Answer(const std::string& operand, const std::vector<Entry>& entries,
              EntryTable& table, StatusReport& report, Console& console) const;

  // Adds the targets to probe where no operand names any.
  void AddAllTargets(EntryTable& table, StatusReport& report) const;

  // Prints the records of ENTRIES, all or those whose rows are wanted, so that
  // registering them in this order restores the registry: the last one matches
  // first.
  void PrintRecords(bool all, std::vector<Entry>& entries, EntryTable& table,
                    Console& console) const;

  std::optional<std::string> match_;
  std::optional<binfmt::FileFormat> format_;
  bool platforms_ = false;
  bool probe_ = false;
};

void Status::Answer(const std::string& operand,
                    const std::vector<Entry>& entries, EntryTable& table,
                    StatusReport& report, Console& console) const {
  const Expected<Operand> meant = ReadOperand(operand, entries);
  if (!meant) return console.Complain(meant.error());
  const Target* target = meant->target;
  EntryRow* const row =
      target == nullptr ? table.Find(meant->name) : table.RowOf(*target);
  if (row == nullptr) {
    if (target == nullptr) return console.Complain(UnknownOperand(*meant));
    if (IsNative(*target)) {
      report.natives.push_back(target);
    } else {
      console.Complain(NoEntry(*target));
    }
    return;
  }
  row->wanted = true;
  if (format_) return;
  if (const Expected<void> usable = CheckUsable(report, table, *row); !usable) {
    return console.Complain(usable.error());
  }
  if (target == nullptr) target = row->target;
  if (target != nullptr) {
    report.probed.push_back(target);
    report.looks_up |= row->looks_up();
  } else if (probe_) {
    console.Complain(Failed(0, "there is no built-in program for $0", operand));
  }
}

void Status::AddAllTargets(EntryTable& table, StatusReport& report) const {
  for (const Target& target : arch_table::Targets()) {
    const EntryRow* handler = table.HandlerOf(target);
    const bool is_added =
        handler == nullptr
            ? platforms_ && IsNative(target)
            : !platforms_ || CheckUsable(report, table, *handler).has_value();
    if (!is_added) continue;
    report.probed.push_back(&target);
    report.looks_up |= handler != nullptr && handler->looks_up();
  }
}

void Status::PrintRecords(bool all, std::vector<Entry>& entries,
                          EntryTable& table, Console& console) const {
  for (size_t i = entries.size(); i-- > 0;) {
    if (!all && !table.rows()[i].wanted) continue;
    Entry& entry = entries[i];
    if (!entry.enabled) entry.record.flags |= binfmt::kStartDisabled;
    if (entry.complete && entry.unknown_flags.empty()) {
      PrintRecord(entry.record, *format_, console);
    } else {
      console.Complain(
          Failed(0, "$0: has fields that this version does not understand",
                 entry.record.name));
    }
  }
}

void Status::ShowWhatRuns(const CommandLine& line, Console& console) const {
  StatusReport report = {.probe = probe_, .skips = line.operands.empty()};
  for (const std::string& operand : line.operands) {
    const Expected<Operand> meant = ReadOperand(operand, {});
    if (!meant) return console.Complain(meant.error());
    if (meant->target == nullptr) {
      return console.Complain(UnknownOperand(*meant));
    }
    report.probed.push_back(meant->target);
  }
  for (const Target& target : arch_table::Targets()) {
    if (report.skips) report.probed.push_back(&target);
  }
  if (platforms_) return PrintPlatforms(report, console);
  Print(report, line.common.json, console);
}

void Status::Show(const CommandLine& line, Kind kind, Console& console) {
  const Expected<Registry> registry = Registry::Open(line.common.dir, kind);
  // What runs can be told all the same, but not what a DIR leads to.
  if (!registry && !format_ && (probe_ || platforms_) &&
      line.common.dir == binfmt::kDefaultDir) {
    if (!platforms_) {
      console.Note(absl::StrCat("no entries: ", registry.error().text()));
    }
    return ShowWhatRuns(line, console);
  }
  if (!registry) return console.Complain(registry.error());
  const Expected<bool> enabled = registry->ReadEnabled();
  if (!enabled) return console.Complain(enabled.error());
  Expected<std::vector<Entry>> entries = registry->ReadAll();
  if (!entries) return console.Complain(entries.error());
  if (registry->saved() && entries->empty()) {
    // An empty directory is no copy; this says what is wrong with it.
    return Show(line, Registry::Kind::kMounted, console);
  }
  if (match_) {
    return ReportMatch(*match_, *enabled, *registry, *entries, line.common.json,
                       console);
  }
  EntryTable table(*registry, *entries);
  const bool all = line.operands.empty();
  StatusReport report = {.registry = &*registry,
                         .table = &table,
                         .enabled = *enabled,
                         .probe = probe_};
  for (const std::string& operand : line.operands) {
    Answer(operand, *entries, table, report, console);
  }
  if (all && (probe_ || platforms_)) AddAllTargets(table, report);
  if (format_) return PrintRecords(all, *entries, table, console);
  if (platforms_) return PrintPlatforms(report, console);
  for (EntryRow& row : table.rows()) {
    if (!all && !row.wanted) continue;
    if (row.wanted && !console.quiet()) {
      row.other_file = registry->HoldsOtherFile(row.entry->record);
    }
    report.rows.push_back(row);
  }
  Print(report, line.common.json, console);
}

}  // namespace

std::unique_ptr<Applet> StatusApplet() { return std::make_unique<Status>(); }

}  // namespace cmd
