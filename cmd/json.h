// SPDX-License-Identifier: Apache-2.0
// Writes one JSON object.
#ifndef CMD_JSON_H_
#define CMD_JSON_H_

#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "binfmt/text.h"

namespace cmd {

// Values are written in call order; commas and nesting are kept right. Inside
// an object every value follows a Key(). Bytes that JSON or a terminal can't
// carry are written as binfmt::Printable() writes them, so that the decoded
// string holds "\xHH", and "\x5c" for a backslash.
class JsonWriter {
 public:
  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  // A key, and an array begun.
  void BeginArray(const char* key);
  void EndArray() { Close(']'); }
  void Key(const char* key);
  void String(std::string_view bytes);
  void Number(uint64_t number);
  void Bool(bool value);
  void Null();

  // A key and its value.
  void Field(const char* key, std::string_view bytes);
  void Field(const char* key, const char* text);
  void Field(const char* key, bool value);
  // null where BYTES are empty.
  void FieldOrNull(const char* key, std::string_view bytes);

  // The text so far. Complete once every Begin has its End.
  std::string_view text() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return text_.view();
  }

 private:
  void Separate();
  void Open(char bracket);
  void Close(char bracket);
  void Quote(std::string_view bytes);

  binfmt::Bytes text_;
  bool needs_comma_ = false;
};

}  // namespace cmd

#endif  // CMD_JSON_H_
