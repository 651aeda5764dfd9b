// SPDX-License-Identifier: Apache-2.0
// register: makes the kernel start an emulator for foreign programs.
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "binfmt/install.h"
#include "binfmt/mount.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/interpreter_search.h"
#include "cmd/json.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Error;
using binfmt::Misuse;
using binfmt::Printable;

constexpr Option kOptions[] = {
    {0, "mount", nullptr, "mount binfmt_misc first, as binfmt-mount does"},
    {0, "userns", nullptr, "with --mount: in any user namespace"},
    {'I', "interpreter", "PATH", "this interpreter (for one target)"},
    {'Q', "qemu-path", "DIR", "the directory of the interpreters"},
    {'F', "qemu-suffix", "SUFFIX", "what follows qemu-NAME in their names"},
    {'p', "persistent", "yes|no",
     "open the interpreter now, so that it is found in every container (flag "
     "F; default yes)"},
    {'c', "credential", "yes|no",
     "run setuid programs with their owner's rights (flags O and C; default "
     "no)"},
    {'g', "preserve-argv0", "yes|no|auto",
     "hand argv[0] over (flag P; default auto: where it is understood)"},
    {'i', "ignore-family", "yes|no",
     "register what this machine runs by itself, too (default no)"},
    {0, "replace", nullptr, "swap entries that differ, without a gap"},
    {0, "override", nullptr, "register in front of other handlers"},
};

enum class Choice { kNo, kYes, kAuto };

struct Settings {
  bool mount = false;
  bool user_namespace = false;
  bool ignore_native = false;
  bool persistent = true;
  std::optional<bool> credential;
  Choice preserve_argv0 = Choice::kAuto;
  std::string interpreter;
  SearchOptions search;
  binfmt::InstallOptions install;
};

// The targets that were asked for.
struct Request {
  TargetList targets;
  bool all = false;
};

Error ReadChoice(const GivenOption& given, Choice* choice) {
  if (given.value == "auto") {
    *choice = Choice::kAuto;
    return binfmt::Ok();
  }
  bool yes;
  if (ParseYesNo(given, &yes).ok()) {
    *choice = yes ? Choice::kYes : Choice::kNo;
    return binfmt::Ok();
  }
  return Misuse("option --@ takes yes, no or auto, not \"%\"",
                {given.option->name, given.value});
}

Error ReadSettings(const CommandLine& line, Settings* settings) {
  settings->install.dry_run = line.common.dry_run;
  for (const GivenOption& given : line.options) {
    Error error = binfmt::Ok();
    if (given.Is("mount")) {
      settings->mount = true;
    } else if (given.Is("userns")) {
      settings->user_namespace = true;
    } else if (given.Is("interpreter")) {
      settings->interpreter = std::string(given.value);
      if (given.value.empty()) {
        error = Misuse("option --interpreter needs a path", {});
      }
    } else if (given.Is("qemu-path")) {
      settings->search.dir = std::string(given.value);
      if (given.value.empty() || given.value[0] != '/') {
        error = Misuse("option --qemu-path needs an absolute path", {});
      }
    } else if (given.Is("qemu-suffix")) {
      settings->search.suffix = std::string(given.value);
    } else if (given.Is("persistent")) {
      error = ParseYesNo(given, &settings->persistent);
    } else if (given.Is("credential")) {
      bool value = false;
      error = ParseYesNo(given, &value);
      settings->credential = value;
    } else if (given.Is("preserve-argv0")) {
      error = ReadChoice(given, &settings->preserve_argv0);
    } else if (given.Is("ignore-family")) {
      error = ParseYesNo(given, &settings->ignore_native);
    } else if (given.Is("replace")) {
      settings->install.replace = true;
    } else if (given.Is("override")) {
      settings->install.override_others = true;
    }
    if (!error.ok()) return error;
  }
  return binfmt::Ok();
}

// What to register where the command line names nothing.
std::vector<std::string_view> DefaultWords() {
  for (const char* variable : {"QEMU_TARGET_LIST", "qemu_target_list"}) {
    const char* list = std::getenv(variable);
    if (list == nullptr) continue;
    std::vector<std::string_view> words = SplitWords(list);
    if (!words.empty()) return words;
  }
  return {"all"};
}

Error ReadRequest(const CommandLine& line, const Settings& settings,
                  Request* request) {
  std::vector<std::string_view> words;
  for (const std::string_view operand : line.operands) {
    for (const std::string_view word : SplitWords(operand)) {
      words.push_back(word);
    }
  }
  if (words.empty()) {
    if (!line.operands.empty()) return Misuse("an operand names no target", {});
    words = DefaultWords();
  }
  for (const std::string_view word : words) {
    if (word == "all") {
      request->all = true;
      continue;
    }
    const Target* target;
    if (Error error = ParseTarget(word, &target); !error.ok()) return error;
    bool known = false;
    for (const Target* other : request->targets) known |= other == target;
    if (!known) request->targets.push_back(target);
  }
  if (!settings.interpreter.empty() &&
      (request->all || request->targets.size() != 1)) {
    return Misuse("option --interpreter goes with one target", {});
  }
  if (!request->all) return binfmt::Ok();
  request->targets.clear();
  for (const Target& target : arch_table::Targets()) {
    request->targets.push_back(&target);
  }
  return binfmt::Ok();
}

