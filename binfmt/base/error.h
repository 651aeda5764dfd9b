// SPDX-License-Identifier: Apache-2.0
// The error type of the whole program.
#ifndef BINFMT_BASE_ERROR_H_
#define BINFMT_BASE_ERROR_H_

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace binfmt {

// Why something does not hold. Each cause is one exit status of the program.
enum class Cause {
  kFailed,       // something asked for does not hold
  kMisuse,       // the request itself makes no sense
  kNotMounted,   // the directory is not a binfmt_misc mount
  kNoSupport,    // this kernel has no binfmt_misc, or its module is missing
  kDenied,       // user namespace, capability, read-only mount or LSM
  kWouldNotLast  // the result would vanish with this process
};

// A failure: its cause, the errno behind it (0: none), and one line for the
// user that says what failed, on what object, why, and the shortest fix.
//
// Text from outside (paths, names, file contents) is passed through Printable()
// when the line is made.
//
// One pointer wide, so that results which may be an error stay cheap to return.
// A moved-from error has no value.
class [[nodiscard]] Error {
 public:
  Error(int errnum, std::string text, Cause cause = Cause::kFailed);

  // `return Failed(...);` in a function that returns Expected<T>, as an
  // absl::Status becomes an absl::StatusOr<T>.
  template <typename T>
  operator std::expected<T, Error>() && {  // NOLINT: implicit
    return std::unexpected(std::move(*this));
  }

  Cause cause() const { return details_->cause; }
  int errnum() const { return details_->errnum; }
  const std::string& text() const { return details_->text; }

  // An error is moved; a copy is asked for.
  Error Copy() const;

  // Add to the text, at its end or at its beginning.
  void Append(std::string_view text);
  void Prepend(std::string_view text);

 private:
  struct Details {
    Cause cause;
    int errnum;
    std::string text;
  };
  // Not inline, for there is one wherever a result goes out of scope.
  struct Deleter {
    void operator()(Details* details) const;
  };

  std::unique_ptr<Details, Deleter> details_;
};

// A value, or why there is none.
template <typename T>
using Expected = std::expected<T, Error>;

// A value, or the errno of the system call that failed. For functions whose
// callers know better what to tell the user.
template <typename T>
using ErrnoOr = std::expected<T, int>;

// "cannot WHAT OBJECT: strerror(ERRNUM)", where OBJECT is made printable.
Error SystemError(std::string_view what, std::string_view object, int errnum,
                  Cause cause = Cause::kFailed);

}  // namespace binfmt

#endif  // BINFMT_BASE_ERROR_H_
