// SPDX-License-Identifier: Apache-2.0
#include "binfmt/interpreter.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "absl/strings/match.h"
#include "binfmt/io.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

// The first bytes of an open file, on the stack: most are looked at once.
class Head {
 public:
  // Returns 0 or an errno.
  int Read(int fd) {
    ssize_t got;
    do {
      got = pread(fd, bytes_, sizeof(bytes_), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno;
    size_ = static_cast<size_t>(got);
    return 0;
  }

  std::string_view bytes() const { return {bytes_, size_}; }

 private:
  char bytes_[kElfProbeLength];
  size_t size_ = 0;
};

Error Unusable(const std::string& path, std::string_view why, int errnum) {
  return Failure("interpreter % @", {path, why}, errnum);
}

Error ExplainOpen(const std::string& path, int errnum) {
  switch (errnum) {
    case ENOENT: {
      struct stat facts;
      return Unusable(path,
                      lstat(path.c_str(), &facts) == 0
                          ? "is a link to a file that is not there"
                          : "does not exist",
                      errnum);
    }
    case ENOTDIR:
      return Unusable(path, "does not exist: a part of its path is a file",
                      errnum);
    case ELOOP:
      return Unusable(path, "is a link that leads nowhere (too many links)",
                      errnum);
    default:
      return SystemError("open the interpreter", path, errnum);
  }
}

}  // namespace

Error InspectInterpreter(const std::string& path, Interpreter* interpreter) {
  *interpreter = Interpreter();
  if (path.empty() || path[0] != '/') {
    return Unusable(path,
                    "is not an absolute path: the kernel would look for it in "
                    "the directory of whoever starts a program",
                    EINVAL);
  }
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  UniqueFd fd =
      OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
  const bool readable = fd.ok();
  // Execute permission without read permission is enough for the kernel.
  if (!readable && errno == EACCES) fd = OpenAt(AT_FDCWD, path.c_str(), O_PATH);
  if (!fd.ok()) return ExplainOpen(path, errno);

  struct stat facts;
  if (fstat(fd.get(), &facts) != 0) {
    return SystemError("examine", path, errno);
  }
  if (S_ISDIR(facts.st_mode)) return Unusable(path, "is a directory", EACCES);
  if (!S_ISREG(facts.st_mode)) {
    return Unusable(path, "is not a regular file", EACCES);
  }
  if ((facts.st_mode & 0111) == 0) {
    return Unusable(
        path, Fill("is not executable; make it so with: chmod +x %", {path}),
        EACCES);
  }
  struct statfs mount_facts;
  if (fstatfs(fd.get(), &mount_facts) == 0 &&
      (mount_facts.f_flags & ST_NOEXEC) != 0) {
    return Unusable(path, "lies on a file system that is mounted noexec",
                    EACCES);
  }
  if (!readable) return Ok();

  Head head;
  if (const int error = head.Read(fd.get()); error != 0) {
    return SystemError("read", path, error);
  }
  interpreter->is_elf = ParseElf(head.bytes(), &interpreter->elf);
  interpreter->is_script = absl::StartsWith(head.bytes(), "#!");
  if (!interpreter->is_elf && !interpreter->is_script) {
    return Unusable(path, "is neither an ELF file nor a script", ENOEXEC);
  }
  return Ok();
}

bool CanExecute(const std::string& path) {
  return access(path.c_str(), X_OK) == 0;
}

Error ReadOwnElf(ElfFile* elf) {
  const UniqueFd fd = OpenAt(AT_FDCWD, "/proc/self/exe", O_RDONLY);
  if (!fd.ok()) return SystemError("open", "/proc/self/exe", errno);
  Head head;
  if (const int error = head.Read(fd.get()); error != 0) {
    return SystemError("read", "/proc/self/exe", error);
  }
  if (ParseElf(head.bytes(), elf)) return Ok();
  return Failure("/proc/self/exe is no ELF file", ENOEXEC);
}

}  // namespace binfmt
