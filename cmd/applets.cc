// SPDX-License-Identifier: Apache-2.0
#include "cmd/applets.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "binfmt/base/message.h"

namespace cmd {
namespace {

std::string ProgramName(const Applet& applet) {
  return absl::StrCat("binfmt-", applet.name());
}

std::string Usage(Applet& applet, std::string_view called) {
  const AppletHelp& help = applet.help();
  return absl::StrCat(binfmt::Message("usage: $0 $1", called, help.arguments),
                      "\n\n", help.summary, "\n\n",
                      OptionsHelp(applet.Options(), help.runs_command),
                      help.details);
}

}  // namespace

std::vector<Option> Applet::Options() { return {}; }

void Applet::Run(const CommandLine&, Console&) {}

std::array<std::unique_ptr<Applet>, 5> Applets() {
  return {MountApplet(), RegisterApplet(), StatusApplet(), ClearApplet(),
          RunCommandApplet()};
}

std::unique_ptr<Applet> FindApplet(std::string_view name) {
  absl::ConsumePrefix(&name, "binfmt-");
  for (std::unique_ptr<Applet>& applet : Applets()) {
    if (applet->name() == name) return std::move(applet);
  }
  return nullptr;
}

int RunApplet(Applet& applet, std::string_view called,
              std::span<const char* const> args) {
  Console console(ProgramName(applet), std::string(called));
  const bool runs_command = applet.help().runs_command;
  const CommandLine line =
      ParseCommandLine(applet.Options(), args, runs_command);
  const CommonOptions& common = line.common;
  console.set_kmsg(common.kmsg && !common.help, !common.json);
  if (line.error) {
    console.Complain(*line.error);
  } else if (common.help) {
    console.Answer(Usage(applet, called));
  } else {
    console.set_quiet(common.quiet);
    console.set_if_possible(common.if_possible);
    applet.Run(line, console);
  }
  const int status = console.Finish();
  const bool is_ours = status != kExitOk && status < kExitNoHandlers;
  return runs_command && is_ours ? kExitNoHandlers : status;
}

int RunApplet(std::initializer_list<const char*> words) {
  std::vector<const char*> args(words);
  std::erase(args, nullptr);
  return RunApplet(*FindApplet(args[0]), absl::StrCat("binfmtbox ", args[0]),
                   std::span(args).subspan(1));
}

}  // namespace cmd
