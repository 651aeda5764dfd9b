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
#include "binfmt/base/random.h"
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

// Writes TEXT to the file NAME in DIR by way of a new file, whose name only
// this process knows.
ErrnoOr<void> WriteAndRename(int dir, const std::string& name,
                             std::string_view text) {
  // Hidden, so that systemd-binfmt does not read it.
  const std::string temporary = ".binfmtbox-" + RandomDigits();
  const UniqueFd fd = OpenAt(dir, temporary, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!fd.ok()) return std::unexpected(errno);
  (void)fchmod(fd.get(), 0644);  // the umask does not count
  ErrnoOr<void> written = WriteAll(fd.get(), text);
  // Takes the place of what is there, and follows no link.
  if (written && renameat(dir, temporary.c_str(), dir, name.c_str()) != 0) {
    written = std::unexpected(errno);
  }
  if (!written) (void)unlinkat(dir, temporary.c_str(), 0);
  return written;
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
  const UniqueFd fd = OpenAt(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY);
  const ErrnoOr<void> written =
      fd.ok() ? WriteAndRename(fd.get(), name, text) : std::unexpected(errno);
  if (written) return {};
  Error error =
      SystemError("write", absl::StrCat(dir, "/", name), written.error());
  if (written.error() == ENOENT) {
    error.Append("; make the directory above it");
  }
  return error;
}

}  // namespace binfmt
