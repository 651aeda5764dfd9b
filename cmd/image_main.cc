// SPDX-License-Identifier: Apache-2.0
// The executable of a container image. Takes what binfmtbox takes, and the
// words of tonistiigi/binfmt (--install LIST, --uninstall LIST), so that an
// image with another name is all that changes in a script:
//   docker run --privileged --rm IMAGE --install arm64,arm
// It prints one JSON object: the platforms whose programs run, and the entries
// by which they do. Unlike its model it exits with the status of the contract,
// and what is there already and works is no failure.
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/kernel/mount.h"
#include "binfmt/kernel/namespaces.h"
#include "binfmt/kernel/registry.h"
#include "cmd/applets.h"
#include "cmd/box.h"
#include "cmd/console.h"
#include "cmd/options.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::Expected;
using binfmt::Misuse;

constexpr char kProgram[] = "binfmt";

constexpr std::string_view kUsage =
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
    "host has not mounted binfmt_misc, --pid=host as well.\n";

using Words = std::vector<std::string>;

// The pointers that RunApplet() and RunBox() take. WORDS must outlive them.
std::vector<const char*> Pointers(const Words& words) {
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return pointers;
}

Words Concat(Words first, const Words& last) {
  first.insert(first.end(), last.begin(), last.end());
  return first;
}

int RunNamed(std::string_view name, std::span<const char* const> args) {
  if (const std::unique_ptr<Applet> applet = FindApplet(name)) {
    return RunApplet(*applet, absl::StrCat("IMAGE ", name), args);
  }
  Console console(kProgram);
  console.Complain(binfmt::Failed(
      0, "there is no applet \"$0\"; to register a target, say: --install $1",
      name, name));
  return kExitNoApplet;
}

// An option of the image with the value that is joined to it.
struct ImageOption {
  std::string_view name = {};   // without dashes; empty: not an option
  std::string_view value = {};  // behind "="
  bool has_value = false;
};

ImageOption SplitOption(std::string_view arg) {
  // Go's programs accept options with one dash as well.
  if (!absl::ConsumePrefix(&arg, "--") && !absl::ConsumePrefix(&arg, "-")) {
    return {};
  }
  const size_t equals = arg.find('=');
  if (equals == std::string_view::npos) return {.name = arg};
  return {.name = arg.substr(0, equals),
          .value = arg.substr(equals + 1),
          .has_value = true};
}

// What the image is to do.
class ImageRun {
 public:
  // Reads ARGS. Returns an exit status where they say what to print and nothing
  // else.
  Expected<std::optional<int>> Parse(std::span<const char* const> args);

  // Does it, and prints what runs then.
  int Do();

 private:
  // Adds the words of VALUE, separated by commas, to WORDS.
  static Expected<void> AddWords(std::string_view name, std::string_view value,
                                 Words& words);
  // Finds out what register makes of the options, so that what is wrong with
  // them is reported before anything is done.
  Expected<void> CheckInstallOptions();

  Words install_;    // targets, with the options of register
  Words uninstall_;  // names, targets and patterns
  bool installs_ = false;
  bool dry_run_ = false;
  std::string register_option_;  // an option that goes with --install only
  std::string dir_ = binfmt::kDefaultDir;
  binfmt::MountOptions mounting_;
};

Expected<void> ImageRun::AddWords(std::string_view name, std::string_view value,
                                  Words& words) {
  const Words list = SplitWords(value);
  // A script's variable may be empty: nothing would be done, and no error said.
  if (list.empty()) {
    return Misuse("option --$0 needs a value, LIST", name);
  }
  for (const std::string& word : list) {
    // The applet would take it for an option: "--uninstall=--all".
    if (absl::StartsWith(word, "-")) {
      return Misuse("option --$0 takes names, not \"$1\"", name, word);
    }
    words.push_back(word);
  }
  return {};
}

