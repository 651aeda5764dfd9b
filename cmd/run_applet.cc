// SPDX-License-Identifier: Apache-2.0
// run: starts a command where foreign programs work, without any privilege.
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "arch_table/emulators.h"
#include "arch_table/table.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/base/printable.h"
#include "binfmt/base/process.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/kernel/private_instance.h"
#include "binfmt/kernel/registry.h"
#include "cmd/applets.h"
#include "cmd/entry_table.h"
#include "cmd/environment.h"
#include "cmd/interpreter_search.h"
#include "cmd/probe.h"
#include "cmd/register_open.h"
#include "cmd/register_request.h"
#include "cmd/register_run.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Expected;
using binfmt::Message;
using binfmt::Misuse;
using binfmt::Registry;

constexpr AppletHelp kHelp = {
    .name = "run",
    .arguments = "[OPTION]... [--] COMMAND [ARG]...",
    .summary = "Run a command where foreign programs work, without privilege.",
    .details = R"(
The handlers are in a user namespace that ends with the command, so the
machine stays as it is. Needs Linux 6.7. Where everything runs already,
COMMAND is only started. The exit status is that of COMMAND; 125: there
are no handlers; 126: COMMAND cannot be started; 127: there is none.

Examples:
  binfmtbox run ./hello-arm64
  binfmtbox run -t arm64,riscv64 -- ctest --output-on-failure
  unshare -r --map-auto binfmtbox run chroot /srv/arm64 apt update
)",
    .runs_command = true,
};

// What COMMAND means, as execvp(3) finds it, and in PATH where that is. The
// error is that of the first file of that name.
Expected<binfmt::Program> FindCommand(const std::string& command,
                                      std::string& path) {
  if (command.empty()) return binfmt::Error(ENOENT, "COMMAND is empty");
  // No emulator or shell must take the path for an option.
  path = command[0] == '-' ? absl::StrCat("./", command) : command;
  if (command.contains('/')) return binfmt::InspectProgram("", path);
  std::string_view list = Environment("PATH");
  if (list.empty()) list = "/usr/local/bin:/usr/bin:/bin";  // as shells do
  std::optional<binfmt::Error> why;
  for (const std::string_view dir : absl::StrSplit(list, ':')) {
    path = absl::StrCat(dir.empty() ? "." : dir, "/", command);
    Expected<binfmt::Program> program = binfmt::InspectProgram("", path);
    if (program) return program;
    if (!why && binfmt::Exists(path)) why = std::move(program.error());
  }
  if (why) return *std::move(why);
  return binfmt::Failed(ENOENT, "$0 is in no directory of PATH", command);
}

// How long the namespaces that were tried may count as namespaces still.
constexpr int kMaxWaitForTried = 10000;  // milliseconds

// COMMAND did not start, for the reason WHY. Sets the status of env(1).
void CannotStart(const binfmt::Error& why, Console& console) {
  console.Complain(why);
  console.set_status(why.errnum() == ENOENT ? kExitNoCommand
                                            : kExitCannotStart);
}

Expected<OpenRegistry> ReadOwnEntries(const std::string& dir) {
  return ReadEntries(Registry::Open(dir, Registry::Kind::kOwn), dir);
}

bool HasEntries(const std::string& dir) {
  const Expected<OpenRegistry> open = ReadOwnEntries(dir);
  return open && !open->entries.empty();
}

// How many entries of TABLE take files, but for those of TARGETS.
size_t CountOthers(EntryTable& table, const TargetList& targets) {
  return static_cast<size_t>(
      absl::c_count_if(table.rows(), [&](const EntryRow& row) {
        return row.entry->enabled &&
               !absl::c_linear_search(targets, row.target);
      }));
}

class RunCommand : public Applet {
 public:
  RunCommand() : Applet(kHelp) {}

