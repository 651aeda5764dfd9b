// SPDX-License-Identifier: Apache-2.0
// Leaves records in a directory of binfmt.d(5).
#ifndef BINFMT_BINFMT_D_WRITER_H_
#define BINFMT_BINFMT_D_WRITER_H_

#include "binfmt/error.h"
#include "binfmt/record.h"
#include "binfmt/text.h"

namespace binfmt {

// Writes RECORD to DIR/binfmtbox-NAME.conf, whole or not at all, and over what
// is there. Makes DIR, but not the directory above it.
Error WriteBinfmtD(const Text& dir, const Record& record);

}  // namespace binfmt

#endif  // BINFMT_BINFMT_D_WRITER_H_
