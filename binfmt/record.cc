// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record.h"

#include <cerrno>

#include "absl/base/attributes.h"
#include "binfmt/text.h"

namespace binfmt {
namespace {

constexpr char kFlagLetters[] = "POCFTLD";
// BINPRM_BUF_SIZE before Linux 5.1.
constexpr size_t kOldMatchWindow = 128;

// isxdigit() of the kernel, which knows no locale.
bool IsHexDigit(char c) { return HexValue(c) >= 0; }

bool IsPlain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

// Bits of the flag at position INDEX of kFlagLetters with what it implies.
Flags WithImplied(size_t index) {
  const Flags flag = static_cast<Flags>(1u << index);
  return flag == kCredentials || flag == kTransparent
             ? static_cast<Flags>(flag | kOpenBinary)
             : flag;
}

Error Invalid(const Text& name, const Text& what) {
  // A bad name may hold a NUL.
  return Failure(EINVAL, "record \"%\": @"_fmt, std::string_view(name), what);
}

bool HasLength(std::string_view text) {
  return text.size() >= kMinRecordLength && text.size() <= kMaxRecordLength;
}

Text WrongLength(std::string_view text) {
  return Fill("a record of @ bytes; the kernel takes @ to @"_fmt,
              Decimal(text.size()), Decimal(kMinRecordLength),
              Decimal(kMaxRecordLength));
}

Error CheckName(const Text& name) {
  if (name.empty()) return Invalid(name, "the name is empty"_fmt);
  if (name == "." || name == ".." || name.find('/') != std::string_view::npos) {
    return Invalid(name, "the name is not a file name"_fmt);
  }
  if (name == "register" || name == "status") {
    return Failure(
        EEXIST, "record \"@\": the name is one of binfmt_misc's own files"_fmt,
        name);
  }
  if (name.find('\0') != std::string_view::npos) {
    return Invalid(name, "the name holds a NUL byte"_fmt);
  }
  if (name.size() > kMaxNameLength) {
    return Failure(
        ENAMETOOLONG,
        "record \"%...\": the name has @ bytes, more than the @ of a file name"_fmt,
        name.substr(0, 32), Decimal(name.size()), Decimal(kMaxNameLength));
  }
  return Ok();
}

Error CheckMagic(const Record& record) {
  if (record.magic.empty())
    return Invalid(record.name, "the magic is empty"_fmt);
  if (record.magic.size() > kMatchWindow ||
      record.offset > kMatchWindow - record.magic.size()) {
    return Invalid(record.name,
                   Fill("offset @ and @ bytes of magic reach over the @ bytes "
                        "that the kernel looks at"_fmt,
                        Decimal(record.offset), Decimal(record.magic.size()),
                        Decimal(kMatchWindow)));
  }
  if (!record.mask.empty() && record.mask.size() != record.magic.size()) {
    return Invalid(record.name, Fill("the mask has @ bytes, the magic @"_fmt,
                                     Decimal(record.mask.size()),
                                     Decimal(record.magic.size())));
  }
  return Ok();
}

Error CheckExtension(const Record& record) {
  const Text& extension = record.magic;
  if (extension.empty())
    return Invalid(record.name, "the extension is empty"_fmt);
  if (extension.find('/') != std::string_view::npos ||
      extension.find('\0') != std::string_view::npos) {
    return Invalid(record.name, "the extension is not part of a file name"_fmt);
  }
  // load_misc_binary() compares what follows the last dot (strrchr).
  if (extension.find('.') != std::string_view::npos) {
    return Invalid(record.name,
                   "an extension with a dot inside can never match"_fmt);
  }
  return Ok();
}

Error CheckAbsolute(const Record& record) {
  if (record.interpreter.c_str()[0] == '/' &&
      record.interpreter.find('\0') == std::string_view::npos) {
    return Ok();
  }
  return Invalid(record.name,
                 Fill("the interpreter \"%\" is not an absolute path"_fmt,
                      std::string_view(record.interpreter)));
}

// Fields that are copied as they are must not hold the delimiter; a letter
// would do for an old kernel, but 7.3 refuses a flag's letter, and the bytes
// of an escape must not be cut. Blanks come last: a file's line can't begin
// with one.
char ChooseDelimiter(const Record& record) {
  for (const char c :
       {':', '|', ',', '!', '~', '%', '\x01', '\x02', ' ', '\t'}) {
    if (record.name.find(c) == std::string_view::npos &&
        record.interpreter.find(c) == std::string_view::npos &&
        (record.type != RecordType::kExtension ||
         record.magic.find(c) == std::string_view::npos)) {
      return c;
    }
  }
  return '\0';
}

// Puts BYTES with all that is not plain as \xHH.
void PutEscaped(std::string_view bytes, TextWriter writer) {
  char* at = writer.Room(4 * bytes.size());
  for (const char c : bytes) {
    if (IsPlain(c)) {
      *at++ = c;
    } else {
      at = WriteEscape(c, at);
    }
  }
  writer.EndAt(at);
}

// Walks a record's text field by field, as the kernel does on its copy. The
// kernel pads the copy with eight delimiters; the end of the text therefore
// ends a field, and At() gives the delimiter beyond it.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text ABSL_ATTRIBUTE_LIFETIME_BOUND)
      : text_(text), delimiter_(text[0]) {}

