// SPDX-License-Identifier: Apache-2.0
#include "cmd/status_report.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "arch_table/table.h"
#include "binfmt/entry.h"
#include "binfmt/format.h"
#include "binfmt/record.h"
#include "cmd/flag_words.h"
#include "cmd/json.h"
#include "cmd/probe.h"
#include "cmd/style.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Printable;
using binfmt::operator""_fmt;

const char* NamespaceWord(binfmt::UserNamespace user_namespace) {
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

// The marks of a line as words for people; JSON has them as fields.
binfmt::Text Marks(const Line& line) {
  binfmt::Text marks;
  const auto add = [&](const binfmt::Text& mark) {
    marks = binfmt::Fill("@@@", marks, marks.empty() ? "" : ", ", mark);
  };
  if (!line.entry->understood) add("not understood");
  if (line.shadowed_by != nullptr) {
    add(binfmt::Fill("shadowed by %"_fmt, line.shadowed_by->record.name));
  }
  if (line.entry->understood && !line.interpreter_there &&
      line.entry->record.type != binfmt::RecordType::kBpf) {
    add(line.held() ? "held open, the file is gone" : "interpreter missing");
  }
  if (!line.ours) add("not ours");
  return marks;
}

binfmt::Text FlagText(const Entry& entry) {
  return binfmt::Fill("@@", binfmt::FlagLetters(entry.record.flags),
                      entry.unknown_flags);
}

std::string_view NameOf(const Target* target) {
  return target == nullptr ? std::string_view() : target->name();
}

// A cell of the table; "-" where there is nothing to say.
binfmt::Text Column(std::string_view cell, size_t width) {
  return binfmt::Padded(cell.empty() ? "-" : cell, width);
}

const char* TypeWord(binfmt::RecordType type) {
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

void WriteLine(const Line& line, JsonWriter* json) {
  const binfmt::Record& record = line.entry->record;
  json->BeginObject();
  json->Field("name", record.name);
  json->Field("enabled", line.entry->enabled);
  json->FieldOrNull("target", NameOf(line.target));
  json->Field("interpreter", record.interpreter);
  json->Field("flags", FlagText(*line.entry));
  json->Field("type", TypeWord(record.type));
  if (record.type == binfmt::RecordType::kExtension) {
    json->Field("extension", record.magic);
  } else if (record.type == binfmt::RecordType::kMagic) {
    json->Key("offset");
    json->Number(record.offset);
    json->Field("magic", binfmt::Hex(record.magic));
    json->FieldOrNull("mask", binfmt::Hex(record.mask));
  }
  json->Field("understood", line.entry->understood);
  json->Field("ours", line.ours);
  json->Field("interpreter_there", line.interpreter_there);
  json->Field("held", line.held());
  json->FieldOrNull("shadowed_by", line.shadowed_by == nullptr
                                       ? binfmt::Text()
                                       : line.shadowed_by->record.name);
  if (line.wanted) {
    json->Field("older_file", line.older_file);
    json->BeginArray("words");
    for (const binfmt::Text& word : FlagWords(line)) json->String(word);
    json->EndArray();
    json->Field("version", EmulatorVersion(line));
  }
  json->EndObject();
}

}  // namespace

void PrintText(const StatusReport& report, Console* console) {
  const Overview& overview = report.overview;
  const Style style = StyleOf(*console);
  console->Result("binfmt_misc: @ on %@, user namespace: @, Linux %\n"_fmt,
                  overview.enabled
                      ? binfmt::Text("enabled")
                      : binfmt::Fill("@DISABLED@"_fmt, style.on, style.off),
                  overview.dir, overview.read_only ? " (read-only)" : "",
                  NamespaceWord(overview.user_namespace), overview.kernel);
  size_t name_width = 0;
  size_t target_width = 1;
  for (const Line& line : *report.lines) {
    if (!report.all && !line.wanted) continue;
    name_width =
        std::max(name_width, Printable(line.entry->record.name).size());
    if (line.target != nullptr) {
      target_width = std::max(target_width, line.target->name().size());
    }
  }
  for (const Line& line : *report.lines) {
    if (!report.all && !line.wanted) continue;
    binfmt::Text marks = Marks(line);
    const binfmt::Text flags = Column(FlagText(*line.entry), 4);
    size_t others = name_width + flags.size() + target_width +
                    sizeof("    enabled     ") - 1;
    if (!marks.empty()) {
      others += marks.size() + sizeof("  ()") - 1;
      marks = binfmt::Fill("  (@@@)"_fmt, style.on, marks, style.off);
    }
    console->Result(
        "@  @  @  @  @@\n"_fmt,
        binfmt::Padded(Printable(line.entry->record.name), name_width),
        line.entry->enabled
            ? binfmt::Text("enabled ")
            : binfmt::Fill("@disabled@"_fmt, style.on, style.off),
        flags, Column(NameOf(line.target), target_width),
        EndOfPath(line.entry->record.interpreter,
                  style.width - std::min(style.width, others)),
        marks);
    if (!line.wanted || console->quiet()) continue;
    for (const binfmt::Text& word : FlagWords(line)) {
      console->Result("  %\n", word);
    }
    if (const binfmt::Text version = EmulatorVersion(line); !version.empty()) {
      console->Result("  version@: %\n"_fmt,
                      line.older_file ? " of that file" : "", version);
    }
  }
  for (const Target* native : report.natives) {
    console->Result("@: this machine runs it by itself\n"_fmt, native->name());
  }
  if (report.probe) ProbeAll(report.probed, nullptr, console);
}

void PrintJson(const StatusReport& report, Console* console) {
  const Overview& overview = report.overview;
  JsonWriter json;
  json.BeginObject();
  json.Field("dir", overview.dir);
  json.Field("enabled", overview.enabled);
  json.Field("read_only", overview.read_only);
  json.Field("user_namespace", NamespaceWord(overview.user_namespace));
  json.Field("kernel", overview.kernel);
  json.BeginArray("entries");
  for (const Line& line : *report.lines) {
    if (report.all || line.wanted) WriteLine(line, &json);
  }
  json.EndArray();
  json.BeginArray("native");
  for (const Target* native : report.natives) json.String(native->name());
  json.EndArray();
  if (report.probe) ProbeAll(report.probed, &json, console);
  json.EndObject();
  console->Result("@\n", json.text());
}

void PrintPlatforms(const StatusReport& report, Console* console) {
  JsonWriter json;
  json.BeginObject();
  json.BeginArray("supported");
  for (const Target* target : report.probed) {
    // Docker has no word for a variant that shares another target's emulator.
    if (target->interpreter() != target->name()) continue;
    std::string_view words = target->docker_text();
    while (!words.empty()) {
      json.String(binfmt::Fill("linux/@"_fmt, binfmt::TakeUntil(' ', &words)));
    }
  }
  json.EndArray();
  json.BeginArray("emulators");
  for (const Line& line : *report.lines) {
    if (line.target != nullptr && line.entry->enabled) {
      json.String(line.entry->record.name);
    }
  }
  json.EndArray();
  json.EndObject();
  console->Result("@\n", json.text());
}

}  // namespace cmd
