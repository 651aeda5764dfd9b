// SPDX-License-Identifier: Apache-2.0
// ParseRecord() and FormatEntry() against the kernel: each record is written to
// a real `register`, and errno and entry text are compared with what binfmtbox
// predicts. Deterministic; BINFMTBOX_RECORDS sets how many are made at random,
// and BINFMTBOX_SEED from where.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "binfmt/base/printable.h"
#include "binfmt/record/entry.h"
#include "binfmt/record/kernel_version.h"
#include "binfmt/record/record.h"
#include "gtest/gtest.h"
#include "testing/errno_name.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ErrnoName;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::kRegistry;
using binfmtbox_testing::ReadFile;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

constexpr uint64_t kDefaultRecords = 20000;
constexpr uint64_t kDefaultSeed = 1;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What the kernel makes of a record.
struct Verdict {
  int errnum = 0;
  std::string text;  // the entry's

  bool operator==(const Verdict& other) const {
    return errnum == other.errnum && text == other.text;
  }
};

std::string VerdictText(const Verdict& verdict) {
  return ErrnoName(verdict.errnum) + "\n" + verdict.text;
}

// The errno with which open_exec() of the kernel, which flag F calls, refuses
// PATH.
int OpenExecutable(const std::string& path) {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return errno;
  if (!S_ISREG(facts.st_mode)) return EACCES;
  return access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

KernelVersion ThisKernel() {
  utsname names;
  return uname(&names) == 0 ? ParseKernelVersion(names.release)
                            : KernelVersion();
}

// TEXT, a record, under a name that the look-up accepts.
std::string WithGoodName(const std::string& text) {
  std::string renamed = text;
  renamed.replace(1, text.find(text[0], 1) - 1, text[0] == 'n' ? "m" : "n");
  return renamed;
}

bool IsFlagLetter(char c) {
  return std::string_view("POCF").find(c) != std::string_view::npos;
}

class RecordDifferentialTest : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    fd_ = open((std::string(kRegistry) + "/register").c_str(),
               O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd_, 0);
    // The current directory, too: F opens relative paths.
    WriteFile(File("i"), "#!", 0755);
    WriteFile(File("plain"), "#!", 0644);
    ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
    ASSERT_EQ(symlink("loop", File("loop").c_str()), 0);
    takes_flag_letters_ = AskKernel("CnCMCC1CCiC\n").errnum == 0;
  }

  void TearDown() override {
    close(fd_);
    std::string counts;
    for (size_t errnum = 0; errnum < counts_.size(); ++errnum) {
      if (counts_[errnum] == 0) continue;
      absl::StrAppend(&counts, " ", ErrnoName(static_cast<int>(errnum)), ":",
                      counts_[errnum]);
    }
    std::printf("records %" PRIu64 " disagreements %" PRIu64 " verdicts%s\n",
                records_, disagreements_, counts.c_str());
    if (stricter_ != 0) {
      std::printf("%" PRIu64
                  " delimited by a flag's letter, accepted by this kernel\n",
                  stricter_);
    }
  }

  Verdict Predict(const std::string& text) const {
    Expected<Record> record = ParseRecord(text, &kernel_);
    const int errnum = record ? 0 : record.error().errnum();
    if (errnum == EINVAL) return Verdict{EINVAL, ""};
    // The interpreter is opened before the name is looked up, also for a name
    // that the look-up refuses.
    if (!record) record = ParseRecord(WithGoodName(text), &kernel_);
    if (!record) return Verdict{record.error().errnum(), "with a good name"};
    if ((record->flags & kFixBinary) != 0) {
      if (const int error = OpenExecutable(record->interpreter); error != 0) {
        return Verdict{error, ""};
      }
    }
    return Verdict{errnum, errnum == 0 ? FormatEntry(EntryOf(*record)) : ""};
  }

  // Registers TEXT, reads its entry and takes it out.
  Verdict AskKernel(const std::string& text) {
    Verdict verdict;
    if (write(fd_, text.data(), text.size()) < 0) {
      verdict.errnum = errno;
      return verdict;
    }
    // The entry's name is between the first two delimiters.
    const std::string name = text.substr(1, text.find(text[0], 1) - 1);
    verdict.text = ReadFile(EntryFile(name));
    EXPECT_EQ(WriteOnce(EntryFile(name), "-1"), 0) << Printable(text);
    return verdict;
  }

  bool Agree(const std::string& text) {
    return Predict(text) == AskKernel(text);
  }

  // Whether the kernel's text reads back to the record that made it.
  bool ReadsBack(const std::string& text) const {
    const Expected<Record> record = ParseRecord(text);
    if (!record) return true;
    // The entry file has no quoting: such a path cannot be told from the lines
    // behind it.
    if (record->interpreter.find("\nflags: ") != std::string::npos) return true;
    const Entry made = EntryOf(*record);
    const Expected<Entry> entry = ParseEntry(record->name, FormatEntry(made));
    return entry && entry->record == made.record &&
           entry->enabled == made.enabled;
  }

  void Compare(const std::string& text) {
    const Verdict kernel = AskKernel(text);
    ++records_;
    ++counts_.at(static_cast<size_t>(kernel.errnum));
    if (takes_flag_letters_ && kernel.errnum == 0 && IsFlagLetter(text[0]) &&
        Predict(text).errnum == EINVAL) {
      ++stricter_;
      return;
    }
    if (kernel == Predict(text)) {
      if (kernel.errnum == 0 && !ReadsBack(text)) {
        ++disagreements_;
        ADD_FAILURE() << "not read back: " << Printable(text);
      }
      return;
    }
    // A few explain as much as many.
    if (++disagreements_ > 10) return;
    const std::string least = Smallest(text);
    ADD_FAILURE() << "record    " << absl::BytesToHexString(least)
                  << "\n          " << Printable(least) << "\nkernel    "
                  << VerdictText(AskKernel(least)) << "\nbinfmtbox "
                  << VerdictText(Predict(least));
  }

  // Leaves bytes of TEXT out as long as the two disagree.
  std::string Smallest(std::string text) {
    for (size_t size = text.size() / 2; size > 0; size /= 2) {
      for (size_t at = 0; at + size <= text.size();) {
        std::string shorter = text;
        shorter.erase(at, size);
        if (Agree(shorter)) {
          ++at;
        } else {
          text = shorter;
        }
      }
    }
    return text;
  }

  void ExpectAgreement(uint64_t least_accepted) {
    EXPECT_EQ(disagreements_, 0u);
    EXPECT_GE(counts_[0], least_accepted);
  }

  const KernelVersion kernel_ = ThisKernel();
  // Linux 5.10.223 and 6.1.176 take a flag's letter as the delimiter where a
  // newline ends the record; 6.12.95 and later do not. binfmtbox refuses it
  // everywhere.
  bool takes_flag_letters_ = false;
  uint64_t stricter_ = 0;
  int fd_ = -1;
  uint64_t records_ = 0;
  uint64_t disagreements_ = 0;
  std::array<uint64_t, 256> counts_ = {};  // by errno
};

