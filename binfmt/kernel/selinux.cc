// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/selinux.h"

#include <fcntl.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include <cstddef>

#include "absl/strings/match.h"
#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"

namespace binfmt {

bool SelinuxEnforces() {
  const ErrnoOr<std::string> enforce =
      ReadFileAt(AT_FDCWD, "/sys/fs/selinux/enforce", 8);
  return enforce && absl::StartsWith(*enforce, "1");
}

std::string SelinuxHint(const std::string& path) {
  char bytes[256];
  const ssize_t length =
      getxattr(path.c_str(), "security.selinux", bytes, sizeof(bytes));
  if (length <= 0) return "";
  const std::string_view label(bytes, static_cast<size_t>(length));
  if (!IsPrivateLabel(label)) return "";
  return Message(
      "SELinux label $0 of $1 may keep containers from running it; copy it to "
      "a directory of the host, such as /usr/local/bin, first",
      label.substr(0, label.find('\0')), path);
}

bool IsPrivateLabel(std::string_view label) {
  // A level with categories ("s0:c12,c34") is one container's own.
  return absl::StrContains(label, ":c") ||
         absl::StrContains(label, ":secret_t") ||
         absl::StrContains(label, ":container_file_t") ||
         absl::StrContains(label, ":svirt_");
}

}  // namespace binfmt
