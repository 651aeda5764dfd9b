// SPDX-License-Identifier: Apache-2.0
// run: starts a command where foreign programs work, without any privilege.
#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "arch_table/emulators.h"
#include "arch_table/program.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/base/printable.h"
#include "binfmt/base/process.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/kernel/private_instance.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/record/entry.h"
#include "cmd/applets.h"
#include "cmd/entry_table.h"
#include "cmd/environment.h"
#include "cmd/interpreter_search.h"
#include "cmd/probe.h"
#include "cmd/register_request.h"
#include "cmd/register_run.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::Expected;
using binfmt::Message;
using binfmt::Misuse;
using binfmt::Registry;

constexpr int kProbeMilliseconds = 10'000;
// Where a shell without PATH looks, too.
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

constexpr AppletHelp kHelp = {
    .name = "run",
    .arguments = "[OPTION]... [--] COMMAND [ARG]...",
    .summary = "Run a command where foreign programs work, without privilege.",
    .details =
        "\n"
        "The handlers are in a user namespace that ends with the command, so "
        "the\n"
        "machine stays as it is. Needs Linux 6.7. Where everything runs "
        "already,\n"
        "COMMAND is only started. The exit status is that of COMMAND; 125: "
        "there\n"
        "are no handlers; 126: COMMAND cannot be started; 127: there is none.\n"
        "\n"
        "Examples:\n"
        "  binfmtbox run ./hello-arm64\n"
        "  binfmtbox run -t arm64,riscv64 -- ctest --output-on-failure\n"
        "  unshare -r --map-auto binfmtbox run chroot /srv/arm64 apt update\n",
    .runs_command = true,
};

Expected<void> StoreYes(bool& flag, std::string_view, std::string_view value) {
  flag = value == "yes";
  return {};
}

// The file that COMMAND means, as execvp(3) finds it. The error is that of the
// first file of that name.
Expected<std::string> FindCommand(const std::string& command) {
  if (command.empty()) return binfmt::Error(ENOENT, "COMMAND is empty");
  if (absl::StrContains(command, '/')) return command;
  std::string_view list = Environment("PATH");
  if (list.empty()) list = kDefaultPath;
  std::optional<binfmt::Error> why;
  for (const std::string_view dir : absl::StrSplit(list, ':')) {
    std::string path = absl::StrCat(dir.empty() ? "." : dir, "/", command);
    Expected<binfmt::Program> program = binfmt::InspectProgram("", path);
    if (program) return path;
    if (!why && binfmt::Exists(path)) why = std::move(program.error());
  }
  if (why) return *std::move(why);
  return binfmt::Failed(ENOENT, "$0 is in no directory of PATH", command);
}

// COMMAND did not start, for the reason WHY. Sets the status of env(1).
void CannotStart(const binfmt::Error& why, Console& console) {
  console.Complain(why);
  console.set_status(why.errnum() == ENOENT ? kExitNoCommand
                                            : kExitCannotStart);
}

// What runs at the moment, by the entries that this process sees or, where it
// sees none, by trying.
class Present {
 public:
  explicit Present(const std::string& dir) {
    Expected<Registry> registry = Registry::Open(dir, Registry::Kind::kOwn);
    if (!registry) return;
    const Expected<bool> enabled = registry->ReadEnabled();
    Expected<std::vector<Entry>> entries = registry->ReadAll();
    if (!enabled || !*enabled || !entries) return;
    registry_.emplace(*std::move(registry));
    entries_ = *std::move(entries);
    table_.emplace(*registry_, entries_);
  }

  bool Runs(const Target& target) {
    if (table_) {
      const EntryRow* const row = table_->HandlerOf(target);
      return row != nullptr && table_->Check(*row);
    }
    return WhyNot(
               binfmt::RunProgramFromMemory(
                   arch_table::BuiltInProgram(target),
                   {.argv0 = "argv0", .max_milliseconds = kProbeMilliseconds}))
        .empty();
  }

  // How many entries there are that take files, but for those of TARGETS.
  size_t CountOthers(const TargetList& targets) {
    if (!table_) return 0;
    return static_cast<size_t>(
        absl::c_count_if(table_->rows(), [&](const EntryRow& row) {
          return row.entry->enabled &&
                 !absl::c_linear_search(targets, row.target);
        }));
  }

 private:
  std::optional<Registry> registry_;
  std::vector<Entry> entries_;
  std::optional<EntryTable> table_;
};

class RunCommand : public Applet {
 public:
  RunCommand() : Applet(kHelp) {}

  std::vector<Option> Options() override {
    return {
        ListOption('t', "target", "LIST",
                   "handlers for these targets (default: for COMMAND's\n"
                   "where it is foreign, else for all)",
                   &words_),
        OptionFor<StoreYes>('c', "credential", "yes|no",
                            "run setuid programs with their owner's rights\n"
                            "(flags O and C; default no)",
                            &credential_),
        FlagOption(kNoLetter, "root-user",
                   "stay root of the namespace (default: your own ids)",
                   &root_user_),
        FlagOption(kNoLetter, "or-direct",
                   "where there can be no handlers, start the emulator\n"
                   "with COMMAND; what that starts has none",
                   &or_direct_),
    };
  }

  void Run(const CommandLine& line, Console& console) override;

 private:
  Expected<void> ChooseTargets();
  // These return false where they have complained, and COMMAND must not start.
  bool Prepare(const CommonOptions& common, Present& present, Console& console);
  bool Enter(const CommonOptions& common, Present& present, Console& console);
  bool DoWithout(binfmt::Error why, bool may_start, Console& console);

  std::vector<std::string> words_;
  bool credential_ = false;
  bool root_user_ = false;
  bool or_direct_ = false;

