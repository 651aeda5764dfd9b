// SPDX-License-Identifier: Apache-2.0
// The executable: the name that it is called by chooses the applet.
#include <string_view>

#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "binfmt/io.h"
#include "cmd/applets.h"
#include "cmd/box.h"

namespace {

std::string_view BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

int main(int argc, char** argv) {
  binfmt::OccupyStandardDescriptors();
  // argc is 0 where the caller gave no argv at all.
  const absl::Span<const char* const> args(argv + 1, argc > 1 ? argc - 1 : 0);
  const std::string_view name = argc > 0 ? BaseName(argv[0]) : "";
  const bool as_script = name == "qemu-binfmt-conf.sh";
  if (cmd::Applet applet;
      cmd::FindApplet(as_script ? "register" : name, &applet)) {
    return cmd::RunApplet(applet, args, as_script);
  }
  // "binfmtbox-static" and "binfmtbox_arm64" are the box itself.
  if (name.empty() || absl::StartsWith(name, "binfmtbox")) {
    return cmd::RunBox(args);
  }
  return cmd::NoSuchApplet(name);
}
