// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "arch_table/names.h"
#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/kernel/exec_chain.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record.h"
#include "binfmt/record/record_formats.h"
#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/other_names.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::Entry;
using binfmt::Expected;
using binfmt::Record;

constexpr size_t kMaxOperands = 2;
// What it can be asked to do, with how many operands.
struct Mode {
  std::string_view name;
  size_t min_operands;
  size_t max_operands;
};

constexpr Mode kModes[] = {
    {"enable", 0, 1},  {"disable", 0, 1}, {"import", 0, 1},  {"unimport", 0, 1},
    {"display", 0, 1}, {"find", 1, 1},    {"install", 2, 2}, {"remove", 2, 2},
};

// Prints the interpreter of the entry that takes FILE.
void Find(const char* file, Console& console) {
  const Expected<binfmt::Registry> registry =
      binfmt::Registry::Open(binfmt::kDefaultDir);
  if (!registry) return console.Complain(registry.error());
  const Expected<std::vector<Entry>> entries = registry->ReadAll();
  if (!entries) return console.Complain(entries.error());
  const auto find_handler =
      [&entries](const binfmt::Candidate& candidate) -> const Record* {
    for (const Entry& entry : *entries) {
      if (entry.enabled && binfmt::Matches(entry.record, candidate)) {
        return &entry.record;
      }
    }
    return nullptr;
  };
  binfmt::ProgramCache programs;
  const binfmt::ExecChain chain =
      binfmt::WalkExec(file, {find_handler, [](const Record&) { return false; },
                              RunsNatively, programs});
  if (chain.steps.empty()) return console.Complain(*chain.error);
  if (const Record* handler = chain.steps.front().taker.handler) {
    console.Answer(absl::StrCat(handler->interpreter, "\n"));
  }
}

class UpdateBinfmts {
 public:
  // Fails where ARGS are no call of update-binfmts that makes sense here.
  Expected<void> Parse(std::span<const char* const> args);

  void Run(Console& console) const;

 private:
  bool Is(std::string_view mode) const { return mode_->name == mode; }

  const Mode* mode_ = nullptr;  // never null after Parse()
  const char* operands_[kMaxOperands] = {};
  size_t count_ = 0;
  std::string spec_;  // of --install, as lines of a format file
  std::string_view import_dir_ = "/usr/share/binfmts";
  const char* dry_run_ = nullptr;  // the applets' option, where it was given
};

Expected<void> UpdateBinfmts::Parse(std::span<const char* const> args) {
  bool makes_sense = true;
  for (size_t i = 0; i < args.size(); ++i) {
    std::string_view name = args[i];
    if (!absl::ConsumePrefix(&name, "--")) {
      if (count_ < kMaxOperands) operands_[count_] = args[i];
      ++count_;
      continue;
    }
    const Mode* const mode = std::ranges::find(kModes, name, &Mode::name);
    if (mode != std::end(kModes)) {
      makes_sense &= mode_ == nullptr;
      mode_ = mode;
      continue;
    }
    if (name == "test") {
      dry_run_ = "--dry-run";
      continue;
    }
    const size_t equals = name.find('=');
    std::string_view value;
    if (equals != name.npos) {
      value = name.substr(equals + 1);
    } else if (++i < args.size()) {
      value = args[i];
    }
    std::string key(name.substr(0, equals));
    if (key == "importdir") {
      import_dir_ = value;
    } else if (key == "admindir" || key == "detector") {
      return binfmt::Failed(
          0, "--$0: there is no database of binfmt-support here", key);
    } else if (key != "package") {
      std::replace(key.begin(), key.end(), '-', '_');
      spec_ += absl::StrCat(key, " ", value, "\n");
    }
  }
  if (makes_sense && mode_ != nullptr && spec_.empty() == !Is("install") &&
      count_ >= mode_->min_operands && count_ <= mode_->max_operands) {
    return {};
  }
  return binfmt::Misuse("missing or unexpected words");
}

void UpdateBinfmts::Run(Console& console) const {
  const char* operand = operands_[0];
  const std::string_view name = operand == nullptr ? "" : operand;
  if (Is("find")) return Find(operand, console);
  // A path, or the name of a package's file.
  const std::string_view dir = absl::StrContains(name, '/') ? "" : import_dir_;
  const std::string file = absl::StrCat(dir, dir.empty() ? "" : "/", name);
  const bool exists = binfmt::Exists(file);
  int status = kExitOk;
  if (Is("display")) {
    status = RunApplet({"status", "--print=display", operand});
    if (status != kExitOk && !name.empty() && exists) {
      status = kExitOk;
      console.Answer(binfmt::Message("$0 (disabled):\n", name));
    }
  } else if (Is("install")) {
    const Expected<std::string> rule =
        binfmt::ParseDebianFormat(
            absl::StrCat("interpreter ", operands_[1], "\n", spec_), name)
            .record;
    if (!rule) return console.Complain(rule.error());
    console.Note("nothing is kept for the next boot");
    status = RunApplet({"register", "--mount", "--replace", "--override",
                        dry_run_, "--rule", rule->c_str()});
  } else if (!Is("enable") && !Is("import")) {
    // It knows no words for targets.
    const std::string entry = absl::StrCat("name:", binfmt::BaseName(name));
    status = RunApplet(
        {"clear", dry_run_, operand == nullptr ? "--ours" : entry.c_str()});
  } else if (exists ||
             (!name.empty() && arch_table::FindTarget(name) == nullptr)) {
    status = RunApplet({"register", "--mount", "--replace", "--override",
                        dry_run_, "--file", file.c_str()});
  } else {
    status =
        RunApplet({"register", "--mount", "--if-missing", dry_run_, operand});
  }
  console.AddStatus(status);
}

}  // namespace

int RunUpdateBinfmts(std::span<const char* const> args) {
  Console console("update-binfmts");
  UpdateBinfmts update;
  if (!args.empty() && args[0] == std::string_view("--help")) {
    console.Answer(
        "usage: update-binfmts [--test] [--importdir DIR]\n"
        "         --enable|--disable|--import|--unimport|--display [NAME] |\n"
        "         --find FILE | --install NAME PATH SPEC | --remove NAME "
        "PATH\n");
  } else if (const Expected<void> parsed = update.Parse(args); !parsed) {
    console.Complain(parsed.error());
  } else {
    update.Run(console);
  }
  return console.Finish();
}

}  // namespace cmd
