// SPDX-License-Identifier: Apache-2.0
// The version of a kernel, on which much of its behaviour depends.
#ifndef BINFMT_RECORD_KERNEL_VERSION_H_
#define BINFMT_RECORD_KERNEL_VERSION_H_

#include <string>
#include <string_view>

namespace binfmt {

struct KernelVersion {
  int major = 0;
  int minor = 0;
  std::string release;  // as uname(2) tells it: "6.1.0-50-amd64"

  bool IsBefore(int other_major, int other_minor) const {
    return major != other_major ? major < other_major : minor < other_minor;
  }
};

// The version in RELEASE. Parts that are not numbers are 0.
KernelVersion ParseKernelVersion(std::string_view release);

}  // namespace binfmt

#endif  // BINFMT_RECORD_KERNEL_VERSION_H_
