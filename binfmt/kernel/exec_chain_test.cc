// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/exec_chain.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <deque>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "testing/elf.h"
#include "testing/error_text.h"
#include "testing/namespace.h"
#include "testing/process.h"

namespace binfmt {
namespace {

using binfmtbox_testing::ElfSpec;
using binfmtbox_testing::ErrorText;
using binfmtbox_testing::ForeignElf;
using binfmtbox_testing::InChild;
using binfmtbox_testing::KernelTest;
using binfmtbox_testing::MakeElf;
using binfmtbox_testing::NativeProgram;
using binfmtbox_testing::RunProgram;
using binfmtbox_testing::Scratch;
using binfmtbox_testing::WriteFile;
using binfmtbox_testing::WriteOnce;

constexpr char kTooMany[] = "failed 0: five interpreters are the most";
constexpr char kLastInterpreter[] =
    "failed 0: flag O or C allows one interpreter only";

TEST(ChainDepthTest, FiveInterpreters) {
  ChainDepth depth;
  for (int i = 0; i < kMaxInterpreters; ++i) {
    EXPECT_EQ(depth.Add(0), ChainLimit::kNone);
  }
  EXPECT_FALSE(depth.is_last());
  EXPECT_EQ(depth.Add(0), ChainLimit::kTooMany);
}

TEST(ChainDepthTest, FlagsThatAllowNoFurtherInterpreter) {
  for (const Flags flag : {kOpenBinary, kCredentials, kTransparent}) {
    ChainDepth depth;
    EXPECT_EQ(depth.Add(kPreserveArgv0 | kFixBinary), ChainLimit::kNone);
    EXPECT_FALSE(depth.is_last());
    EXPECT_EQ(depth.Add(flag), ChainLimit::kNone);
    EXPECT_TRUE(depth.is_last());
    EXPECT_EQ(depth.Add(0), ChainLimit::kLastInterpreter);
  }
}

TEST(ChainDepthTest, FlagOfTheFifthInterpreter) {
  ChainDepth depth;
  for (int i = 1; i < kMaxInterpreters; ++i) {
    EXPECT_EQ(depth.Add(0), ChainLimit::kNone);
  }
  EXPECT_EQ(depth.Add(kOpenBinary), ChainLimit::kNone);
  EXPECT_EQ(depth.Add(0), ChainLimit::kTooMany);
}

TEST(FindTakerTest, HandlerComesBeforeTheScriptHandler) {
  Record record;
  record.interpreter = "/i";
  const Taker taker = FindTaker({"#!/bin/sh\n", "/s"},
                                [&](const Candidate&) { return &record; });
  EXPECT_EQ(taker.handler, &record);
  EXPECT_FALSE(taker.is_script);
  EXPECT_EQ(taker.interpreter, "/i");
}

TEST(FindTakerTest, WithoutAHandler) {
  const auto none = [](const Candidate&) { return nullptr; };
  const struct {
    const char* head;
    bool is_script;
    const char* interpreter;
  } cases[] = {
      {"#!/bin/sh -e\n", true, "/bin/sh"},
      {"#! ", true, "."},
      {"#!\n", true, ""},
      {"hello", false, ""},
      {"", false, ""},
  };
  for (const auto& c : cases) {
    const Taker taker = FindTaker({c.head, "/s"}, none);
    EXPECT_EQ(taker.handler, nullptr) << c.head;
    EXPECT_EQ(taker.is_script, c.is_script) << c.head;
    EXPECT_EQ(taker.interpreter, c.interpreter) << c.head;
  }
}

std::string NotRun(const std::string& name) {
  return "failed ENOEXEC: this machine does not run $/" + name +
         ", and no entry takes it";
}

// Handlers of the test live in the kernel's registry, too, so that each walk is
// compared with what the kernel does.
class ExecChainTest : public KernelTest {
 protected:
  // Adds RECORD here and to the kernel; it is asked before all others.
  void Register(const Record& record) {
    const Expected<std::string> text = FormatRecord(record);
    ASSERT_EQ(ErrorText(text), "ok");
    ASSERT_EQ(RawRegister(*text), 0);
    handlers_.push_front(record);
  }

