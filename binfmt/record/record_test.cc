// SPDX-License-Identifier: Apache-2.0
#include "binfmt/record/record.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "binfmt/base/printable.h"
#include "binfmt/record/kernel_version.h"
#include "gtest/gtest.h"
#include "testing/error_text.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrorText;

Record Arm() {
  Record record;
  record.name = "qemu-arm";
  record.magic = std::string(
      "\x7f"
      "ELF\x01\x01",
      6);
  record.mask = std::string("\xff\xff\xff\xff\xff\x00", 6);
  record.interpreter = "/usr/bin/qemu-arm";
  record.flags = kFixBinary;
  return record;
}

Record Exe() {
  Record record;
  record.name = "exe";
  record.type = RecordType::kExtension;
  record.magic = "exe";
  record.interpreter = "/usr/bin/wine";
  return record;
}

// "ok: TEXT" or the error.
std::string Format(const Record& record) {
  const Expected<std::string> text = FormatRecord(record);
  return text ? "ok: " + *text : ErrorText(text);
}

// All fields, separated by blanks, bytes as hex; or the error.
std::string Parse(std::string_view text) {
  const Expected<Record> record = ParseRecord(text);
  if (!record) return ErrorText(record);
  return absl::StrCat(
      Printable(record->name), " ",
      std::string(1, static_cast<char>(record->type)), " ", record->offset, " ",
      absl::BytesToHexString(record->magic), " ",
      record->mask.empty() ? "-" : absl::BytesToHexString(record->mask), " ",
      Printable(record->interpreter), " ",
      record->flags == 0 ? "-" : FlagLetters(record->flags));
}

std::string Invalid(const std::string& name, const std::string& why) {
  return "failed EINVAL: record \"" + name + "\": " + why;
}

// Flags

TEST(RecordTest, FlagLettersInTheKernelsOrder) {
  EXPECT_EQ(FlagLetters(0), "");
  EXPECT_EQ(FlagLetters(0x7f), "POCFTLD");
  EXPECT_EQ(FlagLetters(kFixBinary | kPreserveArgv0), "PF");
}

TEST(RecordTest, ParseFlagLettersInAnyOrderWithRepeats) {
  EXPECT_EQ(ParseFlagLetters(""), 0);
  EXPECT_EQ(ParseFlagLetters("FPFF"), kPreserveArgv0 | kFixBinary);
}

TEST(RecordTest, CredentialsAndTransparentBringOpenBinary) {
  EXPECT_EQ(ParseFlagLetters("C"), kOpenBinary | kCredentials);
  EXPECT_EQ(ParseFlagLetters("T"), kOpenBinary | kTransparent);
  EXPECT_EQ(ParseFlagLetters("L"), kLoader);
}

TEST(RecordTest, ParseFlagLettersRefusesOtherCharacters) {
  for (const char* letters : {"PFx", "PFp", "PF ", "PF\n", "PF:", "xPF"}) {
    EXPECT_EQ(ParseFlagLetters(letters), std::nullopt) << letters;
  }
  EXPECT_EQ(ParseFlagLetters(std::string_view("\0", 1)), std::nullopt);
}

// Comparison

TEST(RecordTest, EqualityComparesEveryField) {
  EXPECT_EQ(Arm(), Arm());
  const auto changed = [](void (*change)(Record*)) {
    Record record = Arm();
    change(&record);
    return record;
  };
  EXPECT_NE(Arm(), changed([](Record* r) { r->name = "x"; }));
  EXPECT_NE(Arm(), changed([](Record* r) { r->type = RecordType::kBpf; }));
  EXPECT_NE(Arm(), changed([](Record* r) { r->offset = 1; }));
  EXPECT_NE(Arm(),
            changed([](Record* r) { r->magic = "x" + r->magic.substr(1); }));
  EXPECT_NE(Arm(),
            changed([](Record* r) { r->mask = "x" + r->mask.substr(1); }));
  EXPECT_NE(Arm(), changed([](Record* r) { r->interpreter = "/x"; }));
  EXPECT_NE(Arm(), changed([](Record* r) { r->flags = 0; }));
}

TEST(RecordTest, AbsentMaskIsOneOfAllOnes) {
  Record bare = Arm();
  bare.mask = "";
  Record full = Arm();
  full.mask = std::string(6, '\xff');
  EXPECT_TRUE(bare.SameRule(full));
  EXPECT_EQ(bare, full);
  EXPECT_FALSE(bare.SameRule(Arm()));
}

