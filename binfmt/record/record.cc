// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/record.h"

#include <algorithm>
#include <cerrno>
#include <expected>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/message.h"

namespace binfmt {
namespace {

constexpr std::string_view kFlagLetters = "POCFTLD";
// How many of them kernels before 7.3 know.
constexpr size_t kOldFlagLetters = 4;
// BINPRM_BUF_SIZE before Linux 5.1.
constexpr size_t kOldMatchWindow = 128;

bool Contains(std::string_view text, char c) {
  return text.find(c) != std::string_view::npos;
}

Error Invalid(std::string_view name, std::string_view why) {
  return Error(EINVAL, absl::StrCat(Message("record \"$0\": ", name), why));
}

bool HasValidLength(std::string_view text) {
  return text.size() >= kMinRecordLength && text.size() <= kMaxRecordLength;
}

std::string WrongLength(std::string_view text) {
  return Message("a record of $0 bytes; the kernel takes $1 to $2", text.size(),
                 kMinRecordLength, kMaxRecordLength);
}

Expected<void> CheckMagic(const Record& record) {
  const size_t size = record.magic.size();
  if (size == 0) return Invalid(record.name, "the magic is empty");
  if (!record.mask.empty() && record.mask.size() != size) {
    return Invalid(record.name, Message("the mask has $0 bytes, the magic $1",
                                        record.mask.size(), size));
  }
  if (size > kMatchWindow || record.offset > kMatchWindow - size) {
    return Invalid(record.name,
                   Message("offset $0 and $1 bytes of magic reach over the $2 "
                           "bytes that the kernel looks at",
                           record.offset, size, kMatchWindow));
  }
  return {};
}

Expected<void> CheckExtension(const Record& record) {
  const std::string& extension = record.magic;
  if (extension.empty()) return Invalid(record.name, "the extension is empty");
  if (Contains(extension, '/') || Contains(extension, '\0')) {
    return Invalid(record.name, "the extension is not part of a file name");
  }
  // load_misc_binary() compares what follows the last dot (strrchr()).
  if (Contains(extension, '.')) {
    return Invalid(record.name,
                   "an extension with a dot inside can never match");
  }
  return {};
}

Expected<void> CheckAbsolute(const Record& record) {
  if (record.interpreter.starts_with('/') &&
      !Contains(record.interpreter, '\0')) {
    return {};
  }
  return Invalid(record.name,
                 Message("the interpreter \"$0\" is not an absolute path",
                         record.interpreter));
}

// A delimiter that occurs in no field that is written without escapes. No
// letter or digit: 7.3 refuses the letters of flags, and the others occur in
// escapes. Blanks come last, since a line of a file cannot begin with one.
std::optional<char> ChooseDelimiter(const Record& record) {
  for (const char c :
       {':', '|', ',', '!', '~', '%', '\x01', '\x02', ' ', '\t'}) {
    if (!Contains(record.name, c) && !Contains(record.interpreter, c) &&
        (record.type != RecordType::kExtension || !Contains(record.magic, c))) {
      return c;
    }
  }
  return std::nullopt;
}

// BYTES with all but letters and digits as \xHH.
std::string Escaped(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.resize_and_overwrite(4 * bytes.size(), [&](char* const begin, size_t) {
    char* end = begin;
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      if (absl::ascii_isalnum(byte)) {
        *end++ = c;
        continue;
      }
      *end++ = '\\';
      *end++ = 'x';
      *end++ = kDigits[byte >> 4];
      *end++ = kDigits[byte & 15];
    }
    return end - begin;
  });
  return text;
}

// FIELD without its escapes (string_unescape(UNESCAPE_HEX)): \x has two hex
// digits, or the text would have been refused; any other backslash stays and
// takes the next byte with it; a NUL ends the text.
std::string Unescape(std::string_view field) {
  field = field.substr(0, field.find('\0'));
  std::string bytes;
  bytes.reserve(field.size());
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 1 < field.size()) {
      if (std::string byte;
          field[i + 1] == 'x' &&
          absl::HexStringToBytes(field.substr(i + 2, 2), &byte)) {
        bytes += byte;
        i += 3;
        continue;
      }
      bytes += field[i++];
    }
    bytes += field[i];
  }
  return bytes;
}

