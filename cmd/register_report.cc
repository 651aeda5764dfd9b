// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_report.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/record_files.h"
#include "binfmt/record/record_formats.h"
#include "cmd/json.h"
#include "cmd/print_format.h"
#include "cmd/register_rivals.h"

namespace cmd {
namespace {

using binfmt::Change;
using binfmt::Error;
using binfmt::Expected;
using binfmt::FileFormat;
using binfmt::Outcome;
using binfmt::Printable;
using binfmt::Record;

// The word for CHANGE, for people and in JSON.
std::string_view ChangeWord(const RegisterRequest& request, Change change) {
  const bool dry = request.common.dry_run;
  if (change == Change::kFailed) return "failed";
  if (request.print) return dry ? "would be written" : "written";
  switch (change) {
    case Change::kUnchanged:
      return "unchanged";
    case Change::kAdded:
      return dry ? "would be registered" : "registered";
    case Change::kReplaced:
      return dry ? "would be replaced" : "replaced";
    case Change::kLeftAlone:
      return "left alone";
    case Change::kFailed:
      break;
  }
  return "failed";
}

// Leaves RECORD in the request's directory.
Expected<void> WriteFile(const RegisterRequest& request, const Rivals& rivals,
                         const Record& record) {
  const FileFormat format = request.print.value_or(FileFormat::kLine);
  // Others' files for an entry of the name sort before it.
  const std::string name =
      absl::StrCat(request.print ? "" : "zz-binfmtbox-", record.name,
                   format == FileFormat::kDebian ? "" : ".conf");
  if (Expected<void> lasts = rivals.Check(name, record); !lasts) return lasts;
  Expected<std::string> text = binfmt::FormatForFile(record, format);
  Expected<void> written =
      text ? binfmt::WriteRecordFile(request.dir, name, *text)
           : std::unexpected(std::move(text.error()));
  if (!written && !request.print) {
    written.error().Append(binfmt::Message(
        "; $0 is registered, and lost when systemd-binfmt starts",
        record.name));
  }
  return written;
}

std::string Line(const RegisterRequest& request, const Record& record,
                 std::string_view word, const Outcome& outcome) {
  const std::string flags = binfmt::FlagLetters(record.flags);
  std::string shadows;
  if (!request.install.TakesOutOthers() && !outcome.shadows.empty()) {
    shadows = absl::StrCat(
        ", shadows ",
        absl::StrJoin(outcome.shadows, " ",
                      [](std::string* out, const std::string& name) {
                        out->append(Printable(name));
                      }));
  }
  return absl::StrCat(Printable(record.name), ": ", word, ", ",
                      Printable(record.interpreter),
                      flags.empty() ? "" : ", flags ", flags, shadows, "\n");
}

void WriteObject(const PlanItem& item, std::string_view word,
                 const Outcome& outcome, JsonWriter& json) {
  json.BeginObject();
  json.Field("name", item.record.name);
  json.FieldOrNull("target", item.target == nullptr ? std::string_view()
                                                    : item.target->name);
  json.Field("result", word);
  json.Field("interpreter", item.record.interpreter);
  json.Field("flags", binfmt::FlagLetters(item.record.flags));
  json.BeginArray("shadows");
  for (const std::string& name : outcome.shadows) json.String(name);
  json.EndArray();
  json.EndObject();
}

}  // namespace

void WriteRecords(const RegisterRequest& request,
                  std::span<const PlanItem> items, Console& console) {
  if (request.dir.empty()) {
    for (const PlanItem& item : items) {
      PrintRecord(item.record, *request.print, console);
    }
    return;
  }
  std::vector<Outcome> outcomes(items.size());
  for (Outcome& outcome : outcomes) outcome.change = Change::kAdded;
  ReportOutcomes(request, items, outcomes, console);
}

void ReportOutcomes(const RegisterRequest& request,
                    std::span<const PlanItem> items,
                    std::span<const Outcome> outcomes, Console& console) {
  const bool dry_run = request.common.dry_run;
  // What is written in place of registering promises nothing.
  const Rivals rivals(request.print ? "" : request.dir);
  bool lacks_credentials = false;
  size_t other_files = 0;  // entries that may hold another file
  JsonWriter json;
  json.BeginObject();
  json.BeginArray("entries");
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    const Record& record = items[i].record;
    Change change = outcome.change;
    if (change == Change::kAdded || change == Change::kReplaced) {
      lacks_credentials |= items[i].target != nullptr &&
                           (record.flags & binfmt::kCredentials) == 0;
      if (!items[i].note.empty()) console.Note(items[i].note);
    }
    if (outcome.error) console.Complain(*outcome.error);
    other_files += outcome.may_hold_other_file ? 1 : 0;
    if (change != Change::kFailed && change != Change::kLeftAlone &&
        !request.dir.empty() && !dry_run) {
      if (Expected<void> written = WriteFile(request, rivals, record);
          !written) {
        console.Complain(written.error());
        if (request.print) change = Change::kFailed;
      }
    }
    const std::string_view word = ChangeWord(request, change);
    if (request.common.json) {
      WriteObject(items[i], word, outcome, json);
    } else if (change != Change::kFailed && change != Change::kLeftAlone &&
               !console.quiet()) {
      console.Result(Line(request, record, word, outcome));
    }
  }
  json.EndArray();
  json.EndObject();
  if (request.common.json) console.Result(absl::StrCat(json.text(), "\n"));
  if (other_files != 0) {
    console.Note(binfmt::Message(
        "entries that hold, or may hold, another file than the one that is now "
        "at the interpreter's path: $0; --replace swaps them",
        other_files));
  }
  if (lacks_credentials && !dry_run &&
      request.record.credential == Choice::kAuto) {
    console.Note("sudo and other setuid programs need --credential yes");
  }
}

}  // namespace cmd
