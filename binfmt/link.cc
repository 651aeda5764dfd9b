// SPDX-License-Identifier: Apache-2.0
#include "binfmt/link.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "binfmt/path.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

bool IsSelf(const Text& path) {
  struct stat self;
  struct stat other;
  return stat("/proc/self/exe", &self) == 0 &&
         stat(path.c_str(), &other) == 0 && self.st_dev == other.st_dev &&
         self.st_ino == other.st_ino;
}

}  // namespace

Error LinkToSelf(const Text& path, bool symbolic, bool* made) {
  *made = false;
  const Text self = LinkTarget("/proc/self/exe");
  if (self.empty()) return SystemError("read", "/proc/self/exe", errno);
  const int result = symbolic ? symlink(self.c_str(), path.c_str())
                              : link(self.c_str(), path.c_str());
  *made = result == 0;
  if (result == 0) return Ok();
  const int error = errno;
  if (error == EEXIST) {
    if (IsSelf(path)) return Ok();
    return Failure(error, "% is there and is another file; remove it first"_fmt,
                   path);
  }
  Error failure = SystemError("make the link", path, error);
  if (error == EXDEV) {
    failure.AddText("; % lies on another file system: use -s"_fmt, self);
  }
  return failure;
}

}  // namespace binfmt