// TEXT as kstrtoint(text, 10) reads it: an optional '+' or '-', digits, an
// optional newline. Nothing where it is malformed or negative.
std::optional<uint32_t> ParseOffset(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::optional<uint64_t> offset = ParseDecimal(text, INT32_MAX);
  // The kernel takes "-0".
  if (negative && offset != 0) return std::nullopt;
  return offset;
}

// Reads the text of a record field by field, as the kernel does on its copy.
// The kernel pads the copy with eight delimiters: the end of the text ends a
// field too, and At() returns the delimiter beyond it.
class Parser {
 public:
  Parser(std::string_view text, const KernelVersion* kernel, Record* record)
      : text_(text), delimiter_(text[0]), kernel_(kernel), record_(*record) {}

  Expected<void> Parse();

 private:
  Expected<void> ParseMagicFields();
  Expected<void> ParseExtensionFields();
  Expected<void> ParseFlags();

  Error Refuse(std::string_view why) const {
    return Invalid(record_.name, why);
  }

  char At(size_t position) const {
    return position < text_.size() ? text_[position] : delimiter_;
  }
  char Current() const { return At(position_); }

  // Takes the field up to the next delimiter (strchr()). False where a NUL
  // comes first.
  bool Next(std::string_view* field) {
    size_t end = position_;
    for (; At(end) != delimiter_; ++end) {
      if (At(end) == '\0') return false;
    }
    *field = TakeUntil(end);
    return true;
  }

  // The same for a field with escapes (scanarg()). A delimiter within \xHH is
  // part of the escape, and a NUL does not end the text. False where \x lacks
  // two hex digits.
  bool NextEscaped(std::string_view* field) {
    size_t end = position_;
    for (; At(end) != delimiter_; ++end) {
      if (At(end) != '\\' || At(end + 1) != 'x') continue;
      // The kernel takes its padding for digits, too, and then refuses a record
      // without an interpreter.
      if (end + 3 >= text_.size() || !absl::ascii_isxdigit(text_[end + 2]) ||
          !absl::ascii_isxdigit(text_[end + 3])) {
        return false;
      }
      end += 3;
    }
    *field = TakeUntil(end);
    return true;
  }

  std::string_view TakeUntil(size_t end) {
    const size_t begin = std::min(position_, text_.size());
    position_ = end + 1;
    return text_.substr(begin, end - begin);
  }

  const std::string_view text_;
  const char delimiter_;
  const KernelVersion* const kernel_;
  size_t position_ = 1;
  Record& record_;
};

Expected<void> Parser::Parse() {
  // Linux 6.18.44 refuses these, as do later releases of the stable kernels 6.1
  // and 6.12, which the version does not tell from the earlier ones. Those took
  // the padding for flags (check_special_flags()) and read on behind it, unless
  // a newline came first. Refused here for all of them.
  const bool is_new = kernel_ != nullptr && !kernel_->IsBefore(7, 3);
  if (Contains(is_new ? kFlagLetters : kFlagLetters.substr(0, kOldFlagLetters),
               delimiter_)) {
    return Error(EINVAL, "a record whose delimiter is a flag's letter");
  }
  std::string_view field;
  if (!Next(&field)) {
    return Error(EINVAL, "a record whose name has no end");
  }
  record_.name = field;
  // EEXIST and ENAMETOOLONG come from the look-up, for which the kernel has
  // read all of the text.
  Expected<void> valid_name = CheckName(record_.name);
  if (!valid_name && valid_name.error().errnum() == EINVAL) return valid_name;

  const char type = Current();
  if (type != 'M' && type != 'E' && type != 'B') {
    return Refuse(Message("the type \"$0\" is neither M, E nor B",
                          std::string_view(&type, 1)));
  }
  record_.type = static_cast<RecordType>(type);
  ++position_;
  if (Current() != delimiter_) {
    return Refuse("the type is longer than one letter");
  }
  ++position_;
  if (Expected<void> rule =
          type == 'M' ? ParseMagicFields() : ParseExtensionFields();
      !rule) {
    return rule;
  }
  if (!Next(&field)) return Refuse("the interpreter field has no end");
  if (field.empty()) return Refuse("the interpreter is empty");
  if (type == 'B' && Contains(field, '/')) {
    return Refuse("type B takes no path");
  }
  record_.interpreter = field;
  if (Expected<void> flags = ParseFlags(); !flags) return flags;
  if (kernel_ != nullptr) {
    if ((record_.flags & kStartDisabled) != 0 && !is_new) {
      return Refuse("flag D needs Linux 7.3");
    }
    if (Expected<void> known = CheckForKernel(record_, *kernel_); !known) {
      return known;
    }
  }
  return valid_name;
}

