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

#include "absl/base/attributes.h"
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
    "  -n, --dry-run          say what would be done and change nothing\n"
    "\n"
    "With --install it takes the options of register as well; the applets' "
    "options\n"
    "are told by IMAGE APPLET --help. The container needs --privileged; where "
    "the\n"
    "host has not mounted binfmt_misc, --pid=host as well.\n"_fmt;

using Words = binfmt::Array<binfmt::Text>;

// Adds a copy of each word of the value of OPTION, divided by commas, to WORDS.
binfmt::Error AddWords(const GivenOption& option, Words* words) {
  const binfmt::Array<std::string_view> list = SplitWords(option.value);
  // A script's variable may be empty: nothing would be done, and no error said.
  if (list.empty()) {
    return binfmt::Misuse("option --@ needs a value, LIST"_fmt, option.name);
  }
  for (const std::string_view word : list) {
    // The applet would take it for an option: "--uninstall=--all".
    if (absl::StartsWith(word, "-")) {
      return binfmt::Misuse("option --@ takes names, not \"%\""_fmt,
                            option.name, word);
    }
    words->push_back(binfmt::Text(word));
  }
  return binfmt::Ok();
}

// What is behind the first COUNT of ARGS.
absl::Span<const char* const> Behind(size_t count,
                                     absl::Span<const char* const> args) {
  return absl::MakeSpan(args.data() + count, args.size() - count);
}

// FIRST, then LAST.
Words Joined(Words first, const Words& last) {
  for (const binfmt::Text& word : last) first.push_back(word);
  return first;
}

// WORDS as main() gets its own. They must outlive the result.
binfmt::Array<const char*> Pointers(
    const Words& words ABSL_ATTRIBUTE_LIFETIME_BOUND) {
  binfmt::Array<const char*> pointers;
  for (const binfmt::Text& word : words) pointers.push_back(word.c_str());
  return pointers;
}

// What register makes of WORDS, so that what is wrong with them is said before
// anything is done.
binfmt::Error ReadInstall(absl::Span<const char* const> words,
                          CommandLine* line) {
  Applet applet;
  if (!FindApplet("register", &applet)) return binfmt::Ok();
  return ParseCommandLine(applet.options, words, line);
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
  Words install;  // with the options of register
  Words uninstall;
  bool installs = false;
  bool dry_run = false;
  const char* other = nullptr;  // an option that goes with --install
  binfmt::Text dir = binfmt::kDefaultDir;
  // What is asked is answered within this process's life.
  binfmt::MountOptions mounting;
  mounting.holds = true;
  binfmt::Error error = binfmt::Ok();
  for (size_t i = 0; error.ok() && i < args.size(); ++i) {
    GivenOption given;
    given.value = args[i];
    if (absl::ConsumePrefix(&given.value, "-")) {
      // Go's programs take options with one dash, too.
      absl::ConsumePrefix(&given.value, "-");
      given.name = binfmt::TakeUntil('=', &given.value);
    }
    if (given.Is("help") || given.Is("h")) {
      console.Answer(binfmt::Text(kUsage));
      return console.Finish();
    }
    if (given.Is("list") || given.Is("version")) {
      Words words = {given.Is("list") ? "--list" : "--version"};
      for (const char* word : Behind(i + 1, args)) words.push_back(word);
      return RunBox(Pointers(words));
    }
    const bool is_install = given.Is("install");
    const bool is_mount = given.Is("mount");
    if (is_install || is_mount || given.Is("uninstall")) {
      if (!absl::StrContains(args[i], "=") && i + 1 < args.size()) {
        given.value = args[++i];
      }
      installs |= is_install;
      if (!is_mount) {
        error = AddWords(given, is_install ? &install : &uninstall);
      } else if (given.value.empty()) {
        error = binfmt::Misuse("option --mount needs a value, DIR"_fmt);
      } else {
        dir = given.value;
      }
    } else if (given.Is("dry-run") || given.Is("n")) {
      dry_run = true;
    } else {
      install.push_back(args[i]);
      if (given.Is("userns")) {
        mounting.allow_user_namespace = true;
      } else if (other == nullptr) {
        other = args[i];
      }
    }
  }
  if (error.ok() && installs) {
    const Words words = Joined({"--dir", dir}, install);
    CommandLine line;
    error = ReadInstall(Pointers(words), &line);
    dir = line.common.dir;
    // -n may stand among other letters.
    dry_run |= line.common.dry_run;
  } else if (error.ok() && other != nullptr) {
    error =
        binfmt::Misuse("\"%\" is no option, unless with --install"_fmt, other);
  }
  if (!error.ok()) {
    console.Complain(error);
    return console.Finish();
  }
  Words common = {"--dir", dir};
  // Standard output is for the state alone, and for what would be done.
  common.push_back(dry_run ? "--dry-run" : "--quiet");
  const bool uninstalls = !uninstall.empty();
  if (!installs || uninstalls) {
    // In a dry run, too: without it there is nothing to be seen, and this
    // container's mount goes with it.
    binfmt::MountOutcome outcome;
    error = binfmt::MountBinfmtMisc(dir, mounting, &outcome);
    if (!error.ok()) {
      console.Complain(error);
      return console.Finish();
    }
  }
  if (uninstalls) {
    console.AddStatus(RunNamed("clear", Pointers(Joined(common, uninstall))));
  }
  if (installs) {
    // Rights for sudo in containers, as the model gives them.
    common = Joined(common, {"--mount", "--if-missing", "-cyes"});
    // The host is not always to be seen.
    if (binfmt::CurrentUserNamespace() == binfmt::UserNamespace::kFirst &&
        binfmt::InFirstPidNamespace()) {
      common.push_back("--host");
    }
    console.AddStatus(RunNamed("register", Pointers(Joined(common, install))));
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
  if (absl::StartsWith(first, "-")) return cmd::RunOptions(args);
  return cmd::RunNamed(first, cmd::Behind(1, args));
}
