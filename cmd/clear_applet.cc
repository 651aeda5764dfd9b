// SPDX-License-Identifier: Apache-2.0
// clear: takes entries back, or switches them off and on.

#include "absl/base/attributes.h"
#include "arch_table/names.h"
#include "binfmt/array.h"
#include "binfmt/install.h"
#include "binfmt/kernel.h"
#include "binfmt/mount.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/pattern.h"
#include "cmd/recognise.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::Entry;
using binfmt::Error;
using binfmt::Fill;
using binfmt::Misuse;
using binfmt::Printable;
using binfmt::operator""_fmt;

constexpr binfmt::Format kOptions =
    "      --ours             the entries that binfmt-register makes\n"
    "      --all              every entry, whoever made it\n"
    "      --disable          switch the entries off and leave them there\n"
    "      --enable           switch the entries on\n"
    "      --unmount          unmount binfmt_misc afterwards\n"_fmt;

constexpr char kFailedWord[] = "failed";

enum class Action { kRemove, kDisable, kEnable };

struct Request {
  bool ours = false;
  bool all = false;
  bool unmount = false;
  Action action = Action::kRemove;
};

Error ReadRequest(const CommandLine& line, Request* request) {
  bool enable = false;
  bool disable = false;
  for (const GivenOption& given : line.options) {
    if (given.Is("ours")) request->ours = true;
    if (given.Is("all")) request->all = true;
    if (given.Is("unmount")) request->unmount = true;
    if (given.Is("disable")) disable = true;
    if (given.Is("enable")) enable = true;
  }
  if (enable && disable) {
    return Misuse("--disable and --enable contradict each other"_fmt);
  }
  if (request->unmount && (enable || disable)) {
    return Misuse("--unmount leaves no entries to switch on or off"_fmt);
  }
  if (enable) request->action = Action::kEnable;
  if (disable) request->action = Action::kDisable;
  if (line.operands.empty() && !request->ours && !request->all &&
      !request->unmount) {
    return Misuse("name the entries, or say --ours or --all"_fmt);
  }
  return binfmt::Ok();
}

// Finds the entries that an operand means.
class Selection {
 public:
  explicit Selection(
      const binfmt::Array<Entry>& entries ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : entries_(entries), chosen_(entries.size()) {}

  template <typename Predicate>
  bool Choose(Predicate matches) {
    bool any = false;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!matches(entries_[i].record)) continue;
      chosen_[i] = 1;
      any = true;
    }
    return any;
  }

  // An entry's name comes first, then a target, then a pattern. False where
  // the operand means no entry that is there.
  bool ChooseOperand(std::string_view operand) {
    if (ChooseName(operand)) return true;
    if (const arch_table::Target* target = arch_table::FindTarget(operand)) {
      const binfmt::Text name = target->EntryName();
      // What a killed replacement left behind is in force as well.
      return Choose([&](const binfmt::Record& record) {
        return record.name == name || binfmt::IsHelperName(record.name, name);
      });
    }
    return Choose([&](const binfmt::Record& record) {
      return MatchesPattern(operand, record.name);
    });
  }

  bool Has(size_t index) const { return chosen_[index] != 0; }

 private:
  bool ChooseName(std::string_view name) {
    return Choose(
        [&](const binfmt::Record& record) { return record.name == name; });
  }

  const binfmt::Array<Entry>& entries_;
  binfmt::Array<int> chosen_;
};

// What an operand that means no entry is to be called.
binfmt::Text MissingName(std::string_view operand) {
  const arch_table::Target* target = arch_table::FindTarget(operand);
  return binfmt::Text(target != nullptr ? target->EntryName() : operand);
}

// Tells a user who may have mistyped, where nothing is wrong otherwise.
void NoteUnknown(std::string_view operand, Console* console) {
  if (IsPattern(operand) || arch_table::FindTarget(operand) != nullptr) return;
  const binfmt::Text suggestion =
      operand == "all" ? "; did you mean --all" : Suggestion(operand);
  if (suggestion.empty()) return;
  console->Note("\"%\" is neither an entry nor a target@"_fmt, operand,
                suggestion);
}

Error Apply(const binfmt::Registry& registry, const Entry& entry, Action action,
            bool dry_run, const char** result) {
  const binfmt::Text& name = entry.record.name;
  switch (action) {
    case Action::kRemove:
      *result = dry_run ? "would be removed" : "removed";
      return dry_run ? binfmt::Ok() : registry.Remove(name);
    case Action::kDisable:
    case Action::kEnable:
      break;
  }
  const bool enable = action == Action::kEnable;
  if (entry.enabled == enable) {
    *result = "unchanged";
    return binfmt::Ok();
  }
  *result = enable ? (dry_run ? "would be enabled" : "enabled")
                   : (dry_run ? "would be disabled" : "disabled");
  return dry_run ? binfmt::Ok() : registry.SetEnabled(name, enable);
}

