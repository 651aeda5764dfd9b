// SPDX-License-Identifier: Apache-2.0
// Loads the kernel module of binfmt_misc, without modprobe.
#ifndef BINFMT_MODULE_H_
#define BINFMT_MODULE_H_

#include "binfmt/error.h"

namespace binfmt {

// Loads the module FILE or, where that is empty, the one that lies under
// /lib/modules or /usr/lib/modules for the running kernel. A compressed one is
// handed to the kernel as it is: since Linux 5.17 most can unpack it. PATH gets
// the file's path, or what was looked for. With DRY_RUN it is only found.
//
// A module that is loaded already is no failure.
Error LoadModule(const Text& file, bool dry_run, Text* path);

}  // namespace binfmt

#endif  // BINFMT_MODULE_H_
