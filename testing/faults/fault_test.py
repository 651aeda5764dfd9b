#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each system call fails in turn, or is the last: nothing is left half done.

strace(1) makes the faults. An injected error keeps the call from being made; an
injected result claims it was made though it was not; SIGKILL ends the program at
the call's entry.
"""

import os
import re
import struct
import threading

import namespace
from namespace import BOX, HOME, REGISTRY
from trace import trace

ERRORS = ("EIO", "EINTR", "ENOMEM")
# ENOENT is no fault but an answer.
MORE_ERRORS = ("ENOSPC", "EPERM", "EACCES", "EAGAIN", "EMFILE")
# What is likely for these calls, whatever the rest gets.
LIKELY_ERRORS = {
    "vfork": ("EAGAIN",),
    "mount": ("EPERM", "ENOSPC"),
    "openat": ("EPERM", "EMFILE"),
    "write": ("EPERM", "ENOSPC"),
    "writev": ("EPERM", "ENOSPC"),
}
# No program lives without these: the first is the kernel's start of it, and
# before the others it has no way to say a word.
BEFORE_MAIN = ("execve", "arch_prctl", "set_tid_address", "set_thread_area")
# They do not come back.
ENDS = ("exit", "exit_group")
# The kernel's, where a stop of the process interrupted another: not in each run.
RESTARTS = ("restart_syscall",)
# They have no way to fail.
INFALLIBLE = ("uname", "getpid")
RESULTS = {"write": (0, 1), "writev": (0, 1, 150), "pwrite64": (0, 1), "read": (0, 1)}
RESULTS |= {"pread64": (0, 1), "mount": (0,)}
# What the program says of an error.
TEXTS = {
    "EACCES": b"Permission denied",
    "EAGAIN": b"Resource temporarily unavailable",
    "EINTR": b"Interrupted system call",
    "EIO": b"I/O error",
    "EMFILE": b"No file descriptors available",
    "ENOMEM": b"Out of memory",
    "ENOSPC": b"No space left on device",
    "EPERM": b"Operation not permitted",
}
SOAK = os.environ.get("SOAK") == "1"
FOREIGN = (b":foreign1:M::FOREIGN1::/bin/sh:F", b":foreign2:E::foreign::/nosuch:PC")
ROUNDS = 500 if SOAK else 50


class Scene:
    """Something to do, with what is there before it and has to hold after it."""

    def __init__(self, name, args, *, before=(), again=None):
        self.name = name
        self.args = args
        self.before = before
        self.again = again or args

    def prepare(self):
        """Makes what is there before; returns it."""
        namespace.remove_all()
        namespace.write_records(FOREIGN)
        for args in self.before:
            done = namespace.register(*args)
            assert done.status == 0, done
        return namespace.entries()

    def run(self, inject=None):
        return trace([BOX, *self.args], inject=inject)

    def run_again(self):
        return namespace.box(*self.again)

    def snapshot(self):
        return namespace.entries()


class MountScene(Scene):
    """Mounting: what is seen is the registry, or None."""

    def prepare(self):
        if os.path.exists(f"{REGISTRY}/status"):
            namespace.unmount()
        return None

    def snapshot(self):
        return namespace.entries() if os.path.exists(f"{REGISTRY}/status") else None


def exit_program(status):
    """A static program for this machine that ends with STATUS."""
    machine, code = {
        # mov edi, STATUS; mov eax, 60; syscall
        "x86_64": (62, b"\xbf" + struct.pack("<I", status) + bytes.fromhex("b83c0000000f05")),
        # mov x0, STATUS; mov x8, 93; svc 0
        "aarch64": (183, struct.pack("<III", 0xD2800000 | status << 5, 0xD2800BA8, 0xD4000001)),
    }[os.uname().machine]
    base = 0x400000
    size = 64 + 56 + len(code)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, base + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000) + code


class VerifyScene(Scene):
    """A replacement whose program is run, with an emulator that runs none."""

    def prepare(self):
        # An entry may hold it open for execution.
        if not os.path.exists(f"{HOME}/ends-with-42"):
            namespace.write_file("ends-with-42", exit_program(42), 0o755)
        return super().prepare()


REGISTER = ["register", "-Q", HOME]
SCENES = {
    "mount": MountScene("mount", ["mount", "--userns"]),
    "register": Scene("register", [*REGISTER, "arm", "arm64"]),
    "replace": Scene(
        "replace",
        [*REGISTER, "--replace", "--persistent", "no", "arm"],
        before=[["arm", "arm64"]],
    ),
    # The entry from before stays in force until the new one is proven.
    "verify": VerifyScene(
        "replace",
        ["register", "--replace", "--verify", "-I", f"{HOME}/ends-with-42", "arm"],
        before=[["arm", "arm64"]],
    ),
    "clear": Scene("clear", ["clear", "arm"], before=[["arm", "arm64"]]),
}


class FaultTest(namespace.TestCase):
    points = 0
    lost = 0

    @classmethod
    def tearDownClass(cls):
        print(f"{cls.points} fault points tried, {cls.lost} states lost", flush=True)

    def tearDown(self):
        if not os.path.exists(f"{REGISTRY}/status"):
            namespace.mount()

    def check_state(self, before, now, goal, killed, said, mute):
        """Complaints about a registry that a faulty run left."""
        if before is None or now is None:
            # Not mounted, or a new registry without an entry.
            return [] if now in (None, {}) else [f"entries from nowhere: {now}"]
        wrong = []
        leftover = namespace.helpers(now)
        for name in leftover:
            if not (killed or mute or name in said):
                wrong.append(f"the helper {name} is left")
            owner = namespace.HELPER_NAME.fullmatch(name)[1]
            if now[name] != goal.get(owner):
                wrong.append(f"helper {name} is not what was asked for: {now[name]}")
        for name in {*before, *now, *goal} - set(leftover):
            allowed = {before.get(name), goal.get(name)}
            if now.get(name) not in allowed and now.get(name) is not None:
                wrong.append(f"{name} is half made: {now[name]}")
            if name.startswith(b"foreign") and now.get(name) != before[name]:
                wrong.append(f"{name} was touched: {now.get(name)}")
            # What was there and is asked for, as it was or otherwise, is lost
            # where neither is there.
            elsewhere = killed or leftover
            if now.get(name) is None and None not in allowed and not elsewhere:
                wrong.append(f"{name} is lost")
        return wrong

    def check_replacement(self, now):
        """Even SIGKILL leaves one of the two rules in force."""
        if b"qemu-arm" not in now and not namespace.helpers(now):
            return ["neither the old nor the new rule is there"]
        return []

    def check_run(self, done, now, goal, call, effect):
        """Complaints about what a faulty run said."""
        wrong = []
        holds = now == goal
        # A message can't be seen where stderr is what fails, nor a report where
        # stdout is.
        lasting = effect.endswith("+")
        is_output = call.name == "write" and (lasting or re.match(r"[12],", call.text))
        if done.status < 0:
            wrong.append(f"it died of signal {-done.status}")
        if done.status == 0 and not holds:
            wrong.append("exit status 0 for what does not hold")
        if done.status != 0 and not done.err and not is_output:
            wrong.append("no message")
        # What can't be looked at is not known to hold; then that has to be said.
        error = effect.removeprefix("error=").rstrip("+")
        if done.status != 0 and holds and not is_output:
            if TEXTS.get(error, b"?") not in done.err:
                wrong.append("failed though all that was asked for holds")
        return wrong

    def try_fault(self, scene, call, effect, goal, in_child):
        """One run with one fault, and one after it without.

        An effect that ends with + hits all later calls of that name, too.
        """
        type(self).points += 1
        # The program outlives its child.
        lasting = effect.endswith("+")
        when = f"{call.number}{'+' if lasting else ''}"
        before = scene.prepare()
        traced = scene.run(inject=f"{call.name}:{effect.rstrip('+')}:when={when}")
        done = traced.done
        killed = effect.startswith("signal") and done.status in (-9, 137)
        now = scene.snapshot()
        # A helper that can't be removed has to be named, where that is possible.
        said = (done.err, call.name == "write") if lasting else (b"", False)
        wrong = self.check_state(before, now, goal, killed, *said)
        if scene.name == "replace":
            wrong += self.check_replacement(now)
        # How often it asks whether a program has ended differs from run to run.
        came = any((each.name, each.number) == (call.name, call.number) for each in traced.main)
        if effect.startswith("signal") and came and not killed and not in_child:
            wrong.append("it was not killed")
        if not killed:
            wrong += self.check_run(done, now, goal, call, effect)
        again = scene.run_again()
        healed = scene.snapshot()
        if again.status != 0:
            wrong.append(f"the next run fails: {again}")
        if healed != goal:
            wrong.append(f"the next run does not heal it: {healed}")
        if wrong:
            type(self).lost += 1
            fault = f"{call.name} number {call.number} ({call!r}) with {effect}"
            self.failures.append("\n".join([f"{scene.name}: {fault}: {done}", *wrong]))

    def effects_of(self, call):
        if call.name in ENDS or call.name in INFALLIBLE:
            return ["signal=SIGKILL"]
        errors = (*ERRORS, *LIKELY_ERRORS.get(call.name, ()))
        if SOAK:
            errors += MORE_ERRORS
        effects = [f"error={name}" for name in dict.fromkeys(errors)]
        if call.name not in ("newfstatat", "stat") or '"/proc/' not in call.text:
            # Where a namespace can't be looked at, "would not last" is the answer.
            effects += ["error=EIO+", "error=ENOSPC+"]
        effects += [f"retval={value}" for value in RESULTS.get(call.name, ())]
        return [*effects, "signal=SIGKILL"]

    def try_scene(self, name):
        self.failures = []
        scene = SCENES[name]
        scene.prepare()
        clean = scene.run()
        self.assertEqual(clean.done.status, 0, clean.done)
        goal = scene.snapshot()
        calls = [call for call in clean.calls if call.name not in BEFORE_MAIN + RESTARTS]
        for call in calls:
            for effect in self.effects_of(call):
                in_child = call.pid != calls[0].pid
                self.try_fault(scene, call, effect, goal, in_child)
        if self.failures:
            self.fail("\n\n".join([f"{len(self.failures)} fault(s):", *self.failures]))

    def test_mount(self):
        self.try_scene("mount")

    def test_register(self):
        self.try_scene("register")

    def test_replace(self):
        self.try_scene("replace")

    def test_replace_and_verify(self):
        self.try_scene("verify")

    def test_clear(self):
        self.try_scene("clear")


class AtTheSameTimeTest(namespace.TestCase):
    """Several runs on one registry."""

    def run_together(self, *commands):
        """Starts them at once; returns how each ended, in that order."""
        barrier = threading.Barrier(len(commands))
        results = [None] * len(commands)

        def work(index):
            barrier.wait()
            results[index] = namespace.box(*commands[index])

        threads = [threading.Thread(target=work, args=(i,)) for i in range(len(commands))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def state_after(self, *commands):
        """What the commands leave one after the other."""
        namespace.remove_all()
        for command in commands:
            namespace.box(*command)
        return namespace.entries()

    def check_rounds(self, start, commands, possible):
        for number in range(ROUNDS):
            namespace.remove_all()
            for command in start:
                self.assertEqual(namespace.box(*command).status, 0)
            results = self.run_together(*commands)
            now = namespace.entries()
            what = f"round {number}: {results}"
            self.assertEqual(namespace.helpers(now), {}, what)
            self.assertIn(now, possible, what)
            self.assertTrue(all(done.status in (0, 1) for done in results), what)
            for done in results:
                self.assertEqual(bool(done.err), done.status != 0, what)

    def test_two_registers_and_a_clear(self):
        one = [*REGISTER, "-q", "arm"]
        other = [*REGISTER, "-q", "--persistent", "no", "arm"]
        clear = ["clear", "-q", "arm"]
        possible = [{}, self.state_after(one), self.state_after(other)]
        self.check_rounds([], [one, other, clear], possible)

    def test_two_replacements_and_a_clear(self):
        one = [*REGISTER, "-q", "--replace", "arm"]
        other = [*REGISTER, "-q", "--replace", "--persistent", "no", "arm"]
        clear = ["clear", "-q", "arm"]
        possible = [{}, self.state_after(one), self.state_after(other)]
        start = [[*REGISTER, "--preserve-argv0", "no", "arm"]]
        self.check_rounds(start, [one, other, clear], possible)

    def test_two_replacements(self):
        one = [*REGISTER, "-q", "--replace", "arm"]
        other = [*REGISTER, "-q", "--replace", "--persistent", "no", "arm"]
        possible = [self.state_after(one), self.state_after(other)]
        start = [[*REGISTER, "--preserve-argv0", "no", "arm"]]
        self.check_rounds(start, [one, other], possible)


if __name__ == "__main__":
    namespace.main()
