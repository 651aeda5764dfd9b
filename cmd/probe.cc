// SPDX-License-Identifier: Apache-2.0
#include "cmd/probe.h"

#include <cstdint>

#include "arch_table/program.h"
#include "binfmt/bounded_run.h"
#include "binfmt/errno_text.h"
#include "binfmt/error.h"
#include "binfmt/format.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

constexpr int kMilliseconds = 10000;  // ten seconds stand in texts, too
// In the order of Run::How.
constexpr char kWords[][12] = {"exit status", "signal", "errno", "timeout"};

}  // namespace

binfmt::Text Probe(const arch_table::Target& target, JsonWriter* json) {
  const binfmt::Run run = binfmt::RunFromMemory(
      arch_table::BuiltInProgram(target).bytes(), "argv0", kMilliseconds);
  const char* word = kWords[run.how];
  const uint64_t code = static_cast<uint64_t>(run.code);
  if (json != nullptr) {
    json->BeginObject();
    json->Field("target", target.name());
    json->Field("result", word);
    json->Key("code");
    json->Number(code);
    json->Field("output", run.output);
    json->EndObject();
  }
  binfmt::Text number = binfmt::Decimal(code);
  binfmt::Format hint;
  if (run.how == binfmt::Run::kNotStarted) {
    hint = binfmt::DescribeErrno(run.code);
  } else if (run.how == binfmt::Run::kNoAnswer) {
    number = "10 s";
  } else if (run.how == binfmt::Run::kExited) {
    switch (run.code - arch_table::kProgramExitStatus) {
      case 0:
        return "";
      case 1:
        hint = "the interpreter does not know flag P: --preserve-argv0 no"_fmt;
        break;
      case -1:
        hint = "the interpreter wants flag P: --preserve-argv0 yes"_fmt;
        break;
    }
  }
  return binfmt::Fill("@ @@@@%"_fmt, word, number, hint.empty() ? "" : ", ",
                      hint, run.output.empty() ? "" : ": ", run.output);
}

void ProbeAll(const TargetList& targets, JsonWriter* json, Console* console) {
  if (json != nullptr) {
    json->BeginArray("probes");
  }
  for (const arch_table::Target* target : targets) {
    const binfmt::Text why = Probe(*target, json);
    if (!why.empty()) {
      console->Complain(binfmt::Failure(0, "@: a program does not run: @"_fmt,
                                        target->name(), why));
    } else if (json == nullptr) {
      console->Result("@: runs\n"_fmt, target->name());
    }
  }
  if (json != nullptr) json->EndArray();
}

}  // namespace cmd
