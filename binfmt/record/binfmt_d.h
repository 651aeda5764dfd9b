// SPDX-License-Identifier: Apache-2.0
// Files of binfmt.d(5): one record a line.
#ifndef BINFMT_RECORD_BINFMT_D_H_
#define BINFMT_RECORD_BINFMT_D_H_

#include <string>
#include <string_view>
#include <vector>

namespace binfmt {

// Begins the line of an entry that is disabled. systemd-binfmt skips it as a
// comment, and no kernel has to know flag D.
inline constexpr char kDisabledPrefix[] = "# disabled: ";

// A line of a file that holds a record.
struct RecordLine {
  unsigned number;   // counted from 1
  std::string text;  // the record, without surrounding blanks
};

// The records in FILE, as systemd-binfmt reads it: blanks around a line do not
// count, nor does the \r of a Windows editor; empty lines and those that begin
// with # or ; are comments. The exception is kDisabledPrefix: the record behind
// it begins disabled, and gets flag D at its end.
std::vector<RecordLine> ParseBinfmtD(std::string_view file);

}  // namespace binfmt

#endif  // BINFMT_RECORD_BINFMT_D_H_
