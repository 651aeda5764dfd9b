// SPDX-License-Identifier: Apache-2.0
// Format files of Debian's binfmt-support, as packages leave them in
// /usr/share/binfmts for update-binfmts(8):
//   package qemu-user-static
//   interpreter /usr/bin/qemu-arm-static
//   magic \x7fELF\x01\x01...
//   mask \xff\xff\xff\xff...
//   credentials yes
// One file is one entry, whose name is the file's.
#ifndef BINFMT_RECORD_DEBIAN_FORMAT_H_
#define BINFMT_RECORD_DEBIAN_FORMAT_H_

#include <string>
#include <string_view>

#include "binfmt/base/error.h"
#include "binfmt/record/record.h"

namespace binfmt {

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

// A format file for RULE, the text of a record as FormatRecord() writes it.
// Records that it cannot express do not round-trip: it has no word for a flag
// other than P, F and C (with the O that C brings), and none for a name with a
// colon.
std::string FormatDebian(std::string_view rule);

}  // namespace binfmt

#endif  // BINFMT_RECORD_DEBIAN_FORMAT_H_
