// SPDX-License-Identifier: Apache-2.0
// Files and directories, read with a limit and written whole.
#ifndef BINFMT_BASE_FILE_H_
#define BINFMT_BASE_FILE_H_

#include <fcntl.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/base/unique_fd.h"

namespace binfmt {

// openat(2) with O_CLOEXEC, tried again on EINTR, as all functions here do, a
// hundred times at most. On failure !ok(), and errno
// tells why. DIR_FD may be AT_FDCWD. MODE is for O_CREAT.
UniqueFd OpenAt(int dir_fd, const std::string& path, int flags,
                mode_t mode = 0);

// When a read is complete.
enum class ReadUntil {
  kEnd,       // read(2) has returned 0
  kShortRead  // or fewer bytes than asked for: enough for files of procfs and
              // binfmt_misc, which saves a system call
};

// Reads FD to its end. EFBIG where there are more than MAX_SIZE bytes; EAGAIN
// where a pipe brings nothing for five seconds, or not all within thirty.
ErrnoOr<std::string> ReadAll(int fd, size_t max_size,
                             ReadUntil until = ReadUntil::kEnd);

// Opens PATH, relative to DIR_FD, and reads it as ReadAll() does. Never waits
// for a FIFO's writer when opening.
ErrnoOr<std::string> ReadFileAt(int dir_fd, const std::string& path,
                                size_t max_size,
                                ReadUntil until = ReadUntil::kEnd);

// SIZE bytes of the file FD from OFFSET, fewer where it ends before.
ErrnoOr<std::string> ReadRange(int fd, uint64_t offset, size_t size);

// The names in the directory FD in readdir order, without "." and "..". EFBIG
// where there are more than MAX_NAMES.
ErrnoOr<std::vector<std::string>> ListNames(int fd, size_t max_names);

// Writes all of DATA, in more than one write(2) where the kernel takes less.
// Not for the files of binfmt_misc: there one write is one command.
ErrnoOr<void> WriteAll(int fd, std::string_view data);

// Whether FD accepts writes at all. Detects a closed descriptor, one that is
// open for reading only, and /dev/full, and writes nothing. A full disk shows
// only when bytes are written.
ErrnoOr<void> ProbeWritable(int fd);

// Opens /dev/null on each of the descriptors 0, 1 and 2 that is closed, so that
// no file opened later is taken for standard output by mistake. They are opened
// the wrong way round (0 for writing, 1 and 2 for reading), so that using one
// still fails with EBADF.
void OccupyStandardDescriptors();

}  // namespace binfmt

#endif  // BINFMT_BASE_FILE_H_
