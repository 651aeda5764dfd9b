// SPDX-License-Identifier: Apache-2.0
#include "binfmt/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <string_view>

namespace binfmt {

bool IsThere(const Text& path) {
  // stat(2) does not trigger an automount.
  struct stat facts;
  return stat(path.c_str(), &facts) == 0;
}

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool IsPipe(const Text& path) {
  struct stat facts;
  return stat(path.c_str(), &facts) == 0 && S_ISFIFO(facts.st_mode);
}

Text LinkTarget(const char* path) {
  TextWriter target;
  char* const start = target.Room(PATH_MAX);
  const long length = syscall(SYS_readlinkat, AT_FDCWD, path, start, PATH_MAX);
  if (length > 0) target.EndAt(start + length);
  return target.Finish();
}

bool AddClosedDirectory(const Text& path, Error* error) {
  for (size_t end = path.find('/', 1); end != std::string_view::npos;
       end = path.find('/', end + 1)) {
    const Text dir = path.substr(0, end);
    if (access(dir.c_str(), X_OK) == 0) continue;
    error->AddText("; the directory % may not be searched: chmod +x %"_fmt, dir,
                   dir);
    return true;
  }
  return false;
}

}  // namespace binfmt
