// SPDX-License-Identifier: Apache-2.0
// Which namespaces this process lives in, and what that forbids.
#ifndef BINFMT_KERNEL_NAMESPACES_H_
#define BINFMT_KERNEL_NAMESPACES_H_

#include <string>

namespace binfmt {

// The machine's first user namespace, or another one. Since Linux 6.7 each of
// the others has a binfmt_misc instance of its own once one was mounted there.
enum class UserNamespace { kFirst, kOther, kUnknown };

// Decided by the inode of /proc/self/ns/user: the first one's is
// PROC_USER_INIT_INO, 4026531837 (include/linux/proc_ns.h), on every kernel
// since 3.8. kUnknown without /proc.
UserNamespace CurrentUserNamespace();

// Whether PID 1, as /proc shows it, is the machine's own, by the inode of
// /proc/1/ns/pid: PROC_PID_INIT_INO, 4026531836. A process in a pid namespace
// of its own sees the machine's where it has kept the machine's /proc, as LXC's
// mount hooks do. A process that may not look at PID 1 asks /proc/self/ns/pid.
// True without /proc, which means early boot.
bool InFirstPidNamespace();

// Whether CAPABILITY (CAP_SYS_ADMIN, for example) is effective.
bool HasCapability(unsigned capability);

// Whether CAP_SYS_ADMIN is effective.
bool HasSysAdmin();

// The confinement of this process by a Linux security module, as far as /proc
// tells it, to be appended to an error: "; ..." or empty.
std::string ConfinementHint();

// Why a file that only root may use may have been closed to this process, to be
// appended to an error: "; ..." or empty. Names the user, the user namespace,
// or the confinement.
std::string DeniedHint();

}  // namespace binfmt

#endif  // BINFMT_KERNEL_NAMESPACES_H_
