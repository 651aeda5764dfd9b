// SPDX-License-Identifier: Apache-2.0
// Files of /proc, read as the kernel writes them.
#ifndef BINFMT_RECORD_PROC_FILES_H_
#define BINFMT_RECORD_PROC_FILES_H_

#include <string_view>

#include "absl/base/attributes.h"

namespace binfmt {

// The value of the last parameter NAME in LINE, the kernel's command line
// (/proc/cmdline); empty where there is none. As next_arg() and parse_args() of
// the kernel read it: blanks separate parameters, double quotes around a value
// or a whole parameter hold it together and are not part of it, nothing escapes
// them, and what follows "--" belongs to init.
std::string_view FindParameter(
    std::string_view line ABSL_ATTRIBUTE_LIFETIME_BOUND, std::string_view name);

// Which instances of binfmt_misc are mounted. Each is one device.
struct MountedInstances {
  bool this_one = false;
  bool others = false;
};

// Which ones MOUNTINFO (/proc/PID/mountinfo, proc(5)) lists: the instance on
// DEVICE, "MAJOR:MINOR", and others. A line is
//   36 35 0:45 /root /mount\040point rw,noatime master:1 - binfmt_misc x rw
// where blanks, newlines and backslashes of names are escaped (\040, \012,
// \134), so that they cannot pass for another field or line.
MountedInstances FindInstances(std::string_view mountinfo,
                               std::string_view device);

}  // namespace binfmt

#endif  // BINFMT_RECORD_PROC_FILES_H_