Expected<void> Parser::ParseMagicFields() {
  std::string_view offset;
  std::string_view magic;
  std::string_view mask;
  if (!Next(&offset)) return Refuse("the offset field has no end");
  if (!offset.empty()) {
    const std::optional<uint32_t> number = ParseOffset(offset);
    if (!number) {
      return Refuse(
          Message("the offset \"$0\" is not a decimal number", offset));
    }
    record_.offset = *number;
  }
  if (!NextEscaped(&magic)) {
    return Refuse("the magic holds a \\x without two hex digits");
  }
  record_.magic = Unescape(magic);
  if (record_.magic.empty()) return Refuse("the magic is empty");
  if (!NextEscaped(&mask)) {
    return Refuse("the mask holds a \\x without two hex digits");
  }
  record_.mask = Unescape(mask);
  return CheckMagic(record_);
}

Expected<void> Parser::ParseExtensionFields() {
  std::string_view offset;
  std::string_view extension;
  std::string_view mask;
  if (!Next(&offset) || !Next(&extension)) {
    return Refuse("the extension field has no end");
  }
  const bool is_bpf = record_.type == RecordType::kBpf;
  if (is_bpf != extension.empty()) {
    return Refuse(is_bpf ? "type B has no magic" : "the extension is empty");
  }
  if (Contains(extension, '/')) return Refuse("the extension holds a slash");
  if (!Next(&mask)) return Refuse("the mask field has no end");
  record_.magic = extension;
  return {};
}

// check_special_flags() takes letters as long as they are flags; one newline
// may follow, and then the text must end.
Expected<void> Parser::ParseFlags() {
  std::string letters;
  for (; position_ < text_.size() && Contains(kFlagLetters, Current());
       ++position_) {
    letters += Current();
  }
  record_.flags = ParseFlagLetters(letters).value_or(0);
  if (Current() == '\n') ++position_;
  if (position_ < text_.size()) {
    return Refuse(Message("\"$0\" is not a flag", text_.substr(position_, 1)));
  }
  if (position_ > text_.size()) {
    return Refuse("the delimiter after the interpreter is missing");
  }
  return {};
}

}  // namespace

std::string FlagLetters(Flags flags) {
  std::string letters;
  for (size_t i = 0; i < kFlagLetters.size(); ++i) {
    if ((flags & (1u << i)) != 0) letters.push_back(kFlagLetters[i]);
  }
  return letters;
}

std::optional<Flags> ParseFlagLetters(std::string_view letters) {
  Flags flags = 0;
  for (const char c : letters) {
    const size_t index = kFlagLetters.find(c);
    if (index == std::string_view::npos) return std::nullopt;
    flags |= static_cast<Flags>(1u << index);
  }
  if ((flags & (kCredentials | kTransparent)) != 0) flags |= kOpenBinary;
  return flags;
}

bool Record::operator==(const Record& other) const {
  return name == other.name && type == other.type && SameRule(other) &&
         interpreter == other.interpreter && flags == other.flags;
}

bool Record::SameRule(const Record& other) const {
  if (type != other.type || magic != other.magic) return false;
  if (type != RecordType::kMagic) return true;
  if (offset != other.offset) return false;
  if (mask == other.mask) return true;
  const auto bits = [](const Record& record, size_t i) {
    return record.mask.empty() ? '\xff' : record.mask[i];
  };
  for (size_t i = 0; i < magic.size(); ++i) {
    if (bits(*this, i) != bits(other, i)) return false;
  }
  return true;
}