Expected<std::optional<int>> ImageRun::Parse(
    std::span<const char* const> args) {
  // What is asked is answered within this process's life.
  mounting_.holds = true;
  for (size_t i = 0; i < args.size(); ++i) {
    ImageOption option = SplitOption(args[i]);
    if (option.name == "help" || option.name == "h") {
      Console console(kProgram);
      console.Answer(kUsage);
      return console.Finish();
    }
    if (option.name == "list" || option.name == "version") {
      Words words = {absl::StrCat("--", option.name)};
      words.insert(words.end(), args.begin() + i + 1, args.end());
      return RunBox("binfmtbox", Pointers(words));
    }
    const bool is_install = option.name == "install";
    if (is_install || option.name == "uninstall" || option.name == "mount") {
      if (!option.has_value && i + 1 < args.size()) option.value = args[++i];
      if (option.name == "mount") {
        if (option.value.empty()) {
          return Misuse("option --mount needs a value, DIR");
        }
        dir_ = option.value;
        continue;
      }
      if (is_install) installs_ = true;
      Expected<void> added = AddWords(option.name, option.value,
                                      is_install ? install_ : uninstall_);
      if (!added) return std::move(added.error());
    } else if (option.name == "dry-run" || option.name == "n") {
      dry_run_ = true;
    } else {
      install_.emplace_back(args[i]);
      if (option.name == "userns") {
        mounting_.allow_user_namespace = true;
      } else if (register_option_.empty()) {
        register_option_ = args[i];
      }
    }
  }
  if (installs_) {
    if (Expected<void> checked = CheckInstallOptions(); !checked) {
      return std::move(checked.error());
    }
  } else if (!register_option_.empty()) {
    return Misuse("\"$0\" is no option, unless with --install",
                  register_option_);
  }
  return std::nullopt;
}

Expected<void> ImageRun::CheckInstallOptions() {
  const Words words = Concat({"--dir", dir_}, install_);
  CommandLine line =
      ParseCommandLine(RegisterApplet()->Options(), Pointers(words));
  if (line.error) return *std::move(line.error);
  dir_ = line.common.dir;
  // -n may stand among other letters.
  if (line.common.dry_run) dry_run_ = true;
  return {};
}

int ImageRun::Do() {
  Console console(kProgram);
  // Standard output is for the state alone, and for what would be done.
  const Words common = {"--dir", dir_, dry_run_ ? "--dry-run" : "--quiet"};
  if (!installs_ || !uninstall_.empty()) {
    // In a dry run, too: without a mount there is nothing to see, and this
    // container's mount goes with it.
    const Expected<binfmt::MountResult> mounted =
        binfmt::MountBinfmtMisc(dir_, mounting_);
    if (!mounted) {
      console.Complain(mounted.error());
      return console.Finish();
    }
  }
  if (!uninstall_.empty()) {
    const Words words = Concat(common, uninstall_);
    console.AddStatus(RunNamed("clear", Pointers(words)));
  }
  if (installs_) {
    // Rights for sudo in containers, as tonistiigi/binfmt gives them.
    Words words = Concat(common, {"--mount", "--if-missing", "-cyes"});
    // The host's mounts are not always within reach.
    if (binfmt::CurrentUserNamespace() == binfmt::UserNamespace::kFirst &&
        binfmt::InFirstPidNamespace()) {
      words.push_back("--host");
    }
    words = Concat(std::move(words), install_);
    console.AddStatus(RunNamed("register", Pointers(words)));
  }
  // Without the registry it would only repeat why there is none.
  if (console.status() != kExitMisuse && binfmt::IsBinfmtMisc(dir_)) {
    const Words words = {"--platforms", "-D", dir_};
    console.AddStatus(RunNamed("status", Pointers(words)));
  }
  return console.Finish();
}

int RunImage(std::span<const char* const> args) {
  ImageRun run;
  const Expected<std::optional<int>> parsed = run.Parse(args);
  if (!parsed) {
    Console console(kProgram);
    console.Complain(parsed.error());
    return console.Finish();
  }
  return *parsed ? **parsed : run.Do();
}

}  // namespace
}  // namespace cmd

int main(int argc, char** argv) {
  binfmt::OccupyStandardDescriptors();
  const std::span<const char* const> args(argv + 1, argc > 1 ? argc - 1 : 0);
  const std::string_view first = args.empty() ? "-" : args[0];
  if (absl::StartsWith(first, "-")) return cmd::RunImage(args);
  return cmd::RunNamed(first, args.subspan(1));
}