TEST(RecordTest, SameRuleLooksAtNoOtherField) {
  Record other = Arm();
  other.name = "other";
  other.interpreter = "/other";
  other.flags = 0;
  EXPECT_TRUE(Arm().SameRule(other));
  EXPECT_FALSE(Arm().SameRule(Exe()));
}

TEST(RecordTest, ExtensionHasNoOffsetAndMask) {
  Record other = Exe();
  other.offset = 5;
  other.mask = "x";
  EXPECT_TRUE(Exe().SameRule(other));
}

// FormatRecord()

TEST(RecordTest, FormatOfMagic) {
  EXPECT_EQ(Format(Arm()),
            "ok: :qemu-arm:M:0:\\x7fELF\\x01\\x01:\\xff\\xff\\xff\\xff\\xff"
            "\\x00:/usr/bin/qemu-arm:F");
}

TEST(RecordTest, FormatWithoutMaskAndFlags) {
  Record record = Arm();
  record.offset = 250;
  record.mask = "";
  record.flags = 0;
  EXPECT_EQ(Format(record),
            "ok: :qemu-arm:M:250:\\x7fELF\\x01\\x01::/usr/bin/qemu-arm:");
}

TEST(RecordTest, FormatOfExtension) {
  EXPECT_EQ(Format(Exe()), "ok: :exe:E::exe::/usr/bin/wine:");
  Record record = Exe();
  record.offset = 3;
  record.mask = "ignored";
  record.flags = kOpenBinary | kCredentials | kPreserveArgv0;
  EXPECT_EQ(Format(record), "ok: :exe:E::exe::/usr/bin/wine:POC");
}

// The caller disables the entry after registering it.
TEST(RecordTest, FormatLeavesFlagDOut) {
  Record record = Exe();
  record.flags = kStartDisabled | kPreserveArgv0;
  EXPECT_EQ(Format(record), "ok: :exe:E::exe::/usr/bin/wine:P");
}

TEST(RecordTest, FormatEscapesAllButLettersAndDigits) {
  Record record = Arm();
  record.magic = std::string("azAZ09 :\\x\n\0\xff_", 14);
  record.mask = "";
  EXPECT_EQ(Format(record),
            "ok: :qemu-arm:M:0:azAZ09\\x20\\x3a\\x5cx\\x0a\\x00\\xff\\x5f::"
            "/usr/bin/qemu-arm:F");
}

TEST(RecordTest, FormatChoosesADelimiterThatNoFieldHolds) {
  Record record = Exe();
  record.interpreter = "/a:b";
  EXPECT_EQ(Format(record), "ok: |exe|E||exe||/a:b|");
  record.name = "a|b";
  EXPECT_EQ(Format(record), "ok: ,a|b,E,,exe,,/a:b,");
  record.magic = "e,e";
  EXPECT_EQ(Format(record), "ok: !a|b!E!!e,e!!/a:b!");
  record.interpreter = "/:|,!~% \t\x01\x02";
  EXPECT_EQ(Format(record),
            Invalid("a|b",
                    "name and interpreter leave no character for a "
                    "delimiter"));
}

TEST(RecordTest, FormatAtTheLengthLimit) {
  Record record = Exe();
  // ":exe:E::exe::" and ":"
  record.interpreter = "/" + std::string(kMaxRecordLength - 14 - 1, 'i');
  const Expected<std::string> text = FormatRecord(record);
  ASSERT_EQ(ErrorText(text), "ok");
  EXPECT_EQ(text->size(), kMaxRecordLength);
  record.flags = kFixBinary;
  EXPECT_EQ(
      Format(record),
      Invalid("exe", "a record of 1921 bytes; the kernel takes 11 to 1920"));
}

TEST(RecordTest, FormatRefusesWhatCheckRecordRefuses) {
  Record record = Arm();
  record.name = "";
  EXPECT_EQ(Format(record), Invalid("", "the name is empty"));
}

TEST(RecordTest, ParseOfFormatIsTheSame) {
  Record odd = Arm();
  odd.name = " a\n\xff:b";
  std::string magic;
  for (int c = 0; c < 200; ++c) magic.push_back(static_cast<char>(c + 56));
  odd.magic = magic;
  odd.mask = std::string(200, '\0');
  odd.offset = 56;
  odd.interpreter = "/a b:c\n";
  odd.flags = kPreserveArgv0 | kOpenBinary | kCredentials | kFixBinary;
  for (const Record& record : {Arm(), Exe(), odd}) {
    const Expected<std::string> text = FormatRecord(record);
    ASSERT_EQ(ErrorText(text), "ok");
    const Expected<Record> back = ParseRecord(*text);
    ASSERT_EQ(ErrorText(back), "ok");
    EXPECT_EQ(*back, record) << *text;
  }
}

