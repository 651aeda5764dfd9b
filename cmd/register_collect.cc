// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_collect.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "arch_table/emulators.h"
#include "arch_table/table.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/base/position_map.h"
#include "binfmt/base/printable.h"
#include "binfmt/kernel/lifetime.h"
#include "binfmt/kernel/record_files.h"
#include "binfmt/record/record_formats.h"
#include "cmd/interpreter_search.h"
#include "cmd/target_matcher.h"

namespace cmd {
namespace {

using arch_table::Target;
using binfmt::Entry;
using binfmt::ErrnoOr;
using binfmt::Error;
using binfmt::Expected;
using binfmt::Message;
using binfmt::Printable;

constexpr int kPollInterval = 100;  // milliseconds
// Of all files together.
constexpr size_t kMaxRecords = 1 << 14;

// A target or a rule that is not in the plan yet.
struct Pending {
  const Target* target;  // nullptr: a rule
  std::string rule;      // empty: a later one took its place
  std::string origin;    // begins a complaint: "FILE:LINE: "
};

class Collector {
 public:
  Collector(const RegisterRequest& request, std::span<const Entry> present,
            Console& console)
      : request_(request),
        present_(present),
        console_(console),
        maker_(request.record, present) {}

  CollectedPlan Run() {
    const int64_t end = binfmt::MonotonicMilliseconds() + request_.wait;
    for (const std::string& rule : request_.rules) {
      pending_.push_back({nullptr, rule, ""});
    }
    // Errors in these are reported before standard input is waited for.
    (void)AddPending(request_.wait == 0);
    if (request_.system)
      AddDirectories(binfmt::kSystemRecordDirs, /*any_name=*/false);
    for (const std::string& file : request_.files) {
      AddFile(file, /*found=*/false);
    }
    AddTargets();
    // While input is read, a signal still ends the program.
    if (request_.hold) binfmt::PrepareToHold();
    WaitUntilComplete(end);
    return {maker_.TakeItems(), ended_, left_alone_, lacks_credentials_};
  }

 private:
  void AddTargets() {
    for (const Target* target : request_.targets) {
      const std::string name =
          request_.record.search.emulator->EntryName(*target);
      if (request_.if_missing && IsLeftOut(*target, name)) continue;
      pending_.push_back({target, "", absl::StrCat(name, ": ")});
    }
  }

  // Whether TARGET, whose entry is called NAME, is left out by --if-missing.
  // Its programs run already: natively or, unless something is to be replaced,
  // by an entry that holds its interpreter and has the flags that were asked
  // for. Or NAME is taken, whosever the entry is; a user who named the target
  // is told how it differs.
  bool IsLeftOut(const Target& target, std::string_view name) {
    if (IsNative(target)) return true;
    if (request_.install.replace) return false;
    for (const Entry& entry : present_) {
      const bool name_is_taken =
          entry.record.name == name && !request_.IsNamed(&target);
      if (!name_is_taken) {
        if (!entry.enabled || !Takes(entry.record, target)) continue;
        if ((entry.record.flags & binfmt::kFixBinary) == 0) return false;
      }
      if (!request_.record.Accept(entry.record.flags,
                                  request_.IsNamed(&target))) {
        return false;
      }
      if (request_.record.LacksPreferred(entry.record.flags)) {
        ++lacks_credentials_;
      }
      if (name_is_taken) {
        console_.Note(Message("$0 is there; left alone", entry.record.name));
      } else if (request_.IsNamed(&target)) {
        console_.Note(Message("$0 takes programs for $1 already; left alone",
                              entry.record.name, target.name));
      } else {
        ++left_alone_;
      }
      any_target_ = true;
      return true;
    }
    return false;
  }

  void AddDirectories(std::span<const std::string_view> dirs, bool any_name) {
    const Expected<std::vector<std::string>> files =
        binfmt::FindRecordFiles(dirs, any_name);
    if (!files) return console_.Complain(files.error());
    for (const std::string& file : *files) AddFile(file, /*found=*/true);
  }

  // Adds what FILE ("-": standard input) says. One that was FOUND in a
  // directory is no directory itself, and nobody writes to it while it is read.
  void AddFile(const std::string& file, bool found) {
    if (pending_.size() > kMaxRecords) return;
    const ErrnoOr<std::string> text =
        file == "-"
            ? binfmt::ReadAll(STDIN_FILENO, binfmt::kMaxRecordFileLength)
        : found && binfmt::IsFifo(file)
            ? ErrnoOr<std::string>(std::unexpected(EINVAL))
            : binfmt::ReadFileAt(AT_FDCWD, file, binfmt::kMaxRecordFileLength);
    if (!text && text.error() == EISDIR && !found) {
      const std::string_view dirs[] = {file};
      return AddDirectories(dirs, /*any_name=*/true);
    }
    if (!text) {
      // A link that leads nowhere masks files of its name, and says nothing.
      if (found && text.error() == ENOENT) return;
      return console_.Complain(binfmt::SystemError("read", file, text.error()));
    }
    const auto origin = [&file](unsigned line) {
      return absl::StrCat(Printable(file), ":", line, ": ");
    };
    const size_t nul = text->find('\0');
    const bool is_marked = absl::StartsWith(*text, "\xef\xbb\xbf");
    if (nul != text->npos || is_marked) {
      const auto line = std::count(
          text->begin(),
          text->begin() + static_cast<ptrdiff_t>(std::min(nul, text->size())),
          '\n');
      return ComplainOf(
          origin(is_marked ? 1 : static_cast<unsigned>(line) + 1),
          Error(EINVAL, is_marked
                            ? "a byte order mark; write the file without it"
                            : "a NUL byte, which no file of records has"));
    }
    if (!binfmt::IsDebianFormat(*text)) {
      for (binfmt::RecordLine& line : binfmt::ParseBinfmtD(*text)) {
        if (pending_.size() == kMaxRecords) {
          console_.Complain(
              Error(EFBIG, absl::StrCat(origin(line.number), "more than ",
                                        kMaxRecords, " records")));
        }
        // One more, so that this is said once.
        AddRecord(std::move(line.text), origin(line.number));
        if (pending_.size() > kMaxRecords) return;
      }
      return;
    }
    binfmt::DebianFormat format =
        binfmt::ParseDebianFormat(*text, binfmt::BaseName(file));
    if (format.record) {
      AddRecord(*std::move(format.record), origin(format.line));
    } else {
      ComplainOf(origin(format.line), std::move(format.record.error()));
    }
  }