// Hand-made: one field of a good record is replaced at a time.

std::string BytesOf(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

std::vector<std::string> EveryByte() {
  std::vector<std::string> bytes;
  for (int c = 0; c < 256; ++c) bytes.push_back(BytesOf({c}));
  return bytes;
}

const std::vector<std::string>& Names() {
  static const auto* names =
      new std::vector<std::string>{"n",
                                   "",
                                   ".",
                                   "..",
                                   "...",
                                   ".n",
                                   "n.",
                                   "a/b",
                                   "/",
                                   "a b",
                                   " ",
                                   "a\nb",
                                   "\n",
                                   "register",
                                   "status",
                                   "registers",
                                   "Status",
                                   "\\x41",
                                   "\\",
                                   "x",
                                   "\xff\xfe",
                                   "\xc3\xa4",
                                   "\x1b[31m",
                                   BytesOf({'a', 0, 'b'}),
                                   BytesOf({0}),
                                   std::string(254, 'n'),
                                   std::string(255, 'n'),
                                   std::string(256, 'n'),
                                   std::string(257, 'n'),
                                   std::string(1000, 'n'),
                                   "n.binfmtbox-01234567",
                                   "-1",
                                   "0"};
  return *names;
}

const std::vector<std::string>& Offsets() {
  static const auto* offsets =
      new std::vector<std::string>{"",
                                   "0",
                                   "1",
                                   "5",
                                   "+5",
                                   "-5",
                                   "-0",
                                   "+0",
                                   "010",
                                   "0000000000000000008",
                                   "0x10",
                                   "0X1",
                                   "5\n",
                                   "5\n\n",
                                   "\n",
                                   "5 ",
                                   " 5",
                                   "+",
                                   "-",
                                   "+-5",
                                   "-+5",
                                   "++5",
                                   "5a",
                                   "a",
                                   "1.0",
                                   "1e1",
                                   "200",
                                   "248",
                                   "249",
                                   "250",
                                   "251",
                                   "252",
                                   "253",
                                   "254",
                                   "255",
                                   "256",
                                   "257",
                                   "2147483647",
                                   "2147483648",
                                   "4294967295",
                                   "4294967296",
                                   "4294967297",
                                   "18446744073709551615",
                                   "18446744073709551616",
                                   "18446744073709551617",
                                   "99999999999999999999999999",
                                   "-2147483648",
                                   "-2147483649",
                                   "-18446744073709551616",
                                   BytesOf({'5', 0}),
                                   BytesOf({0}),
                                   BytesOf({0, '5'}),
                                   "5\r",
                                   "\t5",
                                   "\xd9\xa5",
                                   "0b1",
                                   "0o7",
                                   "1_0",
                                   "+5\n",
                                   "-0\n",
                                   "+\n"};
  return *offsets;
}

const std::vector<std::string>& Magics() {
  static const auto* magics =
      new std::vector<std::string>{"AB",
                                   "",
                                   "A",
                                   "\\x41",
                                   "\\x41\\x42",
                                   "\\xfF\\xFf",
                                   "\\x00",
                                   "\\x00\\x00",
                                   "\\x",
                                   "\\x4",
                                   "\\xg1",
                                   "\\x1g",
                                   "\\xx1",
                                   "A\\x",
                                   "A\\x4",
                                   "\\X41",
                                   "\\n",
                                   "\\t",
                                   "\\0",
                                   "\\101",
                                   "\\e",
                                   "\\\"",
                                   "\\a\\b",
                                   "\\",
                                   "\\\\",
                                   "\\\\\\",
                                   "\\\\x41",
                                   "\\\\\\x41",
                                   "\\\\\\\\x41",
                                   "\\\\xzz",
                                   "\\x5cx41",
                                   "\\x5c\\x41",
                                   "\\x3a",
                                   "\\x0a",
                                   "\n",
                                   "A\nB",
                                   " ",
                                   "A B",
                                   "\xff\xfe",
                                   BytesOf({'A', 0, 'B'}),
                                   BytesOf({0}),
                                   BytesOf({0, 'B'}),
                                   BytesOf({'\\', 0, 'x', '4', '1'}),
                                   BytesOf({'\\', 'x', 0, '1'}),
                                   BytesOf({'\\', 'x', '4', 0}),
                                   BytesOf({'A', 0, '\\', 'x', 'z'}),
                                   BytesOf({'A', 0, '\\', 'x', '4', '1'}),
                                   "\\x410",
                                   "\\x4 1",
                                   "x41",
                                   "\\ x41",
                                   std::string(127, 'A'),
                                   std::string(128, 'A'),
                                   std::string(129, 'A'),
                                   std::string(255, 'A'),
                                   std::string(256, 'A'),
                                   std::string(257, 'A'),
                                   std::string(1000, 'A'),
                                   std::string(256, '\\'),
                                   std::string(512, '\\'),
                                   std::string(300, '\n')};
  return *magics;
}

const std::vector<std::string>& Masks() {
  static const auto* masks =
      new std::vector<std::string>{"",
                                   "\\xff\\xff",
                                   "\\xff\\x00",
                                   "\\x00\\x00",
                                   "\\xff",
                                   "ff",
                                   "f",
                                   "fff",
                                   "\\xff\\xff\\xff",
                                   "\\x",
                                   "\\xf",
                                   "\\xfg",
                                   "\\",
                                   "\\\\",
                                   "\\n",
                                   "A\\",
                                   BytesOf({0}),
                                   BytesOf({0, 'A', 'B'}),
                                   BytesOf({'A', 0, 'B'}),
                                   BytesOf({'A', 'B', 0, 'C'}),
                                   "\\x00",
                                   "\n",
                                   "\n\n",
                                   "  ",
                                   std::string(256, 'A')};
  return *masks;
}

const std::vector<std::string>& Extensions() {
  static const auto* extensions =
      new std::vector<std::string>{"exe",
                                   "",
                                   ".",
                                   ".exe",
                                   "tar.gz",
                                   "a/b",
                                   "/",
                                   "a b",
                                   "a\nb",
                                   "\n",
                                   "\\x41",
                                   "\\x",
                                   "\\",
                                   "\xff",
                                   BytesOf({0}),
                                   BytesOf({'a', 0, 'b'}),
                                   std::string(1000, 'e')};
  return *extensions;
}

const std::vector<std::string>& Interpreters() {
  static const auto* interpreters =
      new std::vector<std::string>{"/bin/i",
                                   "",
                                   "/",
                                   "i",
                                   "./i",
                                   "plain",
                                   "missing",
                                   "dir",
                                   "dir/../i",
                                   "i/x",
                                   "plain/x",
                                   "loop",
                                   "a b",
                                   "/a\nb",
                                   "\n",
                                   "\\x41",
                                   "\xff",
                                   BytesOf({0}),
                                   BytesOf({'/', 0, 'b'}),
                                   "/proc/self/exe",
                                   std::string(255, 'i'),
                                   std::string(256, 'i'),
                                   "/" + std::string(1000, 'i'),
                                   "/i\nflags: F",
                                   "//i"};
  return *interpreters;
}

const std::vector<std::string>& FlagFields() {
  static const auto* fields = new std::vector<std::string>{
      "",       "P",    "O",   "C",     "PO",         "PC",
      "OC",     "POC",  "CO",  "CP",    "COPCOP",     "PPPP",
      "p",      "f",    "o",   "c",     "X",          "PX",
      "XP",     "P P",  " P",  "P ",    "\n",         "P\n",
      "P\n\n",  "\n\n", "\nP", "P\r\n", "\r\n",       "T",
      "L",      "D",    "PT",  "TF",    "TO",         "TC",
      "TL",     "LF",   "LP",  "LO",    "LC",         "LCF",
      "CF",     "DF",   "DP",  "B",     BytesOf({0}), BytesOf({'P', 0}),
      "P\\x46", "F",    "PF",  "FF",    "POCF",       "F\n",
      "Fx"};
  return *fields;
}

TEST_F(RecordDifferentialTest, HandMadeRecords) {
  const auto magic = [](const std::string& name, const std::string& offset,
                        const std::string& bytes, const std::string& mask,
                        const std::string& interpreter,
                        const std::string& flags) {
    return absl::StrJoin({std::string(), name, std::string("M"), offset, bytes,
                          mask, interpreter, flags},
                         ":");
  };
  for (const std::string& name : Names()) {
    Compare(magic(name, "0", "AB", "", "/bin/i", ""));
    Compare(magic(name, "0", "AB", "", "/bin/i", "?"));
    Compare(magic(name, "0", "AB", "", "missing", "F"));
    Compare(magic(name, "0", "AB", "", "i", "F"));
  }
  for (const std::string& offset : Offsets()) {
    Compare(magic("n", offset, "AB", "", "/bin/i", ""));
    Compare(magic("n", offset, "\\x00", "\\xff", "/bin/i", ""));
    Compare(":n:E:" + offset + ":exe::/bin/i:");
  }
  for (const std::string& bytes : Magics()) {
    Compare(magic("n", "0", bytes, "", "/bin/i", ""));
    Compare(magic("n", "1", bytes, "", "/bin/i", ""));
    // The same as a mask, which then fits.
    Compare(magic("n", "", bytes, bytes, "/bin/i", ""));
    Compare(magic("n", "", "A", bytes, "/bin/i", ""));
  }
  for (const std::string& mask : Masks()) {
    Compare(magic("n", "0", "AB", mask, "/bin/i", ""));
    Compare(":n:E:0:exe:" + mask + ":/bin/i:");
  }
  for (const std::string& extension : Extensions()) {
    Compare(":n:E:0:" + extension + "::/bin/i:");
    Compare(":n:E::" + extension + "::/bin/i:P\n");
  }
  for (const std::string& interpreter : Interpreters()) {
    Compare(magic("nn", "0", "AB", "", interpreter, ""));
    Compare(magic("nn", "0", "AB", "", interpreter, "F"));
    Compare(magic("register", "0", "AB", "", interpreter, "F"));
    Compare(":n:E::exe::" + interpreter + ":");
  }
  for (const std::string& flags : FlagFields()) {
    Compare(magic("n", "0", "AB", "", "i", flags));
    Compare(":n:E::exe::i:" + flags);
    // The delimiter before the flags is missing.
    Compare(":n:M:0:AB::/bin/i" + flags);
  }
  // Which flags exclude each other, and which want an absolute path.
  for (Flags flags = 0; flags < 128; ++flags) {
    for (const std::string& interpreter : {std::string("i"), File("i")}) {
      Compare(magic("n", "0", "AB", "", interpreter, FlagLetters(flags)));
    }
  }
  for (const std::string handler : {"", "exe", "missing"}) {
    Compare(":n:B::" + handler + ":::");
    Compare(":n:B::" + handler + ":::F");
    Compare(":n:B::" + handler + "::/bin/i:");
  }
  ExpectAgreement(200);
}

TEST_F(RecordDifferentialTest, EveryByteInEveryPlace) {
  for (const std::string& byte : EveryByte()) {
    for (const char* form :
         {":n:M:1:AB:CD:/bin/i:P", ":n:M::\\x41\\x42::/bin/i:",
          ":n:M:0:\\x41:\\x42:/bin/i:P\n", ":n:E::exe::/bin/i:"}) {
      std::string as_delimiter = form;
      for (char& c : as_delimiter) {
        if (c == ':') c = byte[0];
      }
      Compare(as_delimiter);
      for (size_t at = 0; form[at] != '\0'; ++at) {
        std::string replaced = form;
        replaced[at] = byte[0];
        Compare(replaced);
        std::string inserted = form;
        inserted.insert(at, byte);
        Compare(inserted);
      }
      Compare(form + byte);
      Compare(form + ("\n" + byte));
    }
  }
  ExpectAgreement(5000);
}

TEST_F(RecordDifferentialTest, EveryLength) {
  for (size_t size = 1; size < 1930; ++size) {
    std::string text = ":n:M::B::";
    text.resize(std::max(size, text.size() + 1), 'i');
    text.back() = ':';
    Compare(text);
    Compare(text + "P");
    Compare(text + "\n");
  }
  const std::string text = ":n:M:1:\\x41B:\\xff\\xff:/bin/i:P\n";
  for (size_t size = 0; size <= text.size(); ++size) {
    // write(2) of nothing is no record.
    if (size > 0) Compare(text.substr(0, size));
    if (size < text.size()) Compare(text.substr(size));
  }
  ExpectAgreement(5000);
}

// Made at random

class Generator {
 public:
  explicit Generator(uint64_t seed) : engine_(seed) {}

  std::string Next() {
    const uint64_t kind = Below(20);
    if (kind < 9) return Grammar();
    if (kind < 17) return Mutated(Grammar());
    if (kind < 19) return Tokens();
    return RandomBytes(Below(60));
  }

 private:
  // Below N; the standard's distributions differ between libraries.
  uint64_t Below(uint64_t n) { return engine_() % n; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  template <typename List>
  auto Pick(const List& list) {
    return list[Below(list.size())];
  }

  std::string RandomBytes(uint64_t size) {
    std::string bytes;
    for (uint64_t i = 0; i < size; ++i) bytes.push_back(Byte());
    return bytes;
  }
  char Byte() { return static_cast<char>(Below(256)); }

  // A byte that the grammar knows.
  char Special() {
    static const std::string bytes =
        ":\\x\n0123456789abcdefABCDEFMEPOC/.-+" + BytesOf({0, ' ', 0xff});
    return Pick(bytes);
  }

  std::string Escaped() {
    static const char digits[] = "0123456789abcdefABCDEF";
    switch (Below(OneIn(8) ? 7 : 4)) {
      case 0:
        return std::string(1, static_cast<char>('A' + Below(26)));
      case 4:
        return std::string("\\") + Special();
      case 5:
        return std::string(1, Byte());
      case 6:
        return std::string("\\x") + digits[Below(22)] + Special();
      default:
        return std::string("\\x") + digits[Below(22)] + digits[Below(22)];
    }
  }

  std::string Sequence(uint64_t size) {
    std::string text;
    for (uint64_t i = 0; i < size; ++i) text += Escaped();
    return text;
  }

  uint64_t Size() {
    if (OneIn(50)) return 245 + Below(15);
    return OneIn(10) ? Below(64) : 1 + Below(8);
  }

  std::string Grammar() {
    const char d = OneIn(4) ? (OneIn(2) ? Byte() : Special()) : ':';
    const std::string delimiter(1, d);
    std::string name = OneIn(8) ? Pick(Names()) : "n" + RandomBytes(Below(3));
    std::string type = "M";
    if (OneIn(4)) type = "E";
    if (OneIn(40)) type = std::string(1, Special());
    std::string offset = absl::StrCat(Below(OneIn(4) ? 300 : 20));
    if (OneIn(5)) offset = Pick(Offsets());
    std::string magic, mask;
    if (type == "E") {
      magic = OneIn(2) ? Pick(Extensions()) : Sequence(Size());
      mask = OneIn(4) ? Pick(Masks()) : "";
    } else if (OneIn(6)) {
      magic = Pick(Magics());
      mask = OneIn(2) ? "" : Pick(Masks());
    } else {
      const uint64_t size = Size();
      magic = Sequence(size);
      if (OneIn(2)) mask = Sequence(OneIn(10) ? Size() : size);
    }
    std::string interpreter = "/bin/i";
    if (OneIn(6)) interpreter = Pick(Interpreters());
    if (OneIn(6)) interpreter = "/" + RandomBytes(Below(20));
    std::string flags;
    for (uint64_t count = Below(4); count > 0; --count) {
      flags += OneIn(10) ? "TLD"[Below(3)] : "POC"[Below(3)];
    }
    if (OneIn(12)) flags = Pick(FlagFields());
    if (OneIn(6)) flags += "\n";
    if (flags.find('F') != std::string::npos && OneIn(2)) interpreter = "i";
    return delimiter + name + delimiter + type + delimiter + offset +
           delimiter + magic + delimiter + mask + delimiter + interpreter +
           delimiter + flags;
  }

  std::string Mutated(std::string text) {
    for (uint64_t count = 1 + Below(3); count > 0; --count) {
      const size_t at = Below(text.size() + 1);
      switch (Below(6)) {
        case 0:
          if (at < text.size()) text[at] = Byte();
          break;
        case 1:
          if (at < text.size()) text[at] = Special();
          break;
        case 2:
          text.insert(at, 1, Special());
          break;
        case 3:
          text.erase(at, 1 + Below(3));
          break;
        case 4:
          text.insert(at, text.substr(Below(text.size() + 1), Below(20)));
          break;
        default:
          if (OneIn(4)) text.resize(at);
          break;
      }
      if (text.empty()) text = ":";
    }
    return text;
  }

  std::string Tokens() {
    std::string text = ":n:M:";
    for (uint64_t count = 4 + Below(16); count > 0; --count) {
      text += OneIn(3) ? std::string(":") : std::string(1, Special());
    }
    return text;
  }

  std::mt19937_64 engine_;
};

TEST_F(RecordDifferentialTest, RandomRecords) {
  const uint64_t count = FromEnvironment("BINFMTBOX_RECORDS", kDefaultRecords);
  Generator generator(FromEnvironment("BINFMTBOX_SEED", kDefaultSeed));
  for (uint64_t i = 0; i < count; ++i) {
    const std::string text = generator.Next();
    if (!text.empty()) Compare(text);
  }
  // A test of refusals alone would say little.
  ExpectAgreement(count / 5);
}

}  // namespace
}  // namespace binfmt
