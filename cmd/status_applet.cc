// SPDX-License-Identifier: Apache-2.0
// status: what the kernel will really do.
#include <algorithm>

#include "arch_table/names.h"
#include "binfmt/array.h"
#include "binfmt/interpreter.h"
#include "binfmt/kernel.h"
#include "binfmt/match.h"
#include "binfmt/namespaces.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/recognise.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Error;
using binfmt::Printable;

// What is seen at once of the registry as a whole.
struct Overview {
  binfmt::Text dir;
  bool enabled = false;
  bool read_only = false;
  binfmt::UserNamespace user_namespace = binfmt::UserNamespace::kUnknown;
  binfmt::Text kernel;
};

// An entry and what this program knows about it.
struct Line {
  const Entry* entry;
  const Target* target;            // nullptr: none
  const Entry* shadowed_by;        // nullptr: none
  bool interpreter_there = false;  // executable, in this mount namespace
  bool ours = false;
  bool wanted = false;  // by the operands

  bool held() const { return (entry->record.flags & binfmt::kFixBinary) != 0; }
  // Will the kernel be able to start the interpreter?
  bool startable() const {
    return interpreter_there || held() ||
           entry->record.type == binfmt::RecordType::kBpf;
  }
};

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
    add(binfmt::Fill("shadowed by %", line.shadowed_by->record.name));
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

// Entries in match order with all that can be said of each.
class Listing {
 public:
  explicit Listing(const binfmt::Array<Entry>& entries) {
    binfmt::Text checked_path;
    bool checked = false;
    for (const Entry& entry : entries) {
      Line line{&entry, recogniser_.Recognise(entry.record), nullptr};
      // Neighbours often have one interpreter.
      if (entry.record.interpreter != checked_path) {
        checked_path = entry.record.interpreter;
        checked = binfmt::CanExecute(checked_path);
      }
      line.interpreter_there = checked;
      line.ours = IsOurs(entry.record);
      line.shadowed_by = FindShadow(line);
      lines_.push_back(line);
    }
  }

  binfmt::Array<Line>& lines() { return lines_; }

  // The line that takes TARGET's programs; nullptr: none.
  Line* Handler(const Target& target) {
    for (Line& line : lines_) {
      if (line.entry->enabled &&
          recogniser_.Takes(line.entry->record, target)) {
        return &line;
      }
    }
    return nullptr;
  }

  Line* Named(std::string_view name) {
    for (Line& line : lines_) {
      if (line.entry->record.name == name) return &line;
    }
    return nullptr;
  }

 private:
  const Entry* FindShadow(const Line& line) const {
    for (const Line& before : lines_) {
      if (before.entry->enabled &&
          binfmt::Covers(before.entry->record, line.entry->record)) {
        return before.entry;
      }
    }
    return nullptr;
  }

  Recogniser recogniser_;
  binfmt::Array<Line> lines_;
};

// Why LINE takes no program at the moment; empty: it does.
binfmt::Text WhyUnusable(const Overview& overview, const Line& line) {
  const binfmt::Text name = Printable(line.entry->record.name);
  if (!overview.enabled) {
    return binfmt::Fill(
        "@ is of no use while binfmt_misc is disabled; enable it with: echo 1 "
        "> %/status",
        name, overview.dir);
  }
  if (!line.entry->enabled) {
    return binfmt::Fill(
        "@ is disabled; enable it with: binfmtbox clear --enable @", name,
        name);
  }
  if (line.shadowed_by != nullptr) {
    return binfmt::Fill("@ never gets a program: % takes them first", name,
                        line.shadowed_by->record.name);
  }
  if (!line.startable()) {
    return binfmt::Fill("the interpreter of @, %, is missing or not executable",
                        name, line.entry->record.interpreter);
  }
  return "";
}

// Answers one operand; a line that it means is marked as wanted. A target that
// the machine runs by itself goes into NATIVES.
void Probe(std::string_view operand, const Overview& overview,
           TargetList* natives, Listing* listing, Console* console) {
  Line* line = listing->Named(operand);
  const Target* target = nullptr;
  if (line == nullptr) {
    target = arch_table::FindTarget(operand);
    if (target == nullptr) {
      console->Complain(
          binfmt::Failure(0, "there is no entry and no target \"%\"@", operand,
                          Suggestion(operand)));
      return;
    }
    line = listing->Handler(*target);
    if (line == nullptr) line = listing->Named(target->EntryName());
  }
  if (line == nullptr) {
    binfmt::Array<int> native;
    if (FindNative({target}, &native).ok() && native[0] != 0) {
      natives->push_back(target);
      return;
    }
    console->Complain(
        binfmt::Failure(0,
                        "no entry takes programs for @; register one with: "
                        "binfmtbox register @",
                        target->name(), target->name()));
    return;
  }
  line->wanted = true;
  if (const binfmt::Text why = WhyUnusable(overview, *line); !why.empty()) {
    console->Complain(binfmt::Failure(0, "@", why));
  }
}

