// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/record.h"

#include <algorithm>
#include <cerrno>
#include <expected>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/decimal.h"
#include "binfmt/base/message.h"
#include "binfmt/record/hex_digit.h"

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

std::unexpected<Error> Invalid(std::string_view name, std::string_view why) {
  return std::unexpected(
      Error(EINVAL, absl::StrCat(Message("record \"$0\": ", name), why)));
}

bool HasValidLength(std::string_view text) {
  return text.size() >= kMinRecordLength && text.size() <= kMaxRecordLength;
}

std::string WrongLength(std::string_view text) {
  return Message("a record of $0 bytes; the kernel takes $1 to $2", text.size(),
                 kMinRecordLength, kMaxRecordLength);
}

Expected<void> CheckName(std::string_view name) {
  if (name.empty()) return Invalid(name, "the name is empty");
  if (name == "." || name == ".." || Contains(name, '/')) {
    return Invalid(name, "the name is not a file name");
  }
  if (name == "register" || name == "status") {
    return std::unexpected(
        Error(EEXIST, absl::StrCat("record \"", name,
                                   "\": the name is one of binfmt_misc's own "
                                   "files")));
  }
  if (Contains(name, '\0')) return Invalid(name, "the name holds a NUL byte");
  if (name.size() > kMaxNameLength) {
    return std::unexpected(Failed(ENAMETOOLONG,
                                  "record \"$0...\": the name has $1 bytes, "
                                  "more than the $2 of a file name",
                                  name.substr(0, 32), name.size(),
                                  kMaxNameLength));
  }
  return {};
}

Expected<void> CheckMaskLength(const Record& record) {
  if (record.mask.size() == record.magic.size()) return {};
  return Invalid(record.name, Message("the mask has $0 bytes, the magic $1",
                                      record.mask.size(), record.magic.size()));
}

Expected<void> CheckMagic(const Record& record) {
  if (record.magic.empty()) return Invalid(record.name, "the magic is empty");
  if (record.magic.size() > kMatchWindow ||
      record.offset > kMatchWindow - record.magic.size()) {
    return Invalid(record.name,
                   Message("offset $0 and $1 bytes of magic reach over the $2 "
                           "bytes that the kernel looks at",
                           record.offset, record.magic.size(), kMatchWindow));
  }
  if (record.mask.empty()) return {};
  return CheckMaskLength(record);
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
  std::string text(4 * bytes.size(), '\0');
  size_t size = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte)) {
      text[size++] = c;
      continue;
    }
    text[size++] = '\\';
    text[size++] = 'x';
    text[size++] = kDigits[byte >> 4];
    text[size++] = kDigits[byte & 15];
  }
  text.resize(size);
  return text;
}

// Walks through the text of a record field by field, as the kernel does on its
// copy. The kernel pads the copy with eight delimiters: the end of the text
// ends a field too, and At() returns the delimiter beyond it.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text)
      : text_(text), delimiter_(text[0]) {}

  char delimiter() const { return delimiter_; }
  size_t position() const { return position_; }
  void Skip() { ++position_; }
  char Current() const { return At(position_); }

  // The field up to the next delimiter (strchr()). Nothing where a NUL comes
  // first.
  std::optional<std::string_view> Next() {
    size_t end = position_;
    for (; At(end) != delimiter_; ++end) {
      if (At(end) == '\0') return std::nullopt;
    }
    return TakeUntil(end);
  }

  // The same for a field with escapes (scanarg()). A delimiter within \xHH is
  // part of the escape, and a NUL does not end the text. Nothing where \x lacks
  // two hex digits.
  std::optional<std::string_view> NextEscaped() {
    size_t end = position_;
    for (; At(end) != delimiter_; ++end) {
      if (At(end) != '\\' || At(end + 1) != 'x') continue;
      if (HexDigitValue(At(end + 2)) < 0 || HexDigitValue(At(end + 3)) < 0) {
        return std::nullopt;
      }
      end += 3;
    }
    return TakeUntil(end);
  }

 private:
  char At(size_t position) const {
    return position < text_.size() ? text_[position] : delimiter_;
  }

  std::string_view TakeUntil(size_t end) {
    const size_t begin = std::min(position_, text_.size());
    const std::string_view field = text_.substr(begin, end - begin);
    position_ = end + 1;
    return field;
  }

  std::string_view text_;
  char delimiter_;
  size_t position_ = 1;
};

