// SPDX-License-Identifier: Apache-2.0
// The work of register: mounts, plans, waits, registers, tells, and stays.
#ifndef CMD_REGISTRAR_H_
#define CMD_REGISTRAR_H_

#include <cstdint>
#include <string_view>

#include "binfmt/array.h"
#include "binfmt/install.h"
#include "binfmt/mount.h"
#include "binfmt/record_files.h"
#include "binfmt/text.h"
#include "cmd/console.h"
#include "cmd/options.h"
#include "cmd/plan.h"
#include "cmd/targets.h"

namespace cmd {

struct RegisterSettings {
  bool mount = false;
  bool cmdline = false;
  bool hold = false;
  bool verify = false;
  // Leave out targets whose programs run already, by the machine itself or, if
  // nothing is to be replaced, by an entry that holds its interpreter. Of "all"
  // also those whose entry's name is taken.
  bool if_missing = false;
  Choice ignore_family = Choice::kNo;  // yes: register native targets, too
  int64_t wait = 0;                    // milliseconds
  // Not kNone: nothing is registered, the records go to stdout or into DIR.
  // record.for_files goes with it.
  binfmt::FileFormat print = binfmt::FileFormat::kNone;
  // Gets a file for each record. Empty: there is no such directory.
  binfmt::Text dir;
  RecordOptions record;
  binfmt::MountOptions mounting;
  binfmt::InstallOptions install;
};

// What is to be registered.
struct RegisterRequest {
  TargetList targets;
  TargetList named;  // those of them that were asked for by name
  bool all = false;
  // With files: those of "all" whose interpreter is missing, too.
  bool missing_too = false;
  // The files are not for this machine, so that it is not asked what it runs.
  bool for_other_machine = false;
  std::string_view systemd;  // the word of --systemd, or empty
  binfmt::Array<std::string_view> rules;
  binfmt::Array<std::string_view> files;  // or directories; "-": stdin
  bool system = false;                    // what systemd-binfmt would register
};

// Registers what REQUEST asks for, as LINE's common options and SETTINGS say,
// and reports on CONSOLE. Returns when it is done, or, with settings.hold, when
// a signal ends it.
void Register(const CommandLine& line, const RegisterSettings& settings,
              const RegisterRequest& request, Console* console);

}  // namespace cmd

#endif  // CMD_REGISTRAR_H_
