// SPDX-License-Identifier: Apache-2.0
// The executable of a container image. Takes what binfmtbox takes, and the
// words of tonistiigi/binfmt (--install LIST, --uninstall LIST), so that an
// image with another name is all that changes in a script:
//   docker run --privileged --rm IMAGE --install arm64,arm
// It prints one JSON object: the platforms whose programs run, and the entries
// by which they do. Unlike its model it exits with the status of the contract,
// and what is there already and works is no failure. A container sees no
// binfmt_misc but one that it mounts, so status and clear do that here as well.
#include <fcntl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
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
#include "cmd/environment.h"
#include "cmd/options.h"
#include "cmd/targets.h"

namespace cmd {
namespace {

using binfmt::Expected;
using binfmt::Misuse;

constexpr char kProgram[] = "binfmt";
// What its user calls, who chose its name.
constexpr char kCalled[] = "IMAGE";

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
    "With --install it takes the options of register as well, and the "
    "variables\n"
    "QEMU_BINARY_PATH (--qemu-path) and QEMU_PRESERVE_ARGV0; the applets' "
    "options\n"
    "are told by IMAGE APPLET --help. The container needs --privileged; where "
    "the\n"
    "host has not mounted binfmt_misc, --pid=host as well. In a user namespace "
    "of\n"
    "its own it needs --userns, as status and clear do.\n";

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

// Mounts binfmt_misc for the applet NAME with ARGS, which are its operands and
// options, and --userns, unless it is there. The host's instance, where this is
// the first user namespace. Fails where the applet can do nothing without it.
Expected<void> MountFor(std::string_view name, Words& args, Console& console) {
  absl::ConsumePrefix(&name, "binfmt-");
  if (name != "status" && name != "clear") return {};
  binfmt::MountOptions mounting;
  mounting.holds = true;
  mounting.allow_user_namespace = std::erase(args, "--userns") != 0;
  const CommandLine line =
      ParseCommandLine(FindApplet(name)->Options(), Pointers(args));
  console.set_if_possible(line.common.if_possible);
  // What a user mounted, or a copy, has a directory of its own.
  if (line.error || line.common.help ||
      line.common.dir != binfmt::kDefaultDir) {
    return {};
  }
  const Expected<binfmt::MountResult> mounted =
      binfmt::MountBinfmtMisc(line.common.dir, mounting);
  // These ask what runs, and can tell.
  if (mounted || absl::c_linear_search(args, "--probe") ||
      absl::c_linear_search(args, "--platforms")) {
    return {};
  }
  return mounted.error().Copy();
}

int RunNamed(std::string_view name, std::span<const char* const> args) {
  if (const std::unique_ptr<Applet> applet = FindApplet(name)) {
    Words words(args.begin(), args.end());
    Console console(absl::StrCat("binfmt-", applet->name()));
    if (Expected<void> mounted = MountFor(name, words, console); !mounted) {
      console.Complain(mounted.error());
      return console.Finish();
    }
    return RunApplet(*applet, absl::StrCat("IMAGE ", name), Pointers(words));
  }
  Console console(kProgram, kCalled);
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

// Says which emulators the image has, in the words of a file of their layer.
void PrintEmulators() {
  constexpr char kFile[] = "/usr/share/doc/qemu-user-static/version";
  constexpr size_t kMaxLength = 1024;
  const binfmt::ErrnoOr<std::string> text =
      binfmt::ReadFileAt(AT_FDCWD, kFile, kMaxLength);
  if (!text) return;
  Console console(kProgram, kCalled);
  console.Answer(*text);
  console.Finish();
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
  // Takes from install_, which has nothing but targets yet, what is unknown.
  void TakeUnknown();
  // Adds the options that the variables of tonistiigi/binfmt stand for.
  Expected<void> ReadEnvironment();
  // Finds out what register makes of the options, so that what is wrong with
  // them is reported before anything is done.
  Expected<void> CheckInstallOptions();

  Words install_;    // targets
  Words options_;    // of register
  Words uninstall_;  // names, targets and patterns
  std::vector<binfmt::Error>
      unknown_;  // what is said of words that name nothing
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

void ImageRun::TakeUnknown() {
  std::erase_if(install_, [this](const std::string& word) {
    if (word == "all") return false;
    Expected<const arch_table::Target*> target = ParseTarget(word);
    if (!target) unknown_.push_back(std::move(target.error()));
    return !target.has_value();
  });
}

Expected<void> ImageRun::ReadEnvironment() {
  if (!Environment("QEMU_BINARY_PREFIX").empty()) {
    return Misuse(
        "QEMU_BINARY_PREFIX is not supported: entries and emulators are told "
        "by their names, which begin with qemu-; use QEMU_BINARY_PATH");
  }
  Words words;
  if (const std::string_view path = Environment("QEMU_BINARY_PATH");
      !path.empty()) {
    if (path[0] != '/') {
      return Misuse("QEMU_BINARY_PATH needs an absolute path");
    }
    words.push_back(absl::StrCat("--qemu-path=", path));
  }
  if (!Environment("QEMU_PRESERVE_ARGV0").empty()) words.push_back("-gyes");
  // What an option says holds.
  options_ = Concat(std::move(words), options_);
  return {};
}

Expected<std::optional<int>> ImageRun::Parse(
    std::span<const char* const> args) {
  // What is asked is answered within this process's life.
  mounting_.holds = true;
  for (size_t i = 0; i < args.size(); ++i) {
    ImageOption option = SplitOption(args[i]);
    if (option.name == "help" || option.name == "h") {
      Console console(kProgram, kCalled);
      console.Answer(kUsage);
      return console.Finish();
    }
    if (option.name == "list" || option.name == "version") {
      Words words = {absl::StrCat("--", option.name)};
      words.insert(words.end(), args.begin() + i + 1, args.end());
      const int status = RunBox("binfmtbox", Pointers(words));
      if (status == kExitOk && option.name == "version") PrintEmulators();
      return status;
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
      Expected<void> added = AddWords(option.name, option.value,
                                      is_install ? install_ : uninstall_);
      if (!added) return std::move(added.error());
    } else if (option.name == "dry-run" || option.name == "n") {
      dry_run_ = true;
    } else {
      options_.emplace_back(args[i]);
      if (option.name == "userns") {
        mounting_.allow_user_namespace = true;
      } else if (register_option_.empty()) {
        register_option_ = args[i];
      }
    }
  }
  const bool installs = !install_.empty();
  TakeUnknown();
  if (installs && install_.empty()) return std::move(unknown_[0]);
  if (installs) {
    if (Expected<void> read = ReadEnvironment(); !read) {
      return std::move(read.error());
    }
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
  const Words words = Concat({"--dir", dir_}, Concat(install_, options_));
  CommandLine line =
      ParseCommandLine(RegisterApplet()->Options(), Pointers(words));
  if (line.error) return *std::move(line.error);
  dir_ = line.common.dir;
  // -n may stand among other letters.
  if (line.common.dry_run) dry_run_ = true;
  return {};
}

int ImageRun::Do() {
  Console console(kProgram, kCalled);
  // Standard output is for the state alone, and for what would be done.
  const Words common = {"--dir", dir_, dry_run_ ? "--dry-run" : "--quiet"};
  if (install_.empty() || !uninstall_.empty()) {
    // In a dry run, too: without a mount there is nothing to see, and this
    // container's mount goes with it.
    const Expected<binfmt::MountResult> mounted =
        binfmt::MountBinfmtMisc(dir_, mounting_);
    if (!mounted) {
      console.Complain(mounted.error());
      if (!uninstall_.empty()) return console.Finish();
    }
  }
  if (!uninstall_.empty()) {
    const Words words = Concat(common, uninstall_);
    console.AddStatus(RunNamed("clear", Pointers(words)));
  }
  for (const binfmt::Error& error : unknown_) {
    // The others are no misuse.
    console.Complain(binfmt::Error(0, error.text()));
  }
  if (!install_.empty()) {
    Words words = common;
    // The host's mounts are not always within reach.
    if (binfmt::CurrentUserNamespace() == binfmt::UserNamespace::kFirst &&
        binfmt::InFirstPidNamespace()) {
      words.push_back("--host");
    }
    words = Concat(std::move(words), Concat(install_, options_));
    const std::unique_ptr<Applet> applet = RegisterApplet();
    applet->BehaveAsImage();
    console.AddStatus(RunApplet(*applet, "IMAGE register", Pointers(words)));
  }
  // What runs can be told without the usual registry, but not without another.
  if (console.status() != kExitMisuse &&
      (dir_ == binfmt::kDefaultDir || binfmt::IsBinfmtMisc(dir_))) {
    const Words words = {"--platforms", "-D", dir_};
    console.AddStatus(RunNamed("status", Pointers(words)));
  }
  return console.Finish();
}

int RunImage(std::span<const char* const> args) {
  ImageRun run;
  const Expected<std::optional<int>> parsed = run.Parse(args);
  if (!parsed) {
    Console console(kProgram, kCalled);
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
