// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/namespaces.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

#include "binfmt/base/error.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"

namespace binfmt {
namespace {

constexpr ino_t kFirstUserNamespaceInode = 0xeffffffdu;
constexpr ino_t kFirstPidNamespaceInode = 0xeffffffcu;
// What ids are that a namespace does not map (/proc/sys/kernel/overflowuid).
constexpr uid_t kOverflowUid = 65534;
constexpr size_t kMaxProfileLength = 4096;

}  // namespace

UserNamespace CurrentUserNamespace() {
  struct stat facts;
  if (stat("/proc/self/ns/user", &facts) != 0) return UserNamespace::kUnknown;
  return facts.st_ino == kFirstUserNamespaceInode ? UserNamespace::kFirst
                                                  : UserNamespace::kOther;
}

bool InFirstPidNamespace() {
  struct stat facts;
  return (stat("/proc/1/ns/pid", &facts) != 0 &&
          stat("/proc/self/ns/pid", &facts) != 0) ||
         facts.st_ino == kFirstPidNamespaceInode;
}

bool HasCapability(unsigned capability) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[capability / 32].effective & (1u << capability % 32)) != 0;
}

bool HasSysAdmin() { return HasCapability(CAP_SYS_ADMIN); }

std::string ConfinementHint() {
  const ErrnoOr<std::string> content =
      ReadFileAt(AT_FDCWD, "/proc/self/attr/current", kMaxProfileLength);
  if (!content) return "";
  // AppArmor ends it with a newline, SELinux with a NUL.
  const std::string_view profile = std::string_view(*content).substr(
      0, content->find_first_of(std::string_view("\n\0", 2)));
  if (profile.empty() || profile == "unconfined") return "";
  return Message(
      "; this process is confined by \"$0\" (docker: --security-opt "
      "apparmor=unconfined or label=disable, a pod: appArmorProfile or "
      "seLinuxOptions)",
      profile);
}

std::string DeniedHint() {
  const bool is_other = CurrentUserNamespace() == UserNamespace::kOther;
  if (geteuid() != 0) {
    if (is_other && geteuid() == kOverflowUid) {
      return "; this user namespace does not map your user (unshare -r does)";
    }
    return "; run it as root (sudo), or only one command: binfmtbox run "
           "COMMAND";
  }
  if (is_other) {
    return "; root of this user namespace does not own that binfmt_misc: mount "
           "one of its own (binfmtbox mount --userns), or work on the host";
  }
  return ConfinementHint();
}

}  // namespace binfmt
