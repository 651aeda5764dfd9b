# SPDX-License-Identifier: Apache-2.0
"""Runs the pod of base/daemon_set.yaml on a node (node.py), with crun and without a cluster.

The container gets what containerd and CRI-O give one whose pod says the same: a mount
namespace and, unless hostPID says otherwise, a pid namespace of its own, masked and
read-only parts of /proc, the capabilities, a root that may be read-only, and the seccomp
profile of Debian's golang-github-containers-common where the pod asks for
RuntimeDefault, and limits where they are given (limits.py). Not so here: the first user
namespace (hence --userns), AppArmor, SELinux.
"""

import copy
import json
import os
import shutil
import tempfile
import time
from typing import Any, Dict, List, Optional

import yaml

from limits import Limits
from node import Answer, Node

HERE = os.path.dirname(os.path.abspath(__file__))
SECCOMP = "/usr/share/containers/seccomp.json"
# The container image's entry point (packaging/image/build.py).
PROGRAM = "/usr/bin/binfmt"

MASKED = ["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
          "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
DEFAULT_CAPABILITIES = ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
                        "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]
ALL_CAPABILITIES = DEFAULT_CAPABILITIES + [
    "AUDIT_CONTROL", "AUDIT_READ", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "DAC_READ_SEARCH", "IPC_LOCK",
    "IPC_OWNER", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "NET_ADMIN", "NET_BROADCAST", "PERFMON",
    "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
    "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM"]


def shipped() -> Dict[str, Any]:
    """The pod's spec as base/ has it."""
    with open(os.path.join(HERE, "base", "daemon_set.yaml"), encoding="utf-8") as file:
        spec: Dict[str, Any] = yaml.safe_load(file)["spec"]["template"]["spec"]
    return spec


def removing() -> Dict[str, Any]:
    """That of the pod in remove/."""
    with open(os.path.join(HERE, "remove", "pod.yaml"), encoding="utf-8") as file:
        spec: Dict[str, Any] = yaml.safe_load(file)["spec"]
    return spec


def overlaid(name: str) -> Dict[str, Any]:
    """The pod's spec under the patch of overlays/NAME, as far as that says other things of pod and container."""
    with open(os.path.join(HERE, "overlays", name, "daemon_set.yaml"), encoding="utf-8") as file:
        patch: Dict[str, Any] = yaml.safe_load(file)["spec"]["template"]["spec"]

    def merged(value: Any, change: Any) -> Any:
        if not isinstance(change, dict):
            return change
        result = dict(value or {})
        for key, part in change.items():
            if part is None:
                result.pop(key, None)
            else:
                result[key] = merged(result.get(key), part)
        return result

    spec = shipped()
    containers = [merged(spec["containers"][0], patch.pop("containers")[0])]
    return {**merged(spec, patch), "containers": containers}


def make_image(folder: str, product: str, emulators: List[str], emulator_tail: bytes = b"") -> str:
    """The root of a container: the program, and EMULATORS, with other bytes at their ends for another release."""
    for name in ("dev", "host", "proc", "sys", "usr/bin"):
        os.makedirs(os.path.join(folder, name))
    shutil.copy(product, folder + PROGRAM)
    for name in emulators:
        copied = shutil.copy(f"/usr/bin/qemu-{name}-static", os.path.join(folder, "usr/bin"))
        with open(copied, "ab") as file:
            file.write(emulator_tail)
    return folder


def seccomp(capabilities: List[str]) -> Dict[str, Any]:
    """The runtimes' default profile as it is for these capabilities on x86_64."""
    with open(SECCOMP, encoding="utf-8") as file:
        profile = json.load(file)
    rules = []
    for rule in profile["syscalls"]:
        wants, unwanted = rule.get("includes", {}), rule.get("excludes", {})
        if not set(wants.get("caps", [])) <= {"CAP_" + name for name in capabilities}:
            continue
        if set(unwanted.get("caps", [])) & {"CAP_" + name for name in capabilities}:
            continue
        if "amd64" not in wants.get("arches", ["amd64"]) or "amd64" in unwanted.get("arches", []):
            continue
        kept = {key: rule[key] for key in ("names", "action", "args", "errnoRet") if rule.get(key) is not None}
        rules.append(kept)
    return {"defaultAction": profile["defaultAction"], "defaultErrnoRet": profile["defaultErrnoRet"],
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": rules}


def capabilities_of(context: Dict[str, Any]) -> List[str]:
    """Those of a container with this securityContext."""
    if context.get("privileged"):
        return ALL_CAPABILITIES
    change = context.get("capabilities", {})
    kept = [] if "ALL" in change.get("drop", []) else set(DEFAULT_CAPABILITIES) - set(change.get("drop", []))
    return sorted(set(kept) | set(change.get("add", [])))


def runtime_spec(spec: Dict[str, Any], image: str) -> Dict[str, Any]:
    """What the runtime is told for the pod's first container."""
    container = spec["containers"][0]
    context = container.get("securityContext", {})
    privileged = context.get("privileged", False)
    capabilities = capabilities_of(context)
    names = ["CAP_" + name for name in capabilities]
    secure = ["nosuid", "noexec", "nodev"]
    namespaces = ["mount", "ipc", "uts"]
    namespaces += [name for name, field in (("pid", "hostPID"), ("network", "hostNetwork")) if not spec.get(field)]
    paths = {one["name"]: one["hostPath"]["path"] for one in spec.get("volumes", [])}
    volumes = [{"destination": one["mountPath"], "source": paths[one["name"]],
                "options": ["rbind", "rslave" if one.get("mountPropagation") == "HostToContainer" else "rprivate"]}
               for one in container.get("volumeMounts", [])]
    linux: Dict[str, Any] = {"namespaces": [{"type": name} for name in namespaces]}
    if not privileged:
        linux.update({"maskedPaths": MASKED, "readonlyPaths": READ_ONLY})
        if context.get("seccompProfile", {}).get("type") == "RuntimeDefault":
            linux["seccomp"] = seccomp(capabilities)
    # In a node that is a user namespace, any mount needs that word.
    words = [word for argument in container["args"] for word in ([argument, "--userns"] if argument == "--mount"
                                                                 else [argument])]
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": context.get("runAsUser", 0), "gid": context.get("runAsGroup", 0)},
            "args": [PROGRAM, *words], "cwd": "/", "env": ["PATH=/usr/bin"],
            "capabilities": {kind: names for kind in ("bounding", "effective", "permitted")},
            "noNewPrivileges": not context.get("allowPrivilegeEscalation", True),
        },
        "root": {"path": image, "readonly": context.get("readOnlyRootFilesystem", False)},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": secure},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": secure + ["ro"]},
            *volumes,
        ],
        "linux": linux,
    }


