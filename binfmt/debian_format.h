// SPDX-License-Identifier: Apache-2.0
// Format files of Debian's binfmt-support, as packages leave them in
// /usr/share/binfmts for update-binfmts(8):
//   package qemu-user-static
//   interpreter /usr/bin/qemu-arm-static
//   magic \x7fELF\x01\x01...
//   mask \xff\xff\xff\xff...
//   credentials yes
// One file is one entry, whose name is the file's.
#ifndef BINFMT_DEBIAN_FORMAT_H_
#define BINFMT_DEBIAN_FORMAT_H_

#include <string_view>

#include "binfmt/error.h"
#include "binfmt/record.h"
#include "binfmt/text.h"

namespace binfmt {

// What update-binfmts registers where a format has a detector, a program that
// looks at the file: this one asks the detectors, out of the database of
// update-binfmts.
inline constexpr char kRunDetectors[] = "/usr/lib/binfmt-support/run-detectors";

// Is TEXT such a file, or of records? It is where the first word of the
// first line that is no comment has letters and '_' only: a record has
// delimiters.
bool IsDebianFormat(std::string_view text);

// Reads TEXT, the format file of the entry NAME, or with "-" of the one that is
// called like its package, into RULE, the record that
// update-binfmts 2.2.2 writes for it. *LINE gets the line of the interpreter,
// or, with an error, that at which it shows. Stricter than update-binfmts,
// which passes over keys that it does not know, takes any word for "no", and
// the last of two packages; FEX's key expose_interpreter means nothing to
// either.
Error ParseDebianFormat(std::string_view text, std::string_view name,
                        Text* rule, unsigned* line);

// A format file for RULE, a record as FormatRecord() writes it. One that it
// can't say is read back otherwise: it has no word for a flag other than P, F
// and C, with the O that C brings, and none for a name with a colon.
Text FormatDebian(std::string_view rule);

}  // namespace binfmt

#endif  // BINFMT_DEBIAN_FORMAT_H_