// Does the work for one request.
class Registrar {
 public:
  Registrar(const CommandLine& line, const Settings& settings, Console* console)
      : line_(line), settings_(settings), console_(console) {}

  Error Run(const Request& request) {
    if (Error error = OpenRegistry(); !error.ok()) return error;
    if (Error error = CollectCandidates(request); !error.ok()) return error;
    if (Error error = DropNative(request.all); !error.ok()) return error;
    if (targets_.empty() && request.all && !failed_) {
      return binfmt::Failure(
          "there is no interpreter for any target in /usr/bin, "
          "/usr/local/bin or /usr/libexec/qemu-binfmt; install "
          "qemu-user-static, or name its directory with --qemu-path",
          ENOENT);
    }
    for (binfmt::Record& record : records_) AdoptCredential(&record);
    std::vector<binfmt::Outcome> outcomes;
    if (Error error = binfmt::Install(&registry_, entries_, records_,
                                      settings_.install, &outcomes);
        !error.ok()) {
      return error;
    }
    Report(outcomes);
    return binfmt::Ok();
  }

 private:
  Error OpenRegistry() {
    const std::string& dir = line_.common.dir;
    if (settings_.mount) {
      binfmt::MountOptions options;
      options.allow_user_namespace = settings_.user_namespace;
      options.dry_run = line_.common.dry_run;
      binfmt::MountOutcome outcome;
      if (Error error = binfmt::MountBinfmtMisc(dir, options, &outcome);
          !error.ok()) {
        return error;
      }
      // A dry run mounts nothing, and what is not mounted has no entries.
      if (line_.common.dry_run && outcome == binfmt::MountOutcome::kMounted) {
        return binfmt::Ok();
      }
    }
    if (Error error = binfmt::Registry::Open(dir, &registry_); !error.ok()) {
      return error;
    }
    bool enabled = false;
    if (Error error = registry_.ReadEnabled(&enabled); !error.ok()) {
      return error;
    }
    if (!enabled) {
      return binfmt::Failure(
          "binfmt_misc is disabled as a whole, so no entry would be of use; "
          "enable it with: echo 1 > %/status",
          {dir});
    }
    return registry_.ReadAll(&entries_);
  }

  // Finds the interpreters; fills targets_ and records_.
  Error CollectCandidates(const Request& request) {
    for (const Target* target : request.targets) {
      FoundInterpreter found;
      Error error = Locate(*target, &found);
      if (error.ok()) {
        targets_.push_back(target);
        records_.push_back(MakeRecord(*target, found.path));
        continue;
      }
      // "all" is every target that has an interpreter.
      if (request.all && error.errnum == ENOENT) continue;
      failed_ = true;
      error.text = binfmt::Fill("@: @", {target->EntryName(), error.text});
      console_->Complain(error);
    }
    return binfmt::Ok();
  }

  Error Locate(const Target& target, FoundInterpreter* found) const {
    if (settings_.interpreter.empty()) {
      return FindInterpreter(target, settings_.search, found);
    }
    found->path = settings_.interpreter;
    return binfmt::InspectInterpreter(found->path, &found->facts);
  }

  binfmt::Record MakeRecord(const Target& target,
                            const std::string& interpreter) const {
    binfmt::Record record;
    record.name = target.EntryName();
    record.magic = std::string(target.magic());
    record.mask = std::string(target.mask());
    record.interpreter = interpreter;
    if (settings_.persistent) record.flags |= binfmt::kFixBinary;
    if (settings_.credential.value_or(false)) {
      record.flags |= binfmt::kCredentials | binfmt::kOpenBinary;
    }
    if (settings_.preserve_argv0 == Choice::kYes ||
        (settings_.preserve_argv0 == Choice::kAuto &&
         UnderstandsPreservedArgv0(interpreter))) {
      record.flags |= binfmt::kPreserveArgv0;
    }
    return record;
  }

