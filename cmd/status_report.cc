// SPDX-License-Identifier: Apache-2.0
#include "cmd/status_report.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "arch_table/table.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"
#include "cmd/describe_flags.h"
#include "cmd/json.h"
#include "cmd/probe.h"
#include "cmd/style.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Message;
using binfmt::Printable;

std::string_view NamespaceWord(binfmt::UserNamespace user_namespace) {
  switch (user_namespace) {
    case binfmt::UserNamespace::kFirst:
      return "first";
    case binfmt::UserNamespace::kOther:
      return "other";
    case binfmt::UserNamespace::kUnknown:
      break;
  }
  return "unknown";
}

std::string_view TypeWord(binfmt::RecordType type) {
  switch (type) {
    case binfmt::RecordType::kMagic:
      return "magic";
    case binfmt::RecordType::kExtension:
      return "extension";
    case binfmt::RecordType::kBpf:
      break;
  }
  return "bpf";
}

// The marks of a row as words for people; JSON has them as fields.
std::string Marks(const EntryRow& row) {
  std::vector<std::string> marks;
  if (!row.entry->understood) marks.push_back("not understood");
  if (row.shadowed_by != nullptr) {
    marks.push_back(Message("shadowed by $0", row.shadowed_by->record.name));
  }
  if (row.entry->understood && !row.interpreter_exists &&
      row.entry->record.type != binfmt::RecordType::kBpf) {
    marks.push_back(row.held() ? "held open, the file is gone"
                               : "interpreter missing");
  }
  if (!row.ours) marks.push_back("not ours");
  return absl::StrJoin(marks, ", ");
}

std::string FlagText(const Entry& entry) {
  return absl::StrCat(binfmt::FlagLetters(entry.record.flags),
                      entry.unknown_flags);
}

std::string_view NameOf(const Target* target) {
  return target == nullptr ? std::string_view() : target->name;
}

// A cell of the table, filled with blanks to WIDTH.
std::string Cell(std::string_view text, size_t width) {
  std::string cell(text);
  cell.resize(std::max(width, cell.size()), ' ');
  return cell;
}

// The same, with "-" where there is nothing to say.
std::string CellOrDash(std::string_view text, size_t width) {
  return Cell(text.empty() ? "-" : text, width);
}

// TEXT where it deserves attention.
std::string Highlight(const Style& style, std::string_view text) {
  return absl::StrCat(style.on, text, style.off);
}

void WriteRow(const EntryRow& row, JsonWriter& json) {
  const binfmt::Record& record = row.entry->record;
  json.BeginObject();
  json.Field("name", record.name);
  json.Field("enabled", row.entry->enabled);
  json.FieldOrNull("target", NameOf(row.target));
  json.Field("interpreter", record.interpreter);
  json.Field("flags", FlagText(*row.entry));
  json.Field("type", TypeWord(record.type));
  if (record.type == binfmt::RecordType::kExtension) {
    json.Field("extension", record.magic);
  } else if (record.type == binfmt::RecordType::kMagic) {
    json.Key("offset");
    json.Number(record.offset);
    json.Field("magic", absl::BytesToHexString(record.magic));
    json.FieldOrNull("mask", absl::BytesToHexString(record.mask));
  }
  json.Field("understood", row.entry->understood);
  json.Field("ours", row.ours);
  json.Field("interpreter_there", row.interpreter_exists);
  json.Field("held", row.held());
  json.FieldOrNull("shadowed_by", row.shadowed_by == nullptr
                                      ? std::string_view()
                                      : row.shadowed_by->record.name);
  if (row.wanted) {
    json.Field("older_file", row.older_file);
    json.BeginArray("words");
    for (const std::string& text : DescribeFlags(row)) json.String(text);
    json.EndArray();
    json.Field("version", EmulatorVersion(row));
  }
  json.EndObject();
}

