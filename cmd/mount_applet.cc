// SPDX-License-Identifier: Apache-2.0
// mount: brings binfmt_misc up.

#include "binfmt/lifetime.h"
#include "binfmt/memory.h"
#include "binfmt/mount.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/troubles.h"

namespace cmd {
namespace {

using binfmt::Error;
using binfmt::operator""_fmt;

constexpr int kHoldInterval = 5000;  // milliseconds

constexpr binfmt::Format kOptions =
    "      --module FILE      the kernel module to load where the kernel "
    "lacks\n"
    "                         binfmt_misc (default: the one under "
    "/lib/modules)\n"
    "      --userns           mount in a user namespace other than the first, "
    "too\n"
    "      --host             mount in PID 1's mount namespace as well\n"
    "      --hold             stay and keep the mount until SIGTERM or "
    "SIGINT\n"_fmt;

void Report(const CommandLine& line, binfmt::MountOutcome outcome,
            const binfmt::Text& module, Console* console) {
  const bool already = outcome == binfmt::MountOutcome::kAlreadyMounted;
  const char* state = already               ? "unchanged"
                      : line.common.dry_run ? "would mount"
                                            : "mounted";
  if (line.common.json) {
    JsonWriter json;
    json.BeginObject();
    json.Field("dir", line.common.dir);
    json.Field("result", state);
    json.Key("module");
    if (module.empty()) {
      json.Null();
    } else {
      json.String(module);
    }
    json.EndObject();
    console->Result("@\n", json.text());
    return;
  }
  if (!module.empty()) {
    console->Result("@ the module %\n"_fmt,
                    line.common.dry_run ? "would load" : "loaded", module);
  }
  console->Result(already ? "binfmt_misc is mounted on % already\n"_fmt
                  : line.common.dry_run ? "would mount binfmt_misc on %\n"_fmt
                                        : "mounted binfmt_misc on %\n"_fmt,
                  line.common.dir);
}

// Stays; mounts again what somebody unmounted.
void Hold(const CommandLine& line, const binfmt::MountOptions& options,
          Console* console) {
  Troubles troubles;
  for (;;) {
    console->Flush();
    const binfmt::MemoryScope turn;
    // An open directory keeps the instance, even after a lazy umount.
    binfmt::Registry registry;
    Error error = binfmt::Registry::Open(line.common.dir, &registry);
    if (binfmt::WaitForEnd(kHoldInterval)) return;
    binfmt::MountOutcome outcome;
    error = binfmt::MountBinfmtMisc(line.common.dir, options, &outcome);
    troubles.BeginTurn();
    troubles.Tell(error, console);
    if (!error.ok()) continue;
    // A trouble that has healed in the end does not count.
    console->set_status(kExitOk);
    if (outcome == binfmt::MountOutcome::kMounted) {
      console->Note("binfmt_misc was unmounted; mounted it again"_fmt);
    }
  }
}

void Run(const CommandLine& line, Console* console) {
  if (!line.operands.empty()) {
    console->Complain(
        binfmt::Failure(binfmt::Because(0, binfmt::Cause::kMisuse),
                        "unexpected operand \"%\""_fmt, line.operands[0]));
    return;
  }
  if (!console->CanReport()) return;
  binfmt::MountOptions options;
  options.dry_run = line.common.dry_run;
  for (const GivenOption& given : line.options) {
    if (given.Is("module")) options.module = binfmt::Text(given.value);
    if (given.Is("userns")) options.allow_user_namespace = true;
    if (given.Is("host")) options.on_host = true;
    if (given.Is("hold")) options.holds = true;
  }
  if (options.holds) binfmt::PrepareToHold();
  binfmt::MountOutcome outcome;
  binfmt::Text module;
  const binfmt::Error error =
      binfmt::MountBinfmtMisc(line.common.dir, options, &outcome, &module);
  if (!error.ok()) {
    console->Complain(error);
    return;
  }
  Report(line, outcome, module, console);
  if (options.holds && !line.common.dry_run) Hold(line, options, console);
}

}  // namespace

Applet MountApplet() {
  return {
      "mount",
      "",
      "Mount binfmt_misc, and /proc before it where that is missing."_fmt,
      "In a user namespace other than the first, a mount hides the host's\n"
      "handlers there for good; that is done with --userns only.\n"_fmt,
      kOptions,
      Run,
  };
}

}  // namespace cmd
