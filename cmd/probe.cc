// SPDX-License-Identifier: Apache-2.0
#include "cmd/probe.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "arch_table/program.h"
#include "binfmt/base/error.h"
#include "binfmt/base/message.h"
#include "binfmt/base/printable.h"
#include "binfmt/base/process.h"

namespace cmd {
using binfmt::Message;

namespace {

using binfmt::ProgramEnd;
using How = ProgramEnd::How;

constexpr int kMaxSeconds = 10;
// After one that hung: a boot waits for all of them.
constexpr int kMaxSecondsLater = 1;

bool any_hung = false;
int MaxSeconds() { return any_hung ? kMaxSecondsLater : kMaxSeconds; }

std::string_view HowWord(How how) {
  switch (how) {
    case How::kExited:
      return "exit status";
    case How::kKilled:
      return "signal";
    case How::kNotStarted:
      return "errno";
    case How::kTimedOut:
      break;
  }
  return "timeout";
}

// What the end of a program that failed means; empty where that is unknown.
std::string_view Hint(const ProgramEnd& end) {
  if (end.how == How::kNotStarted) return std::strerror(end.code);
  if (end.how != How::kExited) return "";
  switch (end.code - arch_table::kProgramExitStatus) {
    case 1:
      return "the interpreter does not know flag P: --preserve-argv0 no";
    case -1:
      return "the interpreter wants flag P: --preserve-argv0 yes";
    default:
      return "";
  }
}

}  // namespace

ProgramEnd Probe(const arch_table::Target& target, EntryTable* table,
                 const char* variable) {
  const std::string program = arch_table::BuiltInProgram(target);
  ProgramEnd end = binfmt::RunProgramFromMemory(
      program,
      {.argv0 = "argv0",
       .variable = variable,
       .as_nobody = table == nullptr || table->StartsForeignFiles(program),
       .by_all_means = table == nullptr,
       .max_milliseconds = MaxSeconds() * 1000});
  if (end.how == How::kTimedOut) {
    end.code = MaxSeconds();
    any_hung = true;
  }
  return end;
}

std::string WhyNot(const ProgramEnd& end) {
  if (end.how == How::kExited && end.code == arch_table::kProgramExitStatus) {
    return "";
  }
  const std::string number = end.how == How::kTimedOut
                                 ? Message("$0 s", end.code)
                                 : absl::StrCat(end.code);
  const std::string_view hint = Hint(end);
  return absl::StrCat(HowWord(end.how), " ", number, hint.empty() ? "" : ", ",
                      hint, end.output.empty() ? "" : ": ",
                      binfmt::Printable(end.output));
}

binfmt::Error NotRun(const arch_table::Target& target, const ProgramEnd& end) {
  return binfmt::Error(
      0, absl::StrCat(Message("$0: a program does not run: ", target.name),
                      WhyNot(end)));
}

bool ProbeAll(const TargetList& targets, EntryTable* table, bool skips,
              JsonWriter* json, Console& console) {
  bool any_ran = false;
  if (json != nullptr) json->BeginArray("probes");
  for (const arch_table::Target* target : targets) {
    ProgramEnd end = Probe(*target, table, nullptr);
    if (skips && end.how == How::kNotStarted && end.code == ENOEXEC) continue;
    const std::string why = WhyNot(end);
    any_ran |= why.empty();
    if (why.empty()) {
      // QEMU prints its version in place of running the program.
      end.output = Probe(*target, table, "QEMU_VERSION=").output;
    }
    if (json != nullptr) {
      json->BeginObject();
      json->Field("target", target->name);
      json->Field("result", HowWord(end.how));
      json->Key("code");
      json->Number(static_cast<uint64_t>(end.code));
      json->Field("output", end.output);
      json->EndObject();
    }
    if (!why.empty()) {
      console.Complain(NotRun(*target, end));
    } else if (json == nullptr) {
      if (!end.output.empty()) end.output.insert(0, ", ");
      console.Result(Message("$0: runs$1\n", target->name, end.output));
    }
  }
  if (json != nullptr) json->EndArray();
  return any_ran;
}

}  // namespace cmd
