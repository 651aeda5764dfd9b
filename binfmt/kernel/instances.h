// SPDX-License-Identifier: Apache-2.0
// The instances of binfmt_misc that processes see.
#ifndef BINFMT_KERNEL_INSTANCES_H_
#define BINFMT_KERNEL_INSTANCES_H_

#include <sys/types.h>

#include "binfmt/base/error.h"
#include "binfmt/record/proc_files.h"

namespace binfmt {

// Reads MOUNTINFO, the path of a /proc/PID/mountinfo, for the instance that is
// DEVICE (st_dev of its files). Fails with the errno of reading it.
ErrnoOr<MountedInstances> ReadInstances(const char* mountinfo, dev_t device);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_INSTANCES_H_
