// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "binfmt/binfmt_d.h"
#include "binfmt/debian_format.h"
#include "binfmt/io.h"
#include "binfmt/path.h"

namespace binfmt {

Error FormatForFile(const Record& record, FileFormat format, Text* text) {
  Text rule;
  if (Error error = FormatRecord(record, &rule); !error.ok()) return error;
  const bool disabled = (record.flags & kStartDisabled) != 0;
  Text read;
  unsigned number = 0;
  if (format == FileFormat::kDebian) {
    *text = FormatDebian(rule);
    if (!disabled) {
      (void)ParseDebianFormat(*text, record.name, &read, &number).ok();
    }
  } else {
    *text = Fill("@@\n", disabled ? kDisabledPrefix : "", rule);
    std::string_view rest = rule;
    (void)NextRecordLine(&rest, &number, &read);
  }
  if (read == rule) return Ok();
  return Failure(EINVAL, "%: a file of this format can't hold it"_fmt,
                 record.name);
}

Error WriteFileIn(const Text& dir, const Text& name, std::string_view text) {
  const Text path = Fill("@/@", dir, name);
  (void)mkdir(dir.c_str(), 0755);
  // No name that systemd-binfmt reads. What a run that died left there goes;
  // what another user puts there meanwhile is not used.
  const Text temporary = Fill("@/.binfmtbox.new"_fmt, dir);
  (void)unlink(temporary.c_str());
  const UniqueFd fd(
      static_cast<int>(syscall(SYS_openat, AT_FDCWD, temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)));
  int errnum = 0;
  if (fd.ok()) {
    // Whatever the umask is; fchmod(3) of musl also knows O_PATH.
    (void)syscall(SYS_fchmod, fd.get(), 0644);
    errnum = WriteAll(fd.get(), text);
    if (errnum == 0 && rename(temporary.c_str(), path.c_str()) == 0) {
      return Ok();
    }
  }
  if (errnum == 0) errnum = errno;
  Error error = SystemError("write", path, errnum);
  if (errnum == ENOENT) error.AddText("; make the directory above it"_fmt);
  return error;
}

Error FindRecordFiles(const Array<Text>& dirs, bool any_name,
                      Array<Text>* paths) {
  Array<Text> all;
  for (const Text& dir : dirs) {
    Array<Text> names;
    const UniqueFd fd =
        OpenAt(kCurrentDir, dir.c_str(), O_RDONLY | O_DIRECTORY);
    const int errnum = fd.ok() ? ListNames(fd.get(), kMaxFiles, &names) : errno;
    if (errnum != 0 && errnum != ENOENT) {
      return SystemError("list", dir, errnum);
    }
    for (const Text& name : names) {
      const bool conf = absl::EndsWith(name, ".conf");
      if (conf && any_name) {
        any_name = false;
        all.clear();
      }
      if ((conf || any_name) && name[0] != '.') {
        all.push_back(Fill("@/@", dir, name));
      }
    }
  }
  // The least name behind the last one, until there is none.
  for (std::string_view last;;) {
    const Text* next = nullptr;
    std::string_view least;
    for (const Text& path : all) {
      const std::string_view name = BaseName(path);
      if (name > last && (next == nullptr || name < least)) {
        next = &path;
        least = name;
      }
    }
    if (next == nullptr) return Ok();
    last = least;
    paths->push_back(*next);
  }
}

}  // namespace binfmt
