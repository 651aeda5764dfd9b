// SPDX-License-Identifier: Apache-2.0
// What the running kernel is, has, and was told.
#ifndef BINFMT_KERNEL_RUNNING_KERNEL_H_
#define BINFMT_KERNEL_RUNNING_KERNEL_H_

#include <string>

#include "binfmt/base/error.h"
#include "binfmt/record/kernel_version.h"

namespace binfmt {

// Asked once; without an answer, version 0.
const KernelVersion& RunningKernel();

// Whether the kernel has binfmt_misc.
enum class BinfmtMiscSupport {
  kPresent,  // built in, or its module is loaded
  kMissing,  // /proc/filesystems does not list it
  kUnknown,  // /proc/filesystems cannot be read
};
BinfmtMiscSupport FindBinfmtMiscSupport();

// /proc/cmdline, without the newline that /proc adds. kNotMounted without
// /proc.
Expected<std::string> ReadKernelCmdline();

}  // namespace binfmt

#endif  // BINFMT_KERNEL_RUNNING_KERNEL_H_
