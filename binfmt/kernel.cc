// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel.h"

#include <fcntl.h>
#include <sys/utsname.h>

#include <string_view>

#include "binfmt/io.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr size_t kMaxFilesystemsLength = 65536;

// Takes a decimal number off the front of TEXT.
int TakeNumber(std::string_view* text) {
  int value = 0;
  while (!text->empty() && text->front() >= '0' && text->front() <= '9' &&
         value < 100000) {
    value = value * 10 + (text->front() - '0');
    text->remove_prefix(1);
  }
  return value;
}

}  // namespace

KernelVersion RunningKernel() {
  utsname names;
  KernelVersion version;
  if (uname(&names) != 0) return version;
  version.text = names.release;
  std::string_view rest = version.text;
  version.major = TakeNumber(&rest);
  if (!rest.empty()) rest.remove_prefix(1);
  version.minor = TakeNumber(&rest);
  return version;
}

Support SupportOfBinfmtMisc() {
  Text text;
  if (ReadFileAt(AT_FDCWD, "/proc/filesystems", kMaxFilesystemsLength, &text) !=
      0) {
    return Support::kUnknown;
  }
  return text.find("\tbinfmt_misc\n") != std::string_view::npos
             ? Support::kPresent
             : Support::kMissing;
}

}  // namespace binfmt
