// SPDX-License-Identifier: Apache-2.0
// The walk of execve(2) through handlers and scripts: which handler takes a
// file, which file the kernel opens next, and when it gives up. The only model
// of it in this program.
#ifndef BINFMT_KERNEL_EXEC_CHAIN_H_
#define BINFMT_KERNEL_EXEC_CHAIN_H_

#include <sys/types.h>

#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "binfmt/base/error.h"
#include "binfmt/kernel/interpreter.h"
#include "binfmt/record/match.h"
#include "binfmt/record/record.h"

namespace binfmt {

// How many interpreters the kernel starts for one program, scripts' included
// (exec_binprm(): depth > 5 is ELOOP).
inline constexpr int kMaxInterpreters = 5;

// Whether the kernel starts another interpreter.
enum class ChainLimit {
  kNone,
  kTooMany,         // kMaxInterpreters are reached: ELOOP
  kLastInterpreter  // flag O, C or T allows no further one: ENOEXEC
};

// Counts interpreters as the kernel does.
class ChainDepth {
 public:
  // Accounts for the interpreter of a handler with FLAGS, or of a script (0).
  // Anything but kNone: the kernel does not start it.
  ChainLimit Add(Flags flags);

  // Whether a handler so far allows no further interpreter.
  bool is_last() const { return is_last_; }

 private:
  int count_ = 0;
  bool is_last_ = false;
};

// What takes a file that is started. Handlers of binfmt_misc come before the
// kernel's own loaders.
struct Taker {
  const Record* handler = nullptr;  // the entry's record
  bool is_script = false;           // no handler, and it begins with #!
  // What is opened next. Empty where nothing takes the file, and for a #! line
  // that the kernel refuses (ParseScript()).
  std::string interpreter;
};

// The record of the first enabled entry that takes FILE; nullptr: none does.
using HandlerFinder = absl::FunctionRef<const Record*(const Candidate& file)>;

// What takes FILE. One whose head is empty, since it cannot be read, is no
// script, and FIND_HANDLER can judge it only by its extension.
Taker FindTaker(const Candidate& file, HandlerFinder find_handler);

// One file of a chain.
struct ExecStep {
  std::string path;
  const Program* program;  // never null; of ExecQuestions::programs
  Taker taker;
  bool is_native = false;  // this machine's own loader takes it
};

// All that happens when a file is started.
struct ExecChain {
  // From the first file to the last one that could be opened.
  std::list<ExecStep> steps;
  // Why it does not start: the kernel cannot open the next file, starts no
  // further interpreter, or does not run the last one (ENOEXEC).
  std::optional<Error> error;
  // Set where the kernel starts no further interpreter.
  ChainLimit limit = ChainLimit::kNone;
};

// What the walk asks about the machine: references to functions.
struct ExecQuestions {
  HandlerFinder find_handler;
  // Whether an entry with flag F holds another file than the one at the path.
  absl::FunctionRef<bool(const Record& handler)> holds_other_file;
  // Whether this machine runs PROGRAM natively, which is a loadable ELF file.
  absl::FunctionRef<bool(const Program& program)> is_native;
  ProgramCache& programs;
};

// Walks from the file at PATH, which must be readable (else the error is the
// chain's), up to a program that this machine runs, or until the kernel gives
// up. What flag F holds is unknown where the interpreter's path is gone or
// leads to another file; such an interpreter, and one that cannot be read, is
// taken to run unless a handler takes its extension. The loader of a dynamic
// native program must be one that this machine runs, too.
ExecChain WalkExec(const std::string& path, const ExecQuestions& questions);

// The same from the interpreter of HANDLER on, which has taken a file. What a
// BPF program (type B) chooses is unknown, so such a chain is empty.
ExecChain WalkHandler(const Record& handler, const ExecQuestions& questions);

// The first place that lets others than root have a say in what CHAIN starts
// (WritableByOthers() of its files and their loaders); empty: there is none.
std::string WritableByOthers(const ExecChain& chain, uid_t root = 0);

// Whether there is none, and all files of CHAIN are known.
bool IsRootsAlone(const ExecChain& chain);

}  // namespace binfmt

#endif  // BINFMT_KERNEL_EXEC_CHAIN_H_
