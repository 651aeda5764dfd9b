// SPDX-License-Identifier: Apache-2.0
// A kernel command line, against what lib/cmdline.c of the kernel does to it:
// its next_arg(), which writes NUL bytes into the line, and its parse_args().
#include <cstring>
#include <string>
#include <string_view>

#include "binfmt/record/proc_files.h"
#include "testing/fuzz/check.h"

namespace {

constexpr char kName[] = "binfmt.targets";

bool IsSpace(char c) { return std::strchr(" \t\n\v\f\r\xa0", c) != nullptr; }

char* SkipSpaces(char* text) {
  while (*text != '\0' && IsSpace(*text)) ++text;
  return text;
}

// next_arg() of Linux 6.12.
char* NextArg(char* args, char** param, char** val) {
  unsigned i = 0;
  unsigned equals = 0;
  bool in_quote = false;
  bool quoted = false;
  if (*args == '"') {
    args++;
    in_quote = true;
    quoted = true;
  }
  for (i = 0; args[i] != '\0'; i++) {
    if (IsSpace(args[i]) && !in_quote) break;
    if (equals == 0 && args[i] == '=') equals = i;
    if (args[i] == '"') in_quote = !in_quote;
  }
  *param = args;
  if (equals == 0) {
    *val = nullptr;
  } else {
    args[equals] = '\0';
    *val = args + equals + 1;
    if (**val == '"') {
      (*val)++;
      if (args[i - 1] == '"') args[i - 1] = '\0';
    }
  }
  if (quoted && i > 0 && args[i - 1] == '"') args[i - 1] = '\0';
  if (args[i] != '\0') {
    args[i] = '\0';
    args += i + 1;
  } else {
    args += i;
  }
  return SkipSpaces(args);
}

std::string KernelsAnswer(std::string line) {
  std::string found;
  for (char* args = SkipSpaces(&line[0]); *args != '\0';) {
    char* param;
    char* val;
    args = NextArg(args, &param, &val);
    if (val == nullptr && std::strcmp(param, "--") == 0) break;
    if (val != nullptr && std::strcmp(param, kName) == 0) found = val;
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The kernel's line ends at the first NUL byte.
  std::string_view text = binfmtbox_fuzz::TextOf(data, size);
  text = text.substr(0, text.find('\0'));
  FUZZ_CHECK(binfmt::FindParameter(text, kName) ==
             KernelsAnswer(std::string(text)));
  return 0;
}