// FIELD without its escapes (string_unescape(UNESCAPE_HEX)): one or two hex
// digits after \x; any other backslash stays and takes the next byte with it; a
// NUL ends the text.
std::string Unescape(std::string_view field) {
  field = field.substr(0, field.find('\0'));
  std::string bytes;
  bytes.reserve(field.size());
  for (size_t i = 0; i < field.size();) {
    if (field[i] == '\\' && i + 1 < field.size()) {
      if (field[i + 1] == 'x' && i + 2 < field.size() &&
          HexDigitValue(field[i + 2]) >= 0) {
        int byte = HexDigitValue(field[i + 2]);
        i += 3;
        if (i < field.size() && HexDigitValue(field[i]) >= 0) {
          byte = byte * 16 + HexDigitValue(field[i++]);
        }
        bytes.push_back(static_cast<char>(byte));
        continue;
      }
      bytes.push_back(field[i++]);
    }
    bytes.push_back(field[i++]);
  }
  return bytes;
}

// TEXT as kstrtoint(text, 10) reads it: an optional '+' or '-', digits, an
// optional newline. Nothing where it is malformed or negative.
std::optional<uint32_t> ParseOffset(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  const std::optional<uint32_t> offset = ParseDecimal(text, INT32_MAX);
  // The kernel takes "-0".
  if (negative && offset != 0) return std::nullopt;
  return offset;
}

Expected<void> ParseMagicFields(FieldReader* reader, Record* record) {
  const std::optional<std::string_view> offset = reader->Next();
  if (!offset) return Invalid(record->name, "the offset field has no end");
  if (!offset->empty()) {
    const std::optional<uint32_t> number = ParseOffset(*offset);
    if (!number) {
      return Invalid(
          record->name,
          Message("the offset \"$0\" is not a decimal number", *offset));
    }
    record->offset = *number;
  }
  const std::optional<std::string_view> magic = reader->NextEscaped();
  if (!magic) {
    return Invalid(record->name,
                   "the magic holds a \\x without two hex digits");
  }
  if (magic->empty() || magic->front() == '\0') {
    return Invalid(record->name, "the magic is empty");
  }
  const std::optional<std::string_view> mask = reader->NextEscaped();
  if (!mask) {
    return Invalid(record->name, "the mask holds a \\x without two hex digits");
  }
  record->magic = Unescape(*magic);
  record->mask = Unescape(*mask);
  if (!record->mask.empty()) {
    if (Expected<void> equal = CheckMaskLength(*record); !equal) return equal;
  }
  return CheckMagic(*record);
}

Expected<void> ParseExtensionFields(FieldReader* reader, Record* record) {
  const std::optional<std::string_view> offset = reader->Next();
  const std::optional<std::string_view> extension =
      offset ? reader->Next() : std::nullopt;
  if (!extension) {
    return Invalid(record->name, "the extension field has no end");
  }
  const bool is_bpf = record->type == RecordType::kBpf;
  if (is_bpf && !extension->empty()) {
    return Invalid(record->name, "type B has no magic");
  }
  if (!is_bpf && extension->empty()) {
    return Invalid(record->name, "the extension is empty");
  }
  if (Contains(*extension, '/')) {
    return Invalid(record->name, "the extension holds a slash");
  }
  if (!reader->Next()) {
    return Invalid(record->name, "the mask field has no end");
  }
  record->magic = *extension;
  return {};
}

