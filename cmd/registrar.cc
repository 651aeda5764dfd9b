// SPDX-License-Identifier: Apache-2.0
#include "cmd/registrar.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "arch_table/table.h"
#include "binfmt/array.h"
#include "binfmt/binfmt_d.h"
#include "binfmt/clock.h"
#include "binfmt/debian_format.h"
#include "binfmt/guard.h"
#include "binfmt/hash_index.h"
#include "binfmt/install.h"
#include "binfmt/interpreter.h"
#include "binfmt/io.h"
#include "binfmt/lifetime.h"
#include "binfmt/memory.h"
#include "binfmt/mount.h"
#include "binfmt/path.h"
#include "binfmt/record_files.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/formats.h"
#include "cmd/interpreter_search.h"
#include "cmd/json.h"
#include "cmd/probe.h"
#include "cmd/recognise.h"
#include "cmd/troubles.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Error;
using binfmt::FileFormat;
using binfmt::operator""_fmt;

constexpr int kHoldInterval = 5000;  // milliseconds
constexpr int kPollInterval = 100;   // milliseconds
constexpr size_t kMaxFileLength = 1 << 20;

// What is not in the plan yet: a target, or a rule.
struct Wish {
  const Target* target;  // nullptr: a rule
  binfmt::Text rule;
  binfmt::Text origin;  // begins what is complained of
};

// Does the work for one request.
class Registrar {
 public:
  Registrar(const CommandLine& line ABSL_ATTRIBUTE_LIFETIME_BOUND,
            const RegisterSettings& settings ABSL_ATTRIBUTE_LIFETIME_BOUND,
            const RegisterRequest& request ABSL_ATTRIBUTE_LIFETIME_BOUND,
            Console* console)
      : line_(line),
        settings_(settings),
        request_(request),
        console_(console),
        may_lock_(settings.wait == 0),
        plan_(settings.record, &entries_) {}

