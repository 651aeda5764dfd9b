// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/file.h"

#include <dirent.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "absl/cleanup/cleanup.h"
#include "binfmt/base/clock.h"
#include "binfmt/base/interruptions.h"

namespace binfmt {
namespace {

constexpr int kMaxPipeWait = 5000;        // milliseconds
constexpr int64_t kMaxWholeWait = 30000;  // milliseconds
constexpr size_t kReadSize = 4096;

}  // namespace

UniqueFd OpenAt(int dir_fd, const std::string& path, int flags, mode_t mode) {
  Interruptions interruptions;
  for (;;) {
    const int fd = openat(dir_fd, path.c_str(), flags | O_CLOEXEC, mode);
    if (fd >= 0 || !interruptions.MayRetry(errno)) return UniqueFd(fd);
  }
}

ErrnoOr<std::string> ReadAll(int fd, size_t max_size, ReadUntil until) {
  std::string content;
  Interruptions interruptions;
  bool waited = false;
  int64_t end = 0;  // of all waiting; 0: it has not begun
  for (;;) {
    // One byte over the limit tells "just fits" from "too long".
    const size_t old_size = content.size();
    const size_t want = std::min(kReadSize, max_size + 1 - old_size);
    ssize_t got = 0;
    int error = 0;
    // Without filling it first: that took a third of a run's instructions.
    content.resize_and_overwrite(old_size + want, [&](char* data, size_t) {
      got = read(fd, data + old_size, want);
      error = errno;
      return old_size + (got > 0 ? static_cast<size_t>(got) : 0);
    });
    if (got < 0 && interruptions.MayRetry(error)) continue;
    // A FIFO without a writer looks like an empty file.
    const bool may_come = got < 0 ? error == EAGAIN : content.empty();
    if (may_come && !(waited && got == 0)) {
      const int64_t now = MonotonicMilliseconds();
      if (end == 0) end = now + kMaxWholeWait;
      pollfd slot = {fd, POLLIN, 0};
      if (now >= end || poll(&slot, 1, kMaxPipeWait) == 0) {
        return std::unexpected(EAGAIN);
      }
      waited = true;
      continue;
    }
    if (got < 0) return std::unexpected(error);
    if (content.size() > max_size) return std::unexpected(EFBIG);
    if (got == 0 ||
        (until == ReadUntil::kShortRead && static_cast<size_t>(got) < want)) {
      return content;
    }
  }
}

ErrnoOr<std::string> ReadFileAt(int dir_fd, const std::string& path,
                                size_t max_size, ReadUntil until) {
  const UniqueFd fd = OpenAt(dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.ok()) return std::unexpected(errno);
  return ReadAll(fd.get(), max_size, until);
}

ErrnoOr<std::string> ReadRange(int fd, uint64_t offset, size_t size) {
  std::string content;
  Interruptions interruptions;
  int error = 0;
  content.resize_and_overwrite(size, [&](char* data, size_t) {
    size_t filled = 0;
    while (filled < size) {
      const ssize_t got = pread(fd, data + filled, size - filled,
                                static_cast<off_t>(offset + filled));
      if (got < 0 && interruptions.MayRetry(errno)) continue;
      if (got < 0) error = errno;
      if (got <= 0) break;
      filled += static_cast<size_t>(got);
    }
    return filled;
  });
  if (error != 0) return std::unexpected(error);
  return content;
}

ErrnoOr<std::vector<std::string>> ListNames(int fd, size_t max_names) {
  // closedir(3) closes its descriptor, and the caller keeps FD. Opening "."
  // instead would need search permission as well. The duplicate shares FD's
  // position, which may be anywhere.
  UniqueFd duplicate(fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!duplicate.ok()) return std::unexpected(errno);
  DIR* const dir = fdopendir(duplicate.get());
  if (dir == nullptr) return std::unexpected(errno);
  duplicate.Release();
  const absl::Cleanup close_dir = [dir] { closedir(dir); };
  rewinddir(dir);
  std::vector<std::string> names;
  Interruptions interruptions;
  for (;;) {
    errno = 0;
    const dirent* const entry = readdir(dir);
    if (entry == nullptr && interruptions.MayRetry(errno)) continue;
    if (entry == nullptr && errno != 0) return std::unexpected(errno);
    if (entry == nullptr) return names;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == max_names) return std::unexpected(EFBIG);
    names.push_back(std::string(name));
  }
}

ErrnoOr<void> WriteAll(int fd, std::string_view data) {
  Interruptions interruptions;
  while (!data.empty()) {
    const ssize_t put = write(fd, data.data(), data.size());
    if (put < 0 && interruptions.MayRetry(errno)) continue;
    if (put < 0) return std::unexpected(errno);
    if (put == 0) return std::unexpected(EIO);
    data.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

ErrnoOr<void> ProbeWritable(int fd) {
  if (write(fd, "", 0) < 0) return std::unexpected(errno);
  return {};
}

void OccupyStandardDescriptors() {
  pollfd fds[3] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};
  if (poll(fds, 3, 0) <= 0) return;
  for (const pollfd& slot : fds) {
    if ((slot.revents & POLLNVAL) == 0) continue;
    // The lowest free descriptor is the slot's own, since those below are open.
    // A system without /dev/null leaves it closed; then a later open takes it,
    // as it would in any program.
    UniqueFd fd =
        OpenAt(AT_FDCWD, "/dev/null", slot.fd == 0 ? O_WRONLY : O_RDONLY);
    if (fd.get() == slot.fd) fd.Release();
  }
}

}  // namespace binfmt
