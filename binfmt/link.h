// SPDX-License-Identifier: Apache-2.0
// Links to this program's own file.
#ifndef BINFMT_LINK_H_
#define BINFMT_LINK_H_

#include "binfmt/error.h"
#include "binfmt/text.h"

namespace binfmt {

// Makes PATH a hard link to the file that this process runs, or a symbolic one
// with its absolute path. *MADE is false where PATH is that file already; any
// other file at PATH is left alone and an error (EEXIST). Needs /proc.
Error LinkToSelf(const Text& path, bool symbolic, bool* made);

}  // namespace binfmt

#endif  // BINFMT_LINK_H_
