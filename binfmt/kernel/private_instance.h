// SPDX-License-Identifier: Apache-2.0
// A binfmt_misc that nobody sees but this process and what it starts.
#ifndef BINFMT_KERNEL_PRIVATE_INSTANCE_H_
#define BINFMT_KERNEL_PRIVATE_INSTANCE_H_

#include <sys/types.h>

#include <string>

#include "binfmt/base/error.h"

namespace binfmt {

// Who this process was before it made its namespaces.
struct FormerIds {
  uid_t uid;
  gid_t gid;
  // They are what they were: a process with CAP_SETUID, CAP_SETGID and
  // CAP_SETFCAP keeps all ids that it had. Any other one may map its own only,
  // and is root now.
  bool are_kept;
};

// Moves this process, for good, into a user namespace and a mount namespace of
// its own, and mounts an empty instance of binfmt_misc on DIR there. The
// instance ends with the last process in the mount namespace. Needs no
// privilege, but Linux 6.7 or newer (load_binfmt_misc()).
//
// The error says what forbids it: the kernel's version, a limit, AppArmor,
// seccomp, a chroot. The process may have left its namespaces already, but not
// where the errno is ENOSPC: a limit of namespaces is reached.
Expected<FormerIds> EnterPrivateInstance(const std::string& dir);

// Gives this process its former ids again, by a second user namespace below the
// first. execve(2) then takes all capabilities from it, unless it is root.
// Where the limit of namespaces is reached, tries again for MAX_WAIT
// milliseconds, since those that have ended count for a while.
Expected<void> RestoreIds(const FormerIds& ids, int max_wait);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_PRIVATE_INSTANCE_H_
