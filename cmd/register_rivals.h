// SPDX-License-Identifier: Apache-2.0
// Whether what register leaves in a file for systemd-binfmt will last.
#ifndef CMD_REGISTER_RIVALS_H_
#define CMD_REGISTER_RIVALS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"

namespace cmd {

// The records that other tools register when they start: systemd-binfmt those
// in the files of its directories, sorted by name, and update-binfmts those of
// its database, where there is one, and of /usr/share/binfmts.
class Rivals {
 public:
  // Reads those that matter for files in DIR. Where that is none of
  // systemd-binfmt's directories, which files will be beside it is unknown, and
  // there are none.
  explicit Rivals(std::string_view dir);

  // Fails where RECORD, in the file NAME of the directory, would not be
  // registered at a start, or not before all that takes its files, or where
  // files that decide it could not be read.
  binfmt::Expected<void> Check(std::string_view name,
                               const binfmt::Record& record) const;

 private:
  enum class Kind { kLines, kDebianFormat, kDebianDatabase };

  // Remembers that files could not be read.
  void Keep(const binfmt::Error& error);
  // Adds the records in the files of DIRS.
  void Add(std::span<const std::string_view> dirs, Kind kind);

  std::string dir_;  // empty: what is beside it is unknown
  // Their files, in the order of their registration, and the records; the last
  // ones, from a position on, are those of update-binfmts.
  std::vector<std::string> paths_;
  std::vector<binfmt::Record> records_;
  size_t database_ = 0;
  std::optional<binfmt::Error> unread_;  // the first one
};

}  // namespace cmd

#endif  // CMD_REGISTER_RIVALS_H_
