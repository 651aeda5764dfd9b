// SPDX-License-Identifier: Apache-2.0
// The #! line of a script, as the kernel reads it.
#ifndef BINFMT_RECORD_SCRIPT_H_
#define BINFMT_RECORD_SCRIPT_H_

#include <optional>
#include <string>
#include <string_view>

namespace binfmt {

// The path that the kernel's script handler (load_script() of
// fs/binfmt_script.c) opens for a file that begins with HEAD, its first
// kMatchWindow bytes; "." for an empty path, where the kernel opens the working
// directory. Nothing where the handler does not take the file, and where it
// fails with ENOEXEC: only blanks up to the line's end, or a path that may go
// on behind the bytes that the kernel looks at.
std::optional<std::string> ParseScript(std::string_view head);

}  // namespace binfmt

#endif  // BINFMT_RECORD_SCRIPT_H_
