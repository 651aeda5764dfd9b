// SPDX-License-Identifier: Apache-2.0
// Records as text for files, and files in a directory.
#ifndef BINFMT_RECORD_FILES_H_
#define BINFMT_RECORD_FILES_H_

#include <cstddef>
#include <string_view>

#include "binfmt/array.h"
#include "binfmt/error.h"
#include "binfmt/record.h"
#include "binfmt/text.h"

namespace binfmt {

enum class FileFormat : char {
  kNone,
  kLine,    // one line of the kernel's syntax, as binfmt.d files have it
  kDebian,  // binfmt/debian_format.h
};

// RECORD in FORMAT, with a newline at the end. A record with flag D, which
// begins disabled, is a comment to everyone but NextRecordLine(): other readers
// would register it enabled, and old kernels refuse the flag. Fails where the
// format can't hold the record; it was read back, so that what is written is
// read as the same.
Error FormatForFile(const Record& record, FileFormat format, Text* text);

// Writes TEXT to the file NAME in DIR, whole or not at all, and over what is
// there. Makes DIR, but not the directory above it.
Error WriteFileIn(const Text& dir, const Text& name, std::string_view text);

// The files of records in DIRS, sorted by their names; of those of one name
// only the first directory's. A directory has them under names that end in
// .conf; with ANY_NAME, where none does, under all that do not begin with a
// dot. One that is not there has none. Fails with EFBIG where one has more than
// kMaxFiles.
inline constexpr size_t kMaxFiles = 4096;
Error FindRecordFiles(const Array<Text>& dirs, bool any_name,
                      Array<Text>* paths);

}  // namespace binfmt

#endif  // BINFMT_RECORD_FILES_H_
