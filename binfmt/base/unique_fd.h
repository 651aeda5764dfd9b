// SPDX-License-Identifier: Apache-2.0
// Ownership of a file descriptor.
#ifndef BINFMT_BASE_UNIQUE_FD_H_
#define BINFMT_BASE_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace binfmt {

// Owns a file descriptor, or none (-1), and closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    Reset(other.Release());
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (ok()) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace binfmt

#endif  // BINFMT_BASE_UNIQUE_FD_H_
