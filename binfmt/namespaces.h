// SPDX-License-Identifier: Apache-2.0
// Which namespaces this process lives in, and what that forbids.
#ifndef BINFMT_NAMESPACES_H_
#define BINFMT_NAMESPACES_H_

#include "binfmt/text.h"

namespace binfmt {

// The machine's first user namespace, or another one? Since Linux 6.7 each of
// the others has a binfmt_misc instance of its own once one was mounted there.
enum class UserNamespace { kFirst, kOther, kUnknown };

// By the inode of /proc/self/ns/user: the first one's is PROC_USER_INIT_INO,
// 4026531837 (include/linux/proc_ns.h), on every kernel since 3.8. kUnknown
// without /proc.
UserNamespace CurrentUserNamespace();

// Is PID 1 of this process's pid namespace the machine's own? By the inode of
// /proc/self/ns/pid: PROC_PID_INIT_INO, 4026531836. True without /proc: that is
// early boot.
bool InFirstPidNamespace();

// Is CAP_SYS_ADMIN effective here?
bool MayAdminister();

// The confinement of a Linux security module, as far as /proc tells it, to be
// appended to an error: "; ..." or nothing.
Text Confinement();

// Why a root-only file may have been closed to this process, to be appended to
// an error: "; ..." or nothing. Names the user, the user namespace, or the
// confinement.
Text WhyDenied();

}  // namespace binfmt

#endif  // BINFMT_NAMESPACES_H_
