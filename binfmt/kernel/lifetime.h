// SPDX-License-Identifier: Apache-2.0
// How long a mount of binfmt_misc, and with it every entry, will last.
//
// Since Linux 6.7 (and in some stable kernels before) all entries go with the
// last mount of their instance (bm_evict_inode()). A mount goes when its mount
// namespace does, and a container's namespace goes with the container.
#ifndef BINFMT_KERNEL_LIFETIME_H_
#define BINFMT_KERNEL_LIFETIME_H_

#include <ctime>
#include <string>

#include "binfmt/base/error.h"

namespace binfmt {

// A time that every instance so far is older than, and every later one is not:
// the atime of DIR/status is when the instance was made, by the kernel's coarse
// clock, for whose next tick this waits (at most 50 ms). Its ctime changes when
// a shell writes to it.
timespec TimeBetweenInstances();

// Whether the instance mounted on DIR existed at TIME. Then something else
// holds it, and it does not go with our mount. Measured on Linux 6.18.
bool InstanceIsOlderThan(const std::string& dir, const timespec& time);

// Whether this process's mount namespace outlives the process. It does where it
// is PID 1's, in the machine's first pid namespace. In a user namespace of its
// own, whose handlers end with it anyway, the namespace of PID 1 of any pid
// namespace, or of the parent, will do. True without /proc: that is a child of
// PID 1 in early boot.
bool MountNamespaceLasts();

// Checks whether the instance that was found mounted on DIR outlives this
// process's mount namespace. It does where the namespace lasts; where PID 1's
// namespace has the instance mounted as well; or, where PID 1 lives in this
// namespace (a container), where the instance is older than PID 1. Succeeds,
// too, without /proc, but not where /proc does not tell.
Expected<void> CheckLasts(const std::string& dir);

// The error for a mount that goes with this process's mount namespace, with the
// ways out.
Error WouldNotLast(const std::string& dir);

// Blocks SIGTERM, SIGINT, SIGPWR and SIGCHLD for WaitForEnd(). Call it before
// anything is done that has to be held.
void PrepareToHold();

// Sleeps for MILLISECONDS, or until SIGTERM, SIGINT or SIGPWR arrives; returns
// whether one did. LXC halts a container by SIGPWR. Reaps children that end
// meanwhile: PID 1 of a container has them.
bool WaitForEnd(int milliseconds);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_LIFETIME_H_
