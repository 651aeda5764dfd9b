// SPDX-License-Identifier: Apache-2.0
// How long a mount of binfmt_misc, and with it every entry, will last.
//
// Since Linux 6.7 (and in some stable kernels before) all entries go with the
// last mount of their instance (bm_evict_inode()). A mount goes when its mount
// namespace does, and a container's namespace goes with the container.
#ifndef BINFMT_LIFETIME_H_
#define BINFMT_LIFETIME_H_

#include <ctime>

#include "binfmt/error.h"
#include "binfmt/text.h"

namespace binfmt {

// A time that no instance from before has passed, and each from now on has: the
// ctime of DIR/status is when the instance was made, by the kernel's coarse
// clock, whose next tick this waits for.
timespec TimeBetweenInstances();

// Was the instance that is mounted on DIR there at THEN? Then somebody else
// holds it, and it does not go with our mount. Measured on Linux 6.18.
bool InstanceIsOlder(const Text& dir, const timespec& then);

// Does this process's mount namespace outlive the process? It does where it is
// PID 1's, in the machine's first pid namespace (inode 4026531836,
// PROC_PID_INIT_INO). In a user namespace of its own, whose handlers end with
// it anyway, PID 1 of any pid namespace or the parent will do. True without
// /proc: that is PID 1's child in early boot.
bool MountNamespaceLasts();

// Will the instance that was found mounted on DIR outlive this process's mount
// namespace? Ok where that lasts itself, where PID 1's namespace has the
// instance mounted as well, or, where PID 1 lives in this namespace (a
// container), where the instance is older than PID 1. Ok, too, where /proc does
// not tell.
Error CheckLasts(const Text& dir);

// The error for a mount that goes with this process's mount namespace, with the
// ways out.
Error WouldNotLast(const Text& dir);

// Blocks SIGTERM, SIGINT and SIGCHLD for WaitForEnd(). Call before anything
// that is to be held.
void PrepareToHold();

// Sleeps for MILLISECONDS, or until SIGTERM or SIGINT comes, which returns
// true. Children that end meanwhile, as PID 1 of a container gets them, are
// waited for.
bool WaitForEnd(int milliseconds);

}  // namespace binfmt

#endif  // BINFMT_LIFETIME_H_
