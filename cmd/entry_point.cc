// SPDX-License-Identifier: Apache-2.0
// The executable of a container image. Takes what binfmtbox takes, and the
// words of tonistiigi/binfmt (--install LIST, --uninstall LIST), so that an
// image with another name is all that changes in a script:
//   docker run --privileged --rm IMAGE --install arm64,arm
// It prints one JSON object: the platforms whose programs run, and the entries
// by which they do. Unlike its model it exits with the status of the contract,
// and what is there already and works is no failure.
#include <cstddef>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "binfmt/array.h"
#include "binfmt/error.h"
#include "binfmt/format.h"
#include "binfmt/io.h"
#include "binfmt/mount.h"
#include "binfmt/namespaces.h"
#include "binfmt/registry.h"
#include "binfmt/text.h"
#include "cmd/applets.h"
#include "cmd/box.h"
#include "cmd/console.h"
#include "cmd/options.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::operator""_fmt;

constexpr char kProgram[] = "binfmt";

constexpr binfmt::Format kUsage =
    "usage: IMAGE [OPTION]...\n"
    "   or: IMAGE APPLET [OPTION]... [OPERAND]...\n"
    "   or: IMAGE --list | --version\n"
    "\n"
    "Manage binfmt_misc from a container, and print what runs then.\n"
    "\n"
    "      --install LIST     register what is missing of these targets, or of "
    "all\n"
    "      --uninstall LIST   take these entries, targets or patterns out\n"
    "      --mount DIR        where binfmt_misc is mounted\n"
    "\n"
    "With --install it takes the options of register as well; the applets' "
    "options\n"
    "are told by IMAGE APPLET --help. The container needs --privileged; where "
    "the\n"
    "host has not mounted binfmt_misc, --pid=host as well.\n"_fmt;

using Words = binfmt::Array<const char*>;

// Adds a copy of each word of LIST, divided by commas, to WORDS; are there any?
bool AddWords(std::string_view list, Words* words) {
  const size_t size = words->size();
  for (const std::string_view word : SplitWords(list)) {
    words->push_back(binfmt::Text(word).c_str());
  }
  return words->size() != size;
}

int RunNamed(std::string_view name, absl::Span<const char* const> words) {
  if (Applet applet; FindApplet(name, &applet)) {
    return RunApplet(applet, words);
  }
  Console console(kProgram);
  console.Complain(binfmt::Failure(
      0, "there is no applet \"%\"; to register a target, say: --install %"_fmt,
      name, name));
  return kExitNoApplet;
}

// Does what the options in ARGS say, and prints what is there then.
int RunOptions(absl::Span<const char* const> args) {
  Console console(kProgram);
  // Standard output is for the state alone. Rights for sudo in containers, as
  // the model gives them.
  Words install = {"-q", "--mount", "--if-missing", "-cyes"};
  Words uninstall = {"-q"};
  bool installs = false;
  bool uninstalls = false;
  const char* other = nullptr;  // an option that goes with --install
  binfmt::Text dir = binfmt::kDefaultDir;
  // What is asked is answered within this process's life.
  binfmt::MountOptions mounting;
  mounting.holds = true;
  for (size_t i = 0; i < args.size(); ++i) {
    GivenOption given;
    given.value = args[i];
    given.name = binfmt::TakeUntil('=', &given.value);
    // Go's programs take options with one dash, too.
    absl::ConsumePrefix(&given.name, "-");
    absl::ConsumePrefix(&given.name, "-");
    const bool is_install = given.Is("install");
    const bool is_mount = given.Is("mount");
    if (given.Is("help") || given.Is("h")) {
      console.Answer(binfmt::Text(kUsage));
      return console.Finish();
    }
    if (!is_install && !is_mount && !given.Is("uninstall")) {
      if (given.Is("userns")) {
        mounting.allow_user_namespace = true;
      } else if (other == nullptr) {
        other = args[i];
      }
      install.push_back(args[i]);
      continue;
    }
    if (!absl::StrContains(args[i], "=") && i + 1 < args.size()) {
      given.value = args[++i];
    }
    if (is_mount) {
      dir = given.value;
    } else if (is_install) {
      installs |= AddWords(given.value, &install);
    } else {
      uninstalls |= AddWords(given.value, &uninstall);
    }
  }
  for (Words* words : {&install, &uninstall}) {
    words->push_back("--dir");
    words->push_back(dir.c_str());
  }
  if (!installs && other != nullptr) {
    console.Complain(
        binfmt::Misuse("\"%\" is no option, unless with --install"_fmt, other));
    return console.Finish();
  }
  if (!installs || uninstalls) {
    binfmt::MountOutcome outcome;
    const binfmt::Error error =
        binfmt::MountBinfmtMisc(dir, mounting, &outcome);
    if (!error.ok()) {
      console.Complain(error);
      return console.Finish();
    }
  }
  if (uninstalls) console.AddStatus(RunNamed("clear", uninstall));
  if (installs) {
    // The host is not always to be seen.
    if (binfmt::CurrentUserNamespace() == binfmt::UserNamespace::kFirst &&
        binfmt::InFirstPidNamespace()) {
      install.push_back("--host");
    }
    console.AddStatus(RunNamed("register", install));
  }
  // Without the registry it would only say once more why there is none.
  if (console.status() != kExitMisuse && binfmt::IsBinfmtMisc(dir)) {
    console.AddStatus(RunNamed("status", {"--platforms", "-D", dir.c_str()}));
  }
  return console.Finish();
}

}  // namespace
}  // namespace cmd

int main(int argc, char** argv) {
  binfmt::OccupyStandardDescriptors();
  const absl::Span<const char* const> args(argv + 1, argc > 1 ? argc - 1 : 0);
  const std::string_view first = args.empty() ? "-" : args[0];
  if (first == "--list" || first == "--version") return cmd::RunBox(args);
  if (absl::StartsWith(first, "-")) return cmd::RunOptions(args);
  return cmd::RunNamed(first, absl::MakeSpan(args.data() + 1, args.size() - 1));
}
