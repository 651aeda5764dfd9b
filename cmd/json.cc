// SPDX-License-Identifier: Apache-2.0
#include "cmd/json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "binfmt/base/printable.h"

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
  // Printable() leaves no control character.
  text_ += absl::StrCat("\"",
                        absl::StrReplaceAll(binfmt::Printable(bytes),
                                            {{"\"", "\\\""}, {"\\", "\\\\"}}),
                        "\"");
}

void JsonWriter::Key(std::string_view key) {
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
  text_ += absl::StrCat(number);
}

void JsonWriter::Bool(bool value) {
  Separate();
  text_.append(value ? "true" : "false");
}

void JsonWriter::Null() {
  Separate();
  text_.append("null");
}

void JsonWriter::BeginArray(std::string_view key) {
  Key(key);
  BeginArray();
}

void JsonWriter::Field(std::string_view key, std::string_view bytes) {
  Key(key);
  String(bytes);
}

void JsonWriter::Field(std::string_view key, const char* text) {
  Key(key);
  String(text);
}

void JsonWriter::Field(std::string_view key, bool value) {
  Key(key);
  Bool(value);
}

void JsonWriter::FieldOrNull(std::string_view key, std::string_view bytes) {
  Key(key);
  if (bytes.empty()) {
    Null();
  } else {
    String(bytes);
  }
}

std::string_view JsonWriter::Finish() {
  EndObject();
  text_.push_back('\n');
  return text_;
}

}  // namespace cmd
