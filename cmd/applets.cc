// SPDX-License-Identifier: Apache-2.0
#include "cmd/applets.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "binfmt/base/message.h"

namespace cmd {
namespace {

std::string ProgramName(const Applet& applet) {
  return binfmt::Message("binfmt-$0", applet.name());
}

std::string Usage(Applet& applet) {
  const AppletHelp& help = applet.help();
  return absl::StrCat("usage: ", ProgramName(applet), " [OPTION]...",
                      help.operands.empty() ? "" : " ", help.operands, "\n\n",
                      help.summary, "\n\n", OptionsHelp(applet.Options()),
                      help.details.empty() ? "" : "\n", help.details);
}

}  // namespace

std::vector<Option> Applet::Options() { return {}; }

void Applet::Run(const CommandLine&, Console&) {}

std::vector<std::unique_ptr<Applet>> Applets() {
  std::vector<std::unique_ptr<Applet>> applets;
  applets.push_back(MountApplet());
  applets.push_back(RegisterApplet());
  applets.push_back(StatusApplet());
  applets.push_back(ClearApplet());
  return applets;
}

std::unique_ptr<Applet> FindApplet(std::string_view name) {
  absl::ConsumePrefix(&name, "binfmt-");
  for (std::unique_ptr<Applet>& applet : Applets()) {
    if (applet->name() == name) return std::move(applet);
  }
  return nullptr;
}

int RunApplet(Applet& applet, std::span<const char* const> args) {
  Console console(ProgramName(applet));
  const CommandLine line = ParseCommandLine(applet.Options(), args);
  const CommonOptions& common = line.common;
  console.set_kmsg(common.kmsg && !common.help, !common.json);
  if (line.error) {
    console.Complain(*line.error);
  } else if (common.help) {
    console.Answer(Usage(applet));
  } else {
    console.set_quiet(common.quiet);
    console.set_if_possible(common.if_possible);
    applet.Run(line, console);
  }
  return console.Finish();
}

}  // namespace cmd
