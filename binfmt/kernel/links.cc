// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/links.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/record/elf_header.h"

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
  if (!self) return SystemError("read", kSelf, self.error());
  // Of a file without a name, or of another mount namespace, it is no path
  // here. Under an emulator the inode is the emulator's.
  if (!IsSelf(*self) &&
      InspectProgram("", *self).value_or(Program()).head != OwnHead()) {
    return Failed(ENOENT,
                  "cannot make the link $0: this program was started from $1, "
                  "and its file is not there now; start it from a file",
                  path, *self);
  }
  if ((symbolic ? symlink : link)(self->c_str(), path.c_str()) == 0)
    return true;
  const int errnum = errno;
  if (errnum == EEXIST) {
    if (IsSelf(path)) return false;
    return Failed(errnum, "$0 is there and is another file; remove it first",
                  path);
  }
  Error error = SystemError("make the link", path, errnum);
  if (errnum == EXDEV) {
    error.Append(Message("; $0 lies on another file system: use -s", *self));
  }
  return error;
}

}  // namespace binfmt
