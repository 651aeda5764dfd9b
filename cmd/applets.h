// SPDX-License-Identifier: Apache-2.0
// The table of applets: dispatch, --list, --install and the help read it.
#ifndef CMD_APPLETS_H_
#define CMD_APPLETS_H_

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "cmd/console.h"
#include "cmd/options.h"

namespace cmd {

// What the help says of an applet besides its options.
struct AppletHelp {
  std::string_view name;       // "register"
  std::string_view arguments;  // in the usage line: "[OPTION]... [TARGET]..."
  std::string_view summary;    // one imperative sentence
  std::string_view details;    // what follows the options, after an empty line
  // Its operands are a command: options end in front of it, and failures have
  // the statuses of env(1).
  bool runs_command = false;
  // What other tools call it, each with a blank before it.
  std::string_view other_words = {};
};

// One command line's use of an applet: the setters of its options write to it.
class Applet {
 public:
  explicit Applet(const AppletHelp& help) : help_(help) {}
  virtual ~Applet() = default;

  const AppletHelp& help() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return help_; }
  std::string_view name() const { return help_.name; }

  // The table of its own options.
  virtual std::vector<Option> Options();

  // Does the work. LINE is parsed; --help and the common options that concern
  // the console are dealt with. Not pure, since the C++ library's answer to the
  // call of a pure function would link vfprintf(3).
  virtual void Run(const CommandLine& line, Console& console);

  // For register: the program was called as QEMU's qemu-binfmt-conf.sh, whose
  // defaults hold.
  virtual void BehaveAsScript() {}

  // For register: a container image's --install, which registers what is
  // missing, with rights for sudo, as tonistiigi/binfmt does.
  virtual void BehaveAsImage() {}

 private:
  AppletHelp help_;
};

// All applets, in the order of --list.
std::array<std::unique_ptr<Applet>, 5> Applets();

// The applet that NAME ("mount", "binfmt-mount") calls; nullptr: none.
std::unique_ptr<Applet> FindApplet(std::string_view name);

// Runs APPLET, which the words CALLED call, with ARGS, which follow them.
// Returns the exit status.
int RunApplet(Applet& applet, std::string_view called,
              std::span<const char* const> args);
// The same for WORDS, which begin with the name of an applet; null ones do not
// count.
int RunApplet(std::initializer_list<const char*> words);

// Each in NAME_applet.cc.
std::unique_ptr<Applet> MountApplet();
std::unique_ptr<Applet> RegisterApplet();
std::unique_ptr<Applet> StatusApplet();
std::unique_ptr<Applet> ClearApplet();
std::unique_ptr<Applet> RunCommandApplet();

}  // namespace cmd

#endif  // CMD_APPLETS_H_