std::string OverviewLine(const Overview& overview, const Style& style) {
  return absl::StrCat(
      "binfmt_misc: ",
      overview.enabled ? "enabled" : Highlight(style, "DISABLED"), " on ",
      Printable(overview.dir), overview.read_only ? " (read-only)" : "",
      ", user namespace: ", NamespaceWord(overview.user_namespace), ", Linux ",
      Printable(overview.kernel), "\n");
}

// What is known of a row beyond its line.
std::string Details(const EntryRow& row) {
  std::string details;
  for (const std::string& text : DescribeFlags(row)) {
    absl::StrAppend(&details, "  ", Printable(text), "\n");
  }
  if (const std::string version = EmulatorVersion(row); !version.empty()) {
    absl::StrAppend(&details, "  version",
                    row.older_file ? " of that file" : "", ": ",
                    Printable(version), "\n");
  }
  return details;
}

}  // namespace

void PrintText(const StatusReport& report, Console& console) {
  const Style style = StyleOf(console);
  console.Result(OverviewLine(report.overview, style));
  size_t name_width = 0;
  size_t target_width = 1;
  for (const EntryRow& row : report.rows) {
    name_width = std::max(name_width, Printable(row.entry->record.name).size());
    target_width = std::max(target_width, NameOf(row.target).size());
  }
  for (const EntryRow& row : report.rows) {
    const std::string flags = CellOrDash(FlagText(*row.entry), 4);
    std::string marks = Marks(row);
    size_t other_width = name_width + flags.size() + target_width +
                         sizeof("    enabled     ") - 1;
    if (!marks.empty()) {
      other_width += marks.size() + sizeof("  ()") - 1;
      marks = absl::StrCat("  (", Highlight(style, marks), ")");
    }
    console.Result(absl::StrCat(
        Cell(Printable(row.entry->record.name), name_width), "  ",
        row.entry->enabled ? "enabled " : Highlight(style, "disabled"), "  ",
        flags, "  ", CellOrDash(NameOf(row.target), target_width), "  ",
        EndOfPath(row.entry->record.interpreter,
                  style.width - std::min(style.width, other_width)),
        marks, "\n"));
    if (row.wanted && !console.quiet()) console.Result(Details(row));
  }
  for (const Target* native : report.natives) {
    console.Result(
        Message("$0: this machine runs it by itself\n", native->name));
  }
  if (report.probe) ProbeAll(report.probed, nullptr, console);
}

void PrintJson(const StatusReport& report, Console& console) {
  const Overview& overview = report.overview;
  JsonWriter json;
  json.BeginObject();
  json.Field("dir", overview.dir);
  json.Field("enabled", overview.enabled);
  json.Field("read_only", overview.read_only);
  json.Field("user_namespace", NamespaceWord(overview.user_namespace));
  json.Field("kernel", overview.kernel);
  json.BeginArray("entries");
  for (const EntryRow& row : report.rows) WriteRow(row, json);
  json.EndArray();
  json.BeginArray("native");
  for (const Target* native : report.natives) json.String(native->name);
  json.EndArray();
  if (report.probe) ProbeAll(report.probed, &json, console);
  json.EndObject();
  console.Result(absl::StrCat(json.text(), "\n"));
}

void PrintPlatforms(const StatusReport& report,
                    const std::vector<EntryRow>& all, Console& console) {
  JsonWriter json;
  json.BeginObject();
  json.BeginArray("supported");
  for (const Target* target : report.probed) {
    // Docker has no word for a variant that shares another target's emulator.
    if (target->interpreter() != target->name) continue;
    for (const std::string_view word : target->DockerNames()) {
      json.String(absl::StrCat("linux/", word));
    }
  }
  json.EndArray();
  json.BeginArray("emulators");
  for (const EntryRow& row : all) {
    if (row.target != nullptr && row.entry->enabled) {
      json.String(row.entry->record.name);
    }
  }
  json.EndArray();
  json.EndObject();
  console.Result(absl::StrCat(json.text(), "\n"));
}

}  // namespace cmd
