// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/record_formats.h"

#include <cerrno>
#include <expected>
#include <vector>

#include "absl/strings/str_cat.h"
#include "binfmt/base/message.h"
#include "binfmt/record/binfmt_d.h"
#include "binfmt/record/debian_format.h"

namespace binfmt {

Expected<std::string> FormatForFile(const Record& record, FileFormat format) {
  Expected<std::string> rule = FormatRecord(record);
  if (!rule) return rule;
  const bool disabled = (record.flags & kStartDisabled) != 0;
  std::string text;
  std::string read_back;
  if (format == FileFormat::kDebian) {
    text = FormatDebian(*rule);
    // It has no word for a disabled record.
    if (!disabled) {
      read_back = ParseDebianFormat(text, record.name).record.value_or("");
    }
  } else {
    text = absl::StrCat(disabled ? kDisabledPrefix : "", *rule, "\n");
    const std::vector<RecordLine> lines = ParseBinfmtD(*rule);
    if (!lines.empty()) read_back = lines.front().text;
  }
  if (read_back != *rule) {
    return std::unexpected(
        Failed(EINVAL, "$0: a file of this format can't hold it", record.name));
  }
  return text;
}

}  // namespace binfmt
