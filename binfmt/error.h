// SPDX-License-Identifier: Apache-2.0
// The one error type: what a failed call returns and cmd/ prints.
#ifndef BINFMT_ERROR_H_
#define BINFMT_ERROR_H_

#include <initializer_list>
#include <string>
#include <string_view>

namespace binfmt {

// Why something does not hold. Each cause is one exit status of the program.
enum class Cause {
  kNone,         // it holds
  kFailed,       // something asked for does not hold
  kMisuse,       // the request itself makes no sense
  kNotMounted,   // the directory is no binfmt_misc
  kNoSupport,    // this kernel has no binfmt_misc, or its module is missing
  kDenied,       // user namespace, capability, read-only mount or LSM
  kWouldNotLast  // it would be gone as soon as this process ends
};

// A failure that knows its cause, the errno behind it (0: none) and a text of
// one line for the user: what failed, on what, why, and the shortest fix.
//
// The special members are out of line, here and in record.h: inlined at every
// return they cost a tenth of the program.
struct [[nodiscard]] Error {
  Error();
  Error(const Error&);
  Error(Error&&) noexcept;
  Error& operator=(const Error&);
  Error& operator=(Error&&) noexcept;
  ~Error();

  bool ok() const { return cause == Cause::kNone; }

  Cause cause = Cause::kNone;
  int errnum = 0;
  std::string text;
};

Error Ok();
Error Failure(const char* text, int errnum = 0, Cause cause = Cause::kFailed);

// The same with a text from Fill().
Error Failure(const char* format, std::initializer_list<std::string_view> args,
              int errnum = 0, Cause cause = Cause::kFailed);

// A failure of the words of a command line.
Error Misuse(const char* format, std::initializer_list<std::string_view> args);

// "cannot WHAT OBJECT: strerror(ERRNUM)". OBJECT is escaped for a terminal.
Error SystemError(std::string_view what, std::string_view object, int errnum,
                  Cause cause = Cause::kFailed);

}  // namespace binfmt

#endif  // BINFMT_ERROR_H_
