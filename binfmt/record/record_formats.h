// SPDX-License-Identifier: Apache-2.0
// Records as text for files.
#ifndef BINFMT_RECORD_RECORD_FORMATS_H_
#define BINFMT_RECORD_RECORD_FORMATS_H_

#include <string>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"

namespace binfmt {

enum class FileFormat {
  kLine,    // one line of the kernel's syntax, as in binfmt.d files
  kDebian,  // a format file, see debian_format.h
};

// RECORD in FORMAT, with a newline at its end. A record with flag D, which
// begins disabled, is a comment to every reader but ParseBinfmtD(): other
// readers would register it enabled, and old kernels refuse the flag. Fails
// (EINVAL) where the format cannot express the record; the text is read back to
// make sure.
Expected<std::string> FormatForFile(const Record& record, FileFormat format);

}  // namespace binfmt

#endif  // BINFMT_RECORD_RECORD_FORMATS_H_
