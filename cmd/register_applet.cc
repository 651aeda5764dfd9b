// SPDX-License-Identifier: Apache-2.0
// register: makes the kernel start an emulator for foreign programs.
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/strip.h"
#include "binfmt/array.h"
#include "binfmt/binfmt_d.h"
#include "binfmt/binfmt_d_writer.h"
#include "binfmt/clock.h"
#include "binfmt/cmdline.h"
#include "binfmt/guard.h"
#include "binfmt/install.h"
#include "binfmt/interpreter.h"
#include "binfmt/io.h"
#include "binfmt/lifetime.h"
#include "binfmt/memory.h"
#include "binfmt/mount.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/interpreter_search.h"
#include "cmd/json.h"
#include "cmd/plan.h"
#include "cmd/targets.h"
#include "cmd/troubles.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Error;
using binfmt::Misuse;
using binfmt::Printable;

constexpr uint32_t kMostSeconds = 86400;
constexpr int kHoldInterval = 5000;  // milliseconds
constexpr int kPollInterval = 100;   // milliseconds
constexpr size_t kMaxFileLength = 1 << 20;

constexpr char kOptions[] =
    "  -I, --interpreter PATH  this interpreter (for one target)\n"
    "  -Q, --qemu-path DIR    the directory of the interpreters\n"
    "  -F, --qemu-suffix SUFFIX  what follows qemu-NAME in their names\n"
    "  -p, --persistent yes|no  open the interpreter now, so that it is found "
    "in\n"
    "                         every container (flag F; default yes)\n"
    "  -c, --credential yes|no  run setuid programs with their owner's rights\n"
    "                         (flags O and C; default no)\n"
    "  -g, --preserve-argv0 yes|no|auto  hand argv[0] over (flag P; default\n"
    "                         auto: where it is understood)\n"
    "  -i, --ignore-family yes|no  register what this machine runs by itself,\n"
    "                         too (default no)\n"
    "      --replace          swap entries that differ, without a gap\n"
    "      --override         register in front of other handlers\n"
    "      --rule RECORD      register this record of the kernel's syntax\n"
    "  -f, --file FILE        register the records of a binfmt.d file (-: "
    "stdin)\n"
    "      --cmdline          read binfmt.targets= and binfmt.flags= of the "
    "kernel\n"
    "                         command line\n"
    "      --binfmt-d DIR     leave the records in DIR, too, for "
    "systemd-binfmt\n"
    "      --mount            mount binfmt_misc first, as binfmt-mount does\n"
    "      --module FILE      with --mount: the kernel module to load\n"
    "      --userns           with --mount: in any user namespace\n"
    "      --host             with --mount: in PID 1's mount namespace, too\n"
    "      --wait SEC         wait for interpreters that are not there yet\n"
    "      --hold             stay until SIGTERM or SIGINT and put back what "
    "gets\n"
    "                         lost\n";

struct Settings {
  bool mount = false;
  bool cmdline = false;
  bool hold = false;
  bool ignore_native = false;
  int64_t wait = 0;       // milliseconds
  binfmt::Text binfmt_d;  // a directory, or empty
  RecordOptions record;
  binfmt::MountOptions mounting;
  binfmt::InstallOptions install;
};

// What was asked for.
struct Request {
  TargetList targets;
  TargetList named;  // those of them that were asked for by name
  bool all = false;
  binfmt::Array<std::string_view> rules;
  binfmt::Array<std::string_view> files;
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
  return Misuse("option --@ takes yes, no or auto, not \"%\"", given.name,
                given.value);
}

// Reads a value that is a directory.
Error ReadDirectory(const GivenOption& given, binfmt::Text* value) {
  std::string_view dir = given.value;
  if (dir.empty() || dir[0] != '/') {
    return Misuse("option --@ needs an absolute path", given.name);
  }
  // "DIR/" is DIR, or the same entry would differ from itself.
  while (dir.size() > 1 && dir.back() == '/') dir.remove_suffix(1);
  *value = dir;
  return binfmt::Ok();
}

// Reads a value that is a number of seconds.
Error ReadSeconds(const GivenOption& given, int64_t* milliseconds) {
  uint32_t seconds;
  if (!binfmt::ParseDecimal(given.value, kMostSeconds, &seconds)) {
    return Misuse("option --@ takes a number of seconds, at most @, not \"%\"",
                  given.name, binfmt::Decimal(kMostSeconds), given.value);
  }
  *milliseconds = int64_t{seconds} * 1000;
  return binfmt::Ok();
}