// CheckRecord()

std::string CheckName(const std::string& name) {
  Record record = Arm();
  record.name = name;
  return ErrorText(CheckRecord(record));
}

TEST(RecordTest, CheckOfNames) {
  EXPECT_EQ(CheckName("a"), "ok");
  EXPECT_EQ(CheckName("..."), "ok");
  EXPECT_EQ(CheckName("a b\n\xff"), "ok");
  EXPECT_EQ(CheckName("Register"), "ok");
  EXPECT_EQ(CheckName(""), Invalid("", "the name is empty"));
  EXPECT_EQ(CheckName("."), Invalid(".", "the name is not a file name"));
  EXPECT_EQ(CheckName(".."), Invalid("..", "the name is not a file name"));
  EXPECT_EQ(CheckName("a/b"), Invalid("a/b", "the name is not a file name"));
  EXPECT_EQ(CheckName(std::string("a\0b", 3)),
            Invalid("a\\x00b", "the name holds a NUL byte"));
  EXPECT_EQ(CheckName("register"),
            "failed EEXIST: record \"register\": the name is one of "
            "binfmt_misc's own files");
  EXPECT_EQ(CheckName("status"),
            "failed EEXIST: record \"status\": the name is one of "
            "binfmt_misc's own files");
  EXPECT_EQ(CheckName(std::string(255, 'n')), "ok");
  EXPECT_EQ(CheckName(std::string(256, 'n')),
            "failed ENAMETOOLONG: record \"" + std::string(32, 'n') +
                "...\": the name has 256 bytes, more than the 255 of a file "
                "name");
}

std::string CheckMagic(uint32_t offset, size_t magic, size_t mask) {
  Record record = Arm();
  record.offset = offset;
  record.magic = std::string(magic, 'm');
  record.mask = std::string(mask, '\xff');
  return ErrorText(CheckRecord(record));
}

TEST(RecordTest, CheckOfOffsetMagicAndMask) {
  EXPECT_EQ(CheckMagic(0, 1, 0), "ok");
  EXPECT_EQ(CheckMagic(0, 256, 256), "ok");
  EXPECT_EQ(CheckMagic(255, 1, 1), "ok");
  EXPECT_EQ(CheckMagic(0, 0, 0), Invalid("qemu-arm", "the magic is empty"));
  const auto over = [](const std::string& offset, const std::string& size) {
    return Invalid("qemu-arm", "offset " + offset + " and " + size +
                                   " bytes of magic reach over the 256 bytes "
                                   "that the kernel looks at");
  };
  EXPECT_EQ(CheckMagic(0, 257, 0), over("0", "257"));
  EXPECT_EQ(CheckMagic(256, 1, 0), over("256", "1"));
  EXPECT_EQ(CheckMagic(250, 7, 0), over("250", "7"));
  EXPECT_EQ(CheckMagic(UINT32_MAX, 2, 0), over("4294967295", "2"));
  EXPECT_EQ(CheckMagic(0, 4, 3),
            Invalid("qemu-arm", "the mask has 3 bytes, the magic 4"));
}

TEST(RecordTest, CheckOfExtensions) {
  const auto check = [](const std::string& extension) {
    Record record = Exe();
    record.magic = extension;
    return ErrorText(CheckRecord(record));
  };
  EXPECT_EQ(check("exe"), "ok");
  EXPECT_EQ(check(""), Invalid("exe", "the extension is empty"));
  EXPECT_EQ(check("a/b"),
            Invalid("exe", "the extension is not part of a file name"));
  EXPECT_EQ(check(std::string("a\0", 2)),
            Invalid("exe", "the extension is not part of a file name"));
  // The kernel registers it, but looks for what is behind the last dot.
  EXPECT_EQ(check("tar.gz"),
            Invalid("exe", "an extension with a dot inside can never match"));
  EXPECT_EQ(check(".exe"),
            Invalid("exe", "an extension with a dot inside can never match"));
}