  std::vector<std::string> argv_;
  std::string path_;                 // of COMMAND
  const Target* foreign_ = nullptr;  // COMMAND's target; nullptr: not foreign
  bool all_ = false;
  TargetList named_;
  TargetList targets_;  // those, and with all_ each that has an emulator
};

Expected<void> RunCommand::ChooseTargets() {
  const std::vector<std::string> words = SplitWords(absl::StrJoin(words_, ","));
  if (words.empty() && !words_.empty()) {
    return Misuse("option --target needs a value, LIST");
  }
  for (const std::string& word : words) {
    if (word == "all") {
      all_ = true;
      continue;
    }
    Expected<const Target*> target = ParseTarget(word);
    if (!target) return std::move(target.error());
    named_.push_back(*target);
  }
  if (words.empty() && foreign_ != nullptr) named_ = {foreign_};
  if (named_.empty()) all_ = true;
  // What the machine runs by itself needs no handler.
  std::erase_if(named_, [](const Target* target) { return IsNative(*target); });
  targets_ = named_;
  if (!all_) return {};
  for (const Target& target : arch_table::Targets()) {
    if (!absl::c_linear_search(named_, &target) &&
        FindInterpreter(target, {}).program && !IsNative(target)) {
      targets_.push_back(&target);
    }
  }
  return {};
}

// Moves this process to where the handlers are, or decides to do without.
bool RunCommand::Prepare(const CommonOptions& common, Present& present,
                         Console& console) {
  const bool may_do_without = or_direct_ || common.if_possible;
  if (may_do_without) {
    // There is no way back out of half a namespace.
    Expected<std::string> tried =
        binfmt::CallInChild([&]() -> Expected<std::string> {
          const Expected<binfmt::FormerIds> ids =
              binfmt::EnterPrivateInstance(common.dir);
          if (!ids) return ids.error().Copy();
          return "";
        });
    if (!tried) return DoWithout(std::move(tried.error()), true, console);
  }
  return Enter(common, present, console);
}

bool RunCommand::Enter(const CommonOptions& common, Present& present,
                       Console& console) {
  const size_t hidden = present.CountOthers(targets_);
  Expected<binfmt::FormerIds> ids = binfmt::EnterPrivateInstance(common.dir);
  if (!ids) return DoWithout(std::move(ids.error()), false, console);
  RegisterRequest request;
  request.common = common;
  request.mount = true;
  request.mounting.holds = true;  // COMMAND does
  request.targets = targets_;
  request.all = all_;
  request.named = named_;
  if (credential_) request.record.credential = Choice::kYes;
  // What is registered is no result of COMMAND's.
  Console registering("binfmt-run");
  registering.set_quiet(true);
  RunRegister(request, registering);
  // Of all, each that failed has been complained of.
  if (registering.status() != kExitOk && !all_) {
    console.AddStatus(registering.status());
    return false;
  }
  if (hidden != 0) {
    console.Note(Message("entries of this machine that are hidden from $0: $1",
                         argv_[0], hidden));
  }
  if (root_user_) return true;
  if (Expected<void> restored = binfmt::RestoreIds(*ids); !restored) {
    console.Complain(restored.error());
    return false;
  }
  return true;
}

// There can be no handlers, for the reason WHY.
bool RunCommand::DoWithout(binfmt::Error why, bool may_start,
                           Console& console) {
  std::string emulator;
  if (foreign_ != nullptr) {
    const FoundInterpreter found = FindInterpreter(*foreign_, {});
    if (found.program) emulator = found.path;
  }
  if (!may_start) {
    if (!emulator.empty()) {
      why.Append(Message("; $0 $1 starts it without (--or-direct)", emulator,
                         argv_[0]));
    }
    console.Complain(why);
    return false;
  }
  console.Note(absl::StrCat(why.text(), "; foreign programs that ",
                            binfmt::Printable(argv_[0]),
                            " starts have no handler"));
  if (or_direct_ && !emulator.empty()) {
    argv_[0] = path_;
    argv_.insert(argv_.begin(), emulator);
    path_ = std::move(emulator);
  }
  return true;
}

void RunCommand::Run(const CommandLine& line, Console& console) {
  const CommonOptions& common = line.common;
  argv_ = line.operands;
  if (argv_.empty()) return console.Complain(Misuse("there is no COMMAND"));
  Expected<std::string> path = FindCommand(argv_[0]);
  if (!path) return CannotStart(path.error(), console);
  path_ = *std::move(path);
  const Expected<binfmt::Program> program = binfmt::InspectProgram("", path_);
  if (!program) return CannotStart(program.error(), console);
  if (program->elf && !RunsNatively(*program)) foreign_ = TargetOf(*program);
  if (Expected<void> chosen = ChooseTargets(); !chosen) {
    return console.Complain(chosen.error());
  }
  Present present(common.dir);
  const bool is_ready = absl::c_all_of(
      targets_, [&](const Target* target) { return present.Runs(*target); });
  if (common.dry_run) {
    return console.Result(Message("would start $0$1\n", path_,
                                  is_ready ? "" : " with handlers of its own"));
  }
  if (!is_ready && !Prepare(common, present, console)) return;
  const int errnum = binfmt::ReplaceBy(path_, argv_);
  binfmt::Error error = binfmt::SystemError("start", path_, errnum);
  if (errnum == ENOENT && binfmt::Exists(path_)) {
    error.Append("; it is there, but its interpreter or loader is not");
  }
  CannotStart(error, console);
}

}  // namespace

std::unique_ptr<Applet> RunCommandApplet() {
  return std::make_unique<RunCommand>();
}

}  // namespace cmd
