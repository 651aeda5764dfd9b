// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/record_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/file.h"
#include "binfmt/base/unique_fd.h"

namespace binfmt {
namespace {

// The names in DIR; none where it does not exist.
ErrnoOr<std::vector<std::string>> NamesIn(const std::string& dir) {
  const UniqueFd fd = OpenAt(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY);
  if (fd.ok()) return ListNames(fd.get(), kMaxRecordFiles);
  if (errno == ENOENT) return {};
  return std::unexpected(errno);
}

// Writes TEXT to the new file TEMPORARY, then gives it the name PATH.
ErrnoOr<void> WriteAndRename(const std::string& temporary,
                             const std::string& path, std::string_view text) {
  const UniqueFd fd(openat(AT_FDCWD, temporary.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd.ok()) return std::unexpected(errno);
  (void)fchmod(fd.get(), 0644);  // the umask does not count
  if (const ErrnoOr<void> written = WriteAll(fd.get(), text); !written) {
    return written;
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return std::unexpected(errno);
  }
  return {};
}

}  // namespace

Expected<std::vector<std::string>> FindRecordFiles(
    std::span<const std::string_view> dirs, bool any_name) {
  std::map<std::string, std::string> path_by_name;
  for (const std::string_view dir : dirs) {
    ErrnoOr<std::vector<std::string>> names = NamesIn(std::string(dir));
    if (!names) return SystemError("list", dir, names.error());
    for (std::string& name : *names) {
      const bool is_conf = absl::EndsWith(name, ".conf");
      if (is_conf && any_name) {
        any_name = false;
        path_by_name.clear();
      }
      if ((!is_conf && !any_name) || name[0] == '.') continue;
      std::string path = absl::StrCat(dir, "/", name);
      path_by_name.try_emplace(std::move(name), std::move(path));
    }
  }
  std::vector<std::string> paths;
  paths.reserve(path_by_name.size());
  for (auto& [name, path] : path_by_name) paths.push_back(std::move(path));
  return paths;
}

Expected<void> WriteRecordFile(const std::string& dir, const std::string& name,
                               std::string_view text) {
  (void)mkdir(dir.c_str(), 0755);
  // A name that systemd-binfmt does not read. A run that died may have left it
  // behind. With O_EXCL, a file that another user puts there meanwhile is not
  // used.
  const std::string temporary = dir + "/.binfmtbox.new";
  (void)unlink(temporary.c_str());
  const std::string path = absl::StrCat(dir, "/", name);
  const ErrnoOr<void> written = WriteAndRename(temporary, path, text);
  if (written) return {};
  Error error = SystemError("write", path, written.error());
  if (written.error() == ENOENT) {
    error.Append("; make the directory above it");
  }
  return error;
}

}  // namespace binfmt
