// SPDX-License-Identifier: Apache-2.0
// Files read with a limit and written whole; descriptors that close themselves.
#ifndef BINFMT_IO_H_
#define BINFMT_IO_H_

#include <cstddef>
#include <string_view>

#include "binfmt/array.h"
#include "binfmt/text.h"

namespace binfmt {

// Owns a file descriptor and closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Close(fd_); }

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int Release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void Reset(int fd = -1) {
    Close(fd_);
    fd_ = fd;
  }

 private:
  // All but this is done in registers.
  static void Close(int fd);

  int fd_ = -1;
};

namespace internal {
int OpenDescriptor(int dir_fd, const char* path, int flags);
}  // namespace internal

// openat(2) with O_CLOEXEC, tried again on EINTR; on failure !ok() and errno.
inline UniqueFd OpenAt(int dir_fd, const char* path, int flags) {
  return UniqueFd(internal::OpenDescriptor(dir_fd, path, flags));
}

// AT_FDCWD: paths are relative to the working directory.
inline constexpr int kCurrentDir = -100;

// Reads FD to its end, at most LIMIT bytes. Returns 0, or the errno of the
// failed read, or EFBIG where there is more than LIMIT.
int ReadAll(int fd, size_t limit, Text* out, bool at_once = false);

// Reads at most LIMIT bytes from the start of the file FD; fewer where it ends
// before. Returns 0 or an errno.
int ReadSome(int fd, size_t limit, Text* out);

// Opens PATH (relative to DIR_FD) and reads it as ReadAll does; with AT_ONCE, a
// file of which one read(2) gives all that there is and all that fits, so that
// a second one, to see the end, is spared.
int ReadFileAt(int dir_fd, const char* path, size_t limit, Text* out,
               bool at_once = false);

// The names in the directory FD, in its order, but "." and "..". Returns 0 or
// an errno, EFBIG where there are more than LIMIT.
int ListNames(int fd, size_t limit, Array<Text>* names);

// Writes all of DATA, in more than one write(2) where the kernel takes less.
// Returns 0 or an errno. Not for a registry's files: there one write is one
// command.
int WriteAll(int fd, std::string_view data);

// Would a write to FD be taken at all? 0, or the errno that it would get: a
// closed descriptor, one that is open for reading only, /dev/full. Writes
// nothing. A disk that is full shows only when bytes are written.
int ProbeWritable(int fd);

// Opens /dev/null on each of the descriptors 0, 1 and 2 that is closed, so
// that no file opened later is taken for standard output by mistake. They are
// opened the wrong way round (0 for writing, 1 and 2 for reading), so that
// using one still fails with EBADF.
void OccupyStandardDescriptors();

}  // namespace binfmt

#endif  // BINFMT_IO_H_
