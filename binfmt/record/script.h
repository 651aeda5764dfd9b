// SPDX-License-Identifier: Apache-2.0
// The #! line of a script, as the kernel reads it.
#ifndef BINFMT_RECORD_SCRIPT_H_
#define BINFMT_RECORD_SCRIPT_H_

#include <optional>
#include <string>
#include <string_view>

#include "binfmt/record/record.h"

namespace binfmt {

// The path that the kernel's script handler (load_script() of
// fs/binfmt_script.c) opens for a file that begins with HEAD, its first
// kMatchWindow bytes; "." for an empty path, where the kernel opens the working
// directory. Nothing where the handler does not take the file, and where it
// fails with ENOEXEC: only blanks up to the line's end, or a path that may go
// on behind the bytes that the kernel looks at.
std::optional<std::string> ParseScript(std::string_view head);

// Whether RECORD, a magic, takes scripts: it compares the first two bytes and
// takes "#!", or it compares something up to the first slash behind "#!" and at
// most two blanks, and takes such a line, or it takes a script for one of the
// usual interpreters in one of the usual directories, whatever follows on its
// line and behind.
bool TakesScripts(const Record& record);

// Whether the extension of RECORD is a usual end of the names of scripts
// (x.sh), loaders (ld.so.2) or programs with a version (python3.11).
bool TakesUsualNames(const Record& record);

}  // namespace binfmt

#endif  // BINFMT_RECORD_SCRIPT_H_
