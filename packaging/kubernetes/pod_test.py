#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which privileges the DaemonSet's pod needs, and what it says where one is missing.

Usage: pod_test.py PRODUCT FOREIGN: the image's executable, bazel-bin/packaging/image/binfmt_x86_64, and
a static program for arm64, bazel-bin/binfmtbox_arm64.

Each case runs the pod of base/daemon_set.yaml with one thing changed, on a node of its own
(pod.py, node.py), and compares exit status, readiness, what is said, and what the node has
while the pod runs and after it. A pod that lacks something stays, as it is told to by --hold, and
is not ready. Ends with "N passed, N failed".

Needs Linux 6.7, root for cgroups, crun, golang-github-containers-common, python3-yaml and qemu-user-static.
"""

import copy
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from limits import Limits
from pod import Pod, changed, make_image, node_for_pods, overlaid, removing, shipped

SHIPPED = shipped()
PROBES = 6
ALL = ["qemu-aarch64", "qemu-arm"]
REGISTERED = "qemu-aarch64: registered, /usr/bin/qemu-aarch64-static, flags PF"
NO_HOST = ("binfmt-register: cannot enter the mount namespace of PID 1: {}; it takes CAP_SYS_ADMIN, CAP_SYS_CHROOT "
           "and CAP_SYS_PTRACE (docker: --privileged, a pod: privileged: true)")
NO_MOUNT = ("binfmt-register: cannot mount binfmt_misc on /proc/sys/fs/binfmt_misc: Operation not permitted; it takes "
            "CAP_SYS_ADMIN in this user namespace: run it as root, in a container with --privileged (a pod: "
            "privileged: true)")
NOT_MOUNTED = "binfmt-register: binfmt_misc is not mounted on /proc/sys/fs/binfmt_misc; mount it with: binfmtbox mount"
WOULD_NOT_LAST = (
    "binfmt-register: binfmt_misc on /proc/sys/fs/binfmt_misc is held by this process's mount namespace only, and all "
    "entries would go with it: mount it on the host first, or use --host (in a container: with --pid=host, a pod: "
    "hostPID: true), or stay with --hold; for one command: binfmtbox run COMMAND")


@dataclass
class Case:
    """The pod, and what is to come of it."""

    name: str
    spec: Dict[str, Any]
    says: str
    status: int = 0
    # None: the container has ended by itself.
    ready: Optional[bool] = True
    # The node's entries; None: binfmt_misc is not mounted where PID 1 sees it.
    during: Optional[List[str]] = None
    after: Optional[List[str]] = None
    # Foreign programs run on the node while the pod is there.
    runs: bool = False
    # The node mounts binfmt_misc itself, as systemd does.
    is_mounted: bool = False
    # A rule that is there before, in the kernel's syntax.
    present: str = ""


def with_fields(spec: Dict[str, Any], **fields: Any) -> Dict[str, Any]:
    """SPEC with other fields of the pod."""
    return {**copy.deepcopy(spec), **fields}


def with_arguments(spec: Dict[str, Any], *arguments: str) -> Dict[str, Any]:
    """SPEC with other arguments."""
    result = copy.deepcopy(spec)
    result["containers"][0]["args"] = ["register", *arguments]
    return result


def with_capabilities(*names: str) -> Dict[str, Any]:
    """The shipped pod with these capabilities and no others."""
    return changed(SHIPPED, capabilities={"drop": ["ALL"], "add": list(names)})


def works(name: str, spec: Dict[str, Any]) -> Case:
    """The node has the entries, and they stay when the pod goes."""
    return Case(name, spec, REGISTERED, during=ALL, after=ALL, runs=True)


def denied(name: str, spec: Dict[str, Any], says: str) -> Case:
    """Nothing is done, and the message says what is missing."""
    return Case(name, spec, says, status=5, ready=False)


UNPRIVILEGED = overlaid("unprivileged")
FOREIGN = ":jar:E::jar::/usr/bin/jexec:"
OURS = (r":qemu-arm:M::\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00:"
        r"\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff:"
        "/usr/bin/qemu-arm-static:PF")
NOT_PERMITTED = NO_HOST.format("Operation not permitted")
PERMISSION_DENIED = NO_HOST.format("Permission denied")

CASES = [
    works("as shipped", SHIPPED),
    works("seccompProfile left out (as where the kubelet has no default)", changed(SHIPPED, seccompProfile=None)),
    works("readOnlyRootFilesystem: false", changed(SHIPPED, readOnlyRootFilesystem=False)),
    works("allowPrivilegeEscalation: false", changed(SHIPPED, allowPrivilegeEscalation=False)),
    works("privileged: true", changed(SHIPPED, privileged=True)),
    denied("without SYS_ADMIN", with_capabilities("SYS_CHROOT", "SYS_PTRACE"), NOT_PERMITTED),
    denied("without SYS_CHROOT", with_capabilities("SYS_ADMIN", "SYS_PTRACE"), NOT_PERMITTED),
    denied("without SYS_PTRACE", with_capabilities("SYS_ADMIN", "SYS_CHROOT"), PERMISSION_DENIED),
    denied("without capabilities", with_capabilities(), PERMISSION_DENIED),
    denied("with a container's default capabilities", changed(SHIPPED, capabilities=None), PERMISSION_DENIED),
    # Here it is the seccomp profile that asks for it.
    denied("without --host: default capabilities",
           with_arguments(changed(SHIPPED, capabilities=None), "--mount", "--hold", "all"), NO_MOUNT),
    # The entries live as long as the pod's own mount: nothing else of the node is touched.
    Case("without --host and hostPID: SYS_ADMIN is enough",
         with_arguments(with_fields(with_capabilities("SYS_ADMIN"), hostPID=False), "--mount", "--hold", "all"),
         REGISTERED, runs=True),
    Case("without --host, --hold and hostPID",
         with_arguments(with_fields(with_capabilities("SYS_ADMIN"), hostPID=False), "--mount", "all"), WOULD_NOT_LAST,
         status=6, ready=None),
    Case("without --mount", with_arguments(SHIPPED, "--hold", "all"), NOT_MOUNTED, status=3, ready=False),
    Case("an emulator is missing", with_arguments(SHIPPED, "--mount", "--host", "--hold", "arm64", "hexagon"),
         "binfmt-register: qemu-hexagon: there is no qemu-hexagon-static, qemu-hexagon or hexagon-binfmt-P in "
         "/usr/bin, /usr/local/bin or /usr/libexec/qemu-binfmt; install qemu-user-static, or name one "
         "with --interpreter",
         status=1, during=ALL[:1], after=ALL[:1], runs=True),
    Case("without any privilege, on a node that mounts binfmt_misc", UNPRIVILEGED, REGISTERED, during=ALL, after=ALL,
         is_mounted=True, runs=True),
    Case("without any privilege, on a node that does not", UNPRIVILEGED,
         "binfmt-register: binfmt_misc is not mounted on /host; mount it with: binfmtbox mount --dir /host", status=3,
         ready=False),
    Case("taken out again, and nothing else", removing(), "qemu-arm: removed", ready=None, during=["jar"], after=["jar"],
         is_mounted=True, present=f"{OURS}\n{FOREIGN}"),
    Case("an unknown word", with_arguments(SHIPPED, "--mount", "--host", "--hold", "arm64", "arm46"),
         'binfmt-register: unknown target "arm46"', status=2, ready=None),
]


def problems_of(case: Case, image: str, foreign: str) -> List[str]:
    """Runs the case; what is not as it has to be."""
    node = node_for_pods()
    try:
        if case.is_mounted:
            node.run(["mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc"])
        for record in case.present.split():
            node.write("register", record)
        pod = Pod(node, case.spec, image)
        pod.settle()
        if case.ready is None:
            pod.wait_for_end()
        ready = None if pod.has_ended() else pod.is_ready(case.spec)
        during = node.entries()
        runs = node.run(["sh", "-c", 'exec "$0" --list', foreign]).status == 0
        said = pod.output()
        status = pod.end()
        after = node.entries()
    finally:
        node.stop()
    found = {"exit status": (status, case.status), "ready": (ready, case.ready),
             "the node's entries": (during and sorted(during), case.during),
             "a foreign program runs": (runs, case.runs),
             "entries afterwards": (after and sorted(after), case.after),
             "says it": (case.says in said, True)}
    return [f"{what}: {is_so}, not {wanted}; it said: {said}"
            for what, (is_so, wanted) in found.items() if is_so != wanted]


def problems_under_limits(spec: Dict[str, Any], is_mounted: bool, image: str) -> List[str]:
    """Runs the pod under the limits of its manifest, and six probes at once; what is not as it has to be."""
    limits = Limits(spec["containers"][0]["resources"]["limits"])
    node = node_for_pods()
    try:
        if is_mounted:
            node.run(["mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc"])
        pod = Pod(node, spec, image, limits)
        pod.settle()
        failed = {name: pod.probes_at_once(spec, name, PROBES) for name in ("startupProbe", "readinessProbe")}
        has_ended, said = pod.has_ended(), pod.output()
        pod.end()
        killed = limits.killed()
    finally:
        node.stop()
        limits.remove()
    found = {"it has ended": (has_ended, False), "killed for memory": (killed, 0),
             "says it": (REGISTERED in said, True),
             **{f"{name} failed": (count, 0) for name, count in failed.items()}}
    return [f"{what}: {is_so}, not {wanted}; it said: {said}"
            for what, (is_so, wanted) in found.items() if is_so != wanted]


def main() -> None:
    """Runs all cases, prints, and ends with 1 where one failed."""
    if len(sys.argv) != 3:
        sys.exit("usage: pod_test.py PRODUCT FOREIGN")
    product, foreign = (os.path.abspath(path) for path in sys.argv[1:])
    folder = tempfile.mkdtemp(prefix="binfmtbox-image-")
    passed = failed = 0
    try:
        image = make_image(os.path.join(folder, "image"), product, ["aarch64", "arm"])
        for case in CASES:
            problems = problems_of(case, image, foreign)
            passed += not problems
            failed += bool(problems)
            print(f"{'FAILED ' if problems else ''}{case.name}: {'; '.join(problems) or case.says}", flush=True)
        for name, spec, is_mounted in (("as shipped", SHIPPED, False), ("without any privilege", UNPRIVILEGED, True)):
            try:
                problems = problems_under_limits(spec, is_mounted, image)
            except OSError as error:
                problems = [f"no cgroup with limits can be had here (it takes root): {error}"]
            passed += not problems
            failed += bool(problems)
            name += f", under its limits, {PROBES} probes at once"
            print(f"{'FAILED ' if problems else ''}{name}: {'; '.join(problems) or 'all of them said yes'}", flush=True)
    finally:
        shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