// A cell of the table; "-" where there is nothing to say.
binfmt::Text Column(std::string_view cell, size_t width) {
  return binfmt::Padded(cell.empty() ? "-" : cell, width);
}

void PrintText(const Overview& overview, const binfmt::Array<Line>& lines,
               bool all, Console* console) {
  console->Result("binfmt_misc: @ on %@, user namespace: @, Linux %\n",
                  overview.enabled ? "enabled" : "DISABLED", overview.dir,
                  overview.read_only ? " (read-only)" : "",
                  NamespaceWord(overview.user_namespace), overview.kernel);
  size_t name_width = 0;
  size_t target_width = 1;
  for (const Line& line : lines) {
    if (!all && !line.wanted) continue;
    name_width =
        std::max(name_width, Printable(line.entry->record.name).size());
    if (line.target != nullptr) {
      target_width = std::max(target_width, line.target->name().size());
    }
  }
  for (const Line& line : lines) {
    if (!all && !line.wanted) continue;
    const binfmt::Text marks = Marks(line);
    console->Result(
        "@  @  @  @  %@@@\n",
        binfmt::Padded(Printable(line.entry->record.name), name_width),
        line.entry->enabled ? "enabled " : "disabled",
        Column(FlagText(*line.entry), 4),
        Column(line.target == nullptr ? "" : line.target->name(), target_width),
        line.entry->record.interpreter, marks.empty() ? "" : "  (", marks,
        marks.empty() ? "" : ")");
  }
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
  json->Key("target");
  if (line.target == nullptr) {
    json->Null();
  } else {
    json->String(line.target->name());
  }
  json->Field("interpreter", record.interpreter);
  json->Field("flags", FlagText(*line.entry));
  json->Field("type", TypeWord(record.type));
  if (record.type == binfmt::RecordType::kExtension) {
    json->Field("extension", record.magic);
  } else if (record.type == binfmt::RecordType::kMagic) {
    json->Key("offset");
    json->Number(record.offset);
    json->Field("magic", binfmt::Hex(record.magic));
    json->Key("mask");
    if (record.mask.empty()) {
      json->Null();
    } else {
      json->String(binfmt::Hex(record.mask));
    }
  }
  json->Field("understood", line.entry->understood);
  json->Field("ours", line.ours);
  json->Field("interpreter_there", line.interpreter_there);
  json->Field("held", line.held());
  json->Key("shadowed_by");
  if (line.shadowed_by == nullptr) {
    json->Null();
  } else {
    json->String(line.shadowed_by->record.name);
  }
  json->EndObject();
}

void PrintJson(const Overview& overview, const binfmt::Array<Line>& lines,
               bool all, const TargetList& natives, Console* console) {
  JsonWriter json;
  json.BeginObject();
  json.Field("dir", overview.dir);
  json.Field("enabled", overview.enabled);
  json.Field("read_only", overview.read_only);
  json.Field("user_namespace", NamespaceWord(overview.user_namespace));
  json.Field("kernel", overview.kernel);
  json.Key("entries");
  json.BeginArray();
  for (const Line& line : lines) {
    if (all || line.wanted) WriteLine(line, &json);
  }
  json.EndArray();
  json.Key("native");
  json.BeginArray();
  for (const Target* native : natives) json.String(native->name());
  json.EndArray();
  json.EndObject();
  console->Result("@\n", json.text());
}

void Run(const CommandLine& line, Console* console) {
  binfmt::Registry registry;
  if (Error error = binfmt::Registry::Open(line.common.dir, &registry);
      !error.ok()) {
    console->Complain(error);
    return;
  }
  Overview overview;
  overview.dir = registry.dir();
  overview.read_only = registry.read_only();
  overview.user_namespace = binfmt::CurrentUserNamespace();
  overview.kernel = binfmt::RunningKernel().text;
  binfmt::Array<Entry> entries;
  Error error = registry.ReadEnabled(&overview.enabled);
  if (error.ok()) error = registry.ReadAll(&entries);
  if (!error.ok()) {
    console->Complain(error);
    return;
  }
  Listing listing(entries);
  TargetList natives;
  for (const std::string_view operand : line.operands) {
    Probe(operand, overview, &natives, &listing, console);
  }
  const bool all = line.operands.empty();
  if (line.common.json) {
    PrintJson(overview, listing.lines(), all, natives, console);
  } else {
    PrintText(overview, listing.lines(), all, console);
    for (const Target* native : natives) {
      console->Result("@: this machine runs it by itself\n", native->name());
    }
  }
}

}  // namespace

const Applet kStatusApplet = {
    "status",
    " [NAME|TARGET]...",
    "Show the entries of binfmt_misc in the order in which they match.",
    "With operands it is a probe: the exit status is 0 only when each NAME is\n"
    "an entry that is enabled and usable, and programs of each TARGET run.\n",
    "",
    Run,
};

}  // namespace cmd