  // The handler of files that begin with LETTER four times, and one such file.
  std::string RegisterLetter(char letter, const std::string& interpreter,
                             Flags flags = 0) {
    Record record;
    record.name = std::string(1, letter);
    record.magic = std::string(4, letter);
    record.interpreter = interpreter;
    record.flags = flags;
    Register(record);
    return Letters(letter);
  }

  static std::string Letters(char letter) {
    WriteFile(File(std::string(1, letter)), std::string(4, letter), 0755);
    return File(std::string(1, letter));
  }

  // "PATH: TAKER" for each step, then the error; $ stands for the scratch
  // folder.
  std::string Walk(const std::string& path) {
    ProgramCache programs;
    const ExecChain chain = WalkExec(
        path, {.find_handler = [this](const Candidate& file) -> const Record* {
                 if (!is_enabled_) return nullptr;
                 for (const Record& record : handlers_) {
                   if (Matches(record, file)) return &record;
                 }
                 return nullptr;
               },
               .holds_other_file =
                   [this](const Record& record) {
                     return record.name == name_of_older_;
                   },
               .is_native =
                   [](const Program& program) {
                     return IsForOwnMachine(program.head);
                   },
               .programs = programs});
    std::string text;
    for (const ExecStep& step : chain.steps) {
      const Taker& taker = step.taker;
      absl::StrAppend(&text, step.path, ": ",
                      taker.handler != nullptr    ? taker.handler->name + " "
                      : taker.is_script           ? "#!"
                      : step.is_native            ? "native"
                      : step.program->is_readable ? "nothing"
                                                  : "unknown",
                      taker.interpreter, "\n");
    }
    text += ErrorText(chain.error);
    return absl::StrReplaceAll(text, {{Scratch(), "$"}});
  }

  bool is_enabled_ = true;
  std::string name_of_older_;

