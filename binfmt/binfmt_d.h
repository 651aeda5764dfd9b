// SPDX-License-Identifier: Apache-2.0
// Files of binfmt.d(5): one record a line.
#ifndef BINFMT_BINFMT_D_H_
#define BINFMT_BINFMT_D_H_

#include <string_view>

#include "binfmt/text.h"

namespace binfmt {

// Begins the line of an entry that is disabled. systemd-binfmt passes over it,
// and no kernel has to know flag D.
inline constexpr char kDisabledPrefix[] = "# disabled: ";

// Takes lines off the front of *REST up to the next that is a record, and adds
// to *NUMBER how many: begin with the whole file and 0, and it is the line's
// number. False at the end of the file. As systemd-binfmt reads it: blanks
// around a line count for nothing, which goes for the \r of a Windows editor,
// too; empty lines and those that begin with # or ; are comments. But a record
// behind kDisabledPrefix is one that begins disabled: *LINE gets it with flag D
// at its end.
bool NextRecordLine(std::string_view* rest, unsigned* number, Text* line);

}  // namespace binfmt

#endif  // BINFMT_BINFMT_D_H_
