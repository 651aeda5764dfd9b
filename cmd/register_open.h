// SPDX-License-Identifier: Apache-2.0
// Opens the registry that register changes.
#ifndef CMD_REGISTER_OPEN_H_
#define CMD_REGISTER_OPEN_H_

#include <string>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/kernel/registry.h"
#include "binfmt/record/entry.h"
#include "cmd/register_request.h"

namespace cmd {

struct OpenRegistry {
  binfmt::Registry registry;
  std::vector<binfmt::Entry> entries;
};

// Mounts binfmt_misc where the request says so, opens it and reads its entries.
// With LOCK, and unless it is a dry run, no other run of this program changes
// anything meanwhile. Fails where entries would not last or would be of no use:
// binfmt_misc is disabled as a whole. A dry run that would mount has no
// entries.
binfmt::Expected<OpenRegistry> OpenForRegister(const RegisterRequest& request,
                                               bool lock);

// Reads the entries of REGISTRY, which is on DIR. Fails where binfmt_misc is
// disabled as a whole.
binfmt::Expected<OpenRegistry> ReadEntries(
    binfmt::Expected<binfmt::Registry> registry, const std::string& dir);

}  // namespace cmd

#endif  // CMD_REGISTER_OPEN_H_
