// SPDX-License-Identifier: Apache-2.0
#include "binfmt/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "binfmt/memory.h"

namespace binfmt {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

}  // namespace

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void TextWriter::Reserve(size_t count) {
  if (capacity_ - size_ > count) return;
  capacity_ = 2 * size_ + count + 64;
  char* const bytes = FreeBytes(&capacity_);
  if (size_ != 0) std::memmove(bytes, bytes_, size_);
  bytes_ = bytes;
}

void TextWriter::Put(char c) {
  if (capacity_ - size_ <= 1) Reserve(1);
  bytes_[size_++] = c;
}

void TextWriter::Put(std::string_view bytes) {
  Reserve(bytes.size());
  if (!bytes.empty()) std::memcpy(bytes_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void TextWriter::PutHex(char c) {
  Reserve(2);
  bytes_[size_++] = kDigits[static_cast<unsigned char>(c) >> 4];
  bytes_[size_++] = kDigits[static_cast<unsigned char>(c) & 15];
}

Text TextWriter::Finish() {
  Reserve(0);
  bytes_[size_] = '\0';
  // Where the C library's heap is used, this is another place.
  char* const kept = KeepBytes(size_ + 1);
  return Text(Text::Whole(),
              static_cast<char*>(std::memmove(kept, bytes_, size_ + 1)), size_);
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
        Put("\\x");
        PutHex(bytes[0]);
      } else {
        Put(bytes[0]);
      }
      bytes.remove_prefix(1);
    }
  }
}

void TextWriter::PutUnpacked(Format format) {
  for (const char* c = format.packed(); *c != '\0'; ++c) {
    PutUnpacked(static_cast<unsigned char>(*c));
  }
}

void TextWriter::PutUnpacked(unsigned char code) {
  while (internal::IsPair(code)) {
    const auto& halves = internal::kFormatCodes.halves[(code + 0x80) & 0xff];
    PutUnpacked(halves[0]);
    code = halves[1];
  }
  Put(static_cast<char>(code));
}

Text Text::Unpack(Format format) {
  TextWriter writer;
  writer.PutUnpacked(format);
  return writer.Finish();
}

Text Text::Copy(std::string_view bytes) {
  TextWriter writer;
  writer.Put(bytes);
  return writer.Finish();
}

Text Text::Copy(const char* bytes) { return Copy(std::string_view(bytes)); }

namespace internal {

Text FillList(unsigned types, Format format, va_list args) {
  TextWriter writer;
  for (const char* c = format.packed(); *c != '\0'; ++c) {
    if (types == kEnd || (*c != '%' && *c != '@')) {
      writer.PutUnpacked(static_cast<unsigned char>(*c));
      continue;
    }
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
  return writer.Finish();
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
  for (const char c : bytes) writer.PutHex(c);
  return writer.Finish();
}

bool Unhex(std::string_view hex, Text* bytes) {
  if (hex.size() % 2 != 0) return false;
  TextWriter writer;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) return false;
    writer.Put(static_cast<char>(high * 16 + low));
  }
  *bytes = writer.Finish();
  return true;
}

}  // namespace binfmt
