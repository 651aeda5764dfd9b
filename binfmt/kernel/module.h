// SPDX-License-Identifier: Apache-2.0
// Loads the kernel module of binfmt_misc, without modprobe.
#ifndef BINFMT_KERNEL_MODULE_H_
#define BINFMT_KERNEL_MODULE_H_

#include <string>

#include "binfmt/base/error.h"

namespace binfmt {

// Loads the module FILE or, where that is empty, the one under /lib/modules or
// /usr/lib/modules for the running kernel. Returns its path. A compressed
// module is handed to the kernel as it is: since Linux 5.17 most can unpack it.
// With DRY_RUN the module is only found. A module that is loaded already is no
// failure.
Expected<std::string> LoadModule(const std::string& file, bool dry_run);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_MODULE_H_
