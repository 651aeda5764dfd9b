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
#include "absl/strings/str_cat.h"
#include "binfmt/io.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

// The first LIMIT bytes of FD, fewer at its end.
int ReadHead(int fd, size_t limit, std::string* head) {
  head->resize(limit);
  ssize_t got;
  do {
    got = pread(fd, &(*head)[0], limit, 0);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  head->resize(got > 0 ? static_cast<size_t>(got) : 0);
  return got < 0 ? error : 0;
}

Error Unusable(const std::string& path, std::string_view why, int errnum) {
  return Failure(absl::StrCat("interpreter ", Printable(path), " ", why),
                 errnum);
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
    return Unusable(path,
                    absl::StrCat("is not executable; make it so with: chmod +x ",
                                 Printable(path)),
                    EACCES);
  }
  struct statfs mount_facts;
  if (fstatfs(fd.get(), &mount_facts) == 0 &&
      (mount_facts.f_flags & ST_NOEXEC) != 0) {
    return Unusable(path, "lies on a file system that is mounted noexec",
                    EACCES);
  }
  if (!readable) return Ok();

  std::string head;
  if (const int error = ReadHead(fd.get(), kElfProbeLength, &head);
      error != 0) {
    return SystemError("read", path, error);
  }
  interpreter->is_elf = ParseElf(head, &interpreter->elf);
  interpreter->is_script = absl::StartsWith(head, "#!");
  if (!interpreter->is_elf && !interpreter->is_script) {
    return Unusable(path, "is neither an ELF file nor a script", ENOEXEC);
  }
  return Ok();
}

Error ReadOwnElf(ElfFile* elf) {
  const UniqueFd fd = OpenAt(AT_FDCWD, "/proc/self/exe", O_RDONLY);
  if (!fd.ok()) return SystemError("open", "/proc/self/exe", errno);
  std::string head;
  if (const int error = ReadHead(fd.get(), kElfProbeLength, &head);
      error != 0) {
    return SystemError("read", "/proc/self/exe", error);
  }
  if (ParseElf(head, elf)) return Ok();
  return Failure("/proc/self/exe is no ELF file", ENOEXEC);
}

}  // namespace binfmt
