// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_open.h"

#include <string>
#include <utility>

#include "binfmt/base/message.h"
#include "binfmt/kernel/lifetime.h"
#include "binfmt/kernel/mount.h"

namespace cmd {

using binfmt::Entry;
using binfmt::Error;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Registry;

Expected<OpenRegistry> OpenForRegister(const RegisterRequest& request,
                                       bool lock) {
  const std::string& dir = request.common.dir;
  if (request.mount) {
    Expected<binfmt::MountResult> mounted =
        binfmt::MountBinfmtMisc(dir, request.mounting);
    if (!mounted) return std::move(mounted.error());
    // A dry run mounts nothing, and without a mount there are no entries.
    if (request.common.dry_run && !mounted->was_mounted) return OpenRegistry();
  }
  Expected<Registry> registry = Registry::Open(
      dir, request.verify ? Registry::Kind::kOwn : Registry::Kind::kMounted);
  if (!registry) return std::move(registry.error());
  if (lock && !request.common.dry_run) {
    if (Expected<void> locked = registry->Lock(); !locked) {
      return std::move(locked.error());
    }
  }
  if (!request.mount && !request.hold) {
    if (Expected<void> lasts = binfmt::CheckLasts(dir); !lasts) {
      return std::move(lasts.error());
    }
  }
  return ReadEntries(std::move(registry), dir);
}

Expected<OpenRegistry> ReadEntries(Expected<Registry> registry,
                                   const std::string& dir) {
  if (!registry) return std::move(registry.error());
  Expected<bool> enabled = registry->ReadEnabled();
  if (!enabled) return std::move(enabled.error());
  if (!*enabled) {
    return Failed(0,
                  "binfmt_misc is disabled as a whole, so no entry would be of "
                  "use; enable it with: echo 1 > $0/status",
                  dir);
  }
  Expected<std::vector<Entry>> entries = registry->ReadAll();
  if (!entries) return std::move(entries.error());
  return OpenRegistry{*std::move(registry), *std::move(entries)};
}

}  // namespace cmd