  std::vector<Option> Options() override {
    return {
        ListOption('t', "target", "LIST",
                   "handlers for these targets (default: for COMMAND's\n"
                   "where it is foreign, else for all)",
                   &words_),
        OptionFor<StoreChoice>('c', "credential", "yes|no",
                               "run setuid programs with their owner's rights\n"
                               "(flags O and C; default no)",
                               &request_.record.credential),
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
  // The emulator of COMMAND; empty: there is none, or none is needed.
  std::string Emulator() const;
  // Moves this process to where the handlers are, or decides to do without.
  // Returns false where it has complained, and COMMAND must not start.
  bool Prepare(std::optional<EntryTable>& table, Console& console);
  // Replaces this process by COMMAND.
  void Start(bool is_elf, Console& console);
  // Starts COMMAND's emulator in its place where that is wanted.
  void DoWithout(const binfmt::Error& why, Console& console);

  std::vector<std::string> words_;
  bool root_user_ = false;
  bool or_direct_ = false;

  std::vector<std::string> argv_;
  std::string path_;                 // of COMMAND
  const Target* foreign_ = nullptr;  // COMMAND's target; nullptr: not foreign
  RegisterRequest request_;          // for the handlers
  bool has_handlers_ = false;        // that this process has registered
};

Expected<void> RunCommand::ChooseTargets() {
  const std::vector<std::string> words = SplitWords(absl::StrJoin(words_, ","));
  if (words.empty() && !words_.empty()) {
    return Misuse("option --target needs a value, LIST");
  }
  TargetList& named = request_.named;
  Expected<void> parsed = ParseTargets(words, named, request_.all);
  if (!parsed) return parsed;
  if (words.empty() && foreign_ != nullptr) named.push_back(foreign_);
  if (named.empty()) request_.all = true;
  // What the machine runs natively needs no handler.
  std::erase_if(named, [](const Target* target) { return IsNative(*target); });
  request_.targets = named;
  if (!request_.all) return {};
  for (const Target& target : arch_table::Targets()) {
    if (!request_.IsNamed(&target) && FindInterpreter(target, {}).program &&
        !IsNative(target)) {
      request_.targets.push_back(&target);
    }
  }
  return {};
}

std::string RunCommand::Emulator() const {
  if (foreign_ == nullptr) return "";
  const FoundInterpreter found = FindInterpreter(*foreign_, {});
  return found.program ? found.path : "";
}

bool RunCommand::Prepare(std::optional<EntryTable>& table, Console& console) {
  const std::string& dir = request_.common.dir;
  const bool may_do_without = or_direct_ || request_.common.if_possible;
  if (may_do_without) {
    // There is no way back out of half a namespace.
    const Expected<std::string> tried =
        binfmt::CallInChild([&]() -> Expected<std::string> {
          const Expected<binfmt::FormerIds> ids =
              binfmt::EnterPrivateInstance(dir);
          if (!ids) return ids.error().Copy();
          if (root_user_) return "";
          const Expected<void> restored = binfmt::RestoreIds(*ids, 0);
          if (!restored) return restored.error().Copy();
          return "";
        });
    if (!tried) {
      DoWithout(tried.error(), console);
      return true;
    }
  }
  const size_t hidden = table ? CountOthers(*table, request_.targets) : 0;
  Expected<binfmt::FormerIds> ids = binfmt::EnterPrivateInstance(dir);
  if (!ids && may_do_without && ids.error().errnum() == ENOSPC) {
    DoWithout(ids.error(), console);
    return true;
  }
  if (!ids) {
    if (const std::string emulator = Emulator(); !emulator.empty()) {
      ids.error().Append(Message("; $0 $1 starts it without (--or-direct)",
                                 emulator, argv_[0]));
    }
    console.Complain(ids.error());
    return false;
  }
  request_.mount = true;
  request_.record.search.can_be_named = false;
  request_.mounting.holds = true;  // COMMAND does
  // What is registered is no result of COMMAND's.
  Console registering("binfmt-run");
  registering.set_quiet(true);
  RunRegister(request_, registering);
  // Of all, some will do, and each that failed has been complained of.
  if (registering.status() != kExitOk && (!request_.all || !HasEntries(dir))) {
    console.AddStatus(registering.status());
    return false;
  }
  has_handlers_ = true;
  if (hidden != 0) {
    console.Note(Message("entries of this machine that are hidden from $0: $1",
                         argv_[0], hidden));
  }
  if (root_user_) return true;
  const Expected<void> restored =
      binfmt::RestoreIds(*ids, may_do_without ? kMaxWaitForTried : 0);
  if (!restored) console.Complain(restored.error());
  return restored.has_value();
}

void RunCommand::DoWithout(const binfmt::Error& why, Console& console) {
  console.Note(absl::StrCat(why.text(), "; foreign programs that ",
                            binfmt::Printable(argv_[0]),
                            " starts have no handler"));
  if (!or_direct_) return;
  std::string emulator = Emulator();
  if (emulator.empty()) return;
  std::vector<std::string> argv = {emulator, path_};
  for (size_t i = 1; i < argv_.size(); ++i) argv.push_back(argv_[i]);
  argv_ = std::move(argv);
  path_ = std::move(emulator);
}

void RunCommand::Start(bool is_elf, Console& console) {
  const int errnum = binfmt::ReplaceBy(path_, argv_);
  binfmt::Error error = binfmt::SystemError("start", path_, errnum);
  if (errnum == ENOENT && binfmt::Exists(path_)) {
    error.Append("; it is there, but its interpreter or loader is not");
  } else if (errnum == ENOEXEC && foreign_ != nullptr) {
    const bool is_asked_for = absl::c_linear_search(request_.targets, foreign_);
    error.Append(Message("; it is for $0", foreign_->name));
    error.Append(is_asked_for         ? "; --or-direct starts its emulator"
                 : Emulator().empty() ? ", which has no emulator here"
                                      : ", which --target leaves out");
  } else if (errnum == ENOEXEC && !is_elf) {
    // A script without #!, as execvp(3) starts it.
    argv_.front() = path_;
    std::vector<std::string> argv = {"sh"};
    for (std::string& arg : argv_) argv.push_back(std::move(arg));
    (void)binfmt::ReplaceBy("/bin/sh", argv);
  }
  CannotStart(error, console);
}

void RunCommand::Run(const CommandLine& line, Console& console) {
  request_.common = line.common;
  argv_ = line.operands;
  if (argv_.empty()) return console.Complain(Misuse("there is no COMMAND"));
  const Expected<binfmt::Program> program = FindCommand(argv_[0], path_);
  if (!program) return CannotStart(program.error(), console);
  if (program->elf && !RunsNatively(*program)) foreign_ = TargetOf(*program);
  if (Expected<void> chosen = ChooseTargets(); !chosen) {
    return console.Complain(chosen.error());
  }
  const Expected<OpenRegistry> open = ReadOwnEntries(line.common.dir);
  std::optional<EntryTable> table;
  if (open) table.emplace(open->registry, open->entries);
  const auto runs = [&](const Target* target) {
    // Where the entries cannot be seen, by trying.
    if (!table) return WhyNot(Probe(*target, nullptr, nullptr)).empty();
    const EntryRow* const row = table->HandlerOf(*target);
    return row != nullptr && table->Check(*row);
  };
  // Where no target has an emulator, one that runs is "all".
  const bool is_ready =
      request_.all && request_.targets.empty()
          ? absl::c_any_of(arch_table::Targets(),
                           [&](const Target& target) {
                             return !IsNative(target) && runs(&target);
                           })
          : absl::c_all_of(request_.targets, runs);
  if (line.common.dry_run) {
    // In a child process, with which its namespaces end.
    const Expected<std::string> done =
        binfmt::CallInChild([&]() -> Expected<std::string> {
          request_.common.dry_run = false;
          if (!is_ready && !Prepare(table, console)) return "";
          return Message("would start $0$1\n", path_,
                         has_handlers_ ? " with handlers of its own" : "");
        });
    if (!done) return console.Complain(done.error());
    if (done->empty()) return console.set_status(kExitNoHandlers);
    return console.Result(*done);
  }
  if (!is_ready && !Prepare(table, console)) return;
  Start(program->elf.has_value(), console);
}

}  // namespace

std::unique_ptr<Applet> RunCommandApplet() {
  return std::make_unique<RunCommand>();
}

}  // namespace cmd
