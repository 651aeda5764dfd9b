// SPDX-License-Identifier: Apache-2.0
// mount: brings binfmt_misc up.
#include "binfmt/mount.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/json.h"

namespace cmd {
namespace {

constexpr Option kOptions[] = {
    {0, "userns", nullptr,
     "mount in a user namespace other than the first, too"},
};

void Report(const CommandLine& line, binfmt::MountOutcome outcome,
            Console* console) {
  const bool already = outcome == binfmt::MountOutcome::kAlreadyMounted;
  const std::string_view state = already               ? "unchanged"
                                 : line.common.dry_run ? "would mount"
                                                       : "mounted";
  if (line.common.json) {
    JsonWriter json;
    json.BeginObject();
    json.Field("dir", line.common.dir);
    json.Field("result", state);
    json.EndObject();
    console->Result(json.text() + "\n");
    return;
  }
  const std::string dir = binfmt::Printable(line.common.dir);
  console->Result(
      already ? binfmt::Fill("binfmt_misc is mounted on @ already\n", {dir})
      : line.common.dry_run
          ? binfmt::Fill("would mount binfmt_misc on @\n", {dir})
          : binfmt::Fill("mounted binfmt_misc on @\n", {dir}));
}

void Run(const CommandLine& line, Console* console) {
  if (!line.operands.empty()) {
    console->Complain(binfmt::Failure("unexpected operand \"%\"",
                                      {line.operands[0]}, 0,
                                      binfmt::Cause::kMisuse));
    return;
  }
  if (!console->CanReport()) return;
  binfmt::MountOptions options;
  options.dry_run = line.common.dry_run;
  options.allow_user_namespace = !line.options.empty();
  binfmt::MountOutcome outcome;
  const binfmt::Error error =
      binfmt::MountBinfmtMisc(line.common.dir, options, &outcome);
  if (!error.ok()) {
    console->Complain(error);
    return;
  }
  Report(line, outcome, console);
}

}  // namespace

const Applet kMountApplet = {
    "mount",
    "",
    "Mount binfmt_misc, and /proc before it where that is missing.",
    "In a user namespace other than the first, a mount hides the host's\n"
    "handlers there for good; that is done with --userns only.\n",
    kOptions,
    sizeof(kOptions) / sizeof(Option),
    Run,
};

}  // namespace cmd