def node_for_pods() -> Node:
    """A node on which crun runs."""
    node = Node()
    # crun knows version 1 and version 2 of cgroups, not both beside each other.
    if os.path.exists("/sys/fs/cgroup/unified/cgroup.procs"):
        node.run(["mount", "-t", "tmpfs", "tmpfs", "/sys/fs/cgroup/unified"])
    return node


class Pod:
    """One container on one node."""

    _count = 0

    def __init__(self, node: Node, spec: Dict[str, Any], image: str, limits: Optional[Limits] = None) -> None:
        self._node = node
        self._limits = limits
        self._folder = tempfile.mkdtemp(prefix="binfmtbox-pod-")
        Pod._count += 1
        self._name = f"pod{Pod._count}"
        with open(os.path.join(self._folder, "config.json"), "w", encoding="utf-8") as file:
            json.dump(runtime_spec(spec, image), file)
        self._pid = node.start(self._crun("run", "--bundle", self._folder, self._name))

    def _crun(self, *words: str) -> List[str]:
        command = ["crun", f"--root={self._folder}/state", "--cgroup-manager=disabled", *words]
        # The runtime's own work counts as well.
        return self._limits.under(command) if self._limits else command

    def output(self) -> str:
        """What the container has printed."""
        return self._node.output(self._pid)

    def has_ended(self) -> bool:
        """Has the container's process ended?"""
        return self._node.has_ended(self._pid)

    def exec(self, words: List[str]) -> Answer:
        """Runs WORDS in the container, as the kubelet does for a probe."""
        return self._node.run(self._crun("exec", self._name, *words))

    def is_ready(self, spec: Dict[str, Any]) -> bool:
        """As for the kubelet: it has started, and is ready."""
        return all(self.probe(spec, name) for name in ("startupProbe", "readinessProbe"))

    def probe(self, spec: Dict[str, Any], name: str) -> bool:
        """What this probe says."""
        return self.exec(spec["containers"][0][name]["exec"]["command"]).status == 0

    def probes_at_once(self, spec: Dict[str, Any], name: str, count: int) -> int:
        """Runs COUNT of this probe at the same time; how many said no."""
        command = self._crun("exec", self._name, *spec["containers"][0][name]["exec"]["command"])
        script = ('count=$1; shift; for i in $(seq "$count"); do "$@" >/dev/null 2>&1 & pids="$pids $!"; done; '
                  'for pid in $pids; do wait "$pid" || failed=$((failed + 1)); done; exit "${failed:-0}"')
        return self._node.run(["sh", "-c", script, "sh", str(count), *command]).status

    def settle(self, seconds: float = 60.0) -> None:
        """Waits until the container has said what it registered, or has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.has_ended():
            if self.output().endswith("\n"):
                return
            time.sleep(0.05)

    def wait_for_end(self, seconds: float = 60.0) -> None:
        """What it says comes before its end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.has_ended():
            time.sleep(0.05)

    def end(self) -> int:
        """SIGTERM, as the kubelet sends it; returns the container's exit status."""
        if not self.has_ended():
            self._node.run(self._crun("kill", self._name, "TERM"))
        status = self._node.wait(self._pid)
        shutil.rmtree(self._folder)
        return status


def changed(spec: Dict[str, Any], **context: Any) -> Dict[str, Any]:
    """SPEC with other fields of its container's securityContext; None takes one away."""
    result = copy.deepcopy(spec)
    fields = result["containers"][0]["securityContext"]
    for name, value in context.items():
        if value is None:
            fields.pop(name, None)
        else:
            fields[name] = value
    return result
