// SPDX-License-Identifier: Apache-2.0
// Text that does not change; foreign bytes made fit for a terminal, a record
// and a table.
#ifndef BINFMT_TEXT_H_
#define BINFMT_TEXT_H_

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/base/attributes.h"
#include "binfmt/array.h"
#include "binfmt/format.h"

// Tells clang that a view of a temporary object of the class dangles.
#if ABSL_HAVE_CPP_ATTRIBUTE(gsl::Owner)
#define BINFMT_OWNER_OF_CHARS [[gsl::Owner(char)]]
#else
#define BINFMT_OWNER_OF_CHARS
#endif

namespace binfmt {

// Bytes that never change, with a NUL behind them. A copy is two words and
// shares the bytes, which stay until the program ends, or the MemoryScope in
// which they were made. So a struct of these is copied like a number: with
// std::string the program was a tenth larger. But nobody may count on it: like
// a std::string, a Text is to outlive all views of it.
class BINFMT_OWNER_OF_CHARS Text : public std::string_view {
 public:
  constexpr Text() : std::string_view("", 0) {}
  // Copies BYTES.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Text(std::string_view bytes)
      : Text(Copy(bytes)) {}
  ABSL_ATTRIBUTE_ALWAYS_INLINE Text(const char* bytes) : Text(Copy(bytes)) {}
  Text(const std::string& bytes) : Text(std::string_view(bytes)) {}
  // FORMAT unpacked.
  ABSL_ATTRIBUTE_ALWAYS_INLINE Text(Format format) : Text(Unpack(format)) {}

  operator std::string() const { return std::string(data(), size()); }

  // For a system call, to which a NUL within the bytes is the end.
  const char* c_str() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return data(); }

  std::string_view substr(size_t pos = 0, size_t count = npos) const
      ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return std::string_view::substr(pos, count);
  }

  // Would cut the NUL off.
  void remove_suffix(size_t) = delete;

 private:
  friend class TextWriter;
  // What has one is a container to googletest, printed character by character.
  using const_iterator = void;
  struct Whole {};
  Text(Whole, const char* bytes, size_t size) : std::string_view(bytes, size) {}

  // Constructors get the address of what they make, these return it in
  // registers.
  static Text Copy(std::string_view bytes);
  static Text Copy(const char* bytes);
  static Text Unpack(Format format);
};

// Bytes that come one after the other: a file's, or all output.
class Bytes : public Array<char> {
 public:
  void Append(std::string_view bytes) {
    elements_.Append(bytes.data(), bytes.size());
  }
  std::string_view view() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return {data(), size()};
  }
};

// Writes a text into the memory behind all that is in use, so that it takes no
// more than it needs. Nothing else may be made between the first Put() and
// Finish(), so there is one at a time; it stands in static members, since what
// has its address handed out is guarded by a canary, 40 bytes of code in each
// function that writes.
class TextWriter {
 public:
  TextWriter() { bytes_ = next_ = end_ = nullptr; }

  static void Put(char c);
  static void Put(std::string_view bytes);
  static void PutUnpacked(Format format) {
    PutUnpacked(format.packed(), false);
  }
  // What is PACKED as in a Format up to its end, or to a % or @ where it STOPS
  // there; returns the place of that.
  static const char* PutUnpacked(const char* packed, bool stops);
  // As Printable() does.
  static void PutPrintable(std::string_view bytes);
  static Text Finish();

  // Room for COUNT more bytes; EndAt() says where those end that were written
  // there.
  static char* Room(size_t count);
  static void EndAt(char* end) { next_ = end; }
  static size_t size() { return static_cast<size_t>(next_ - bytes_); }

 private:
  static void Grow(size_t count);

  static char* bytes_;
  static char* next_;
  static char* end_;
};

// Writes C as \xHH to AT; returns its end.
char* WriteEscape(char c, char* at);

namespace internal {

// How Fill() and its kin hand arguments over: the types of all in one number,
// two bits for each, the first one's lowest; then text as a pointer, a view by
// value.
enum ArgumentType : unsigned { kEnd, kPointer, kView, kFormat };

// What va_arg() takes, unlike a class with constructors.
struct ViewArgument {
  const char* bytes;
  size_t size;
};

template <typename T>
inline constexpr ArgumentType kTypeOf = kPointer;
template <>
inline constexpr ArgumentType kTypeOf<std::string_view> = kView;
template <>
inline constexpr ArgumentType kTypeOf<Format> = kFormat;

template <typename... Args>
constexpr unsigned Types() {
  unsigned types = 0;
  unsigned shift = 0;
  ((types |= kTypeOf<std::decay_t<Args>> << shift, shift += 2), ...);
  return types;
}

inline const char* Pass(const std::string& text) { return text.c_str(); }
inline ViewArgument Pass(std::string_view view) {
  return {view.data(), view.size()};
}
inline const char* Pass(const Text& text) { return text.data(); }
inline const char* Pass(const char* text) { return text; }
inline const char* Pass(Format format) { return format.packed(); }

Text FillArguments(unsigned types, Format format, ...);
Text FillList(unsigned types, Format format, va_list args);

}  // namespace internal

// FORMAT with each % and each @ replaced by the next of ARGS: % by its bytes as
// Printable() writes them, for what comes from outside; @ by the bytes as they
// are, for words of our own: Fill("cannot open %: @", path, reason). ARGS are
// Text, std::string_view, std::string, const char* or Format. Once they are at
// their end, % and @ stay. What is behind the first NUL of a Text or
// std::string is left out: hand one that may hold a NUL over as
// std::string_view.
//
// With a message behind every error this is what the program is made of, so the
// calls are short: one pointer an argument. absl::StrCat(), which builds an
// AlphaNum of 48 bytes of each, made the whole executable half as large again.
template <typename... Args>
Text Fill(Format format, const Args&... args) {
  return internal::FillArguments(internal::Types<Args...>(), format,
                                 internal::Pass(args)...);
}

Text Decimal(uint64_t number);

// Takes what stands before DELIMITER off *TEXT, and that as well; all of it
// where there is none.
std::string_view TakeUntil(char delimiter, std::string_view* text);

// BYTES and as many blanks as make it WIDTH bytes long.
Text Padded(std::string_view bytes, size_t width);

// Reads TEXT, decimal digits only, as a number of at most LIMIT.
bool ParseDecimal(std::string_view text, uint32_t limit, uint32_t* number);

// BYTES with everything that could disturb a terminal or a line written as
// \xHH: control characters, DEL, backslash, and all bytes that are not part
// of well-formed UTF-8 (C1 control characters count as control characters).
Text Printable(std::string_view bytes);

// What the hex digit C stands for; -1 for another character.
int HexValue(char c);

// Lower-case hex, two digits a byte: what the kernel writes in an entry file.
Text Hex(std::string_view bytes);

// The bytes that HEX stands for; false for odd lengths and other characters.
bool Unhex(std::string_view hex, Text* bytes);

// The length of the well-formed UTF-8 sequence at the start of BYTES, at most
// four, or 0 where there is none. Overlong forms and surrogates are refused.
int Utf8SequenceLength(std::string_view bytes);

}  // namespace binfmt

#endif  // BINFMT_TEXT_H_
