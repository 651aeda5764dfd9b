// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/links.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "binfmt/base/path.h"
#include "binfmt/base/printable.h"

namespace binfmt {
namespace {

constexpr char kSelf[] = "/proc/self/exe";

bool IsSelf(const std::string& path) {
  struct stat self;
  struct stat other;
  return stat(kSelf, &self) == 0 && stat(path.c_str(), &other) == 0 &&
         self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

}  // namespace

Expected<bool> LinkToSelf(const std::string& path, bool symbolic) {
  const ErrnoOr<std::string> self = ReadLink(kSelf);
  if (!self) return std::unexpected(SystemError("read", kSelf, self.error()));
  if ((symbolic ? symlink : link)(self->c_str(), path.c_str()) == 0)
    return true;
  const int errnum = errno;
  if (errnum == EEXIST) {
    if (IsSelf(path)) return false;
    return std::unexpected(
        Error(errnum, absl::StrCat(Printable(path),
                                   " is there and is another file; remove it "
                                   "first")));
  }
  Error error = SystemError("make the link", path, errnum);
  if (errnum == EXDEV) {
    error.Append(absl::StrCat("; ", Printable(*self),
                              " lies on another file system: use -s"));
  }
  return std::unexpected(std::move(error));
}

}  // namespace binfmt