  char delimiter() const { return delimiter_; }
  size_t position() const { return position_; }
  void Skip() { ++position_; }
  char At(size_t position) const {
    return position < text_.size() ? text_[position] : delimiter_;
  }
  char Current() const { return At(position_); }

  // strchr(p, del): up to the next delimiter; false where a NUL comes first.
  bool Next(std::string_view* field) {
    const size_t start = position_;
    for (size_t i = start;; ++i) {
      if (At(i) == delimiter_) {
        *field = Slice(start, i);
        position_ = i + 1;
        return true;
      }
      if (At(i) == '\0') return false;
    }
  }

  // scanarg(): the same for a field with escapes. A delimiter inside \xHH is
  // part of the escape; a NUL does not end it. False for a \x that lacks two
  // hex digits.
  bool NextEscaped(std::string_view* field) {
    const size_t start = position_;
    size_t i = start;
    for (;;) {
      const char c = At(i++);
      if (c == delimiter_) break;
      if (c == '\\' && At(i) == 'x') {
        ++i;
        if (!IsHexDigit(At(i++)) || !IsHexDigit(At(i++))) return false;
      }
    }
    *field = Slice(start, i - 1);
    position_ = i;
    return true;
  }

 private:
  std::string_view Slice(size_t begin, size_t end) const {
    if (begin > text_.size()) return std::string_view();
    return text_.substr(begin, end - begin);
  }

  std::string_view text_;
  char delimiter_;
  size_t position_ = 1;
};

// string_unescape(UNESCAPE_HEX): one or two hex digits after \x; any other
// backslash stays and takes the next byte with it; a NUL ends the text.
Text Unescape(std::string_view field) {
  TextWriter writer;
  char* at = writer.Room(field.size());
  size_t i = 0;
  while (i < field.size() && field[i] != '\0') {
    if (field[i] == '\\' && i + 1 < field.size() && field[i + 1] != '\0') {
      if (field[i + 1] == 'x' && i + 2 < field.size() &&
          IsHexDigit(field[i + 2])) {
        i += 2;
        int byte = HexValue(field[i++]);
        if (i < field.size() && IsHexDigit(field[i])) {
          byte = byte * 16 + HexValue(field[i++]);
        }
        *at++ = static_cast<char>(byte);
        continue;
      }
      *at++ = '\\';
      ++i;
    }
    *at++ = field[i++];
  }
  writer.EndAt(at);
  return writer.Finish();
}

// kstrtoint(text, 10): an optional '+' or '-', digits, an optional newline.
bool ParseOffset(std::string_view text, uint32_t* offset) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  uint32_t value;
  if (!ParseDecimal(text, 0x7fffffff, &value)) return false;
  // "-0" is nought to the kernel too.
  if (negative && value != 0) return false;
  *offset = value;
  return true;
}