// check_special_flags() takes letters as long as they are flags; one newline
// may follow, and then the text must end.
Expected<void> ParseFlags(FieldReader* reader, size_t text_size,
                          Record* record) {
  while (reader->position() < text_size) {
    const char letter = reader->Current();
    const std::optional<Flags> flag =
        ParseFlagLetters(std::string_view(&letter, 1));
    if (!flag) break;
    record->flags |= *flag;
    reader->Skip();
  }
  if (reader->Current() == '\n') reader->Skip();
  if (reader->position() < text_size) {
    const char c = reader->Current();
    return Invalid(record->name,
                   Message("\"$0\" is not a flag", std::string_view(&c, 1)));
  }
  if (reader->position() > text_size) {
    return Invalid(record->name,
                   "the delimiter after the interpreter is missing");
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
  if (kernel.IsBefore(7, 3)) {
    if (has(kTransparent | kLoader) || record.type == RecordType::kBpf) {
      return Invalid(
          record.name,
          Message("flags T and L and type B need Linux 7.3, this is $0",
                  kernel.release));
    }
    if (has(kFixBinary) && kernel.IsBefore(4, 8)) {
      return Invalid(
          record.name,
          Message("flag F needs Linux 4.8, this is $0; use --persistent no",
                  kernel.release));
    }
    if (record.type == RecordType::kMagic && kernel.IsBefore(5, 1) &&
        record.offset + record.magic.size() > kOldMatchWindow) {
      return Invalid(
          record.name,
          Message(
              "this kernel ($0) looks at the first 128 bytes of a file only",
              kernel.release));
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
    return std::unexpected(std::move(check.error()));
  }
  const std::optional<char> delimiter = ChooseDelimiter(record);
  if (!delimiter) {
    return Invalid(record.name,
                   "name and interpreter leave no character for a delimiter");
  }
  const std::string_view d(&*delimiter, 1);
  const char type = static_cast<char>(record.type);
  const auto flags = static_cast<Flags>(record.flags & ~kStartDisabled);
  std::string text =
      absl::StrCat(d, record.name, d, std::string_view(&type, 1), d,
                   record.type == RecordType::kMagic
                       ? absl::StrCat(record.offset, d, Escaped(record.magic),
                                      d, Escaped(record.mask))
                       : absl::StrCat(d, record.magic, d),
                   d, record.interpreter, d, FlagLetters(flags));
  if (!HasValidLength(text)) return Invalid(record.name, WrongLength(text));
  return text;
}

Expected<Record> ParseRecord(std::string_view text,
                             const KernelVersion* kernel) {
  if (!HasValidLength(text)) {
    return std::unexpected(Error(EINVAL, WrongLength(text)));
  }
  FieldReader reader(text);
  // Linux 6.18.44 refuses these, as do later releases of the stable kernels 6.1
  // and 6.12, which the version does not tell from the earlier ones. Those took
  // the padding for flags (check_special_flags()) and read on behind it, unless
  // a newline came first. Refused here for all of them.
  const bool is_new = kernel != nullptr && !kernel->IsBefore(7, 3);
  if (Contains(is_new ? kFlagLetters : kFlagLetters.substr(0, kOldFlagLetters),
               reader.delimiter())) {
    return std::unexpected(
        Error(EINVAL, "a record whose delimiter is a flag's letter"));
  }
  const std::optional<std::string_view> name = reader.Next();
  if (!name) {
    return std::unexpected(Error(EINVAL, "a record whose name has no end"));
  }
  // EEXIST and ENAMETOOLONG come from the look-up, for which the kernel has
  // read all of the text.
  Expected<void> valid_name = CheckName(*name);
  if (!valid_name && valid_name.error().errnum() == EINVAL) {
    return std::unexpected(std::move(valid_name.error()));
  }
  Record record;
  record.name = *name;

  const char type = reader.Current();
  if (type != 'M' && type != 'E' && type != 'B') {
    return Invalid(*name, Message("the type \"$0\" is neither M, E nor B",
                                  std::string_view(&type, 1)));
  }
  record.type = static_cast<RecordType>(type);
  reader.Skip();
  if (reader.Current() != reader.delimiter()) {
    return Invalid(*name, "the type is longer than one letter");
  }
  reader.Skip();
  if (Expected<void> rule = record.type == RecordType::kMagic
                                ? ParseMagicFields(&reader, &record)
                                : ParseExtensionFields(&reader, &record);
      !rule) {
    return std::unexpected(std::move(rule.error()));
  }
  const std::optional<std::string_view> interpreter = reader.Next();
  if (!interpreter) {
    return Invalid(*name, "the interpreter field has no end");
  }
  if (interpreter->empty()) return Invalid(*name, "the interpreter is empty");
  if (record.type == RecordType::kBpf && Contains(*interpreter, '/')) {
    return Invalid(*name, "type B takes no path");
  }
  record.interpreter = *interpreter;
  if (Expected<void> flags = ParseFlags(&reader, text.size(), &record);
      !flags) {
    return std::unexpected(std::move(flags.error()));
  }
  if (kernel != nullptr) {
    if ((record.flags & kStartDisabled) != 0 && kernel->IsBefore(7, 3)) {
      return Invalid(*name, "flag D needs Linux 7.3");
    }
    if (Expected<void> known = CheckForKernel(record, *kernel); !known) {
      return std::unexpected(std::move(known.error()));
    }
  }
  if (!valid_name) return std::unexpected(std::move(valid_name.error()));
  return record;
}

}  // namespace binfmt