Expected<void> CheckName(std::string_view name) {
  if (name.empty()) return Invalid(name, "the name is empty");
  if (name == "." || name == ".." || Contains(name, '/')) {
    return Invalid(name, "the name is not a file name");
  }
  if (name == "register" || name == "status") {
    return Error(EEXIST,
                 absl::StrCat("record \"", name,
                              "\": the name is one of binfmt_misc's own "
                              "files"));
  }
  if (Contains(name, '\0')) return Invalid(name, "the name holds a NUL byte");
  if (name.size() > kMaxNameLength) {
    return Failed(ENAMETOOLONG,
                  "record \"$0...\": the name has $1 bytes, "
                  "more than the $2 of a file name",
                  name.substr(0, 32), name.size(), kMaxNameLength);
  }
  return {};
}

Expected<void> CheckRecord(const Record& record) {
  if (Expected<void> name = CheckName(record.name); !name) return name;
  // Its interpreter is the name of a BPF program.
  if (record.type == RecordType::kBpf) return {};
  Expected<void> rule = record.type == RecordType::kMagic
                            ? CheckMagic(record)
                            : CheckExtension(record);
  if (!rule) return rule;
  return CheckAbsolute(record);
}

Expected<void> CheckForKernel(const Record& record,
                              const KernelVersion& kernel) {
  const auto has = [&](int flags) { return (record.flags & flags) != 0; };
  const auto refuse = [&](MessageFormat<1> why) -> Expected<void> {
    return Invalid(record.name, Message(why, kernel.release));
  };
  if (kernel.IsBefore(7, 3)) {
    if (has(kTransparent | kLoader) || record.type == RecordType::kBpf) {
      return refuse("flags T and L and type B need Linux 7.3, this is $0");
    }
    if (has(kFixBinary) && kernel.IsBefore(4, 8)) {
      return refuse("flag F needs Linux 4.8, this is $0; use --persistent no");
    }
    if (record.type == RecordType::kMagic && kernel.IsBefore(5, 1) &&
        record.offset + record.magic.size() > kOldMatchWindow) {
      return refuse(
          "this kernel ($0) looks at the first 128 bytes of a file only");
    }
    return {};
  }
  if (has(kTransparent) && has(kPreserveArgv0)) {
    return Invalid(record.name, "flag T does not go with P");
  }
  if (has(kLoader) && has(kTransparent | kPreserveArgv0 | kOpenBinary)) {
    return Invalid(record.name, "flag L does not go with P, O, C or T");
  }
  if (has(kLoader | kCredentials) && !has(kFixBinary)) {
    return CheckAbsolute(record);
  }
  return {};
}

Expected<std::string> FormatRecord(const Record& record) {
  if (Expected<void> check = CheckRecord(record); !check) {
    return std::move(check.error());
  }
  const std::optional<char> delimiter = ChooseDelimiter(record);
  if (!delimiter) {
    return Invalid(record.name,
                   "name and interpreter leave no character for a delimiter");
  }
  const bool is_magic = record.type == RecordType::kMagic;
  const char type = static_cast<char>(record.type);
  std::string text;
  const auto add = [&](std::string_view field) {
    text += *delimiter;
    text += field;
  };
  add(record.name);
  add(std::string_view(&type, 1));
  add(is_magic ? absl::StrCat(record.offset) : "");
  add(is_magic ? Escaped(record.magic) : record.magic);
  add(is_magic ? Escaped(record.mask) : "");
  add(record.interpreter);
  add(FlagLetters(static_cast<Flags>(record.flags & ~kStartDisabled)));
  if (!HasValidLength(text)) return Invalid(record.name, WrongLength(text));
  return text;
}

Expected<Record> ParseRecord(std::string_view text,
                             const KernelVersion* kernel) {
  if (!HasValidLength(text)) {
    return Error(EINVAL, WrongLength(text));
  }
  Expected<Record> record;
  if (Expected<void> parsed = Parser(text, kernel, &*record).Parse(); !parsed) {
    record = std::unexpected(std::move(parsed.error()));
  }
  return record;
}

}  // namespace binfmt
