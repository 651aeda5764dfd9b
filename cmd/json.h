// SPDX-License-Identifier: Apache-2.0
// Writes one JSON object.
#ifndef CMD_JSON_H_
#define CMD_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace cmd {

// Writes values in call order, and keeps commas and nesting right. Inside an
// object every value follows a Key(). Bytes that JSON or a terminal cannot
// carry are written as binfmt::Printable() writes them, so that the decoded
// string holds "\xHH", and "\x5c" for a backslash.
class JsonWriter {
 public:
  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view key);
  void String(std::string_view bytes);
  void Number(uint64_t number);
  void Bool(bool value);
  void Null();

  // A key, and the beginning of an array.
  void BeginArray(std::string_view key);
  // A key and its value.
  void Field(std::string_view key, std::string_view bytes);
  void Field(std::string_view key, const char* text);
  void Field(std::string_view key, bool value);
  // null where BYTES are empty.
  void FieldOrNull(std::string_view key, std::string_view bytes);

  // Ends the outermost object; returns its text, a line.
  std::string_view Finish();
  // The text so far. Complete once every Begin has its End.
  std::string_view text() const { return text_; }

 private:
  void Separate();
  void Open(char bracket);
  void Close(char bracket);
  void Quote(std::string_view bytes);

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace cmd

#endif  // CMD_JSON_H_
