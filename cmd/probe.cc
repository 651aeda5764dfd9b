// SPDX-License-Identifier: Apache-2.0
#include "cmd/probe.h"

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

using How = binfmt::ProgramEnd::How;

constexpr int kMaxSeconds = 10;

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
std::string_view Hint(const binfmt::ProgramEnd& end) {
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

std::string Probe(const arch_table::Target& target, JsonWriter* json) {
  const binfmt::ProgramEnd end = binfmt::RunProgramFromMemory(
      arch_table::BuiltInProgram(target), "argv0", kMaxSeconds * 1000);
  const std::string_view word = HowWord(end.how);
  if (json != nullptr) {
    json->BeginObject();
    json->Field("target", target.name);
    json->Field("result", word);
    json->Key("code");
    json->Number(static_cast<uint64_t>(end.code));
    json->Field("output", end.output);
    json->EndObject();
  }
  if (end.how == How::kExited && end.code == arch_table::kProgramExitStatus) {
    return "";
  }
  const std::string number = end.how == How::kTimedOut
                                 ? Message("$0 s", kMaxSeconds)
                                 : absl::StrCat(end.code);
  const std::string_view hint = Hint(end);
  return absl::StrCat(word, " ", number, hint.empty() ? "" : ", ", hint,
                      end.output.empty() ? "" : ": ",
                      binfmt::Printable(end.output));
}

bool ProbeAll(const TargetList& targets, JsonWriter* json, Console& console) {
  bool any_ran = false;
  if (json != nullptr) json->BeginArray("probes");
  for (const arch_table::Target* target : targets) {
    const std::string why = Probe(*target, json);
    any_ran |= why.empty();
    if (!why.empty()) {
      console.Complain(binfmt::Error(
          0, absl::StrCat(Message("$0: a program does not run: ", target->name),
                          why)));
    } else if (json == nullptr) {
      console.Result(Message("$0: runs\n", target->name));
    }
  }
  if (json != nullptr) json->EndArray();
  return any_ran;
}

}  // namespace cmd
