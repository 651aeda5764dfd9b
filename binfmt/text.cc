// SPDX-License-Identifier: Apache-2.0
#include "binfmt/text.h"

#include <cstddef>
#include <cstdint>

namespace binfmt {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendHex(unsigned char byte, std::string* out) {
  out->push_back(kDigits[byte >> 4]);
  out->push_back(kDigits[byte & 15]);
}

}  // namespace

void Append(std::string* text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) text->append(part);
}

namespace internal {

std::string FillList(const char* types, const char* format, va_list args) {
  std::string text;
  for (; *format != '\0'; ++format) {
    if (*types == '\0' || (*format != '%' && *format != '@')) {
      text.push_back(*format);
      continue;
    }
    const void* pointer = va_arg(args, const void*);
    std::string_view arg;
    switch (*types++) {
      case 's':
        arg = *static_cast<const std::string*>(pointer);
        break;
      case 'v':
        arg = *static_cast<const std::string_view*>(pointer);
        break;
      default:
        arg = static_cast<const char*>(pointer);
        break;
    }
    if (*format == '%') {
      text += Printable(arg);
    } else {
      text.append(arg);
    }
  }
  return text;
}

std::string FillPointers(const char* types, const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::string text = FillList(types, format, args);
  va_end(args);
  return text;
}

}  // namespace internal

std::string Decimal(uint64_t number) {
  char digits[20];
  size_t start = sizeof(digits);
  do {
    digits[--start] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return std::string(digits + start, sizeof(digits) - start);
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

std::string Printable(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto lead = static_cast<unsigned char>(bytes[0]);
    const int length = Utf8SequenceLength(bytes);
    const bool control = lead < 0x20 || lead == 0x7f || lead == '\\' ||
                         (lead == 0xc2 && length == 2 &&
                          static_cast<unsigned char>(bytes[1]) < 0xa0);
    if (length == 0 || (control && length == 1)) {
      out += "\\x";
      AppendHex(lead, &out);
      bytes.remove_prefix(1);
      continue;
    }
    for (int i = 0; i < length; ++i) {
      if (control) {
        out += "\\x";
        AppendHex(static_cast<unsigned char>(bytes[i]), &out);
      } else {
        out.push_back(bytes[i]);
      }
    }
    bytes.remove_prefix(length);
  }
  return out;
}

std::string Hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) AppendHex(static_cast<unsigned char>(c), &out);
  return out;
}

bool Unhex(std::string_view hex, std::string* bytes) {
  bytes->clear();
  if (hex.size() % 2 != 0) return false;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = DigitValue(hex[i]);
    const int low = DigitValue(hex[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes->push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

}  // namespace binfmt