TEST(RecordTest, CheckOfInterpreters) {
  const auto check = [](const std::string& interpreter) {
    Record record = Arm();
    record.interpreter = interpreter;
    return ErrorText(CheckRecord(record));
  };
  EXPECT_EQ(check("/"), "ok");
  EXPECT_EQ(check(""), Invalid("qemu-arm",
                               "the interpreter \"\" is not an absolute path"));
  EXPECT_EQ(check("bin/x\x1b"),
            Invalid("qemu-arm",
                    "the interpreter \"bin/x\\x1b\" is not an absolute path"));
  EXPECT_EQ(check(std::string("/a\0b", 4)),
            Invalid("qemu-arm",
                    "the interpreter \"/a\\x00b\" is not an absolute path"));
}

// ParseRecord(): what create_entry() of fs/binfmt_misc.c accepts and refuses.
// record_differential_test compares it with the kernel.

TEST(RecordTest, ParseOfMagicAndExtension) {
  EXPECT_EQ(Parse(":n:M:3:MAGIC:\\xff\\xff\\xff\\xff\\x00:/bin/i:POCF"),
            "n M 3 4d41474943 ffffffff00 /bin/i POCF");
  EXPECT_EQ(Parse(":n:M::MAGIC::/bin/i:"), "n M 0 4d41474943 - /bin/i -");
  EXPECT_EQ(Parse(":n:E::exe::/bin/i:P"), "n E 0 657865 - /bin/i P");
}

TEST(RecordTest, ParseIgnoresOffsetAndMaskOfExtension) {
  EXPECT_EQ(Parse(":n:E:abc:exe:\\xzz:/bin/i:"), "n E 0 657865 - /bin/i -");
}

TEST(RecordTest, ParseTakesOtherDelimiters) {
  for (const char delimiter :
       {',', '|', ' ', '\t', '#', ';', '\x01', '\xff', '\0', 'q', '-', '/'}) {
    std::string text = ":n:M:0:AB::i_i:F";
    for (char& c : text) {
      if (c == ':') c = delimiter;
    }
    EXPECT_EQ(Parse(text), "n M 0 4142 - i_i F") << Printable(text);
  }
}

TEST(RecordTest, ParseOfNewlineAsDelimiter) {
  EXPECT_EQ(Parse("\nn\nM\n0\nAB\n\n/bin/i\n"),
            Invalid("n", "the delimiter after the interpreter is missing"));
}

// Delimiters with which an escape begins: they end the field before the escape
// is seen.
TEST(RecordTest, ParseOfDelimiterXAndBackslash) {
  EXPECT_EQ(Parse("xnxMx0xABxx/bin/ixF"), "n M 0 4142 - /bin/i F");
  EXPECT_EQ(Parse("xnxMx0x\\x41xx/bin/ixF"), "n M 0 41 - /bin/i F");
  EXPECT_EQ(Parse("\\n\\M\\0\\AB\\\\/bin/i\\F"), "n M 0 4142 - /bin/i F");
  // No escape: "x41" is text.
  EXPECT_EQ(Parse("\\n\\M\\0\\x41\\\\/bin/i\\F"), "n M 0 783431 - /bin/i F");
}

TEST(RecordTest, ParseOfDelimiterThatIsAHexDigit) {
  EXPECT_EQ(Parse("ananMa0aZZaa/b/iaF"),
            Invalid("n", "the type \"n\" is neither M, E nor B"));
  EXPECT_EQ(Parse("4n4M404\\x444/b/i4F"),
            Invalid("n", "the mask has 4 bytes, the magic 1"));
  EXPECT_EQ(Parse("4n4M404\\x4444/b/i4F"), "n M 0 44 - /b/i F");
}

TEST(RecordTest, ParseOfDelimiterThatIsAFlag) {
  const std::string error =
      "failed EINVAL: a record whose delimiter is a flag's letter";
  EXPECT_EQ(Parse("PnPMP0PABPP/bin/iP"), error);
  EXPECT_EQ(Parse("OnOMO0OABOO/bin/iO"), error);
  EXPECT_EQ(Parse("CnCECCexeCC/bin/iC"), error);
  EXPECT_EQ(Parse("FnFMF0FABFF/bin/iFPO"), error);
  EXPECT_EQ(Parse("FnFMF0FABFF/bin/iFP\n"), error);
  // The kernel's flags since 7.3 only, which refuses them, too.
  EXPECT_EQ(Parse("TnTMT0TABTT/bin/iT"), "n M 0 4142 - /bin/i -");
}

