// SPDX-License-Identifier: Apache-2.0
#include "cmd/status_report.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "arch_table/processor.h"
#include "arch_table/table.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/base/process.h"
#include "binfmt/kernel/namespaces.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/record.h"
#include "cmd/describe_flags.h"
#include "cmd/environment.h"
#include "cmd/fold.h"
#include "cmd/json.h"
#include "cmd/probe.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Message;
using binfmt::Printable;

// Whose instance REGISTRY is; null: this process's.
std::string_view NamespaceWord(const binfmt::Registry* registry) {
  // Somebody else's is reached by another path only.
  if (registry != nullptr && registry->dir() != binfmt::kDefaultDir &&
      !registry->IsOwn()) {
    return "unknown";
  }
  switch (binfmt::CurrentUserNamespace()) {
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

// Adds a cell to the line of a table: TEXT, "-" where it is empty, filled with
// blanks to WIDTH, and two more.
void AddCell(std::string_view text, size_t width, std::string& line) {
  if (text.empty()) text = "-";
  line += text;
  line.append(std::max(width, text.size()) - text.size() + 2, ' ');
}

// How results look on a terminal. Elsewhere they have no colour and no width.
struct Style {
  // Around what deserves attention. Empty without colour: where stdout is no
  // terminal, $NO_COLOR is not empty (no-color.org), or $TERM is dumb.
  std::string_view on;
  std::string_view off;
  size_t width = kUnlimited;  // in columns
};

Style StyleOf(const Console& console) {
  Style style;
  style.width = LineWidth(console);
  if (style.width == kUnlimited) return style;
  if (Environment("NO_COLOR").empty() && Environment("TERM") != "dumb") {
    style.on = "\x1b[33m";
    style.off = "\x1b[m";
  }
  return style;
}

// The end of PATH, printable, with "..." before it where it has more than WIDTH
// bytes. Never fewer than the last 16.
std::string EndOfPath(std::string_view path, size_t width) {
  const std::string text = Printable(path);
  width = std::max(width, size_t{16});
  if (text.size() <= width) return text;
  size_t cut = text.size() - width + 3;
  // Not within a character of UTF-8.
  while (cut < text.size() && (text[cut] & 0xc0) == 0x80) ++cut;
  return absl::StrCat("...", text.substr(cut));
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
    json.Key("older_file");
    row.other_file ? json.Bool(*row.other_file) : json.Null();
    json.BeginArray("words");
    for (const std::string& text : DescribeFlags(row)) json.String(text);
    json.EndArray();
  }
  json.EndObject();
}

void ProbeTargets(const StatusReport& report, JsonWriter* json,
                  Console& console) {
  if (ProbeAll(report.probed, report.table, report.skips, json, console) &&
      report.looks_up) {
    console.Note(
        "without flag F, programs run in containers only where they have the "
        "interpreter, too");
  }
}

void PrintText(const StatusReport& report, Console& console) {
  const Style style = StyleOf(console);
  const auto print = [&](std::string_view line) {
    console.Result(Fold(line, style.width));
  };
  if (report.registry != nullptr) {
    print(absl::StrCat(
        "binfmt_misc: ",
        report.enabled ? "enabled" : Highlight(style, "DISABLED"),
        Message(
            " on $0$1, user namespace: $2, Linux $3\n", report.registry->dir(),
            report.registry->read_only() ? " (read-only)" : "",
            NamespaceWord(report.registry), binfmt::RunningKernel().release)));
  }
  size_t name_width = 0;
  size_t target_width = 1;
  for (const EntryRow& row : report.rows) {
    name_width = std::max(name_width, Printable(row.entry->record.name).size());
    target_width = std::max(target_width, NameOf(row.target).size());
  }
  // For people only: programs read the lines of entries.
  const bool has_header = style.width != kUnlimited && !report.rows.empty();
  if (has_header) {
    name_width = std::max(name_width, size_t{4});
    target_width = std::max(target_width, size_t{6});
    std::string line;
    AddCell("NAME", name_width, line);
    AddCell("STATE", 8, line);
    AddCell("FLAGS", 5, line);
    AddCell("TARGET", target_width, line);
    print(line + "INTERPRETER\n");
  }
  bool has_flags = false;
  for (const EntryRow& row : report.rows) {
    const Entry& entry = *row.entry;
    std::string line;
    AddCell(Printable(entry.record.name), name_width, line);
    AddCell(entry.enabled ? "enabled " : Highlight(style, "disabled"), 0, line);
    AddCell(FlagText(entry), has_header ? 5 : 4, line);
    has_flags |= !row.wanted && entry.record.flags != 0;
    AddCell(NameOf(row.target), target_width, line);
    std::string marks = Marks(row);
    size_t other_width = line.size();
    if (!entry.enabled) other_width -= style.on.size() + style.off.size();
    if (!marks.empty()) {
      other_width += marks.size() + sizeof("  ()") - 1;
      marks = absl::StrCat("  (", Highlight(style, marks), ")");
    }
    line += EndOfPath(entry.record.interpreter,
                      style.width - std::min(style.width, other_width));
    line += marks;
    print(line + "\n");
    if (!row.wanted) continue;
    for (const std::string& text : DescribeFlags(row)) {
      print(absl::StrCat("  ", Printable(text), "\n"));
    }
  }
  if (has_header && has_flags) {
    print(
        "flags: P argv[0] kept, O program open, C setuid rights, F interpreter "
        "held\n");
  }
  for (const Target* native : report.natives) {
    console.Result(
        Message("$0: this machine runs it natively\n", native->name));
  }
  if (report.probe) ProbeTargets(report, nullptr, console);
}

void PrintJson(const StatusReport& report, Console& console) {
  JsonWriter json;
  json.BeginObject();
  if (report.registry != nullptr) {
    json.Field("dir", report.registry->dir());
    json.Field("enabled", report.enabled);
    json.Field("read_only", report.registry->read_only());
  } else {
    for (const char* const key : {"dir", "enabled", "read_only"}) {
      json.FieldOrNull(key, "");
    }
  }
  json.Field("user_namespace", NamespaceWord(report.registry));
  json.Field("kernel", binfmt::RunningKernel().release);
  json.BeginArray("entries");
  for (const EntryRow& row : report.rows) WriteRow(row, json);
  json.EndArray();
  json.BeginArray("native");
  for (const Target* native : report.natives) json.String(native->name);
  json.EndArray();
  if (report.probe) ProbeTargets(report, &json, console);
  console.Result(json.Finish());
}

}  // namespace

