// SPDX-License-Identifier: Apache-2.0
#include "binfmt/binfmt_d_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "binfmt/io.h"

namespace binfmt {

Error WriteBinfmtD(const Text& dir, const Record& record) {
  Text text;
  if (Error error = FormatRecord(record, &text); !error.ok()) return error;
  const Text path = Fill("@/binfmtbox-@.conf", dir, record.name);
  // A line holds no newline, and blanks at its start count for nothing.
  int errnum = EINVAL;
  if (text.find('\n') == Text::npos && text[0] > ' ') {
    (void)mkdir(dir.c_str(), 0755);
    // No name that systemd-binfmt reads. What a run that died left there goes;
    // what another user puts there meanwhile is not used.
    const Text temporary = Fill("@/.binfmtbox.new", dir);
    (void)unlink(temporary.c_str());
    const UniqueFd fd(static_cast<int>(
        syscall(SYS_openat, AT_FDCWD, temporary.c_str(),
                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)));
    if (fd.ok()) {
      (void)fchmod(fd.get(), 0644);  // whatever the umask is
      errnum = WriteAll(fd.get(), Fill("@\n", text));
      if (errnum == 0 && rename(temporary.c_str(), path.c_str()) == 0) {
        return Ok();
      }
    }
    if (errnum == 0 || !fd.ok()) errnum = errno;
  }
  Error error = SystemError("write", path, errnum);
  error.AddText("@; % is registered, and lost when systemd-binfmt starts",
                errnum == EINVAL   ? " (binfmt.d can't hold this record)"
                : errnum == ENOENT ? "; make the directory above it"
                                   : "",
                record.name);
  return error;
}

}  // namespace binfmt
