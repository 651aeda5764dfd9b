// SPDX-License-Identifier: Apache-2.0
#include "binfmt/kernel/exec_chain.h"

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
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

ExecChain WalkExec(const std::string& path, const ExecQuestions& questions) {
  ExecChain chain;
  Expected<Program> program = InspectProgram("", path);
  if (program && !program->is_readable) {
    program = std::unexpected(SystemError("read", path, EACCES));
  }
  if (!program) {
    chain.error = std::move(program.error());
    return chain;
  }
  ChainDepth depth;
  std::string next = path;
  for (;;) {
    ExecStep& step =
        chain.steps.emplace_back(std::move(next), std::move(*program));
    step.taker =
        FindTaker({step.program.head, step.path}, questions.find_handler);
    const Record* const handler = step.taker.handler;
    next = step.taker.interpreter;
    if (handler == nullptr && next.empty()) {
      const std::optional<ElfFile>& elf = step.program.elf;
      step.is_native =
          elf && elf->is_loadable && questions.is_native(step.program);
      if (step.is_native && !elf->loader_path.empty()) {
        Expected<Program> loader = InspectProgram("loader", elf->loader_path);
        if (!loader) chain.error = std::move(loader.error());
      }
    }
    if (next.empty()) return chain;
    program = InspectProgram("interpreter", next);
    const Flags flags = handler == nullptr ? Flags{0} : handler->flags;
    if ((flags & kFixBinary) != 0 &&
        (!program || questions.holds_other_file(*handler))) {
      program = Program();
    }
    if (!program) {
      chain.error = std::move(program.error());
      return chain;
    }
    const ChainLimit limit = depth.Add(flags);
    if (limit != ChainLimit::kNone) {
      chain.error = Error(0, limit == ChainLimit::kTooMany
                                 ? "five interpreters are the most"
                                 : "flag O or C allows one interpreter only");
      return chain;
    }
  }
}

bool CanStartInterpreter(const Record& record) {
  return (record.flags & kFixBinary) != 0 || record.type == RecordType::kBpf ||
         CanExecute(record.interpreter);
}

}  // namespace binfmt