  // Adds RULE, which a file says at ORIGIN. Of records of one name in files the
  // last counts, and has its place in their order, as systemd-binfmt has it.
  void AddRecord(std::string rule, std::string origin) {
    // The name as systemd-binfmt finds it in what may be no record at all.
    const std::string name = rule.substr(1, rule.find(rule[0], 1) - 1);
    const auto [place, is_new] = in_files_.try_emplace(name, pending_.size());
    if (!is_new) {
      Pending& earlier = pending_[place->second];
      if (earlier.rule != rule) {
        console_.Note(absl::StrCat(origin, Printable(name),
                                   " takes the place of the one at ",
                                   absl::StripSuffix(earlier.origin, ": ")));
      }
      earlier.rule.clear();
      place->second = pending_.size();
    }
    pending_.push_back({nullptr, std::move(rule), std::move(origin)});
  }

  void ComplainOf(std::string_view origin, Error error) {
    error.Prepend(origin);
    console_.Complain(error);
  }

  // Adds to the plan what has an interpreter, and keeps the rest. The LAST time
  // the rest is complained of, but for targets of "all", which means every
  // target that has an interpreter. Returns whether nothing is missing.
  bool AddPending(bool last) {
    bool complete = true;
    std::vector<Pending> rest;
    for (Pending& pending : pending_) {
      const Target* const target = pending.target;
      if (target == nullptr && pending.rule.empty()) continue;
      const bool named = request_.IsNamed(target);
      // Without flag F, and said so, only what containers have counts.
      const bool may_be_missing = last &&
                                  request_.record.persistent == Choice::kNo &&
                                  !request_.record.interpreter.empty();
      Expected<void> added =
          target != nullptr
              ? maker_.AddTarget(*target, named || request_.missing_too,
                                 may_be_missing)
              : maker_.AddRule(pending.rule);
      if (!added && added.error().errnum() == ENOENT) {
        const bool is_missed = target == nullptr || named;
        if (is_missed) complete = false;
        if (!is_missed || !last) {
          rest.push_back(std::move(pending));
          continue;
        }
      }
      pending.rule = std::string();  // 10,000 long ones are a lot
      if (target != nullptr) any_target_ = true;
      const std::string& dir = request_.record.search.dir;
      if (!added && added.error().errnum() == ENOTDIR && !dir.empty() &&
          target != nullptr) {
        // The same is wrong with each.
        if (!std::exchange(is_dir_told_, true)) {
          console_.Complain(binfmt::Failed(
              ENOTDIR, "$0 is no directory; --interpreter names a file", dir));
        }
        continue;
      }
      if (!added) ComplainOf(pending.origin, std::move(added.error()));
    }
    pending_ = std::move(rest);
    return complete;
  }

  void WaitUntilComplete(int64_t end) {
    for (;;) {
      const bool last = ended_ || binfmt::MonotonicMilliseconds() >= end;
      const bool complete = AddPending(last);
      const bool none = request_.all && !any_target_;
      if (last && none) {
        console_.Complain(Error(
            ENOENT, absl::StrCat("there is no interpreter for any target in ",
                                 SearchAdvice(request_.record.search, nullptr),
                                 request_.record.search.can_be_named
                                     ? ", or name a directory with --qemu-path"
                                     : "")));
      }
      if (last || (complete && !none)) return;
      while (!ended_ && binfmt::MonotonicMilliseconds() < end &&
             !HasAppeared()) {
        Pause();
      }
    }
  }

  bool HasAppeared() const {
    for (const Pending& pending : pending_) {
      const bool lacks = pending.target != nullptr
                             ? maker_.LacksInterpreter(*pending.target)
                             : maker_.LacksInterpreter(pending.rule);
      if (!lacks) return true;
    }
    return false;
  }

  // Sleeps until the next look. With --hold, a signal ends it.
  void Pause() {
    if (request_.hold) {
      ended_ = binfmt::WaitForEnd(kPollInterval);
    } else {
      binfmt::SleepMilliseconds(kPollInterval);
    }
  }

  const RegisterRequest& request_;
  std::span<const Entry> present_;
  Console& console_;
  PlanMaker maker_;
  std::vector<Pending> pending_;
  // Where in pending_ the last record of each name in files is.
  binfmt::PositionMap in_files_;
  bool is_dir_told_ = false;
  bool any_target_ = false;  // one has an interpreter, or an entry already
  bool ended_ = false;       // by a signal
  size_t left_alone_ = 0;
  size_t lacks_credentials_ = 0;
};

}  // namespace

CollectedPlan CollectPlan(const RegisterRequest& request,
                          std::span<const Entry> present, Console& console) {
  return Collector(request, present, console).Run();
}

}  // namespace cmd