// Tells what became of each entry, as text or as one JSON object.
class Report {
 public:
  Report(bool as_json, Console* console)
      : as_json_(as_json), console_(console) {
    json_.BeginObject();
    json_.Key("entries");
    json_.BeginArray();
  }

  void Add(const binfmt::Text& name, const char* result) {
    if (!as_json_) {
      // A failure has been complained of.
      if (result != kFailedWord) {
        console_->Result("%: @\n"_fmt, name, result);
      }
      return;
    }
    json_.BeginObject();
    json_.Field("name", name);
    json_.Field("result", result);
    json_.EndObject();
  }

  void AddUnmount(const binfmt::Text& dir, const char* result) {
    unmount_ = result;
    if (!as_json_ && result != kFailedWord) {
      console_->Result("binfmt_misc on %: @\n"_fmt, dir, result);
    }
  }

  void Finish() {
    if (!as_json_) return;
    json_.EndArray();
    if (unmount_ != nullptr) json_.Field("unmount", unmount_);
    json_.EndObject();
    console_->Result("@\n", json_.text());
  }

 private:
  bool as_json_;
  Console* console_;
  JsonWriter json_;
  const char* unmount_ = nullptr;
};

// Does what REQUEST says of entries. False where that could not begin.
bool ChangeEntries(const CommandLine& line, const Request& request,
                   Report* report, Console* console) {
  binfmt::Registry registry;
  if (Error error = binfmt::Registry::Open(line.common.dir, &registry);
      !error.ok()) {
    console->Complain(error);
    return false;
  }
  if (!line.common.dry_run) registry.Lock();
  binfmt::Array<Entry> entries;
  if (Error error = registry.ReadAll(&entries); !error.ok()) {
    console->Complain(error);
    return false;
  }

  Selection selection(entries);
  if (request.ours) selection.Choose(IsOurs);
  if (request.all) {
    selection.Choose([](const binfmt::Record&) { return true; });
  }
  for (const std::string_view operand : line.operands) {
    if (selection.ChooseOperand(operand)) continue;
    if (request.action == Action::kEnable) {
      console->Complain(
          binfmt::Failure(0, "cannot enable %: there is no such entry"_fmt,
                          MissingName(operand)));
      continue;
    }
    NoteUnknown(operand, console);
    if (!IsPattern(operand)) report->Add(MissingName(operand), "not there");
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!selection.Has(i)) continue;
    const char* result = kFailedWord;
    if (Error error = Apply(registry, entries[i], request.action,
                            line.common.dry_run, &result);
        !error.ok()) {
      console->Complain(error);
      result = kFailedWord;
    }
    report->Add(entries[i].record.name, result);
  }
  return true;
}

void Run(const CommandLine& line, Console* console) {
  Request request;
  if (Error error = ReadRequest(line, &request); !error.ok()) {
    console->Complain(error);
    return;
  }
  if (!console->CanReport()) return;
  const binfmt::Text& dir = line.common.dir;
  Report report(line.common.json, console);
  // An automount point that nobody has used holds nothing, and is not used.
  bool mounted = true;
  if (request.unmount) (void)binfmt::UnmountBinfmtMisc(dir, true, &mounted);
  const bool selects = request.ours || request.all || !line.operands.empty();
  if (mounted && selects && !ChangeEntries(line, request, &report, console)) {
    return;
  }
  if (request.unmount) {
    const char* result = !mounted              ? "not mounted"
                         : line.common.dry_run ? "would be unmounted"
                                               : "unmounted";
    if (Error error =
            binfmt::UnmountBinfmtMisc(dir, line.common.dry_run, &mounted);
        !error.ok()) {
      console->Complain(error);
      result = kFailedWord;
    }
    report.AddUnmount(dir, result);
    if (!(request.all && mounted) && binfmt::RunningKernel().IsBefore(6, 7)) {
      console->Note(
          "before Linux 6.7, entries may stay in force without a mount"_fmt);
    }
  }
  report.Finish();
}

}  // namespace

Applet ClearApplet() {
  return {
      "clear",
      " [NAME|TARGET|PATTERN]...",
      "Take entries out of binfmt_misc."_fmt,
      "A TARGET means the entry that binfmt-register makes for it (arm64 "
      "means\n"
      "qemu-aarch64); a PATTERN is a shell pattern of entry names. One that "
      "is\n"
      "not there is no error.\n"_fmt,
      kOptions,
      Run,
  };
}

}  // namespace cmd
