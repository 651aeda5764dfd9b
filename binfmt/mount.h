// SPDX-License-Identifier: Apache-2.0
// Brings binfmt_misc up where it is not mounted.
#ifndef BINFMT_MOUNT_H_
#define BINFMT_MOUNT_H_

#include "binfmt/error.h"
#include "binfmt/text.h"

namespace binfmt {

struct MountOptions {
  // A user namespace other than the first gets an instance of its own with the
  // first mount, and the host's handlers are hidden there for good, even after
  // umount (load_binfmt_misc(), Linux 6.7). So that needs this consent.
  bool allow_user_namespace = false;
  // Mount in PID 1's mount namespace, too, so that the instance outlives this
  // process's own.
  bool on_host = false;
  // This process stays, so the mount need not outlive it.
  bool holds = false;
  // The module to load where the kernel lacks binfmt_misc; empty: the one that
  // is installed for it. With ON_HOST it is looked for in PID 1's mounts.
  Text module;
  bool dry_run = false;  // only find out what would be done
};

enum class MountOutcome {
  kAlreadyMounted,  // nothing was changed
  kMounted,         // mounted, or with dry_run: would be
};

// Mounts binfmt_misc on DIR, and before that /proc where DIR lies under it and
// it is not there. Where the kernel does not know binfmt_misc, its module is
// loaded; MODULE, if given, gets its path then. "Mounted" is decided by
// statfs(2) and by trying, never by a list of mounts. Never unmounts anything.
//
// Fails with kWouldNotLast, the mount being made, where the instance would go
// with this process's mount namespace (see lifetime.h).
Error MountBinfmtMisc(const Text& dir, const MountOptions& options,
                      MountOutcome* outcome, Text* module = nullptr);

// Mounts /proc where it is not there.
Error MountProc(bool dry_run);

// Unmounts binfmt_misc from DIR, as often as it is mounted there and nothing
// else lies over it; with DRY_RUN only looks. Neither triggers nor unmounts an
// automount point. MOUNTED: was there something to unmount?
Error UnmountBinfmtMisc(const Text& dir, bool dry_run, bool* mounted);

// Is binfmt_misc mounted on DIR? Follows automount points.
bool IsBinfmtMisc(const Text& dir);

}  // namespace binfmt

#endif  // BINFMT_MOUNT_H_
