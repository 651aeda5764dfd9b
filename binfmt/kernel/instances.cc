// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/instances.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "binfmt/base/file.h"
#include "binfmt/base/unique_fd.h"

namespace binfmt {
namespace {

constexpr size_t kMountsPart = 1 << 16;

}  // namespace

ErrnoOr<MountedInstances> ReadInstances(const char* mountinfo, dev_t device) {
  const std::string wanted = absl::StrCat(major(device), ":", minor(device));
  const UniqueFd fd = OpenAt(AT_FDCWD, mountinfo, O_RDONLY);
  if (!fd.ok()) return std::unexpected(errno);
  MountedInstances found;
  std::string text;
  for (uint64_t offset = 0;; offset += kMountsPart) {
    const ErrnoOr<std::string> part = ReadRange(fd.get(), offset, kMountsPart);
    if (!part) return std::unexpected(part.error());
    text += *part;
    // The line at the end goes on in the next part.
    const size_t end = text.rfind('\n') + 1;
    const MountedInstances here =
        FindInstances(std::string_view(text).substr(0, end), wanted);
    found.this_one |= here.this_one;
    found.others |= here.others;
    if (part->size() < kMountsPart) return found;
    text.erase(0, end);
  }
}

}  // namespace binfmt
