// SPDX-License-Identifier: Apache-2.0
// The executable: the name by which it is called chooses the applet.
#include <memory>
#include <span>
#include <string_view>

#include "absl/strings/match.h"
#include "binfmt/base/file.h"
#include "binfmt/base/path.h"
#include "cmd/abnormal_end.h"
#include "cmd/applets.h"
#include "cmd/box.h"
#include "cmd/console.h"
#include "cmd/other_names.h"

int main(int argc, char** argv) {
  binfmt::OccupyStandardDescriptors();
  // argc is 0 where the caller passed no argv at all.
  const std::span<const char* const> args(argv + 1, argc > 1 ? argc - 1 : 0);
  const std::string_view name = argc > 0 ? binfmt::BaseName(argv[0]) : "";
  // Known before the first memory is allocated.
  if (name == "run" || name == "binfmt-run" ||
      (!args.empty() && args[0] == std::string_view("run"))) {
    cmd::status_without_memory = cmd::kExitNoHandlers;
  }
  if (name == "qemu-binfmt-conf.sh") {
    const std::unique_ptr<cmd::Applet> applet = cmd::RegisterApplet();
    applet->BehaveAsScript();
    return cmd::RunApplet(*applet, argv[0], args);
  }
  if (name == "update-binfmts") return cmd::RunUpdateBinfmts(args);
  if (name == "systemd-binfmt") return cmd::RunSystemdBinfmt(args);
  if (const std::unique_ptr<cmd::Applet> applet = cmd::FindApplet(name)) {
    return cmd::RunApplet(*applet, argv[0], args);
  }
  // "binfmtbox-static" and "binfmtbox_arm64" are the box itself.
  if (name.empty() || absl::StartsWith(name, "binfmtbox")) {
    return cmd::RunBox(name.empty() ? "binfmtbox" : argv[0], args);
  }
  return cmd::NoSuchApplet(name);
}