KernelVersion Kernel(int major, int minor) {
  return {major, minor, absl::StrCat(major, ".", minor)};
}

// "ok", or why Linux MAJOR.MINOR refuses TEXT.
std::string ParseOn(int major, int minor, std::string_view text) {
  const KernelVersion kernel = Kernel(major, minor);
  return ErrorText(ParseRecord(text, &kernel));
}

std::string ParseFlagsOn(int major, int minor, const std::string& flags,
                         const std::string& interpreter = "/i") {
  return ParseOn(major, minor, ":n:M::A::" + interpreter + ":" + flags);
}

TEST(RecordTest, FlagsThatCameWith7_3) {
  for (const char* flags : {"T", "L", "D", "PD", "TC", "TO", "LF", "TFD"}) {
    EXPECT_EQ(ParseFlagsOn(7, 3, flags), "ok") << flags;
    EXPECT_EQ(ParseFlagsOn(8, 0, flags), "ok") << flags;
    EXPECT_EQ(
        ParseFlagsOn(7, 2, flags),
        std::string_view(flags).find('D') == std::string_view::npos
            ? Invalid("n",
                      "flags T and L and type B need Linux 7.3, this is 7.2")
            : Invalid("n", "flag D needs Linux 7.3"))
        << flags;
  }
  EXPECT_EQ(ParseFlagsOn(5, 10, "POCF"), "ok");
}

// Linux 7.3. Only the BPF program knows which files it takes.
TEST(RecordTest, TypeB) {
  EXPECT_EQ(ParseOn(7, 3, ":n:B::::my_handler:D"), "ok");
  EXPECT_EQ(
      ParseOn(7, 2, ":n:B::::my_handler:"),
      Invalid("n", "flags T and L and type B need Linux 7.3, this is 7.2"));
  EXPECT_EQ(ParseOn(7, 3, ":n:B::AB::my_handler:"),
            Invalid("n", "type B has no magic"));
  Expected<Record> record = ParseRecord(":n:B::::my_handler:");
  ASSERT_EQ(ErrorText(record), "ok");
  EXPECT_EQ(record->type, RecordType::kBpf);
  EXPECT_EQ(Format(*record), "ok: :n:B::::my_handler:");
  // Only such a record can be too short.
  record->interpreter = "p";
  EXPECT_EQ(Format(*record),
            Invalid("n", "a record of 10 bytes; the kernel takes 11 to 1920"));
}

// check_special_flags() of 7.3: the letters imply others first.
TEST(RecordTest, FlagsThat7_3RefusesTogether) {
  EXPECT_EQ(ParseFlagsOn(7, 3, "TP"),
            Invalid("n", "flag T does not go with P"));
  EXPECT_EQ(ParseFlagsOn(7, 3, "PCT"),
            Invalid("n", "flag T does not go with P"));
  for (const char* flags : {"LT", "LP", "LO", "LC", "OLF"}) {
    EXPECT_EQ(ParseFlagsOn(7, 3, flags),
              Invalid("n", "flag L does not go with P, O, C or T"))
        << flags;
  }
}

TEST(RecordTest, RelativeInterpreterOf7_3) {
  for (const char* flags : {"C", "L", "PC", "CD"}) {
    EXPECT_EQ(ParseFlagsOn(7, 3, flags, "i"),
              Invalid("n", "the interpreter \"i\" is not an absolute path"))
        << flags;
  }
  for (const char* flags : {"", "P", "O", "T", "F", "CF", "LF"}) {
    EXPECT_EQ(ParseFlagsOn(7, 3, flags, "i"), "ok") << flags;
  }
  EXPECT_EQ(ParseFlagsOn(7, 2, "C", "i"), "ok");
}

TEST(RecordTest, DelimitersThat7_3Refuses) {
  for (const char* text :
       {"TnTMT0TABTT/bin/iT", "LnLML0LABLL/bin/iL", "DnDMD0DABDD/bin/iD"}) {
    EXPECT_EQ(ParseOn(7, 2, text), "ok");
    EXPECT_EQ(ParseOn(7, 3, text),
              "failed EINVAL: a record whose delimiter is a flag's letter");
  }
}

// 5.10, and some releases of 6.1 and 6.12, accept the one with a newline; later
// stable releases of those kernels do not.
TEST(RecordTest, DelimiterThatIsAFlag) {
  for (const char* text : {"FnFMF0FABFF/bin/iFP", "FnFMF0FABFF/bin/iFP\n"}) {
    EXPECT_EQ(ParseOn(6, 12, text),
              "failed EINVAL: a record whose delimiter is a flag's letter");
  }
}

