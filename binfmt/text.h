// SPDX-License-Identifier: Apache-2.0
// Foreign bytes made fit for a terminal, a record and a table.
#ifndef BINFMT_TEXT_H_
#define BINFMT_TEXT_H_

#include <cstdarg>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace binfmt {

namespace internal {

// How Fill() and its kin hand arguments over: a letter for each type, and a
// pointer to each.
template <typename T>
struct TypeLetter;
template <>
struct TypeLetter<std::string> {
  static constexpr char kLetter = 's';
};
template <>
struct TypeLetter<std::string_view> {
  static constexpr char kLetter = 'v';
};
template <>
struct TypeLetter<const char*> {
  static constexpr char kLetter = 'c';
};
template <>
struct TypeLetter<char*> : TypeLetter<const char*> {};

template <typename... Args>
struct Types {
  static constexpr char kText[] = {TypeLetter<Args>::kLetter..., '\0'};
};

inline const void* Pointer(const std::string& string) { return &string; }
inline const void* Pointer(const std::string_view& view) { return &view; }
inline const void* Pointer(const char* text) { return text; }

std::string FillPointers(const char* types, const char* format, ...);
std::string FillList(const char* types, const char* format, va_list args);

}  // namespace internal

// FORMAT with each % and each @ replaced by the next of ARGS: % by its bytes as
// Printable() writes them, for what comes from outside; @ by the bytes as they
// are, for words of our own: Fill("cannot open %: @", path, reason). ARGS are
// std::string, std::string_view or const char*. Once they are at their end, %
// and @ stay.
//
// With a message behind every error this is what the program is made of, so the
// calls are short: one pointer an argument. absl::StrCat(), which builds an
// AlphaNum of 48 bytes of each, made the whole executable half as large again.
template <typename... Args>
std::string Fill(const char* format, const Args&... args) {
  return internal::FillPointers(internal::Types<std::decay_t<Args>...>::kText,
                                format, internal::Pointer(args)...);
}

void Append(std::string* text, std::initializer_list<std::string_view> parts);

std::string Decimal(uint64_t number);

// Reads TEXT, decimal digits only, as a number of at most LIMIT.
bool ParseDecimal(std::string_view text, uint32_t limit, uint32_t* number);

// BYTES with everything that could disturb a terminal or a line written as
// \xHH: control characters, DEL, backslash, and all bytes that are not part
// of well-formed UTF-8 (C1 control characters count as control characters).
std::string Printable(std::string_view bytes);

// Lower-case hex, two digits a byte: what the kernel writes in an entry file.
std::string Hex(std::string_view bytes);

// The bytes that HEX stands for; false for odd lengths and other characters.
bool Unhex(std::string_view hex, std::string* bytes);

// The length of the well-formed UTF-8 sequence at the start of BYTES, at most
// four, or 0 where there is none. Overlong forms and surrogates are refused.
int Utf8SequenceLength(std::string_view bytes);

}  // namespace binfmt

#endif  // BINFMT_TEXT_H_
