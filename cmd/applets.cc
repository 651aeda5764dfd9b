// SPDX-License-Identifier: Apache-2.0
#include "cmd/applets.h"

#include "absl/strings/strip.h"
#include "binfmt/text.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

binfmt::Text ProgramName(const Applet& applet) {
  return binfmt::Fill("binfmt-@"_fmt, applet.name);
}

binfmt::Text Usage(const Applet& applet) {
  return binfmt::Fill("usage: @ [OPTION]...@\n\n@\n\n@@@@"_fmt,
                      ProgramName(applet), applet.operands, applet.summary,
                      applet.options, kCommonOptions,
                      applet.details.empty() ? "" : "\n", applet.details);
}

}  // namespace

binfmt::Array<Applet> Applets() {
  return {MountApplet(), RegisterApplet(), StatusApplet(), ClearApplet()};
}

bool FindApplet(std::string_view name, Applet* applet) {
  absl::ConsumePrefix(&name, "binfmt-");
  for (const Applet& candidate : Applets()) {
    if (candidate.name != name) continue;
    *applet = candidate;
    return true;
  }
  return false;
}

int RunApplet(const Applet& applet, absl::Span<const char* const> args,
              bool as_script) {
  Console console(ProgramName(applet));
  CommandLine line;
  const binfmt::Error error = ParseCommandLine(applet.options, args, &line);
  line.as_script = as_script;
  console.set_kmsg(line.common.kmsg && !line.common.help, !line.common.json);
  if (!error.ok()) {
    console.Complain(error);
  } else if (line.common.help) {
    console.Answer(Usage(applet));
  } else {
    console.set_quiet(line.common.quiet);
    console.set_if_possible(line.common.if_possible);
    applet.run(line, &console);
  }
  return console.Finish();
}

}  // namespace cmd