TEST(RecordTest, FlagOfKernel4_8) {
  EXPECT_EQ(ParseFlagsOn(4, 8, "F"), "ok");
  EXPECT_EQ(ParseFlagsOn(4, 7, "POC"), "ok");
  EXPECT_EQ(ParseFlagsOn(4, 7, "F"),
            Invalid("n",
                    "flag F needs Linux 4.8, this is 4.7; use "
                    "--persistent no"));
}

TEST(RecordTest, WindowBeforeKernel5_1) {
  EXPECT_EQ(ParseOn(5, 0, ":n:M:127:A::/i:"), "ok");
  EXPECT_EQ(ParseOn(5, 0, ":n:M:128:A::/i:"),
            Invalid("n",
                    "this kernel (5.0) looks at the first 128 bytes of a "
                    "file only"));
  EXPECT_EQ(ParseOn(5, 1, ":n:M:128:A::/i:"), "ok");
}

// The kernel looks the name up last.
TEST(RecordTest, NameOfRecordThatIsWrongOtherwise) {
  EXPECT_EQ(ParseOn(7, 2, ":status:M::A::/i:T"),
            Invalid("status",
                    "flags T and L and type B need Linux 7.3, this is 7.2"));
  EXPECT_EQ(
      ParseOn(7, 3, ":status:M::A::/i:T"),
      "failed EEXIST: record \"status\": the name is one of binfmt_misc's "
      "own files");
}

std::string ParseOffset(const std::string& offset) {
  const std::string result = Parse(":n:M:" + offset + ":AB::/bin/i:");
  const std::string tail = " 4142 - /bin/i -";
  return result.size() > tail.size() && result.substr(0, 4) == "n M "
             ? result.substr(4, result.size() - 4 - tail.size())
             : result;
}

TEST(RecordTest, ParseOfOffsets) {
  EXPECT_EQ(ParseOffset(""), "0");
  EXPECT_EQ(ParseOffset("0"), "0");
  EXPECT_EQ(ParseOffset("+5"), "5");
  EXPECT_EQ(ParseOffset("010"), "10");
  EXPECT_EQ(ParseOffset("5\n"), "5");
  EXPECT_EQ(ParseOffset("-0"), "0");
  EXPECT_EQ(ParseOffset("000000000000000000000000254"), "254");
  for (const char* offset :
       {"-1", " 5", "5 ", "0x10", "+", "-", "+-5", "++5", "5\n\n", "\n", "a",
        "2147483648", "99999999999999999999999", "1.0"}) {
    EXPECT_EQ(ParseOffset(offset),
              Invalid("n", "the offset \"" + Printable(offset) +
                               "\" is not a decimal number"));
  }
  for (const char* offset : {"255", "2147483647"}) {
    EXPECT_EQ(ParseOffset(offset),
              Invalid("n", "offset " + std::string(offset) +
                               " and 2 bytes of magic reach over the 256 "
                               "bytes that the kernel looks at"));
  }
  EXPECT_EQ(ParseOffset(std::string("5\0", 2)),
            Invalid("n", "the offset field has no end"));
}

std::string ParseMagic(const std::string& magic) {
  const std::string result = Parse(":n:M::" + magic + "::/bin/i:");
  const std::string tail = " - /bin/i -";
  return result.size() > tail.size() && result.substr(0, 6) == "n M 0 "
             ? result.substr(6, result.size() - 6 - tail.size())
             : result;
}

TEST(RecordTest, ParseOfMagicEscapes) {
  const std::string bad =
      Invalid("n", "the magic holds a \\x without two hex digits");
  EXPECT_EQ(ParseMagic("\\x00\\xfF\\x3a"), "00ff3a");
  EXPECT_EQ(ParseMagic("\\x414"), "4134");
  // Other backslashes are text.
  EXPECT_EQ(ParseMagic("\\n\\t\\101\\"), "5c6e5c745c3130315c");
  EXPECT_EQ(ParseMagic("\\X41"), "5c583431");
  for (const char* magic : {"\\x", "\\x4", "\\xg0", "\\x0g", "A\\x"}) {
    EXPECT_EQ(ParseMagic(magic), bad) << magic;
  }
}

