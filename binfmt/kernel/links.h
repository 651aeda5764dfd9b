// SPDX-License-Identifier: Apache-2.0
// Links to this program's own file.
#ifndef BINFMT_KERNEL_LINKS_H_
#define BINFMT_KERNEL_LINKS_H_

#include <string>

#include "binfmt/base/error.h"

namespace binfmt {

// Makes PATH a hard link to the file that this process runs or, if SYMBOLIC, a
// symbolic link with its absolute path. Returns false where PATH is that file
// already. Any other file at PATH is left alone and an error (EEXIST). Fails
// where the file has no name any more. Needs /proc.
Expected<bool> LinkToSelf(const std::string& path, bool symbolic);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_LINKS_H_
