// SPDX-License-Identifier: Apache-2.0
#include "binfmt/base/path.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "binfmt/base/message.h"

namespace binfmt {

bool Exists(const std::string& path) {
  struct stat facts;
  return stat(path.c_str(), &facts) == 0;
}

bool IsFifo(const std::string& path) {
  struct stat facts;
  return stat(path.c_str(), &facts) == 0 && S_ISFIFO(facts.st_mode);
}

ErrnoOr<std::string> ReadLink(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof(target));
  if (length < 0) return std::unexpected(errno);
  return std::string(target, static_cast<size_t>(length));
}

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string UnsearchableDirectory(const std::string& path) {
  for (size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const std::string dir = path.substr(0, end);
    if (access(dir.c_str(), X_OK) == 0) continue;
    return Message("; the directory $0 may not be searched: chmod +x $1", dir,
                   dir);
  }
  return "";
}

}  // namespace binfmt
