// SPDX-License-Identifier: Apache-2.0
#include "cmd/json.h"

#include "binfmt/text.h"

namespace cmd {

void JsonWriter::Separate() {
  if (needs_comma_) text_.push_back(',');
  needs_comma_ = true;
}

void JsonWriter::Open(char bracket) {
  Separate();
  text_.push_back(bracket);
  needs_comma_ = false;
}

void JsonWriter::Close(char bracket) {
  text_.push_back(bracket);
  needs_comma_ = true;
}

void JsonWriter::Quote(std::string_view bytes) {
  text_.push_back('"');
  // Printable() leaves no control character.
  const binfmt::Text text = binfmt::Printable(bytes);
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\\') continue;
    text_.Append(text.substr(start, i - start));
    text_.push_back('\\');
    start = i;
  }
  text_.Append(text.substr(start));
  text_.push_back('"');
}

void JsonWriter::Key(const char* key) {
  Separate();
  Quote(key);
  text_.push_back(':');
  needs_comma_ = false;
}

void JsonWriter::String(std::string_view bytes) {
  Separate();
  Quote(bytes);
}

void JsonWriter::Number(uint64_t number) {
  Separate();
  text_.Append(binfmt::Decimal(number));
}

void JsonWriter::Bool(bool value) {
  Separate();
  text_.Append(value ? "true" : "false");
}

void JsonWriter::Null() {
  Separate();
  text_.Append("null");
}

void JsonWriter::Field(const char* key, std::string_view bytes) {
  Key(key);
  String(bytes);
}

void JsonWriter::Field(const char* key, const char* text) {
  Key(key);
  String(text);
}

void JsonWriter::Field(const char* key, bool value) {
  Key(key);
  Bool(value);
}

void JsonWriter::FieldOrNull(const char* key, std::string_view bytes) {
  Key(key);
  if (bytes.empty()) {
    Null();
  } else {
    String(bytes);
  }
}

void JsonWriter::BeginArray(const char* key) {
  Key(key);
  BeginArray();
}

}  // namespace cmd
