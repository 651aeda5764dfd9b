// SPDX-License-Identifier: Apache-2.0
// The one error type: what a failed call returns and cmd/ prints.
#ifndef BINFMT_ERROR_H_
#define BINFMT_ERROR_H_

#include <string_view>

#include "absl/base/attributes.h"
#include "binfmt/text.h"

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
// one line for the user: what failed, on what, why, and the shortest fix. Or no
// failure at all.
//
// It is one pointer, null for no failure, and passed in a register: every
// function returns one, and as a struct with a string it was a tenth of the
// program.
class [[nodiscard]] Error {
 public:
  Error() = default;
  Error(Cause cause, int errnum, Text text);

  bool ok() const { return facts_ == nullptr; }
  Cause cause() const { return ok() ? Cause::kNone : facts_->cause; }
  int errnum() const { return ok() ? 0 : facts_->errnum; }
  // Empty where ok().
  std::string_view text() const ABSL_ATTRIBUTE_LIFETIME_BOUND;

  // Replaces the text of a failure, or adds to it, as Fill() does.
  template <typename... Args>
  void SetText(Format format, const Args&... args) {
    facts_->text = Fill(format, args...);
  }
  template <typename... Args>
  void AddText(Format format, const Args&... args) {
    facts_->text = Fill("@@", facts_->text, Fill(format, args...));
  }

 private:
  struct Facts {
    Cause cause;
    int errnum;
    Text text;
  };

  Facts* facts_ = nullptr;
};

inline Error Ok() { return Error(); }

// A cause and an errno in one number, for Failure().
constexpr int Because(int errnum, Cause cause) {
  return static_cast<int>(cause) << 16 | errnum;
}

namespace internal {
Error FailureOf(int code, Text text);
}  // namespace internal

// A failure with a text as Fill() makes it. CODE is an errno or 0, the cause
// then being kFailed; or Because().
template <typename... Args>
Error Failure(int code, Format format, const Args&... args) {
  return internal::FailureOf(code, Fill(format, args...));
}

// A failure of the words of a command line.
template <typename... Args>
Error Misuse(Format format, const Args&... args) {
  return Failure(Because(0, Cause::kMisuse), format, args...);
}

// "cannot WHAT OBJECT: strerror(ERRNUM)". OBJECT is escaped for a terminal.
Error SystemError(Format what, std::string_view object, int errnum,
                  Cause cause = Cause::kFailed);

}  // namespace binfmt

#endif  // BINFMT_ERROR_H_
