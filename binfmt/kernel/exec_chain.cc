// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/exec_chain.h"

#include <cerrno>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "binfmt/base/message.h"
#include "binfmt/record/script.h"

namespace binfmt {

ChainLimit ChainDepth::Add(Flags flags) {
  if (count_ == kMaxInterpreters) return ChainLimit::kTooMany;
  if (is_last_) return ChainLimit::kLastInterpreter;
  ++count_;
  is_last_ = (flags & (kOpenBinary | kCredentials | kTransparent)) != 0;
  return ChainLimit::kNone;
}

Taker FindTaker(const Candidate& file, HandlerFinder find_handler) {
  if (const Record* const handler = find_handler(file)) {
    return {.handler = handler, .interpreter = handler->interpreter};
  }
  return {.is_script = absl::StartsWith(file.head, "#!"),
          .interpreter = ParseScript(file.head).value_or("")};
}

namespace {

// Why the kernel does not run the program of STEP, which no handler takes and
// which is no script. Notes whether it is native.
std::optional<Error> CheckLast(ExecStep& step, const ExecQuestions& questions) {
  const Program& program = *step.program;
  step.is_native =
      program.elf && program.elf->is_loadable && questions.is_native(program);
  if (!step.is_native) {
    if (!program.is_readable) return std::nullopt;
    return Failed(ENOEXEC,
                  "this machine does not run $0, and no entry takes it",
                  step.path);
  }
  if (program.elf->loader_path.empty()) return std::nullopt;
  Expected<const Program*> loader =
      questions.programs.Inspect("loader", program.elf->loader_path);
  if (!loader) return std::move(loader.error());
  if (!(*loader)->is_readable ||
      ((*loader)->elf && questions.is_native(**loader))) {
    return std::nullopt;
  }
  return Failed(ELIBBAD, "loader $0 of $1 is no ELF file for this machine",
                program.elf->loader_path, step.path);
}

// Walks from the file at PATH, which HANDLER (nullptr: none) names as its
// interpreter.
ExecChain Walk(std::string path, const Record* handler,
               const ExecQuestions& questions) {
  ExecChain chain;
  static const Program& unknown = *new Program();
  ChainDepth depth;
  bool is_interpreter = handler != nullptr;
  while (true) {
    Expected<const Program*> program =
        questions.programs.Inspect(is_interpreter ? "interpreter" : "", path);
    const Flags flags = handler == nullptr ? Flags{0} : handler->flags;
    if ((flags & kFixBinary) != 0 &&
        (!program || questions.holds_other_file(*handler))) {
      program = &unknown;
    }
    if (program && !is_interpreter && !(*program)->is_readable) {
      program = std::unexpected(SystemError("read", path, EACCES));
    }
    if (!program) {
      chain.error = std::move(program.error());
      return chain;
    }
    if (is_interpreter) {
      chain.limit = depth.Add(flags);
      if (chain.limit != ChainLimit::kNone) {
        chain.error = Error(0, chain.limit == ChainLimit::kTooMany
                                   ? "five interpreters are the most"
                                   : "flag O or C allows one interpreter only");
        return chain;
      }
    }
    ExecStep& step = chain.steps.emplace_back(std::move(path), *program);
    step.taker =
        FindTaker({step.program->head, step.path}, questions.find_handler);
    handler = step.taker.handler;
    path = step.taker.interpreter;
    if (handler == nullptr && path.empty()) {
      chain.error = CheckLast(step, questions);
      return chain;
    }
    is_interpreter = true;
  }
}

}  // namespace

ExecChain WalkExec(const std::string& path, const ExecQuestions& questions) {
  return Walk(path, nullptr, questions);
}

ExecChain WalkHandler(const Record& handler, const ExecQuestions& questions) {
  if (handler.type == RecordType::kBpf) return {};
  return Walk(handler.interpreter, &handler, questions);
}

std::string WritableByOthers(const ExecChain& chain, uid_t root) {
  for (const ExecStep& step : chain.steps) {
    std::string place = WritableByOthers(step.path, *step.program, root);
    if (!place.empty()) return place;
  }
  return "";
}

bool IsRootsAlone(const ExecChain& chain) {
  // A chain that breaks off leads to what was not looked at.
  return !chain.steps.empty() && !chain.error &&
         absl::c_all_of(
             chain.steps,
             [](const ExecStep& step) { return step.program->is_readable; }) &&
         WritableByOthers(chain).empty();
}

}  // namespace binfmt