  void Run() {
    if (settings_.print != FileFormat::kNone) {
      MakePlan();
      WriteRecords();
      return;
    }
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
          "enable it with: echo 1 > %/status"_fmt,
          dir);
    }
    return registry->ReadAll(entries);
  }

  void MakePlan() {
    Collect();
    if (request_.for_other_machine) return;
    plan_.Vet(request_.named, settings_.ignore_family == Choice::kYes, &guard_,
              console_);
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
    for (const std::string_view rule : request_.rules) Add(nullptr, rule, "");
    // What is wrong with these is said before standard input is waited for.
    (void)TryWishes(settings_.wait == 0);
    if (request_.system) {
      // The latter gives way (CONF_PATHS of systemd).
      AddDirectories({"/etc/binfmt.d", "/run/binfmt.d",
                      "/usr/local/lib/binfmt.d", "/usr/lib/binfmt.d"},
                     false);
    }
    for (const std::string_view file : request_.files) AddFile(file, false);
    wishes_.reserve(request_.targets.size());
    for (const Target* target : request_.targets) {
      const std::string_view name =
          settings_.record.search.emulator->EntryName(*target);
      if (settings_.if_missing && RunsAlready(*target, name)) continue;
      Add(target, "", binfmt::Fill("@: ", name));
    }
    for (;;) {
      const bool last = ended_ || binfmt::MonotonicMilliseconds() >= end;
      const bool complete = TryWishes(last);
      const bool none = request_.all && !any_target_;
      if (last && none) {
        console_->Complain(binfmt::Failure(
            ENOENT,
            "there is no interpreter for any target in @, or name a directory "
            "with --qemu-path"_fmt,
            SearchAdvice(settings_.record.search)));
      }
      if (last || (complete && !none)) return;
      while (!ended_ && binfmt::MonotonicMilliseconds() < end &&
             !HasAppeared()) {
        Pause();
      }
    }
  }

  // Is TARGET, whose entry is called NAME, to be left out? Its programs run
  // already: by the machine itself or, unless something is to be replaced, by
  // an entry that holds its interpreter. Or NAME is taken, whosever the entry
  // is; who named the target is told how it differs.
  bool RunsAlready(const Target& target, std::string_view name) {
    if (IsNative(&target)) return true;
    if (settings_.install.replace) return false;
    for (const binfmt::Entry& entry : entries_) {
      const bool in_place =
          entry.record.name == name && !Contains(request_.named, &target);
      if (!in_place) {
        if (!entry.enabled || !recogniser_.Takes(entry.record, target))
          continue;
        if ((entry.record.flags & binfmt::kFixBinary) == 0) return false;
      }
      console_->Note(in_place
                         ? "% is there; left alone"_fmt
                         : "% takes programs for @ already; left alone"_fmt,
                     entry.record.name, target.name());
      any_target_ = true;
      return true;
    }
    return false;
  }

  void AddDirectories(const binfmt::Array<binfmt::Text>& dirs, bool any_name) {
    binfmt::Array<binfmt::Text> files;
    const Error error = binfmt::FindRecordFiles(dirs, any_name, &files);
    if (!error.ok()) console_->Complain(error);
    for (const binfmt::Text& file : files) AddFile(file, true);
  }

  // What FILE ("-": standard input) says. One that was FOUND in a directory is
  // no directory itself, and nobody writes into it.
  void AddFile(const binfmt::Text& file, bool found) {
    binfmt::Text text;
    const int errnum =
        file == "-" ? binfmt::ReadAll(0, kMaxFileLength, &text)
        : found && binfmt::IsPipe(file)
            ? EINVAL
            : binfmt::ReadFileAt(binfmt::kCurrentDir, file.c_str(),
                                 kMaxFileLength, &text);
    if (errnum == EISDIR && !found) {
      AddDirectories({file}, true);
      return;
    }
    if (errnum != 0) {
      console_->Complain(binfmt::SystemError("read", file, errnum));
      return;
    }
    unsigned number = 0;
    const auto origin = [&] {
      return binfmt::Fill("%:@: ", file, binfmt::Decimal(number));
    };
    std::string_view rest = text;
    binfmt::Text rule;
    const bool debian = binfmt::IsDebianFormat(text);
    while (debian || binfmt::NextRecordLine(&rest, &number, &rule)) {
      const Error error =
          debian ? binfmt::ParseDebianFormat(text, binfmt::BaseName(file),
                                             &rule, &number)
                 : binfmt::Ok();
      if (error.ok()) {
        Add(nullptr, rule, origin());
      } else {
        ComplainOf(origin(), error);
      }
      if (debian) return;
    }
  }

  void Add(const Target* target, const binfmt::Text& rule,
           const binfmt::Text& origin) {
    wishes_.push_back({target, rule, origin});
  }

  void ComplainOf(const binfmt::Text& origin, Error error) {
    error.SetText("@@", origin, error.text());
    console_->Complain(error);
  }

  // Puts into the plan what has an interpreter. The others stay wishes; the
  // LAST time they are complained of, but for those of "all", which is every
  // target that has an interpreter. True where none is missed.
  bool TryWishes(bool last) {
    bool complete = true;
    size_t kept = 0;
    plan_.Reserve(wishes_.size());
    const Target* before = nullptr;
    for (size_t i = 0; i < wishes_.size(); ++i) {
      const Wish wish = wishes_[i];
      const bool named = Contains(request_.named, wish.target);
      Error error = wish.target != nullptr
                        ? plan_.AddTarget(*wish.target,
                                          named || request_.missing_too, before)
                        : plan_.AddRule(wish.rule);
      before = wish.target;
      if (error.errnum() == ENOENT) {
        const bool missed = wish.target == nullptr || named;
        complete &= !missed;
        if (!missed || !last) {
          wishes_[kept++] = wish;
          continue;
        }
      }
      any_target_ |= wish.target != nullptr;
      if (error.ok()) continue;
      ComplainOf(wish.origin, error);
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

  // Writes the plan to stdout or into files.
  void WriteRecords() {
    binfmt::Array<binfmt::Outcome> outcomes(plan_.records().size());
    for (size_t i = 0; i < outcomes.size(); ++i) {
      outcomes[i].change = binfmt::Change::kAdded;
      if (settings_.dir.empty()) {
        PrintRecord(plan_.records()[i], settings_.print, console_);
      }
    }
    if (!settings_.dir.empty()) Report(outcomes);
  }

  // Leaves RECORD in the directory.
  Error Keep(const binfmt::Record& record) {
    const bool only = settings_.print != FileFormat::kNone;
    const bool debian = settings_.print == FileFormat::kDebian;
    binfmt::Text text;
    Error error = binfmt::FormatForFile(record, settings_.print, &text);
    if (error.ok()) {
      error =
          binfmt::WriteFileIn(settings_.dir,
                              binfmt::Fill("@@@", only ? "" : "binfmtbox-",
                                           record.name, debian ? "" : ".conf"),
                              text);
    }
    if (!error.ok() && !only) {
      error.AddText(
          "; % is registered, and lost when systemd-binfmt starts"_fmt,
          record.name);
    }
    return error;
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
    if (settings_.verify && !line_.common.dry_run) Verify(*registry, &outcomes);
    Report(outcomes);
    return binfmt::Ok();
  }

  // Runs a program through each handler, and takes back what was registered
  // for nothing.
  void Verify(const binfmt::Registry& registry,
              binfmt::Array<binfmt::Outcome>* outcomes) {
    for (size_t i = 0; i < outcomes->size(); ++i) {
      binfmt::Outcome& outcome = (*outcomes)[i];
      if (!outcome.error.ok()) continue;
      const binfmt::Record& record = plan_.records()[i];
      const Target* target = recogniser_.Recognise(record);
      const binfmt::Text why = target == nullptr
                                   ? binfmt::Text("there is none built in"_fmt)
                                   : Probe(*target, nullptr);
      if (why.empty()) continue;
      const bool ours = outcome.change != binfmt::Change::kUnchanged;
      outcome.change = binfmt::Change::kFailed;
      outcome.error =
          binfmt::Failure(0, "%: no program ran: @; @"_fmt, record.name, why,
                          ours ? "taken back" : "left alone");
      if (!ours) continue;
      if (Error error = registry.Remove(record.name); !error.ok()) {
        outcome.error = error;
      }
    }
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
    binfmt::NameIndex names;
    for (const binfmt::Entry& entry : entries) names.Add(entry.record.name);
    for (const binfmt::Record& record : plan_.records()) {
      const int position = names.Find(record.name);
      if (position == binfmt::NameIndex::kNone) {
        lost.push_back(record);
        continue;
      }
      const binfmt::Text difference =
          binfmt::Difference(entries[position], binfmt::EntryOf(record));
      if (difference.empty()) continue;
      differs = true;
      troubles->Tell(binfmt::Failure(EEXIST, "% was changed: @; left alone"_fmt,
                                     record.name, difference),
                     console_);
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
        console_->Note("% was not there; registered it"_fmt, lost[i].name);
      }
      differs |= !outcomes[i].error.ok();
      troubles->Tell(outcomes[i].error, console_);
    }
    *holds = !differs;
    return binfmt::Ok();
  }

  const char* Word(binfmt::Change change) const {
    const bool dry = line_.common.dry_run;
    if (settings_.print != FileFormat::kNone &&
        change != binfmt::Change::kFailed) {
      return dry ? "would be written" : "written";
    }
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
    json.BeginArray("entries");
    for (size_t i = 0; i < outcomes.size(); ++i) {
      const binfmt::Outcome& outcome = outcomes[i];
      const binfmt::Record& record = plan_.records()[i];
      const Target* target = plan_.targets()[i];
      hint |= (outcome.change == binfmt::Change::kAdded ||
               outcome.change == binfmt::Change::kReplaced) &&
              (record.flags & binfmt::kCredentials) == 0;
      const binfmt::Text flags = binfmt::FlagLetters(record.flags);
      Error error = outcome.error;
      binfmt::Change change = outcome.change;
      if (error.ok() && !settings_.dir.empty() && !line_.common.dry_run) {
        error = Keep(record);
        if (!error.ok() && settings_.print != FileFormat::kNone) {
          change = binfmt::Change::kFailed;
        }
      }
      if (!error.ok()) console_->Complain(error);
      const char* word = Word(change);
      if (line_.common.json) {
        json.BeginObject();
        json.Field("name", record.name);
        json.FieldOrNull(
            "target", target == nullptr ? std::string_view() : target->name());
        json.Field("result", word);
        json.Field("interpreter", record.interpreter);
        json.Field("flags", flags);
        json.BeginArray("shadows");
        for (const binfmt::Text& name : outcome.shadows) json.String(name);
        json.EndArray();
        json.EndObject();
      } else if (change != binfmt::Change::kFailed) {
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
        settings_.record.credential == Choice::kAuto) {
      console_->Note(
          "setuid programs (sudo) will run without their rights; "
          "--credential yes gives them"_fmt);
    }
  }

  const CommandLine& line_;
  const RegisterSettings& settings_;
  const RegisterRequest& request_;
  Console* console_;
  binfmt::Array<binfmt::Entry> entries_;
  bool may_lock_;
  binfmt::Guard guard_;
  Recogniser recogniser_;
  Plan plan_;
  binfmt::Array<Wish> wishes_;
  bool any_target_ = false;  // has an interpreter, or an entry already
  int planned_ = kExitOk;    // the exit status of what can't be planned
  bool ended_ = false;       // by a signal
};

}  // namespace

void Register(const CommandLine& line, const RegisterSettings& settings,
              const RegisterRequest& request, Console* console) {
  Registrar(line, settings, request, console).Run();
}

}  // namespace cmd
