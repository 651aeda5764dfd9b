// SPDX-License-Identifier: Apache-2.0
// Mounts and unmounts binfmt_misc.
#ifndef BINFMT_KERNEL_MOUNT_H_
#define BINFMT_KERNEL_MOUNT_H_

#include <string>

#include "binfmt/base/error.h"

namespace binfmt {

struct MountOptions {
  // The first mount in a user namespace other than the first gives it an
  // instance of its own, and permanently hides the host's handlers there, even
  // after umount (load_binfmt_misc(), Linux 6.7). So that needs this consent.
  bool allow_user_namespace = false;
  // Mount in PID 1's mount namespace as well, so that the instance outlives
  // this process's own.
  bool on_host = false;
  // This process stays, so the mount need not outlive it.
  bool holds = false;
  // The module to load where the kernel lacks binfmt_misc; empty: the one that
  // is installed for it. With on_host it is looked up in PID 1's mounts.
  std::string module;
  bool dry_run = false;  // only find out what would be done
};

struct MountResult {
  bool was_mounted = false;  // nothing was changed
  std::string module;        // that was loaded, or with dry_run would be
};

// Mounts binfmt_misc on DIR and, where DIR lies under /proc and that is
// missing, /proc before it. Loads the module where the kernel lacks
// binfmt_misc. Decides "mounted" by statfs(2) and by trying, never by a list of
// mounts. Never unmounts anything.
//
// Fails with kWouldNotLast, after mounting, where the instance would go with
// this process's mount namespace (see lifetime.h).
Expected<MountResult> MountBinfmtMisc(const std::string& dir,
                                      const MountOptions& options);

// Mounts /proc where it is missing. With DRY_RUN does nothing.
Expected<void> MountProc(bool dry_run);

// Unmounts binfmt_misc from DIR, as often as it is mounted there and nothing
// else lies over it; with DRY_RUN only looks. Neither triggers nor unmounts an
// automount point. Returns whether there was something to unmount.
Expected<bool> UnmountBinfmtMisc(const std::string& dir, bool dry_run);

// Whether binfmt_misc is mounted on DIR. Follows automount points.
bool IsBinfmtMisc(const std::string& dir);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_MOUNT_H_