 private:
  std::deque<Record> handlers_;
};

TEST_F(ExecChainTest, NativeProgram) {
  const std::string program = MakeInterpreter("native", 7);
  EXPECT_EQ(Walk(program), "$/native: native\nok");
  EXPECT_EQ(RunProgram(program), "exit 7");
}

TEST_F(ExecChainTest, NothingTakesIt) {
  WriteFile(File("text"), "hello\n", 0755);
  EXPECT_EQ(Walk(File("text")), "$/text: nothing\n" + NotRun("text"));
  WriteFile(File("foreign"), ForeignElf(), 0755);
  EXPECT_EQ(Walk(File("foreign")), "$/foreign: nothing\n" + NotRun("foreign"));
  EXPECT_EQ(RunProgram(File("foreign")), "ENOEXEC");
}

// An object file has a machine, but the kernel does not load it.
TEST_F(ExecChainTest, ElfFileThatIsNotLoadable) {
  std::string object = NativeProgram(7);
  object[16] = object[17] = '\1';  // e_type
  WriteFile(File("object"), object, 0755);
  EXPECT_EQ(Walk(File("object")), "$/object: nothing\n" + NotRun("object"));
  EXPECT_EQ(RunProgram(File("object")), "ENOEXEC");
}

TEST_F(ExecChainTest, ProgramThatCannotBeOpened) {
  EXPECT_EQ(Walk(File("missing")), "failed ENOENT: $/missing does not exist");
  ASSERT_EQ(mkdir(File("dir").c_str(), 0755), 0);
  EXPECT_EQ(Walk(File("dir")), "failed EACCES: $/dir is a directory");
  WriteFile(File("plain"), "", 0644);
  EXPECT_EQ(Walk(File("plain")),
            "failed EACCES: $/plain is not executable; make it so with: chmod "
            "+x $/plain");
}

TEST_F(ExecChainTest, FilesThatCannotBeRead) {
  const std::string native = MakeInterpreter("native", 7);
  ASSERT_EQ(chmod(native.c_str(), 0111), 0);
  const std::string a = RegisterLetter('A', native);
  const auto walk_unprivileged = [this](const std::string& path) {
    return InChild([&] {
      __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
      __user_cap_data_struct data[2] = {};
      syscall(SYS_capset, &header, data);
      return Walk(path);
    });
  };
  EXPECT_EQ(walk_unprivileged(native),
            "failed EACCES: cannot read $/native: Permission denied");
  EXPECT_EQ(walk_unprivileged(a), "$/A: A $/native\n$/native: unknown\nok");
  EXPECT_EQ(Walk(a), "$/A: A $/native\n$/native: native\nok");
}

TEST_F(ExecChainTest, Script) {
  WriteFile(File("script"), "#! " + MakeInterpreter("native", 7) + " -x\n",
            0755);
  EXPECT_EQ(Walk(File("script")), "$/script: #!$/native\n$/native: native\nok");
  EXPECT_EQ(RunProgram(File("script")), "exit 7");
}

TEST_F(ExecChainTest, ScriptWithoutAnInterpreter) {
  WriteFile(File("refused"), "#! \t\n", 0755);
  EXPECT_EQ(Walk(File("refused")), "$/refused: #!\n" + NotRun("refused"));
  EXPECT_EQ(RunProgram(File("refused")), "ENOEXEC");
  // Of an empty path the kernel opens the working directory.
  WriteFile(File("empty"), "#! ", 0755);
  EXPECT_EQ(Walk(File("empty")),
            "$/empty: #!.\nfailed EACCES: interpreter . is a directory");
  EXPECT_EQ(RunProgram(File("empty")), "EACCES");
}

TEST_F(ExecChainTest, ScriptThatAHandlerTakes) {
  Record record;
  record.name = "hash";
  record.magic = "#!x";
  record.interpreter = MakeInterpreter("native", 7);
  Register(record);
  WriteFile(File("script"), "#!x\n", 0755);
  EXPECT_EQ(Walk(File("script")),
            "$/script: hash $/native\n$/native: native\nok");
  EXPECT_EQ(RunProgram(File("script")), "exit 7");
}

TEST_F(ExecChainTest, ChainsOfHandlers) {
  std::string path = MakeInterpreter("native", 7);
  std::string steps = "$/native: native\n";
  for (int count = 1; count <= 7; ++count) {
    const char letter = static_cast<char>('A' + count);
    steps =
        absl::StrCat("$/", std::string(1, letter), ": ", std::string(1, letter),
                     " ", steps.substr(0, steps.find(':')), "\n", steps);
    path = RegisterLetter(letter, path);
    const bool runs = RunProgram(path) == "exit 7";
    EXPECT_EQ(runs, count <= kMaxInterpreters) << count;
    if (runs) {
      EXPECT_EQ(Walk(path), steps + "ok") << count;
      continue;
    }
    // The file itself and five interpreters.
    size_t end = 0;
    for (int i = 0; i <= kMaxInterpreters; ++i) end = steps.find('\n', end) + 1;
    EXPECT_EQ(Walk(path), steps.substr(0, end) + kTooMany) << count;
  }
}

TEST_F(ExecChainTest, ScriptsCountAsInterpreters) {
  std::string path = MakeInterpreter("native", 7);
  for (const char letter : {'A', 'B', 'C', 'D', 'E'}) {
    WriteFile(File("script"), "#!" + path + "\n", 0755);
    EXPECT_EQ(RunProgram(File("script")), "exit 7") << letter;
    EXPECT_TRUE(Walk(File("script")).ends_with("\nok")) << letter;
    path = RegisterLetter(letter, path);
  }
  WriteFile(File("script"), "#!" + path + "\n", 0755);
  EXPECT_EQ(RunProgram(File("script")), "ELOOP");
  EXPECT_TRUE(Walk(File("script")).ends_with(kTooMany));
}

TEST_F(ExecChainTest, FlagOAllowsNoFurtherInterpreter) {
  const std::string native = MakeInterpreter("native", 7);
  const std::string a = RegisterLetter('A', native);
  const std::string b = RegisterLetter('B', a, kOpenBinary);
  EXPECT_EQ(Walk(b),
            absl::StrCat("$/B: B $/A\n$/A: A $/native\n", kLastInterpreter));
  EXPECT_EQ(RunProgram(b), "ENOEXEC");
  const std::string c = RegisterLetter('C', native, kOpenBinary);
  EXPECT_EQ(Walk(c), "$/C: C $/native\n$/native: native\nok");
  EXPECT_EQ(RunProgram(c), "exit 7");
  // What came before does not matter.
  const std::string d = RegisterLetter('D', c);
  EXPECT_EQ(Walk(d), "$/D: D $/C\n$/C: C $/native\n$/native: native\nok");
  EXPECT_EQ(RunProgram(d), "exit 7");
}

TEST_F(ExecChainTest, FlagOAndAScript) {
  WriteFile(File("script"), "#!" + MakeInterpreter("native", 7) + "\n", 0755);
  for (const Flags flag : {kOpenBinary, kCredentials}) {
    const char letter = flag == kOpenBinary ? 'O' : 'C';
    const std::string path = RegisterLetter(letter, File("script"), flag);
    EXPECT_EQ(Walk(path),
              absl::StrCat(absl::StrReplaceAll("$/@: @ $/script\n",
                                               {{"@", {&letter, 1}}}),
                           "$/script: #!$/native\n", kLastInterpreter));
    EXPECT_EQ(RunProgram(path), "ENOEXEC");
  }
}

TEST_F(ExecChainTest, MissingInterpreterIsTheError) {
  const std::string a = RegisterLetter('A', File("missing"));
  EXPECT_EQ(Walk(a),
            "$/A: A $/missing\n"
            "failed ENOENT: interpreter $/missing does not exist");
  EXPECT_EQ(RunProgram(a), "ENOENT");
  // It comes before the limit on interpreters.
  const std::string b = RegisterLetter('B', a, kOpenBinary);
  EXPECT_EQ(Walk(b),
            "$/B: B $/A\n$/A: A $/missing\n"
            "failed ENOENT: interpreter $/missing does not exist");
}

TEST_F(ExecChainTest, InterpreterThatFlagFHolds) {
  const std::string native = MakeInterpreter("native", 7);
  const std::string a = RegisterLetter('A', native, kFixBinary);
  EXPECT_EQ(Walk(a), "$/A: A $/native\n$/native: native\nok");
  EXPECT_EQ(RunProgram(a), "exit 7");
  // Another file at its path.
  name_of_older_ = "A";
  EXPECT_EQ(Walk(a), "$/A: A $/native\n$/native: unknown\nok");
  name_of_older_ = "";
  ASSERT_EQ(unlink(native.c_str()), 0);
  EXPECT_EQ(Walk(a), "$/A: A $/native\n$/native: unknown\nok");
  EXPECT_EQ(RunProgram(a), "exit 7");
}

// Only entries with flag F are asked whether they hold another file.
TEST_F(ExecChainTest, WithoutFlagFNothingIsHeld) {
  const std::string a = RegisterLetter('A', MakeInterpreter("native", 7));
  name_of_older_ = "A";
  EXPECT_EQ(Walk(a), "$/A: A $/native\n$/native: native\nok");
}

TEST_F(ExecChainTest, HeldInterpreterCountsAsOne) {
  const std::string native = MakeInterpreter("native", 7);
  std::string path = RegisterLetter('A', native, kFixBinary);
  ASSERT_EQ(unlink(native.c_str()), 0);
  for (const char letter : {'B', 'C', 'D', 'E'}) {
    path = RegisterLetter(letter, path);
  }
  EXPECT_TRUE(Walk(path).ends_with("\n$/native: unknown\nok"));
  EXPECT_EQ(RunProgram(path), "exit 7");
  path = RegisterLetter('F', path);
  EXPECT_TRUE(Walk(path).ends_with(kTooMany));
  EXPECT_EQ(RunProgram(path), "ELOOP");
}

TEST_F(ExecChainTest, HeldInterpreterThatAHandlerTakesByItsExtension) {
  const std::string held = MakeInterpreter("held.ext", 7);
  const std::string a = RegisterLetter('A', held, kFixBinary);
  Record extension;
  extension.name = "extension";
  extension.type = RecordType::kExtension;
  extension.magic = "ext";
  extension.interpreter = MakeInterpreter("native", 8);
  Register(extension);
  ASSERT_EQ(unlink(held.c_str()), 0);
  EXPECT_EQ(Walk(a),
            "$/A: A $/held.ext\n$/held.ext: extension $/native\n"
            "$/native: native\nok");
  EXPECT_EQ(RunProgram(a), "exit 8");
}

TEST_F(ExecChainTest, MissingLoaderOfANativeProgram) {
  const ElfFile own = *ParseElf(OwnHead());
  ElfSpec spec;
  spec.is_64bit = own.is_64bit;
  spec.is_big_endian = own.is_big_endian;
  spec.machine = own.machine;
  spec.loader = File("ld.so");
  WriteFile(File("dynamic"), MakeElf(spec), 0755);
  EXPECT_EQ(Walk(File("dynamic")),
            "$/dynamic: native\nfailed ENOENT: loader $/ld.so does not exist");
  EXPECT_EQ(RunProgram(File("dynamic")), "ENOENT");
  MakeInterpreter("ld.so", 7);
  EXPECT_EQ(Walk(File("dynamic")), "$/dynamic: native\nok");
  EXPECT_EQ(RunProgram(File("dynamic")), "exit 7");
}

TEST_F(ExecChainTest, DisabledRegistry) {
  const std::string a = RegisterLetter('A', MakeInterpreter("native", 7));
  ASSERT_EQ(WriteOnce(EntryFile("status"), "0"), 0);
  is_enabled_ = false;
  EXPECT_EQ(Walk(a), "$/A: nothing\n" + NotRun("A"));
  EXPECT_EQ(RunProgram(a), "ENOEXEC");
}

// The walk from an entry is that of a file that the entry takes.
TEST_F(ExecChainTest, FromAnEntry) {
  ProgramCache programs;
  const auto find_handler = [](const Candidate&) { return nullptr; };
  const auto holds_other_file = [](const Record&) { return false; };
  const auto is_native = [](const Program& program) {
    return IsForOwnMachine(program.head);
  };
  const ExecQuestions questions = {find_handler, holds_other_file, is_native,
                                   programs};
  Record record;
  record.interpreter = MakeInterpreter("native", 7);
  ExecChain chain = WalkHandler(record, questions);
  ASSERT_EQ(chain.steps.size(), 1u);
  EXPECT_EQ(chain.steps.front().path, record.interpreter);
  EXPECT_EQ(ErrorText(chain.error), "ok");
  record.interpreter = File("missing");
  chain = WalkHandler(record, questions);
  EXPECT_TRUE(chain.steps.empty());
  EXPECT_EQ(ErrorText(chain.error), "failed ENOENT: interpreter " +
                                        File("missing") + " does not exist");
  record.flags = kFixBinary;
  EXPECT_EQ(ErrorText(WalkHandler(record, questions).error), "ok");
  record.flags = 0;
  record.type = RecordType::kBpf;
  EXPECT_EQ(ErrorText(WalkHandler(record, questions).error), "ok");
}

}  // namespace
}  // namespace binfmt
