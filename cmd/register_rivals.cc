// SPDX-License-Identifier: Apache-2.0
#include "cmd/register_rivals.h"

#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "arch_table/table.h"
#include "binfmt/base/file.h"
#include "binfmt/base/message.h"
#include "binfmt/base/path.h"
#include "binfmt/kernel/record_files.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record_formats.h"
#include "cmd/target_matcher.h"

namespace cmd {

using binfmt::BaseName;
using binfmt::Error;
using binfmt::Expected;
using binfmt::Failed;
using binfmt::Record;

namespace {

constexpr std::string_view kDatabase[] = {"/var/lib/binfmts"};
constexpr std::string_view kImported[] = {"/usr/share/binfmts"};

// Whether OTHER, registered after RECORD, takes its place, all its files, or
// all ordinary programs of TARGET (nullptr: none), which RECORD is for.
bool TakesPlaceOf(const Record& other, const Record& record,
                  const arch_table::Target* target) {
  if (other.name == record.name) return other != record;
  return binfmt::Covers(other, record) ||
         (target != nullptr && Takes(other, *target));
}

}  // namespace

Rivals::Rivals(std::string_view dir) {
  if (!absl::c_linear_search(binfmt::kSystemRecordDirs, dir)) return;
  dir_ = dir;
  Add(binfmt::kSystemRecordDirs, Kind::kLines);
  database_ = records_.size();
  // Without a database update-binfmts was never there.
  if (!binfmt::Exists(std::string(kDatabase[0]))) return;
  Add(kDatabase, Kind::kDebianDatabase);
  Add(kImported, Kind::kDebianFormat);
}

void Rivals::Add(std::span<const std::string_view> dirs, Kind kind) {
  const Expected<std::vector<std::string>> files =
      binfmt::FindRecordFiles(dirs, /*any_name=*/kind != Kind::kLines);
  if (!files) return Keep(files.error());
  for (const std::string& path : *files) {
    if (binfmt::IsFifo(path)) continue;
    const binfmt::ErrnoOr<std::string> text =
        binfmt::ReadFileAt(AT_FDCWD, path, binfmt::kMaxRecordFileLength);
    if (!text) {
      // A link that leads nowhere masks files of its name.
      if (text.error() != ENOENT) {
        Keep(binfmt::SystemError("read", path, text.error()));
      }
      continue;
    }
    std::vector<binfmt::RecordLine> lines;
    if (kind == Kind::kLines) {
      lines = binfmt::ParseBinfmtD(*text);
    } else {
      const auto parse = kind == Kind::kDebianFormat
                             ? binfmt::ParseDebianFormat
                             : binfmt::ParseDebianDatabase;
      lines.push_back({0, parse(*text, BaseName(path)).record.value_or("")});
    }
    for (const binfmt::RecordLine& line : lines) {
      Expected<Record> record = binfmt::ParseRecord(line.text);
      // What begins disabled is a comment to systemd-binfmt.
      if (!record || (record->flags & binfmt::kStartDisabled) != 0) continue;
      paths_.push_back(path);
      records_.push_back(*std::move(record));
    }
  }
}

void Rivals::Keep(const Error& error) {
  if (!unread_) unread_ = error.Copy();
}

Expected<void> Rivals::Check(std::string_view name,
                             const Record& record) const {
  if (unread_) {
    Error error = unread_->Copy();
    error.Prepend(binfmt::Message(
        "$0 is registered, and whether that lasts cannot be told: ",
        record.name));
    return error;
  }
  for (const std::string_view dir : binfmt::kSystemRecordDirs) {
    if (dir_.empty() || dir == dir_) break;
    const std::string path = absl::StrCat(dir, "/", name);
    if (!binfmt::Exists(path)) continue;
    return Failed(EEXIST,
                  "$0 is registered, and lost when systemd-binfmt starts, "
                  "which reads $1 in place of a file in $2; remove it",
                  record.name, path, dir_);
  }
  const arch_table::Target* const target = TargetOf(record);
  for (size_t i = 0; i < records_.size(); ++i) {
    const std::string& path = paths_[i];
    const std::string base(BaseName(path));
    const bool is_file = i < database_;
    if ((is_file && base <= name) ||
        !TakesPlaceOf(records_[i], record, target)) {
      continue;
    }
    if (!is_file) {
      return Failed(EEXIST,
                    "$0 is registered, and lost when update-binfmts starts, "
                    "whose $1 differs; write ours there with --debian, then "
                    "update-binfmts --import $2",
                    record.name, path, base);
    }
    Error error =
        Failed(EEXIST,
               "$0 is registered, and lost when systemd-binfmt starts, "
               "which reads $1 after it; ",
               record.name, path);
    // What is in the first directory masks, and cannot be masked.
    error.Append(path.starts_with(binfmt::kSystemRecordDirs[0])
                     ? "remove it"
                     : binfmt::Message("mask that with: ln -s /dev/null $0/$1",
                                       binfmt::kSystemRecordDirs[0], base));
    return error;
  }
  return {};
}

}  // namespace cmd
