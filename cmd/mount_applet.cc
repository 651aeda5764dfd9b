// SPDX-License-Identifier: Apache-2.0
// mount: brings binfmt_misc up.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/message.h"
#include "binfmt/kernel/lifetime.h"
#include "binfmt/kernel/mount.h"
#include "binfmt/kernel/registry.h"
#include "cmd/applets.h"
#include "cmd/json.h"
#include "cmd/reported_errors.h"

namespace cmd {
namespace {

using binfmt::Expected;
using binfmt::Message;
using binfmt::MountResult;

constexpr int kHoldInterval = 5000;  // milliseconds

void Report(const CommonOptions& common, const MountResult& result,
            Console& console) {
  if (common.json) {
    JsonWriter json;
    json.BeginObject();
    json.Field("dir", common.dir);
    json.Field("result", result.was_mounted ? "unchanged"
                         : common.dry_run   ? "would mount"
                                            : "mounted");
    json.FieldOrNull("module", result.module);
    console.Result(json.Finish());
    return;
  }
  if (!result.module.empty()) {
    console.Result(Message("$0 the module $1\n",
                           common.dry_run ? "would load" : "loaded",
                           result.module));
  }
  if (result.was_mounted) {
    console.Result(
        Message("binfmt_misc is mounted on $0 already\n", common.dir));
  } else {
    console.Result(Message("$0 binfmt_misc on $1\n",
                           common.dry_run ? "would mount" : "mounted",
                           common.dir));
  }
}

constexpr AppletHelp kHelp = {
    .name = "mount",
    .arguments = "[OPTION]...",
    .summary = "Mount binfmt_misc, and /proc before it where that is missing.",
    .details = R"(
In a user namespace other than the first, a mount hides the host's
handlers there for good; that is done with --userns only.

Examples:
  binfmtbox mount
  binfmtbox mount --host --if-possible
)",
};

class Mount : public Applet {
 public:
  Mount() : Applet(kHelp) {}

  std::vector<Option> Options() override {
    return {
        StringOption(kNoLetter, "module", "FILE",
                     "the kernel module to load where the kernel lacks\n"
                     "binfmt_misc (default: the one under /lib/modules)",
                     &options_.module),
        FlagOption(kNoLetter, "userns",
                   "mount in a user namespace other than the first, too",
                   &options_.allow_user_namespace),
        FlagOption(kNoLetter, "host",
                   "mount in PID 1's mount namespace as well",
                   &options_.on_host),
        FlagOption(kNoLetter, "hold",
                   "stay and keep the mount until SIGTERM, SIGINT\n"
                   "or SIGPWR",
                   &options_.holds),
    };
  }

  void Run(const CommandLine& line, Console& console) override {
    const CommonOptions& common = line.common;
    if (!line.operands.empty()) {
      return console.Complain(
          binfmt::Misuse("unexpected operand \"$0\"", line.operands[0]));
    }
    if (!console.CanReport()) return;
    options_.dry_run = common.dry_run;
    if (options_.holds) binfmt::PrepareToHold();
    const Expected<MountResult> result =
        binfmt::MountBinfmtMisc(common.dir, options_);
    ReportedErrors reported;
    if (result) {
      Report(common, *result, console);
    } else {
      reported.Report(result.error(), console);
      // With --if-possible, what is missing may come later.
      if (console.status() != kExitOk) return;
    }
    if (options_.holds && !common.dry_run) Hold(common.dir, reported, console);
  }

 private:
  // Stays, and mounts what is not mounted. REPORTED knows what was said before.
  void Hold(const std::string& dir, ReportedErrors& reported,
            Console& console) const {
    for (;;) {
      console.Flush();
      // An open directory keeps the instance, even after a lazy umount.
      const Expected<binfmt::Registry> held = binfmt::Registry::Open(dir);
      if (binfmt::WaitForEnd(kHoldInterval)) return;
      const Expected<MountResult> result =
          binfmt::MountBinfmtMisc(dir, options_);
      reported.BeginTurn();
      if (!result) {
        reported.Report(result.error(), console);
        continue;
      }
      // An error that has been resolved does not count in the end.
      console.set_status(kExitOk);
      if (!result->was_mounted) {
        console.Note("binfmt_misc was not mounted; mounted it");
      }
    }
  }

  binfmt::MountOptions options_;
};

}  // namespace

std::unique_ptr<Applet> MountApplet() { return std::make_unique<Mount>(); }

}  // namespace cmd
