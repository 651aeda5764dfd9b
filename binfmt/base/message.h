// SPDX-License-Identifier: Apache-2.0
// The lines that tell a user what happened.
#ifndef BINFMT_BASE_MESSAGE_H_
#define BINFMT_BASE_MESSAGE_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "binfmt/base/error.h"

namespace binfmt {

// The text of a message with kArgs arguments, checked when it is compiled: each
// of $0, $1 ... is in it, and no other.
template <size_t kArgs>
class MessageFormat {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): written as a literal.
  consteval MessageFormat(const char* text) : text_(text) {
    size_t seen = 0;
    for (size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] != '$' || text_[++i] == '$') continue;
      const size_t index = static_cast<size_t>(text_[i] - '0');
      if (index >= kArgs) PlaceholdersAndArgumentsDiffer();
      seen |= size_t{1} << index;
    }
    if (seen != (size_t{1} << kArgs) - 1) PlaceholdersAndArgumentsDiffer();
  }

  std::string_view text() const { return text_; }

 private:
  // No constant expression, so a call of it does not compile.
  static void PlaceholdersAndArgumentsDiffer();

  std::string_view text_;
};

namespace internal {

std::string FillIn(std::string_view format,
                   std::initializer_list<std::string_view> args);

Error MakeError(int errnum, Cause cause, std::string_view format,
                std::initializer_list<std::string_view> args);

}  // namespace internal

// FORMAT with $0 to $9 replaced by the arguments, as in absl::Substitute(), and
// each argument made safe by Printable(): a message can hold whatever a file
// name, a file or the kernel says. "$$" is a dollar sign. What is a message
// already is joined by absl::StrCat(), or it would be escaped twice.
//
// These are not inline, for a program that explains itself has hundreds of
// messages.
template <typename... Args>
[[gnu::noinline]] std::string Message(MessageFormat<sizeof...(Args)> format,
                                      const Args&... args) {
  return internal::FillIn(format.text(), {absl::AlphaNum(args).Piece()...});
}

// An error of errno ERRNUM (0: none) and of that message.
template <typename... Args>
[[gnu::noinline]] Error Failed(int errnum,
                               MessageFormat<sizeof...(Args)> format,
                               const Args&... args) {
  return internal::MakeError(errnum, Cause::kFailed, format.text(),
                             {absl::AlphaNum(args).Piece()...});
}

// A mistake on the command line.
template <typename... Args>
[[gnu::noinline]] Error Misuse(MessageFormat<sizeof...(Args)> format,
                               const Args&... args) {
  return internal::MakeError(0, Cause::kMisuse, format.text(),
                             {absl::AlphaNum(args).Piece()...});
}

}  // namespace binfmt

#endif  // BINFMT_BASE_MESSAGE_H_
