// SPDX-License-Identifier: Apache-2.0
// clear: removes entries, or disables and enables them.
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "arch_table/table.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/guard.h"
#include "binfmt/kernel/mount.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/kernel/running_kernel.h"
#include "binfmt/record/cover_index.h"
#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/operand.h"
#include "cmd/pattern.h"
#include "cmd/target_matcher.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Error;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Message;
using binfmt::Misuse;
using binfmt::Record;
using binfmt::Registry;

constexpr std::string_view kFailed = "failed";

// Judges entries that shall act again.
class EnableCheck {
 public:
  explicit EnableCheck(
      const std::vector<Entry>& entries ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : started_(guard_, entries) {
    for (const Entry& entry : entries) {
      if (entry.enabled) AddEnabled(entry.record);
    }
  }

  // Fails where RECORD would not be registered either.
  Expected<void> Check(const Record& record) {
    Expected<void> checked = guard_.Check(record, &enabled_);
    if (checked) checked = started_.Check(record, enabled_);
    for (const Target& target : arch_table::Targets()) {
      if (!checked || !TakesSome(record, target) || !IsNative(target)) continue;
      return guard_.Refuse(
          record, Message("this machine runs programs for $0 natively; "
                          "register it anew with --ignore-family yes",
                          target.name));
    }
    return checked;
  }

  void AddEnabled(const Record& record) { enabled_.Add(record); }

 private:
  binfmt::Guard guard_{RunsNatively, "enable"};
  binfmt::CoverIndex enabled_;
  binfmt::StartedFiles started_;
};

// Reports what became of each entry, as text or as one JSON object.
class Report {
 public:
  Report(bool as_json, Console& console)
      : as_json_(as_json), console_(console) {
    json_.BeginObject();
    json_.BeginArray("entries");
  }

  void Add(std::string_view name, std::string_view result) {
    if (as_json_) {
      json_.BeginObject();
      json_.Field("name", name);
      json_.Field("result", result);
      json_.EndObject();
    } else if (result != kFailed) {
      // A failure has been complained of.
      console_.Result(Message("$0: $1\n", name, result));
    }
  }

  void AddUnmount(const std::string& dir, std::string_view result) {
    unmount_ = result;
    if (!as_json_ && result != kFailed) {
      console_.Result(Message("binfmt_misc on $0: $1\n", dir, result));
    }
  }

  void Finish() {
    if (!as_json_) return;
    json_.EndArray();
    if (!unmount_.empty()) json_.Field("unmount", unmount_);
    console_.Result(json_.Finish());
  }

 private:
  bool as_json_;
  Console& console_;
  JsonWriter json_;
  std::string_view unmount_;
};

constexpr AppletHelp kHelp = {
    .name = "clear",
    .arguments = "[OPTION]... [NAME|TARGET|PATTERN]...",
    .summary = "Remove entries from binfmt_misc.",
    .details = R"(
A TARGET means the entries that register makes for it (arm64 means
qemu-aarch64), name:NAME always an entry; a PATTERN is a shell pattern of
entry names. What is not there is no error.

Examples:
  binfmtbox clear --ours
  binfmtbox clear arm64 'qemu-mips*' name:jar
  binfmtbox clear --disable arm64
  binfmtbox clear --all --unmount
)",
    .other_words =
        " remove unregister uninstall delete rm disable enable "
        "unmount umount",
};

class Clear : public Applet {
 public:
  Clear() : Applet(kHelp) {}

  std::vector<Option> Options() override {
    return {
        FlagOption(kNoLetter, "ours",
                   "the entries that register makes of targets", &ours_),
        FlagOption(kNoLetter, "all", "every entry, whoever made it", &all_),
        FlagOption(kNoLetter, "disable",
                   "switch the entries off and leave them there", &disable_),
        FlagOption(kNoLetter, "enable", "switch the entries on", &enable_),
        FlagOption(kNoLetter, "unmount", "unmount binfmt_misc afterwards",
                   &unmount_),
    };
  }

  void Run(const CommandLine& line, Console& console) override;

 private:
  Expected<void> CheckOptions(const CommandLine& line) const;
  // Marks in CHOSEN those of ENTRIES that an operand means: a target's, one of
  // that name, or those that the pattern matches.
  void ChooseOperand(const std::string& operand,
                     const std::vector<Entry>& entries,
                     std::vector<bool>& chosen, Report& report,
                     Console& console) const;
  // Returns false where that could not begin, with a complaint.
  bool ChangeEntries(const CommandLine& line, Report& report,
                     Console& console) const;
  void Unmount(const CommonOptions& common, bool was_mounted, Report& report,
               Console& console) const;

  bool ours_ = false;
  bool all_ = false;
  bool disable_ = false;
  bool enable_ = false;
  bool unmount_ = false;
};

Expected<void> Clear::CheckOptions(const CommandLine& line) const {
  if (enable_ && disable_) {
    return Misuse("--disable and --enable contradict each other");
  }
  if (ours_ && all_) return Misuse("--all and --ours contradict each other");
  if (unmount_ && (enable_ || disable_)) {
    return Misuse("--unmount leaves no entries to switch on or off");
  }
  if (line.operands.empty() && !ours_ && !all_ && !unmount_) {
    return Misuse("name the entries, or say --ours or --all");
  }
  return {};
}