Error ParseMagicFields(FieldReader* reader, Record* record) {
  std::string_view offset, magic, mask;
  if (!reader->Next(&offset)) {
    return Invalid(record->name, "the offset field has no end"_fmt);
  }
  if (!offset.empty() && !ParseOffset(offset, &record->offset)) {
    return Invalid(
        record->name,
        Fill("the offset \"%\" is not a decimal number"_fmt, offset));
  }
  if (!reader->NextEscaped(&magic)) {
    return Invalid(record->name,
                   "the magic holds a \\x without two hex digits");
  }
  if (magic.empty() || magic[0] == '\0') {
    return Invalid(record->name, "the magic is empty"_fmt);
  }
  if (!reader->NextEscaped(&mask)) {
    return Invalid(record->name, "the mask holds a \\x without two hex digits");
  }
  record->magic = Unescape(magic);
  record->mask = Unescape(mask);
  const bool has_mask = !mask.empty() && mask[0] != '\0';
  if (has_mask && record->mask.size() != record->magic.size()) {
    return Invalid(record->name, Fill("the mask has @ bytes, the magic @"_fmt,
                                      Decimal(record->mask.size()),
                                      Decimal(record->magic.size())));
  }
  return CheckMagic(*record);
}

Error ParseExtensionFields(FieldReader* reader, Record* record) {
  std::string_view offset, extension, mask;
  if (!reader->Next(&offset) || !reader->Next(&extension)) {
    return Invalid(record->name, "the extension field has no end"_fmt);
  }
  const bool bpf = record->type == RecordType::kBpf;
  if (bpf != extension.empty()) {
    return Invalid(record->name, bpf ? "type B has no magic"_fmt
                                     : "the extension is empty"_fmt);
  }
  if (extension.find('/') != std::string_view::npos) {
    return Invalid(record->name, "the extension holds a slash"_fmt);
  }
  if (!reader->Next(&mask)) {
    return Invalid(record->name, "the mask field has no end"_fmt);
  }
  record->magic = Text(extension);
  return Ok();
}

}  // namespace

Text FlagLetters(Flags flags) {
  TextWriter writer;
  for (size_t i = 0; kFlagLetters[i] != '\0'; ++i) {
    if ((flags & (1u << i)) != 0) writer.Put(kFlagLetters[i]);
  }
  return writer.Finish();
}