void Print(const StatusReport& report, bool as_json, Console& console) {
  if (as_json) {
    PrintJson(report, console);
  } else {
    PrintText(report, console);
  }
}

void PrintPlatforms(const StatusReport& report, Console& console) {
  const Target* const own = OwnTarget();
  JsonWriter json;
  json.BeginObject();
  json.BeginArray("supported");
  for (const bool is_own : {true, false}) {
    for (const Target* target : report.probed) {
      // Docker has no word for a variant that shares another target's emulator.
      if ((target == own) != is_own || target->interpreter() != target->name) {
        continue;
      }
      if (report.table == nullptr) {
        const binfmt::ProgramEnd end = Probe(*target, nullptr, nullptr);
        if (!WhyNot(end).empty()) {
          if (!report.skips) console.Complain(NotRun(*target, end));
          continue;
        }
      }
      const std::vector<std::string_view> words = target->DockerNames();
      for (const std::string_view word : words) {
        json.String(absl::StrCat("linux/", word));
      }
      for (int i = 2; is_own && i <= arch_table::ProcessorLevel(); ++i) {
        json.String(absl::StrCat("linux/", words[0], "/v", i));
      }
    }
  }
  json.EndArray();
  if (report.table == nullptr) {
    json.FieldOrNull("emulators", "");
    return console.Result(json.Finish());
  }
  json.BeginArray("emulators");
  for (const EntryRow& row : report.table->rows()) {
    if (row.target != nullptr && row.entry->enabled) {
      json.String(row.entry->record.name);
    }
  }
  json.EndArray();
  console.Result(json.Finish());
}

}  // namespace cmd
