// SPDX-License-Identifier: Apache-2.0
// /proc/PID/mountinfo (proc(5)).
#ifndef BINFMT_RECORD_MOUNTINFO_H_
#define BINFMT_RECORD_MOUNTINFO_H_

#include <string_view>

namespace binfmt {

// Whether MOUNTINFO lists a mount of DEVICE, "MAJOR:MINOR". A line is
//   36 35 98:0 /root /mount\040point rw,noatime master:1 - ext3 /dev/x rw
// where blanks, newlines and backslashes of names are escaped (\040, \012,
// \134), so that they cannot pass for another field or line.
bool ListsDevice(std::string_view mountinfo, std::string_view device);

}  // namespace binfmt

#endif  // BINFMT_RECORD_MOUNTINFO_H_