bool ParseFlagLetters(std::string_view letters, Flags* flags) {
  *flags = 0;
  for (const char c : letters) {
    const size_t index = std::string_view(kFlagLetters).find(c);
    if (index == std::string_view::npos) return false;
    *flags |= WithImplied(index);
  }
  return true;
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

Error CheckForKernel(const Record& record, const KernelVersion& kernel) {
  const auto has = [&](int flags) { return (record.flags & flags) != 0; };
  Format why = "";
  if (kernel.IsBefore(7, 3)) {
    if (has(kTransparent | kLoader) || record.type == RecordType::kBpf) {
      why = "flags T and L and type B need Linux 7.3, this is @"_fmt;
    } else if (has(kFixBinary) && kernel.IsBefore(4, 8)) {
      why = "flag F needs Linux 4.8, this is @; use --persistent no"_fmt;
    } else if (record.type == RecordType::kMagic && kernel.IsBefore(5, 1) &&
               record.offset + record.magic.size() > kOldMatchWindow) {
      why = "this kernel (@) looks at the first 128 bytes of a file only"_fmt;
    }
  } else if (has(kTransparent) && has(kPreserveArgv0)) {
    why = "flag T does not go with P"_fmt;
  } else if (has(kLoader) && has(kTransparent | kPreserveArgv0 | kOpenBinary)) {
    why = "flag L does not go with P, O, C or T"_fmt;
  } else if (has(kLoader | kCredentials) && !has(kFixBinary)) {
    return CheckAbsolute(record);
  }
  if (why.empty()) return Ok();
  return Invalid(record.name, Fill(why, kernel.text));
}

Error CheckRecord(const Record& record) {
  if (Error error = CheckName(record.name); !error.ok()) return error;
  // Its interpreter is the name of a BPF program.
  if (record.type == RecordType::kBpf) return Ok();
  if (Error error = record.type == RecordType::kMagic ? CheckMagic(record)
                                                      : CheckExtension(record);
      !error.ok()) {
    return error;
  }
  return CheckAbsolute(record);
}

Error FormatRecord(const Record& record, Text* text) {
  if (Error error = CheckRecord(record); !error.ok()) return error;
  const char delimiter = ChooseDelimiter(record);
  if (delimiter == '\0') {
    return Invalid(
        record.name,
        "name and interpreter leave no character for a delimiter"_fmt);
  }
  const bool has_magic = record.type == RecordType::kMagic;
  const char type = static_cast<char>(record.type);
  const Text offset = has_magic ? Decimal(record.offset) : Text();
  const Text flags = FlagLetters(record.flags & ~kStartDisabled);
  const std::string_view fields[] = {
      record.name,
      std::string_view(&type, 1),
      offset,
      record.magic,
      has_magic ? std::string_view(record.mask) : std::string_view(),
      record.interpreter,
      flags};
  TextWriter writer;
  for (const std::string_view& field : fields) {
    writer.Put(delimiter);
    if (has_magic && (&field == &fields[3] || &field == &fields[4])) {
      PutEscaped(field, writer);
    } else {
      writer.Put(field);
    }
  }
  *text = writer.Finish();
  return HasLength(*text) ? Ok() : Invalid(record.name, WrongLength(*text));
}

Error ParseRecord(std::string_view text, Record* record,
                  const KernelVersion* kernel) {
  *record = Record();
  if (!HasLength(text)) return Failure(EINVAL, "@", WrongLength(text));
  FieldReader reader(text);
  // Linux 6.18.44 refuses these, and so do the stable 6.1 and 6.12 that the
  // release does not tell from those before them. These took the padding for
  // flags (check_special_flags()) and read on behind it, unless a newline came
  // first; such a record is refused here on all of them.
  const bool is_new = kernel != nullptr && !kernel->IsBefore(7, 3);
  if (std::string_view(kFlagLetters, is_new ? 7 : 4).find(reader.delimiter()) !=
      std::string_view::npos) {
    return Failure(EINVAL, "a record whose delimiter is a flag's letter"_fmt);
  }
  std::string_view field;
  if (!reader.Next(&field)) {
    return Failure(EINVAL, "a record whose name has no end"_fmt);
  }
  record->name = Text(field);
  // EEXIST and ENAMETOOLONG are the look-up's, after all of the text was read.
  Error name_error = CheckName(record->name);
  if (!name_error.ok() && name_error.errnum() == EINVAL) return name_error;

  const char type = reader.Current();
  reader.Skip();
  if (type != 'M' && type != 'E' && type != 'B') {
    return Invalid(record->name,
                   Fill("the type \"%\" is neither M, E nor B"_fmt,
                        std::string_view(&type, 1)));
  }
  record->type = static_cast<RecordType>(type);
  if (reader.Current() != reader.delimiter()) {
    return Invalid(record->name, "the type is longer than one letter"_fmt);
  }
  reader.Skip();
  if (Error error = type == 'M' ? ParseMagicFields(&reader, record)
                                : ParseExtensionFields(&reader, record);
      !error.ok()) {
    return error;
  }
  if (!reader.Next(&field)) {
    return Invalid(record->name, "the interpreter field has no end"_fmt);
  }
  if (field.empty())
    return Invalid(record->name, "the interpreter is empty"_fmt);
  if (record->type == RecordType::kBpf &&
      field.find('/') != std::string_view::npos) {
    return Invalid(record->name, "type B takes no path"_fmt);
  }
  record->interpreter = Text(field);

  // check_special_flags() takes letters as long as they are flags, one newline
  // may follow, and then the text must be at its end.
  while (reader.position() < text.size()) {
    Flags flag;
    const char c = reader.Current();
    if (!ParseFlagLetters(std::string_view(&c, 1), &flag)) break;
    record->flags |= flag;
    reader.Skip();
  }
  if (reader.Current() == '\n') reader.Skip();
  if (reader.position() < text.size()) {
    const char c = reader.Current();
    return Invalid(record->name,
                   Fill("\"%\" is not a flag"_fmt, std::string_view(&c, 1)));
  }
  if (reader.position() > text.size()) {
    return Invalid(record->name,
                   "the delimiter after the interpreter is missing"_fmt);
  }
  if (kernel != nullptr) {
    if ((record->flags & kStartDisabled) != 0 && kernel->IsBefore(7, 3)) {
      return Invalid(record->name, "flag D needs Linux 7.3"_fmt);
    }
    Error error = CheckForKernel(*record, *kernel);
    if (!error.ok()) return error;
  }
  return name_error;
}

}  // namespace binfmt