// The kernel's scan for the field's end sees "\x41" behind the first backslash,
// its unescape sees a backslash that takes the next one with it.
TEST(RecordTest, ParseOfTwoBackslashes) {
  EXPECT_EQ(ParseMagic("\\\\x41"), "5c5c783431");
  EXPECT_EQ(ParseMagic("\\\\"), "5c5c");
  EXPECT_EQ(ParseMagic("\\\\xzz"),
            Invalid("n", "the magic holds a \\x without two hex digits"));
}

// The kernel takes the padding behind the text, delimiters, for digits.
TEST(RecordTest, ParseOfAnEscapeThatTheTextCutsOff) {
  for (const char delimiter : {'f', '0', 'x', '\\', ':'}) {
    for (const char* fields : {":n:M::\\", ":n:M::\\x", ":n:M::\\x4",
                               ":n:M::A:\\", ":n:M::A:\\x", ":n:M::A:\\x4"}) {
      std::string text = fields;
      std::replace(text.begin(), text.end(), ':', delimiter);
      const Expected<Record> record = ParseRecord(text);
      ASSERT_FALSE(record.has_value()) << text;
      EXPECT_EQ(record.error().errnum(), EINVAL) << text;
    }
  }
}

TEST(RecordTest, ParseOfRawNulInMagic) {
  EXPECT_EQ(ParseMagic(std::string("A\0B", 3)), "41");
  EXPECT_EQ(ParseMagic(std::string("\0B", 2)),
            Invalid("n", "the magic is empty"));
}

TEST(RecordTest, ParseOfMagicLengths) {
  EXPECT_EQ(ParseMagic(""), Invalid("n", "the magic is empty"));
  EXPECT_EQ(ParseMagic(std::string(256, 'A')).size(), 512u);
  EXPECT_EQ(ParseMagic(std::string(257, 'A')),
            Invalid("n",
                    "offset 0 and 257 bytes of magic reach over the 256 bytes "
                    "that the kernel looks at"));
}

TEST(RecordTest, ParseOfMasks) {
  const auto parse = [](const std::string& mask) {
    return Parse(":n:M::AB:" + mask + ":/bin/i:");
  };
  EXPECT_EQ(parse(""), "n M 0 4142 - /bin/i -");
  EXPECT_EQ(parse("\\xff\\x00"), "n M 0 4142 ff00 /bin/i -");
  EXPECT_EQ(parse("\\x00\\x00"), "n M 0 4142 0000 /bin/i -");
  EXPECT_EQ(parse("\\xff"), Invalid("n", "the mask has 1 bytes, the magic 2"));
  EXPECT_EQ(parse("\\xff\\xff\\xff"),
            Invalid("n", "the mask has 3 bytes, the magic 2"));
  EXPECT_EQ(parse("\\xf"),
            Invalid("n", "the mask holds a \\x without two hex digits"));
  // A raw NUL at the start leaves no mask.
  EXPECT_EQ(parse(std::string("\0zz", 3)), "n M 0 4142 - /bin/i -");
}

TEST(RecordTest, ParseOfTypes) {
  const auto parse = [](const std::string& type) {
    return Parse(":n:" + type + "::AB::/bin/i:");
  };
  const auto neither = [](const std::string& type) {
    return Invalid("n", "the type \"" + type + "\" is neither M, E nor B");
  };
  EXPECT_EQ(parse("m"), neither("m"));
  EXPECT_EQ(parse(""), neither(":"));
  EXPECT_EQ(parse("\n"), neither("\\x0a"));
  EXPECT_EQ(parse("MM"), Invalid("n", "the type is longer than one letter"));
}

TEST(RecordTest, ParseOfNames) {
  const auto parse = [](const std::string& name) {
    return Parse(":" + name + ":M::AB::/bin/i:");
  };
  EXPECT_EQ(parse("a b\n\\x41"), "a b\\x0a\\x5cx41 M 0 4142 - /bin/i -");
  EXPECT_EQ(parse(""), Invalid("", "the name is empty"));
  EXPECT_EQ(parse("."), Invalid(".", "the name is not a file name"));
  EXPECT_EQ(parse(".."), Invalid("..", "the name is not a file name"));
  EXPECT_EQ(parse("a/b"), Invalid("a/b", "the name is not a file name"));
  EXPECT_EQ(parse(std::string("a\0b", 3)),
            "failed EINVAL: a record whose name has no end");
  EXPECT_EQ(parse("status"),
            "failed EEXIST: record \"status\": the name is one of "
            "binfmt_misc's own files");
  EXPECT_EQ(parse(std::string(255, 'n')),
            std::string(255, 'n') + " M 0 4142 - /bin/i -");
  EXPECT_EQ(parse(std::string(256, 'n')).substr(0, 20), "failed ENAMETOOLONG:");
}

