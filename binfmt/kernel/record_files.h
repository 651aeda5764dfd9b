// SPDX-License-Identifier: Apache-2.0
// Directories of record files: binfmt.d(5), /usr/share/binfmts.
#ifndef BINFMT_KERNEL_RECORD_FILES_H_
#define BINFMT_KERNEL_RECORD_FILES_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"

namespace binfmt {

inline constexpr size_t kMaxRecordFiles = 4096;
inline constexpr size_t kMaxRecordFileLength = 1 << 20;  // bytes

// The directories of systemd-binfmt: of files of one name that in the first
// counts (CONF_PATHS of systemd).
inline constexpr std::string_view kSystemRecordDirs[] = {
    "/etc/binfmt.d", "/run/binfmt.d", "/usr/local/lib/binfmt.d",
    "/usr/lib/binfmt.d"};

// The record files in DIRS, sorted by their names. Of files of the same name
// only the one in the first directory counts. Record files are those whose
// names end in .conf; with ANY_NAME, and where no name ends so, all files.
// Names that begin with a dot never count. A directory that does not exist has
// none. Fails with EFBIG where one has more than kMaxRecordFiles names.
Expected<std::vector<std::string>> FindRecordFiles(
    std::span<const std::string_view> dirs, bool any_name);

// Writes TEXT to the file NAME in DIR, completely or not at all, whatever other
// processes do there. Takes the place of a file or link that is there. Makes
// DIR, but not the directory above it. Leaves nothing else behind, unless the
// process is killed: then perhaps a hidden file.
Expected<void> WriteRecordFile(const std::string& dir, const std::string& name,
                               std::string_view text);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_RECORD_FILES_H_
