// SPDX-License-Identifier: Apache-2.0
#include "binfmt/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/base/attributes.h"
#include "binfmt/memory.h"

namespace binfmt {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

constexpr size_t kLongestCode = internal::LongestCode();

// Writes what CODE stands for to AT, where there is room for kLongestCode;
// returns its end. The room's other end keeps the codes that are to come, none
// of which stands for nothing, so that both never meet.
char* Unpack(unsigned char code, char* at) {
  char* const end = at + kLongestCode;
  char* next = end;
  for (;;) {
    if (const unsigned char* halves = internal::HalvesOf(code)) {
      *--next = static_cast<char>(halves[1]);
      code = halves[0];
      continue;
    }
    *at++ = static_cast<char>(code);
    if (next == end) return at;
    code = static_cast<unsigned char>(*next++);
  }
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline int ValueOf(char c) {
  unsigned value = static_cast<unsigned char>(c) - unsigned{'0'};
  if (value < 10) return static_cast<int>(value);
  // Either case.
  value = (static_cast<unsigned char>(c) | 0x20u) - unsigned{'a'};
  return value < 6 ? static_cast<int>(value + 10) : -1;
}

// Writes C as two digits to AT; returns their end.
char* WriteHex(char c, char* at) {
  at[0] = kDigits[static_cast<unsigned char>(c) >> 4];
  at[1] = kDigits[static_cast<unsigned char>(c) & 15];
  return at + 2;
}

}  // namespace

int HexValue(char c) { return ValueOf(c); }

char* WriteEscape(char c, char* at) {
  at[0] = '\\';
  at[1] = 'x';
  return WriteHex(c, at + 2);
}

char* TextWriter::Room(size_t count) {
  // And a NUL.
  if (static_cast<size_t>(end_ - next_) <= count) Grow(count);
  return next_;
}

char* TextWriter::bytes_;
char* TextWriter::next_;
char* TextWriter::end_;

void TextWriter::Grow(size_t count) {
  const size_t size = static_cast<size_t>(next_ - bytes_);
  size_t capacity = 2 * size + count + 64;
  char* const bytes = FreeBytes(&capacity);
  if (size != 0) std::memmove(bytes, bytes_, size);
  bytes_ = bytes;
  next_ = bytes + size;
  end_ = bytes + capacity;
}

void TextWriter::Put(char c) {
  *Room(1) = c;
  ++next_;
}

void TextWriter::Put(std::string_view bytes) {
  char* const at = Room(bytes.size());
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  next_ = at + bytes.size();
}

Text TextWriter::Finish() {
  *Room(0) = '\0';
  const size_t size = static_cast<size_t>(next_ - bytes_);
  char* const kept = KeepBytes(size + 1);
  // Where the C library's heap is used, this is another place.
  if (kept != bytes_) std::memcpy(kept, bytes_, size + 1);
  return Text(Text::Whole(), kept, size);
}

void TextWriter::PutPrintable(std::string_view bytes) {
  for (;;) {
    size_t plain = 0;
    while (plain < bytes.size() && bytes[plain] >= ' ' && bytes[plain] < 0x7f &&
           bytes[plain] != '\\') {
      ++plain;
    }
    Put(bytes.substr(0, plain));
    bytes.remove_prefix(plain);
    if (bytes.empty()) return;
    const auto lead = static_cast<unsigned char>(bytes[0]);
    int length = Utf8SequenceLength(bytes);
    bool escape = lead < 0x20 || lead == 0x7f || lead == '\\' || length == 0 ||
                  (lead == 0xc2 && static_cast<unsigned char>(bytes[1]) < 0xa0);
    if (length == 0) length = 1;
    for (; length > 0; --length) {
      if (escape) {
        EndAt(WriteEscape(bytes[0], Room(4)));
      } else {
        Put(bytes[0]);
      }
      bytes.remove_prefix(1);
    }
  }
}

const char* TextWriter::PutUnpacked(const char* packed, bool stops) {
  for (;; ++packed) {
    const char c = *packed;
    if (c == '\0' || (stops && (c == '%' || c == '@'))) return packed;
    if (static_cast<size_t>(end_ - next_) <= kLongestCode) Grow(kLongestCode);
    next_ = Unpack(static_cast<unsigned char>(c), next_);
  }
}

Text Text::Unpack(Format format) {
  TextWriter writer;
  writer.PutUnpacked(format);
  return writer.Finish();
}

Text Text::Copy(std::string_view bytes) {
  char* const kept = KeepBytes(bytes.size() + 1);
  if (!bytes.empty()) std::memcpy(kept, bytes.data(), bytes.size());
  kept[bytes.size()] = '\0';
  return Text(Whole(), kept, bytes.size());
}

Text Text::Copy(const char* bytes) { return Copy(std::string_view(bytes)); }

namespace internal {

Text FillList(unsigned types, Format format, va_list args) {
  TextWriter writer;
  for (const char* c = format.packed();; ++c) {
    c = writer.PutUnpacked(c, types != kEnd);
    if (*c == '\0') return writer.Finish();
    const unsigned type = types % 4;
    types /= 4;
    std::string_view arg;
    if (type == kView) {
      const auto view = va_arg(args, ViewArgument);
      arg = std::string_view(view.bytes, view.size);
    } else {
      arg = va_arg(args, const char*);
    }
    if (type == kFormat) {
      writer.PutUnpacked(Format(arg.data()));
    } else if (*c == '%') {
      writer.PutPrintable(arg);
    } else {
      writer.Put(arg);
    }
  }
}

Text FillArguments(unsigned types, Format format, ...) {
  va_list args;
  va_start(args, format);
  const Text text = FillList(types, format, args);
  va_end(args);
  return text;
}

}  // namespace internal

Text Decimal(uint64_t number) {
  char digits[20];
  size_t start = sizeof(digits);
  do {
    digits[--start] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return std::string_view(digits + start, sizeof(digits) - start);
}

bool ParseDecimal(std::string_view text, uint32_t limit, uint32_t* number) {
  if (text.empty()) return false;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
    if (value > limit) return false;
  }
  *number = static_cast<uint32_t>(value);
  return true;
}

int Utf8SequenceLength(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const auto at = [&](size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u;
  };
  const auto continues = [&](size_t i) { return (at(i) & 0xc0u) == 0x80u; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xe0 && at(1) < 0xa0) return 0;
    if (lead == 0xed && at(1) > 0x9f) return 0;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xf0 && at(1) < 0x90) return 0;
    if (lead == 0xf4 && at(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

Text Printable(std::string_view bytes) {
  TextWriter writer;
  writer.PutPrintable(bytes);
  return writer.Finish();
}

std::string_view TakeUntil(char delimiter, std::string_view* text) {
  const size_t end = std::min(text->find(delimiter), text->size());
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return part;
}

Text Padded(std::string_view bytes, size_t width) {
  TextWriter writer;
  writer.Put(bytes);
  for (size_t i = bytes.size(); i < width; ++i) writer.Put(' ');
  return writer.Finish();
}

Text Hex(std::string_view bytes) {
  TextWriter writer;
  char* at = writer.Room(2 * bytes.size());
  for (const char c : bytes) at = WriteHex(c, at);
  writer.EndAt(at);
  return writer.Finish();
}

bool Unhex(std::string_view hex, Text* bytes) {
  if (hex.size() % 2 != 0) return false;
  TextWriter writer;
  char* at = writer.Room(hex.size() / 2);
  const char* const end = hex.data() + hex.size();
  for (const char* digit = hex.data(); digit != end; digit += 2) {
    const int high = ValueOf(digit[0]);
    const int low = ValueOf(digit[1]);
    if ((high | low) < 0) return false;
    *at++ = static_cast<char>(high * 16 + low);
  }
  writer.EndAt(at);
  *bytes = writer.Finish();
  return true;
}

}  // namespace binfmt
