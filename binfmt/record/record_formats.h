// SPDX-License-Identifier: Apache-2.0
// Records as text in files, those of others among them:
//
// - a line in the kernel's syntax, as in the files of binfmt.d(5);
// - a format file of Debian's binfmt-support, as packages leave them in
//   /usr/share/binfmts for update-binfmts(8). One file is one entry, whose name
//   is the file's:
//     package qemu-user-static
//     interpreter /usr/bin/qemu-arm-static
//     magic \x7fELF\x01\x01...
//     mask \xff\xff\xff\xff...
//     credentials yes
#ifndef BINFMT_RECORD_RECORD_FORMATS_H_
#define BINFMT_RECORD_RECORD_FORMATS_H_

#include <string>
#include <string_view>
#include <vector>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"

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

// The interpreter that update-binfmts registers for a format that has a
// detector (a program that inspects the file). It asks the detectors in the
// database of update-binfmts.
inline constexpr char kRunDetectors[] = "/usr/lib/binfmt-support/run-detectors";

// Whether FILE is a format file rather than a file of records: the first word
// of its first line that is no comment consists of letters and '_'. A record
// has delimiters.
bool IsDebianFormat(std::string_view file);

// What a format file says.
struct DebianFormat {
  // The line of the interpreter or, with an error, that at which it shows.
  unsigned line;
  // The record that update-binfmts 2.2.2 writes for it.
  Expected<std::string> record;
};

// Reads FILE, the format file of the entry NAME or, where that is "-", of the
// entry that is named like its package. Stricter than update-binfmts, which
// ignores unknown keys, takes any word for "no", and takes the last of two
// packages. FEX's key expose_interpreter means nothing to either.
DebianFormat ParseDebianFormat(std::string_view file, std::string_view name);

// The same for FILE, which is of the database of update-binfmts
// (/var/lib/binfmts): lines of values, without their keys.
DebianFormat ParseDebianDatabase(std::string_view file, std::string_view name);

// A format file for RULE, the text of a record as FormatRecord() writes it.
// Records that it cannot express do not round-trip: it has no word for a flag
// other than P, F and C (with the O that C brings), and none for a name with a
// colon.
std::string FormatDebian(std::string_view rule);

enum class FileFormat {
  kLine,    // one line of the kernel's syntax, as in binfmt.d files
  kDebian,  // a format file
  // What update-binfmts --display prints: "NAME (enabled):", then lines such as
  // "interpreter = PATH". To be read by scripts that know that program.
  kDisplay,
};

// RECORD in FORMAT, with a newline at its end. A record with flag D, which
// begins disabled, is a comment to every reader but ParseBinfmtD(): other
// readers would register it enabled, and old kernels refuse the flag. Fails
// (EINVAL) where the format cannot express the record; the text is read back to
// make sure.
Expected<std::string> FormatForFile(const Record& record, FileFormat format);

}  // namespace binfmt

#endif  // BINFMT_RECORD_RECORD_FORMATS_H_
