// SPDX-License-Identifier: Apache-2.0
// status: what the kernel will really do.
#include <string_view>

#include "arch_table/names.h"
#include "binfmt/array.h"
#include "binfmt/kernel.h"
#include "binfmt/namespaces.h"
#include "binfmt/record.h"
#include "binfmt/record_files.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/formats.h"
#include "cmd/listing.h"
#include "cmd/match_report.h"
#include "cmd/status_report.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Error;
using binfmt::Printable;
using binfmt::operator""_fmt;

constexpr binfmt::Format kOptions =
    "      --match FILE       show what the kernel would do with FILE, and "
    "why\n"
    "      --print FORMAT     print record, binfmt.d or debian, for --file\n"
    "      --platforms        print what runs in Docker's words, as JSON\n"
    "      --probe            run a small program for each target through its\n"
    "                         handler\n"_fmt;

// Why LINE takes no program at the moment; empty: it does.
binfmt::Text WhyUnusable(const Overview& overview, const Line& line) {
  const binfmt::Text name = Printable(line.entry->record.name);
  if (!overview.enabled) {
    return binfmt::Fill(
        "@ is of no use while binfmt_misc is disabled; enable it with: echo 1 "
        "> %/status"_fmt,
        name, overview.dir);
  }
  if (!line.entry->enabled) {
    return binfmt::Fill(
        "@ is disabled; enable it with: binfmtbox clear --enable @"_fmt, name,
        name);
  }
  if (line.shadowed_by != nullptr) {
    return binfmt::Fill("@ never gets a program: % takes them first"_fmt, name,
                        line.shadowed_by->record.name);
  }
  if (!line.startable()) {
    return binfmt::Fill(
        "the interpreter of @, %, is missing or not executable"_fmt, name,
        line.entry->record.interpreter);
  }
  return "";
}

// Answers one operand for REPORT; a line that it means is marked as wanted.
// With JUDGE, what takes no program is complained of.
void Answer(std::string_view operand, bool judge, StatusReport* report,
            Listing* listing, Console* console) {
  Line* line = listing->Named(operand);
  const Target* target = nullptr;
  if (line == nullptr) {
    target = arch_table::FindTarget(operand);
    if (target == nullptr) {
      console->Complain(
          binfmt::Failure(0, "there is no entry and no target \"%\"@"_fmt,
                          operand, Suggestion(operand)));
      return;
    }
    line = listing->Handler(*target);
    if (line == nullptr) line = listing->Named(target->EntryName());
  }
  if (line == nullptr) {
    if (IsNative(target)) {
      report->natives.push_back(target);
      return;
    }
    console->Complain(NoEntry(target));
    return;
  }
  line->wanted = true;
  if (!judge) return;
  if (const binfmt::Text why = WhyUnusable(report->overview, *line);
      !why.empty()) {
    console->Complain(binfmt::Failure(0, "@", why));
    return;
  }
  if (target == nullptr) target = line->target;
  if (target != nullptr) {
    report->probed.push_back(target);
  } else if (report->probe) {
    console->Complain(
        binfmt::Failure(0, "there is no built-in program for %"_fmt, operand));
  }
}

// Prints ENTRIES, those of LISTING, or those that are wanted, so that to
// register them in this order brings the registry back: the last one matches
// first.
void PrintRecords(bool all, binfmt::FileFormat format,
                  binfmt::Array<Entry>* entries, Listing* listing,
                  Console* console) {
  for (size_t i = entries->size(); i-- > 0;) {
    if (!all && !listing->lines()[i].wanted) continue;
    Entry& entry = (*entries)[i];
    if (!entry.enabled) entry.record.flags |= binfmt::kStartDisabled;
    if (entry.complete && entry.unknown_flags.empty()) {
      PrintRecord(entry.record, format, console);
    } else {
      console->Complain(binfmt::Failure(
          0, "%: it says more than this program knows"_fmt, entry.record.name));
    }
  }
}

void Run(const CommandLine& line, Console* console) {
  auto format = binfmt::FileFormat::kNone;
  if (const Error error = ReadFormat(line, &format); !error.ok()) {
    console->Complain(error);
    return;
  }
  const bool prints = format != binfmt::FileFormat::kNone;
  const GivenOption* match = nullptr;
  for (const GivenOption& given : line.options) {
    if (given.Is("match")) match = &given;
  }
  if (match != nullptr && line.options.size() + line.operands.size() > 1) {
    console->Complain(binfmt::Misuse("--match FILE stands alone"_fmt));
    return;
  }
  binfmt::Registry registry;
  if (Error error =
          binfmt::Registry::Open(line.common.dir, &registry, match != nullptr);
      !error.ok()) {
    console->Complain(error);
    return;
  }
  StatusReport report;
  Overview& overview = report.overview;
  overview.dir = registry.dir();
  overview.read_only = registry.read_only();
  overview.user_namespace = binfmt::CurrentUserNamespace();
  overview.kernel = binfmt::RunningKernel().text;
  binfmt::Array<Entry> entries;
  Error error = registry.ReadEnabled(&overview.enabled);
  if (error.ok()) error = registry.ReadAll(&entries);
  // An empty directory is no copy.
  if (error.ok() && registry.saved() && entries.empty()) {
    error = binfmt::Registry::Open(line.common.dir, &registry);
  }
  if (!error.ok()) {
    console->Complain(error);
    return;
  }
  if (match != nullptr) {
    ReportMatch(match->value, overview, registry, entries, line.common.json,
                console);
    return;
  }
  Listing listing(entries);
  bool platforms = false;
  for (const GivenOption& given : line.options) {
    report.probe |= given.Is("probe");
    platforms |= given.Is("platforms");
  }
  for (const std::string_view operand : line.operands) {
    Answer(operand, !prints, &report, &listing, console);
  }
  for (const Target& target : arch_table::Targets()) {
    if (!line.operands.empty() || !(report.probe || platforms)) break;
    const Line* handler = listing.Handler(target);
    if (handler == nullptr
            ? platforms && IsNative(&target)
            : !platforms || (overview.enabled && handler->startable())) {
      report.probed.push_back(&target);
    }
  }
  for (Line& entry_line : listing.lines()) {
    entry_line.older_file =
        entry_line.wanted && registry.HoldsOlderFile(entry_line.entry->record);
  }
  report.lines = &listing.lines();
  report.all = line.operands.empty();
  if (prints) {
    PrintRecords(report.all, format, &entries, &listing, console);
  } else if (platforms) {
    PrintPlatforms(report, console);
  } else if (line.common.json) {
    PrintJson(report, console);
  } else {
    PrintText(report, console);
  }
}

}  // namespace

Applet StatusApplet() {
  return {
      "status",
      " [NAME|TARGET]...",
      "Show the entries of binfmt_misc in the order in which they match."_fmt,
      "With operands it is a probe: the exit status is 0 only when each NAME "
      "is\n"
      "an entry that is enabled and usable, and programs of each TARGET run.\n"_fmt,
      kOptions,
      Run,
  };
}

}  // namespace cmd
