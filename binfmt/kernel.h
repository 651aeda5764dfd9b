// SPDX-License-Identifier: Apache-2.0
// What the running kernel is and has.
#ifndef BINFMT_KERNEL_H_
#define BINFMT_KERNEL_H_

#include "binfmt/text.h"

namespace binfmt {

struct KernelVersion {
  int major = 0;
  int minor = 0;
  Text text;  // uname -r

  bool IsBefore(int other_major, int other_minor) const {
    return major != other_major ? major < other_major : minor < other_minor;
  }
};

KernelVersion RunningKernel();

// Is there a binfmt_misc to mount?
enum class Support {
  kPresent,  // built in, or its module is loaded
  kMissing,  // /proc/filesystems does not list it
  kUnknown,  // /proc/filesystems can't be read
};
Support SupportOfBinfmtMisc();

}  // namespace binfmt

#endif  // BINFMT_KERNEL_H_