void Clear::ChooseOperand(const std::string& operand,
                          const std::vector<Entry>& entries,
                          std::vector<bool>& chosen, Report& report,
                          Console& console) const {
  const Expected<Operand> meant = ReadOperand(operand, entries);
  if (!meant) return console.Complain(meant.error());
  const Target* const target = meant->target;
  const std::string name =
      target == nullptr ? std::string(meant->name) : target->EntryName();
  const auto has_name = [&name](const Entry& entry) {
    return entry.record.name == name;
  };
  const bool is_there = absl::c_any_of(entries, has_name);
  bool any = false;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (target != nullptr ? !IsEntryOf(*target, entries[i].record)
        : is_there || meant->is_name
            ? !has_name(entries[i])
            : !MatchesPattern(name, entries[i].record.name)) {
      continue;
    }
    chosen[i] = true;
    any = true;
  }
  if (any || (IsPattern(operand) && !meant->is_name && !is_there && !enable_))
    return;
  if (is_there) {
    console.Complain(
        Failed(0, "$0 takes no programs for $1; if it is meant, say name:$0",
               name, target->name));
  } else if (enable_) {
    console.Complain(
        Failed(0, "cannot enable $0: there is no such entry", name));
  } else if (operand == "all") {
    console.Complain(Failed(0, "\"all\" is no entry; did you mean --all"));
  } else if (target == nullptr && !MayBeEntry(*meant)) {
    Error error = UnknownOperand(*meant);
    if (binfmt::CheckName(name)) {
      error.Append(Message("; an entry is meant by name:$0", name));
    }
    console.Complain(error);
  } else {
    report.Add(name, "not there");
  }
}

bool Clear::ChangeEntries(const CommandLine& line, Report& report,
                          Console& console) const {
  Expected<Registry> registry = Registry::Open(line.common.dir);
  if (!registry) {
    console.Complain(registry.error());
    return false;
  }
  const bool dry_run = line.common.dry_run;
  if (const Expected<void> locked =
          dry_run ? Expected<void>() : registry->Lock();
      !locked) {
    console.Complain(locked.error());
    return false;
  }
  const Expected<std::vector<Entry>> entries = registry->ReadAll();
  if (!entries) {
    console.Complain(entries.error());
    return false;
  }
  std::vector<bool> chosen(entries->size());
  for (const std::string& operand : line.operands) {
    ChooseOperand(operand, *entries, chosen, report, console);
  }
  const bool removes = !enable_ && !disable_;
  // An entry that acts again is judged as a new one is.
  std::optional<EnableCheck> check;
  if (enable_) check.emplace(*entries);
  const std::string result =
      absl::StrCat(dry_run ? "would be " : "", enable_    ? "enabled"
                                               : disable_ ? "disabled"
                                                          : "removed");
  for (size_t i = 0; i < entries->size(); ++i) {
    const Entry& entry = (*entries)[i];
    const std::string& name = entry.record.name;
    if (!all_ && !chosen[i] && !(ours_ && IsOurs(entry.record))) {
      continue;
    }
    if (!removes && entry.enabled == enable_) {
      report.Add(name, "unchanged");
      continue;
    }
    Expected<void> done;
    if (check) done = check->Check(entry.record);
    if (done && !dry_run) {
      // What is there instead meanwhile was neither chosen nor judged. --all
      // means whatever is there, and of some there is only the name.
      const bool is_any = (all_ && !enable_) || !entry.understood;
      const Record* const expected = is_any ? nullptr : &entry.record;
      done = removes ? registry->Remove(name, expected)
                     : registry->SetEnabled(name, enable_, expected);
    }
    if (!done) {
      console.Complain(done.error());
    } else if (check) {
      check->AddEnabled(entry.record);
    }
    report.Add(name, done ? result : kFailed);
  }
  return true;
}

void Clear::Unmount(const CommonOptions& common, bool was_mounted,
                    Report& report, Console& console) const {
  std::string_view result = !was_mounted     ? "not mounted"
                            : common.dry_run ? "would be unmounted"
                                             : "unmounted";
  const Expected<bool> unmounted =
      binfmt::UnmountBinfmtMisc(common.dir, common.dry_run);
  if (!unmounted) {
    console.Complain(unmounted.error());
    result = kFailed;
  }
  report.AddUnmount(common.dir, result);
  if (!(all_ && was_mounted) && binfmt::RunningKernel().IsBefore(6, 7)) {
    console.Note("before Linux 6.7, entries may stay in force without a mount");
  }
}

void Clear::Run(const CommandLine& line, Console& console) {
  if (const Expected<void> checked = CheckOptions(line); !checked) {
    return console.Complain(checked.error());
  }
  if (!console.CanReport()) return;
  Report report(line.common.json, console);
  // An automount point that nobody has used holds nothing, and is not used.
  const bool mounted =
      !unmount_ ||
      binfmt::UnmountBinfmtMisc(line.common.dir, true).value_or(true);
  const bool selects = ours_ || all_ || !line.operands.empty();
  if (mounted && selects && !ChangeEntries(line, report, console)) return;
  if (unmount_) Unmount(line.common, mounted, report, console);
  report.Finish();
}

}  // namespace

std::unique_ptr<Applet> ClearApplet() { return std::make_unique<Clear>(); }

}  // namespace cmd
