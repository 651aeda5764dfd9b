// SPDX-License-Identifier: Apache-2.0
// clear: removes entries, or disables and enables them.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "arch_table/names.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/install.h"
#include "binfmt/kernel/mount.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/kernel/running_kernel.h"
#include "cmd/applets.h"
#include "cmd/json.h"
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
using binfmt::Misuse;
using binfmt::Printable;
using binfmt::Record;
using binfmt::Registry;

constexpr std::string_view kFailed = "failed";

enum class Action { kRemove, kDisable, kEnable };

// Which of the entries are meant.
class Selection {
 public:
  explicit Selection(const std::vector<Entry>& entries)
      : entries_(entries), chosen_(entries.size()) {}

  // Adds the entries whose records match; returns whether there are any.
  template <typename Predicate>
  bool Choose(Predicate matches) {
    bool any = false;
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (!matches(entries_[i].record)) continue;
      chosen_[i] = true;
      any = true;
    }
    return any;
  }

  // An entry's name comes first, then a target, then a pattern. Returns false
  // where OPERAND means no existing entry.
  bool ChooseOperand(const std::string& operand) {
    const bool is_name =
        Choose([&](const Record& record) { return record.name == operand; });
    if (is_name) return true;
    if (const Target* target = arch_table::FindTarget(operand)) {
      const std::string name = target->EntryName();
      // What a killed replacement left behind is in force as well.
      return Choose([&name](const Record& record) {
        return record.name == name || binfmt::IsHelperName(record.name, name);
      });
    }
    return Choose([&](const Record& record) {
      return MatchesPattern(operand, record.name);
    });
  }

  bool Has(size_t index) const { return chosen_[index]; }

 private:
  const std::vector<Entry>& entries_;
  std::vector<bool> chosen_;
};

// How an operand that means no entry is called.
std::string MissingName(const std::string& operand) {
  const Target* target = arch_table::FindTarget(operand);
  return target != nullptr ? target->EntryName() : operand;
}

// Tells a user who may have mistyped, where nothing else is wrong.
void NoteUnknown(const std::string& operand, Console& console) {
  if (IsPattern(operand) || arch_table::FindTarget(operand) != nullptr) return;
  const std::string suggestion =
      operand == "all" ? "; did you mean --all" : Suggestion(operand);
  if (suggestion.empty()) return;
  console.Note(absl::StrCat(
      binfmt::Message("\"$0\" is neither an entry nor a target", operand),
      suggestion));
}

// Does ACTION to ENTRY, or with DRY_RUN nothing. Returns a word for what was
// done.
Expected<std::string_view> Apply(const Registry& registry, const Entry& entry,
                                 Action action, bool dry_run) {
  const std::string& name = entry.record.name;
  const bool enable = action == Action::kEnable;
  if (action != Action::kRemove && entry.enabled == enable) return "unchanged";
  if (dry_run) {
    return action == Action::kRemove ? "would be removed"
           : enable                  ? "would be enabled"
                                     : "would be disabled";
  }
  Expected<void> done = action == Action::kRemove
                            ? registry.Remove(name)
                            : registry.SetEnabled(name, enable);
  if (!done) return std::unexpected(std::move(done.error()));
  return action == Action::kRemove ? "removed"
         : enable                  ? "enabled"
                                   : "disabled";
}

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
      console_.Result(absl::StrCat(Printable(name), ": ", result, "\n"));
    }
  }

  void AddUnmount(const std::string& dir, std::string_view result) {
    unmount_ = result;
    if (!as_json_ && result != kFailed) {
      console_.Result(
          absl::StrCat("binfmt_misc on ", Printable(dir), ": ", result, "\n"));
    }
  }

  void Finish() {
    if (!as_json_) return;
    json_.EndArray();
    if (!unmount_.empty()) json_.Field("unmount", unmount_);
    json_.EndObject();
    console_.Result(absl::StrCat(json_.text(), "\n"));
  }

 private:
  bool as_json_;
  Console& console_;
  JsonWriter json_;
  std::string_view unmount_;
};

constexpr AppletHelp kHelp = {
    .name = "clear",
    .operands = "[NAME|TARGET|PATTERN]...",
    .summary = "Take entries out of binfmt_misc.",
    .details =
        "A TARGET means the entry that binfmt-register makes for it (arm64 "
        "means\n"
        "qemu-aarch64); a PATTERN is a shell pattern of entry names. One "
        "that is\n"
        "not there is no error.\n",
};

class Clear : public Applet {
 public:
  Clear() : Applet(kHelp) {}

  std::vector<Option> Options() override {
    return {
        {.name = "ours",
         .help = "the entries that binfmt-register makes",
         .set = SetTrue(&ours_)},
        {.name = "all",
         .help = "every entry, whoever made it",
         .set = SetTrue(&all_)},
        {.name = "disable",
         .help = "switch the entries off and leave them there",
         .set = SetTrue(&disable_)},
        {.name = "enable",
         .help = "switch the entries on",
         .set = SetTrue(&enable_)},
        {.name = "unmount",
         .help = "unmount binfmt_misc afterwards",
         .set = SetTrue(&unmount_)},
    };
  }

  void Run(const CommandLine& line, Console& console) override;

 private:
  Expected<void> CheckOptions(const CommandLine& line) const;
  // Returns false where that could not begin, with a complaint.
  bool ChangeEntries(const CommandLine& line, Report& report,
                     Console& console) const;
  void Unmount(const CommonOptions& common, bool was_mounted, Report& report,
               Console& console) const;

  Action action() const {
    if (enable_) return Action::kEnable;
    return disable_ ? Action::kDisable : Action::kRemove;
  }

  bool ours_ = false;
  bool all_ = false;
  bool disable_ = false;
  bool enable_ = false;
  bool unmount_ = false;
};

Expected<void> Clear::CheckOptions(const CommandLine& line) const {
  if (enable_ && disable_) {
    return std::unexpected(
        Misuse("--disable and --enable contradict each other"));
  }
  if (unmount_ && (enable_ || disable_)) {
    return std::unexpected(
        Misuse("--unmount leaves no entries to switch on or off"));
  }
  if (line.operands.empty() && !ours_ && !all_ && !unmount_) {
    return std::unexpected(Misuse("name the entries, or say --ours or --all"));
  }
  return {};
}

bool Clear::ChangeEntries(const CommandLine& line, Report& report,
                          Console& console) const {
  Expected<Registry> registry = Registry::Open(line.common.dir);
  if (!registry) {
    console.Complain(registry.error());
    return false;
  }
  if (!line.common.dry_run) registry->Lock();
  const Expected<std::vector<Entry>> entries = registry->ReadAll();
  if (!entries) {
    console.Complain(entries.error());
    return false;
  }
  Selection selection(*entries);
  if (ours_) selection.Choose(IsOurs);
  if (all_) selection.Choose([](const Record&) { return true; });
  for (const std::string& operand : line.operands) {
    if (selection.ChooseOperand(operand)) continue;
    if (enable_) {
      console.Complain(Failed(0, "cannot enable $0: there is no such entry",
                              MissingName(operand)));
      continue;
    }
    NoteUnknown(operand, console);
    if (!IsPattern(operand)) report.Add(MissingName(operand), "not there");
  }
  for (size_t i = 0; i < entries->size(); ++i) {
    if (!selection.Has(i)) continue;
    const Entry& entry = (*entries)[i];
    const Expected<std::string_view> result =
        Apply(*registry, entry, action(), line.common.dry_run);
    if (!result) console.Complain(result.error());
    report.Add(entry.record.name, result.value_or(kFailed));
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