  // Leaves out what this machine runs by itself.
  Error DropNative(bool all) {
    if (settings_.ignore_native) return binfmt::Ok();
    std::vector<int> native;
    if (Error error = FindNative(targets_, &native); !error.ok()) return error;
    size_t kept = 0;
    for (size_t i = 0; i < targets_.size(); ++i) {
      if (native[i] == 0) {
        if (kept != i) {
          targets_[kept] = targets_[i];
          records_[kept] = std::move(records_[i]);
        }
        ++kept;
      } else if (!all) {
        failed_ = true;
        console_->Complain(
            binfmt::Failure("@: this machine runs programs for @ by itself; "
                            "register it all the same with --ignore-family yes",
                            {records_[i].name, targets_[i]->name()}));
      }
    }
    if (all && kept == 0 && !targets_.empty()) failed_ = true;
    targets_.resize(kept);
    records_.resize(kept);
    return binfmt::Ok();
  }

  // A replacement keeps the old entry's C unless told otherwise: whoever set
  // it needs sudo in a container to go on working.
  void AdoptCredential(binfmt::Record* record) const {
    if (!settings_.install.replace || settings_.credential.has_value()) return;
    for (const binfmt::Entry& entry : entries_) {
      if (entry.record.name == record->name &&
          (entry.record.flags & binfmt::kCredentials) != 0) {
        record->flags |= binfmt::kCredentials | binfmt::kOpenBinary;
      }
    }
  }

  std::string_view Word(binfmt::Change change) const {
    const bool dry = line_.common.dry_run;
    switch (change) {
      case binfmt::Change::kUnchanged:
        return "unchanged";
      case binfmt::Change::kAdded:
        return dry ? "would be registered" : "registered";
      case binfmt::Change::kReplaced:
        return dry ? "would be replaced" : "replaced";
      case binfmt::Change::kFailed:
        break;
    }
    return "failed";
  }

  void Report(const std::vector<binfmt::Outcome>& outcomes) {
    bool hint = false;
    JsonWriter json;
    json.BeginObject();
    json.Key("entries");
    json.BeginArray();
    for (size_t i = 0; i < outcomes.size(); ++i) {
      const binfmt::Outcome& outcome = outcomes[i];
      const binfmt::Record& record = records_[i];
      if (!outcome.error.ok()) console_->Complain(outcome.error);
      hint |= (outcome.change == binfmt::Change::kAdded ||
               outcome.change == binfmt::Change::kReplaced) &&
              (record.flags & binfmt::kCredentials) == 0;
      const std::string flags = binfmt::FlagLetters(record.flags);
      const std::string_view word = Word(outcome.change);
      if (line_.common.json) {
        json.BeginObject();
        json.Field("name", record.name);
        json.Field("target", targets_[i]->name());
        json.Field("result", word);
        json.Field("interpreter", record.interpreter);
        json.Field("flags", flags);
        json.Key("shadows");
        json.BeginArray();
        for (const std::string& name : outcome.shadows) json.String(name);
        json.EndArray();
        json.EndObject();
      } else if (outcome.change != binfmt::Change::kFailed) {
        console_->Result(binfmt::Fill(
            "@: @, %@@@\n",
            {record.name, word, record.interpreter,
             flags.empty() ? "" : ", flags ", flags,
             outcome.shadows.empty() || settings_.install.replace
                 ? ""
                 : binfmt::Fill(", shadows %", {Printable(absl::StrJoin(
                                                   outcome.shadows, " "))})}));
      }
    }
    json.EndArray();
    json.EndObject();
    if (line_.common.json) console_->Result(json.text() + "\n");
    if (hint && !settings_.credential.has_value()) {
      console_->Note(
          "setuid programs (sudo) will run without their rights; "
          "--credential yes gives them");
    }
  }

  const CommandLine& line_;
  const Settings& settings_;
  Console* console_;
  binfmt::Registry registry_;
  std::vector<binfmt::Entry> entries_;
  TargetList targets_;                   // what is to be registered,
  std::vector<binfmt::Record> records_;  // and as what
  bool failed_ = false;                  // something was complained of
};

void Run(const CommandLine& line, Console* console) {
  Settings settings;
  Request request;
  Error error = ReadSettings(line, &settings);
  if (error.ok()) error = ReadRequest(line, settings, &request);
  if (!error.ok()) {
    console->Complain(error);
    return;
  }
  if (!console->CanReport()) return;
  error = Registrar(line, settings, console).Run(request);
  if (!error.ok()) console->Complain(error);
}

}  // namespace

const Applet kRegisterApplet = {
    "register",
    "[TARGET]...",
    "Register QEMU's user-mode emulators as handlers of foreign programs.",
    "A TARGET is written as QEMU (aarch64), Docker (linux/arm64), Debian\n"
    "(armhf), uname (armv7l) or Go (mips64le) write it; all is every target\n"
    "that has an interpreter and that this machine does not run by itself.\n"
    "Without TARGET: the words of $QEMU_TARGET_LIST, else of\n"
    "$qemu_target_list, else all.\n",
    kOptions,
    sizeof(kOptions) / sizeof(Option),
    Run,
};

}  // namespace cmd
