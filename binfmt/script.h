// SPDX-License-Identifier: Apache-2.0
// The line #! at the start of a script, as the kernel reads it.
#ifndef BINFMT_SCRIPT_H_
#define BINFMT_SCRIPT_H_

#include "binfmt/text.h"

namespace binfmt {

// Is a file that begins with HEAD, its first kMatchWindow bytes, one that the
// kernel's script handler takes (load_script() of fs/binfmt_script.c)?
// *INTERPRETER is then the path that it opens; "." where there is none, of
// which the kernel opens its working directory. False also where there are only
// blanks up to the line's end, and where the path may go on behind the bytes
// that the kernel looks at: both are ENOEXEC.
bool ParseScript(const Text& head, Text* interpreter);

}  // namespace binfmt

#endif  // BINFMT_SCRIPT_H_