Error ReadSettings(const CommandLine& line, Settings* settings,
                   Request* request) {
  settings->install.dry_run = line.common.dry_run;
  settings->mounting.dry_run = line.common.dry_run;
  for (const GivenOption& given : line.options) {
    Error error = binfmt::Ok();
    if (given.Is("mount")) {
      settings->mount = true;
    } else if (given.Is("module")) {
      settings->mounting.module = binfmt::Text(given.value);
    } else if (given.Is("userns")) {
      settings->mounting.allow_user_namespace = true;
    } else if (given.Is("host")) {
      settings->mounting.on_host = true;
    } else if (given.Is("cmdline")) {
      settings->cmdline = true;
    } else if (given.Is("hold")) {
      settings->hold = true;
      settings->mounting.holds = true;
    } else if (given.Is("wait")) {
      error = ReadSeconds(given, &settings->wait);
    } else if (given.Is("rule")) {
      request->rules.push_back(given.value);
    } else if (given.Is("file")) {
      request->files.push_back(given.value);
    } else if (given.Is("interpreter")) {
      settings->record.interpreter = binfmt::Text(given.value);
      if (given.value.empty()) {
        error = Misuse("option --interpreter needs a path");
      }
    } else if (given.Is("qemu-path")) {
      error = ReadDirectory(given, &settings->record.search.dir);
    } else if (given.Is("binfmt-d")) {
      error = ReadDirectory(given, &settings->binfmt_d);
    } else if (given.Is("qemu-suffix")) {
      settings->record.search.suffix = binfmt::Text(given.value);
    } else if (given.Is("persistent")) {
      error = ParseYesNo(given, &settings->record.persistent);
    } else if (given.Is("credential")) {
      bool value = false;
      error = ParseYesNo(given, &value);
      settings->record.credential = value;
    } else if (given.Is("preserve-argv0")) {
      error = ReadChoice(given, &settings->record.preserve_argv0);
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

// The value of the environment variable NAME, or nothing.
std::string_view Environment(std::string_view name) {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view line = *entry;
    if (absl::ConsumePrefix(&line, name) && absl::ConsumePrefix(&line, "=")) {
      return line;
    }
  }
  return "";
}

// Reads the kernel's command line into LINE, and the flags in it into SETTINGS,
// where no option speaks of them.
Error ReadCmdline(Settings* settings, binfmt::Text* line) {
  if (settings->mount) {
    Error error = binfmt::MountProc(settings->mounting.dry_run);
    if (!error.ok()) return error;
  }
  if (Error error = binfmt::ReadCommandLine(line); !error.ok()) return error;
  RecordOptions& record = settings->record;
  for (const char& flag : binfmt::FindParameter(*line, "binfmt.flags")) {
    if (flag == 'C') {
      if (!record.credential.has_value()) record.credential = true;
    } else if (flag == 'P') {
      if (record.preserve_argv0 == Choice::kAuto) {
        record.preserve_argv0 = Choice::kYes;
      }
    } else if (flag != 'F') {  // which is the default
      return Misuse(
          "unknown flag \"%\" in binfmt.flags= of the kernel command line, "
          "which takes C, F and P",
          std::string_view(&flag, 1));
    }
  }
  return binfmt::Ok();
}

// What to register where the command line names nothing. CMDLINE is the
// kernel's, or empty.
binfmt::Array<std::string_view> DefaultWords(std::string_view cmdline) {
  for (const char* variable : {"QEMU_TARGET_LIST", "qemu_target_list"}) {
    binfmt::Array<std::string_view> words = SplitWords(Environment(variable));
    if (!words.empty()) return words;
  }
  binfmt::Array<std::string_view> words =
      SplitWords(binfmt::FindParameter(cmdline, "binfmt.targets"));
  if (words.empty()) words.push_back("all");
  return words;
}

Error ReadRequest(const CommandLine& line, const Settings& settings,
                  std::string_view cmdline, Request* request) {
  binfmt::Array<std::string_view> words;
  for (const std::string_view operand : line.operands) {
    for (const std::string_view word : SplitWords(operand)) {
      words.push_back(word);
    }
  }
  if (words.empty() && !line.operands.empty()) {
    return Misuse("an operand names no target");
  }
  if (words.empty() && request->rules.empty() && request->files.empty()) {
    words = DefaultWords(cmdline);
  }
  for (const std::string_view word : words) {
    if (word == "all") {
      request->all = true;
      continue;
    }
    const Target* target;
    if (Error error = ParseTarget(word, &target); !error.ok()) return error;
    if (!Contains(request->named, target)) request->named.push_back(target);
  }
  if (!settings.record.interpreter.empty() &&
      (request->all || request->named.size() != 1)) {
    return Misuse("option --interpreter goes with one target");
  }
  if (!request->all) {
    request->targets = request->named;
    return binfmt::Ok();
  }
  for (const Target& target : arch_table::Targets()) {
    request->targets.push_back(&target);
  }
  return binfmt::Ok();
}

// What is not in the plan yet: a target, or a rule.
struct Wish {
  const Target* target;  // nullptr: a rule
  std::string_view rule;
  binfmt::Text origin;  // begins what is complained of
};

// Does the work for one request.
class Registrar {
 public:
  Registrar(const CommandLine& line, const Settings& settings,
            const Request& request, Console* console)
      : line_(line),
        settings_(settings),
        request_(request),
        console_(console),
        may_lock_(settings.wait == 0),
        plan_(settings.record, &entries_) {}

  void Run() {
    if (settings_.hold) binfmt::PrepareToHold();
    binfmt::Registry registry;
    Error error = OpenRegistry(&registry, &entries_);
    // Who holds makes the plan all the same: it may come up later.
    if (error.ok() || settings_.hold) MakePlan();
    planned_ = console_->status();
    if (error.ok() && settings_.wait != 0) {
      // Others were not kept waiting, so what is there may have changed.
      may_lock_ = true;
      error = OpenRegistry(&registry, &entries_);
    }
    if (error.ok() && !ended_) error = Install(&registry);
    registry.Unlock();
    if (!error.ok()) console_->Complain(error);
    if (settings_.hold && !line_.common.dry_run && !ended_) Hold();
  }

 private:
  Error OpenRegistry(binfmt::Registry* registry,
                     binfmt::Array<binfmt::Entry>* entries) {
    const binfmt::Text& dir = line_.common.dir;
    if (settings_.mount) {
      binfmt::MountOutcome outcome;
      if (Error error =
              binfmt::MountBinfmtMisc(dir, settings_.mounting, &outcome);
          !error.ok()) {
        return error;
      }
      // A dry run mounts nothing, and what is not mounted has no entries.
      if (line_.common.dry_run && outcome == binfmt::MountOutcome::kMounted) {
        return binfmt::Ok();
      }
    }
    if (Error error = binfmt::Registry::Open(dir, registry); !error.ok()) {
      return error;
    }
    if (may_lock_ && !line_.common.dry_run) registry->Lock();
    if (!settings_.mount && !settings_.hold) {
      if (Error error = binfmt::CheckLasts(dir); !error.ok()) return error;
    }
    bool enabled = false;
    if (Error error = registry->ReadEnabled(&enabled); !error.ok()) {
      return error;
    }
    if (!enabled) {
      return binfmt::Failure(
          0,
          "binfmt_misc is disabled as a whole, so no entry would be of use; "
          "enable it with: echo 1 > %/status",
          dir);
    }
    return registry->ReadAll(entries);
  }

  void MakePlan() {
    Collect();
    plan_.Vet(request_.named, settings_.ignore_native, &guard_, console_);
    if (!binfmt::SelinuxEnforces()) return;
    for (const binfmt::Record& record : plan_.records()) {
      if (const binfmt::Text hint = binfmt::SelinuxHint(record.interpreter);
          !hint.empty()) {
        console_->Note(hint);
      }
    }
  }

  // Puts all that was asked for into the plan, waiting for interpreters as long
  // as settings_ say. "all" waits for the first interpreter of any target only:
  // nobody knows how many come.
  void Collect() {
    const int64_t end = binfmt::MonotonicMilliseconds() + settings_.wait;
    for (const std::string_view rule : request_.rules) {
      wishes_.push_back({nullptr, rule, ""});
    }
    // What is wrong with these is said before standard input is waited for.
    (void)TryWishes(settings_.wait == 0);
    for (const std::string_view file : request_.files) AddFile(file);
    for (const Target* target : request_.targets) {
      wishes_.push_back({target, "", binfmt::Fill("@: ", target->EntryName())});
    }
    for (;;) {
      const bool last = ended_ || binfmt::MonotonicMilliseconds() >= end;
      const bool complete = TryWishes(last);
      const bool none = request_.all && !any_target_;
      if (last && none) {
        console_->Complain(binfmt::Failure(
            ENOENT,
            "there is no interpreter for any target in @; install "
            "qemu-user-static, or name a directory with --qemu-path",
            SearchPlaces(settings_.record.search)));
      }
      if (last || (complete && !none)) return;
      while (!ended_ && binfmt::MonotonicMilliseconds() < end &&
             !HasAppeared()) {
        Pause();
      }
    }
  }

  // The lines of FILE ("-": standard input) in the syntax of binfmt.d(5).
  void AddFile(const binfmt::Text& file) {
    binfmt::Text text;
    const int errnum =
        file == "-" ? binfmt::ReadAll(0, kMaxFileLength, &text)
                    : binfmt::ReadFileAt(binfmt::kCurrentDir, file.c_str(),
                                         kMaxFileLength, &text);
    if (errnum != 0) {
      console_->Complain(binfmt::SystemError("read", file, errnum));
      return;
    }
    std::string_view rest = text;
    std::string_view line;
    for (unsigned number = 0; binfmt::NextRecordLine(&rest, &number, &line);) {
      wishes_.push_back({nullptr, line,
                         binfmt::Fill("%:@: ", file, binfmt::Decimal(number))});
    }
  }

  // Puts into the plan what has an interpreter. The others stay wishes; the
  // LAST time they are complained of, but for those of "all", which is every
  // target that has an interpreter. True where none is missed.
  bool TryWishes(bool last) {
    bool complete = true;
    size_t kept = 0;
    for (size_t i = 0; i < wishes_.size(); ++i) {
      const Wish wish = wishes_[i];
      Error error = wish.target != nullptr ? plan_.AddTarget(*wish.target)
                                           : plan_.AddRule(wish.rule);
      if (error.errnum() == ENOENT) {
        const bool missed =
            wish.target == nullptr || Contains(request_.named, wish.target);
        complete &= !missed;
        if (!missed || !last) {
          wishes_[kept++] = wish;
          continue;
        }
      }
      any_target_ |= wish.target != nullptr;
      if (error.ok()) continue;
      error.SetText("@@", wish.origin, error.text());
      console_->Complain(error);
    }
    wishes_.resize(kept);
    return complete;
  }

  bool HasAppeared() const {
    const binfmt::MemoryScope look;
    for (const Wish& wish : wishes_) {
      if (!(wish.target != nullptr ? plan_.LacksInterpreter(*wish.target)
                                   : plan_.LacksInterpreter(wish.rule))) {
        return true;
      }
    }
    return false;
  }

  // Sleeps until the next look; who holds is ended by a signal meanwhile.
  void Pause() {
    if (settings_.hold) {
      ended_ = binfmt::WaitForEnd(kPollInterval);
    } else {
      binfmt::SleepMilliseconds(kPollInterval);
    }
  }

  Error Install(binfmt::Registry* registry) {
    binfmt::Array<binfmt::Outcome> outcomes;
    binfmt::InstallOptions options = settings_.install;
    options.guard = &guard_;
    if (Error error = binfmt::Install(registry, entries_, plan_.records(),
                                      options, &outcomes);
        !error.ok()) {
      return error;
    }
    Report(outcomes);
    return binfmt::Ok();
  }

  // Stays and puts back what gets lost. A trouble that has healed in the end
  // does not count.
  void Hold() {
    Troubles troubles;
    bool holds = false;
    for (;;) {
      console_->Flush();
      if (binfmt::WaitForEnd(kHoldInterval)) break;
      const binfmt::MemoryScope turn;
      troubles.BeginTurn();
      troubles.Tell(PutBack(&troubles, &holds), console_);
    }
    if (holds) console_->set_status(planned_);
  }

  // Registers what is not there. *HOLDS: in the end all is as it was planned.
  Error PutBack(Troubles* troubles, bool* holds) {
    *holds = false;
    binfmt::Registry registry;
    binfmt::Array<binfmt::Entry> entries;
    if (Error error = OpenRegistry(&registry, &entries); !error.ok()) {
      return error;
    }
    bool differs = false;
    binfmt::Array<binfmt::Record> lost;
    for (const binfmt::Record& record : plan_.records()) {
      bool there = false;
      for (const binfmt::Entry& entry : entries) {
        if (entry.record.name != record.name) continue;
        there = true;
        const binfmt::Text difference =
            binfmt::Difference(entry, binfmt::EntryOf(record));
        if (difference.empty()) continue;
        differs = true;
        troubles->Tell(binfmt::Failure(EEXIST, "% was changed: @; left alone",
                                       record.name, difference),
                       console_);
      }
      if (!there) lost.push_back(record);
    }
    binfmt::Array<binfmt::Outcome> outcomes;
    if (!lost.empty()) {
      binfmt::InstallOptions options = settings_.install;
      options.guard = &guard_;
      Error error =
          binfmt::Install(&registry, entries, lost, options, &outcomes);
      if (!error.ok()) return error;
    }
    for (size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].error.ok()) {
        console_->Note("% was not there; registered it", lost[i].name);
      }
      differs |= !outcomes[i].error.ok();
      troubles->Tell(outcomes[i].error, console_);
    }
    *holds = !differs;
    return binfmt::Ok();
  }

  const char* Word(binfmt::Change change) const {
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

  void Report(const binfmt::Array<binfmt::Outcome>& outcomes) {
    bool hint = false;
    JsonWriter json;
    json.BeginObject();
    json.Key("entries");
    json.BeginArray();
    for (size_t i = 0; i < outcomes.size(); ++i) {
      const binfmt::Outcome& outcome = outcomes[i];
      const binfmt::Record& record = plan_.records()[i];
      const Target* target = plan_.targets()[i];
      if (!outcome.error.ok()) console_->Complain(outcome.error);
      hint |= (outcome.change == binfmt::Change::kAdded ||
               outcome.change == binfmt::Change::kReplaced) &&
              (record.flags & binfmt::kCredentials) == 0;
      const binfmt::Text flags = binfmt::FlagLetters(record.flags);
      if (outcome.error.ok() && !settings_.binfmt_d.empty() &&
          !line_.common.dry_run) {
        if (Error error = binfmt::WriteBinfmtD(settings_.binfmt_d, record);
            !error.ok()) {
          console_->Complain(error);
        }
      }
      const char* word = Word(outcome.change);
      if (line_.common.json) {
        json.BeginObject();
        json.Field("name", record.name);
        json.Key("target");
        if (target == nullptr) {
          json.Null();
        } else {
          json.String(target->name());
        }
        json.Field("result", word);
        json.Field("interpreter", record.interpreter);
        json.Field("flags", flags);
        json.Key("shadows");
        json.BeginArray();
        for (const binfmt::Text& name : outcome.shadows) json.String(name);
        json.EndArray();
        json.EndObject();
      } else if (outcome.change != binfmt::Change::kFailed) {
        binfmt::Text shadows;
        if (!settings_.install.replace) {
          for (const binfmt::Text& name : outcome.shadows) {
            shadows = binfmt::Fill("@@%", shadows,
                                   shadows.empty() ? ", shadows " : " ", name);
          }
        }
        console_->Result("%: @, %@@@\n", record.name, word, record.interpreter,
                         flags.empty() ? "" : ", flags ", flags, shadows);
      }
    }
    json.EndArray();
    json.EndObject();
    if (line_.common.json) console_->Result("@\n", json.text());
    if (hint && !line_.common.dry_run &&
        !settings_.record.credential.has_value()) {
      console_->Note(
          "setuid programs (sudo) will run without their rights; "
          "--credential yes gives them");
    }
  }

  const CommandLine& line_;
  const Settings& settings_;
  const Request& request_;
  Console* console_;
  binfmt::Array<binfmt::Entry> entries_;
  bool may_lock_;
  binfmt::Guard guard_;
  Plan plan_;
  binfmt::Array<Wish> wishes_;
  bool any_target_ = false;  // has an interpreter
  int planned_ = kExitOk;    // the exit status of what can't be planned
  bool ended_ = false;       // by a signal
};

void Run(const CommandLine& line, Console* console) {
  Settings settings;
  Request request;
  Error error = ReadSettings(line, &settings, &request);
  if (error.ok() && !settings.mount &&
      (settings.mounting.on_host || settings.mounting.allow_user_namespace ||
       !settings.mounting.module.empty())) {
    error = Misuse("options --host, --module and --userns go with --mount");
  }
  binfmt::Text cmdline;
  if (error.ok() && settings.cmdline) error = ReadCmdline(&settings, &cmdline);
  if (error.ok()) error = ReadRequest(line, settings, cmdline, &request);
  if (!error.ok()) {
    console->Complain(error);
    return;
  }
  if (!console->CanReport()) return;
  Registrar(line, settings, request, console).Run();
}

}  // namespace

const Applet kRegisterApplet = {
    "register",
    " [TARGET]...",
    "Register QEMU's user-mode emulators as handlers of foreign programs.",
    "A TARGET is written as QEMU (aarch64), Docker (linux/arm64), Debian\n"
    "(armhf), uname (armv7l) or Go (mips64le) write it; all is every target\n"
    "that has an interpreter and that this machine does not run by itself.\n"
    "Without TARGET: the words of $QEMU_TARGET_LIST, else of\n"
    "$qemu_target_list, else, with --cmdline, of binfmt.targets=, else all.\n",
    kOptions,
    Run,
};

}  // namespace cmd
