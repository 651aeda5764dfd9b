// SPDX-License-Identifier: Apache-2.0
#include "binfmt/io.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace binfmt {

static_assert(kCurrentDir == AT_FDCWD);

namespace {

constexpr int kMostReadWait = 5000;  // milliseconds
constexpr size_t kMostAtOnce = 4096;
// The layout of struct linux_dirent64, which no public header declares.
constexpr size_t kDirentLengthOffset = 16;
constexpr size_t kDirentNameOffset = 19;

}  // namespace

void UniqueFd::Close(int fd) {
  if (fd >= 0) close(fd);
}

int internal::OpenDescriptor(int dir_fd, const char* path, int flags) {
  for (;;) {
    // By number: openat(3) of musl is 700 bytes for the sake of O_CREAT and of
    // cancellation.
    const long fd =
        syscall(SYS_openat, dir_fd, path, flags | O_CLOEXEC | O_LARGEFILE, 0);
    if (fd >= 0 || errno != EINTR) return static_cast<int>(fd);
  }
}

int ReadAll(int fd, size_t limit, Text* out, bool at_once) {
  TextWriter writer;
  bool waited = false;
  for (;;) {
    // One byte over the limit tells "just fits" from "too long".
    const size_t want = std::min(kMostAtOnce, limit + 1 - writer.size());
    char* const at = writer.Room(want);
    const ssize_t got = read(fd, at, want);
    if (got < 0 && errno == EINTR) continue;
    const bool may_come =
        got < 0 ? errno == EAGAIN : got == 0 && writer.size() == 0;
    if (may_come && !waited) {
      // A FIFO that nobody has opened for writing yet looks like an empty file.
      pollfd slot = {fd, POLLIN, 0};
      if (poll(&slot, 1, kMostReadWait) == 0) return EAGAIN;
      waited = true;
      continue;
    }
    if (got < 0) return errno;
    waited = false;
    writer.EndAt(at + got);
    if (writer.size() > limit) return EFBIG;
    if (got == 0 || (at_once && static_cast<size_t>(got) < want)) {
      *out = writer.Finish();
      return 0;
    }
  }
}

int ReadSome(int fd, size_t limit, Text* out) {
  TextWriter writer;
  int error = 0;
  while (writer.size() < limit) {
    const size_t left = limit - writer.size();
    char* const at = writer.Room(left);
    const ssize_t got = pread(fd, at, left, static_cast<off_t>(writer.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    writer.EndAt(at + got);
  }
  *out = writer.Finish();
  return error;
}

int ReadFileAt(int dir_fd, const char* path, size_t limit, Text* out,
               bool at_once) {
  *out = Text();
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const UniqueFd fd = OpenAt(dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!fd.ok()) return errno;
  return ReadAll(fd.get(), limit, out, at_once);
}

int ListNames(int fd, size_t limit, Array<Text>* names) {
  names->clear();
  if (lseek(fd, 0, SEEK_SET) < 0) return errno;
  // readdir(3) would allocate and read in 2 KiB steps.
  // No more than a page of the stack.
  alignas(8) char buffer[4096];
  for (;;) {
    if (names->size() > limit) return EFBIG;
    const long got = syscall(SYS_getdents64, fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (long at = 0; at < got;) {
      uint16_t length;
      std::memcpy(&length, buffer + at + kDirentLengthOffset, sizeof(length));
      const std::string_view name(buffer + at + kDirentNameOffset);
      at += length;
      if (name != "." && name != "..") names->push_back(Text(name));
    }
  }
}

int WriteAll(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t put = write(fd, data.data(), data.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    if (put == 0) return EIO;
    data.remove_prefix(static_cast<size_t>(put));
  }
  return 0;
}

int ProbeWritable(int fd) { return write(fd, "", 0) < 0 ? errno : 0; }

void OccupyStandardDescriptors() {
  pollfd fds[3] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};
  if (poll(fds, 3, 0) <= 0) return;
  for (const pollfd& slot : fds) {
    if ((slot.revents & POLLNVAL) == 0) continue;
    // The lowest free descriptor is the slot's own, as those below are open. A
    // system without /dev/null leaves it closed; then later opens take it, as
    // they would in any program.
    UniqueFd fd =
        OpenAt(kCurrentDir, "/dev/null", slot.fd == 0 ? O_WRONLY : O_RDONLY);
    if (fd.get() == slot.fd) fd.Release();
  }
}

}  // namespace binfmt