// The kernel looks the name up when all of the text was read.
TEST(RecordTest, ParsePrefersOtherErrorsToThoseOfTheLookUp) {
  EXPECT_EQ(Parse(":status:M::AB::/bin/i:?"),
            Invalid("status", "\"?\" is not a flag"));
  EXPECT_EQ(Parse(":" + std::string(256, 'n') + ":M::::/bin/i:").substr(0, 14),
            "failed EINVAL:");
}

TEST(RecordTest, ParseOfInterpreters) {
  EXPECT_EQ(Parse(":n:M::AB::relative path:"), "n M 0 4142 - relative path -");
  EXPECT_EQ(Parse(":nn:M::AB:::"), Invalid("nn", "the interpreter is empty"));
  EXPECT_EQ(Parse(std::string(":n:M::AB::/a\0b:", 16)),
            Invalid("n", "the interpreter field has no end"));
  EXPECT_EQ(Parse(":n:M::AB::" + std::string(1907, 'i') + ":").size(),
            1907u + 15);
}

TEST(RecordTest, ParseOfFlagsAndEnds) {
  const auto parse = [](const std::string& end) {
    const std::string result = Parse(":n:M::AB::/i" + end);
    const std::string head = "n M 0 4142 - ";
    return result.substr(0, head.size()) == head ? result.substr(head.size())
                                                 : result;
  };
  EXPECT_EQ(parse(":"), "/i -");
  EXPECT_EQ(parse(":\n"), "/i -");
  EXPECT_EQ(parse(":F\n"), "/i F");
  EXPECT_EQ(parse(":FFCPO"), "/i POCF");
  EXPECT_EQ(parse(""),
            Invalid("n", "the delimiter after the interpreter is missing"));
  EXPECT_EQ(parse("\n"),
            Invalid("n", "the delimiter after the interpreter is missing"));
  for (const char* end : {":f", ":X", ":PX", ": ", ":F:", "::", ":F F"}) {
    EXPECT_EQ(parse(end).substr(0, 14), "failed EINVAL:") << end;
  }
  EXPECT_EQ(parse(":\n\n"), Invalid("n", "\"\\x0a\" is not a flag"));
  EXPECT_EQ(parse(":F\r\n"), Invalid("n", "\"\\x0d\" is not a flag"));
  EXPECT_EQ(parse(":F\nF"), Invalid("n", "\"F\" is not a flag"));
  EXPECT_EQ(parse(std::string(":F\0", 3)),
            Invalid("n", "\"\\x00\" is not a flag"));
}

TEST(RecordTest, ParseOfTwoRecords) {
  EXPECT_EQ(Parse(":n:M::AB::/bin/i:\n:m:M::CD::/bin/i:"),
            Invalid("n", "\":\" is not a flag"));
}

TEST(RecordTest, ParseOfLengths) {
  EXPECT_EQ(Parse(""),
            "failed EINVAL: a record of 0 bytes; the kernel takes 11 to 1920");
  EXPECT_EQ(Parse(":n:M::B::i"),
            "failed EINVAL: a record of 10 bytes; the kernel takes 11 to 1920");
  EXPECT_EQ(Parse(":n:M::B::i:"), "n M 0 42 - i -");
  const std::string head = ":n:M::B::/";
  const std::string longest = head + std::string(1920 - 11, 'i') + ":";
  EXPECT_EQ(longest.size(), 1920u);
  EXPECT_EQ(Parse(longest), "n M 0 42 - /" + std::string(1909, 'i') + " -");
  EXPECT_EQ(Parse(longest + "F"),
            "failed EINVAL: a record of 1921 bytes; the kernel takes 11 to "
            "1920");
}

TEST(RecordTest, ParseOfEveryTruncation) {
  const std::string text = ":n:M:1:\\x41B:\\xff\\xff:/bin/i:F";
  for (size_t size = 0; size < text.size(); ++size) {
    const std::string result = Parse(text.substr(0, size));
    if (size + 1 == text.size()) {
      EXPECT_EQ(result, "n M 1 4142 ffff /bin/i -");
    } else {
      EXPECT_EQ(result.substr(0, 14), "failed EINVAL:") << size;
    }
  }
}

}  // namespace
}  // namespace binfmt
