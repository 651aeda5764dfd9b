#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs README.md's command for Kubernetes: a real kubectl, and what it sends.

apply_test.py KUBECTL: on the other side is no cluster, but a server on the loopback that
knows which resources there are, and keeps what it gets. What comes out of base/ and of
each overlay is what `kubectl kustomize` makes of it.
"""

import http.server
import json
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from typing import Any, Dict, List

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "../..")
sys.path.append(os.path.join(TOP, "docs"))

import readme  # noqa: E402  # pylint: disable=wrong-import-position

RESOURCES = {
    "v1": [("namespaces", "Namespace", False), ("serviceaccounts", "ServiceAccount", True)],
    "apps/v1": [("daemonsets", "DaemonSet", True)],
}


class Server(http.server.BaseHTTPRequestHandler):
    """As much of the API as `kubectl apply --validate=false` asks for."""

    objects: Dict[str, Any] = {}

    def answer(self, code: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        path = self.path.split("?")[0].strip("/")
        group, _, version = path.partition("/")
        version = version if group == "api" else path.removeprefix("apis/")
        if path == "api":
            self.answer(200, {"kind": "APIVersions", "versions": ["v1"]})
        elif path == "apis":
            one = {"groupVersion": "apps/v1", "version": "v1"}
            self.answer(200, {"kind": "APIGroupList", "apiVersion": "v1",
                              "groups": [{"name": "apps", "versions": [one], "preferredVersion": one}]})
        elif version in RESOURCES:
            found = [{"name": name, "singularName": "", "kind": kind, "namespaced": namespaced,
                      "verbs": ["create", "get", "patch"]} for name, kind, namespaced in RESOURCES[version]]
            self.answer(200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": found})
        else:
            self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})

    def do_POST(self) -> None:  # pylint: disable=invalid-name
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.split("?")[0].strip("/")
        Server.objects[f"{path}/{sent['metadata']['name']}"] = sent
        self.answer(201, sent)

    def log_message(self, *_: Any) -> None:  # pylint: disable=arguments-differ
        pass


def wanted(kubectl: str, folder: str) -> Dict[str, Any]:
    """What has to arrive, by its path."""
    text = subprocess.run([kubectl, "kustomize", folder], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    found = {}
    for one in yaml.safe_load_all(text):
        prefix = "api/v1" if one["apiVersion"] == "v1" else "apis/" + one["apiVersion"]
        place = f"/namespaces/{one['metadata']['namespace']}" if "namespace" in one["metadata"] else ""
        (name,) = [name for name, kind, _ in RESOURCES[one["apiVersion"]] if kind == one["kind"]]
        found[f"{prefix}{place}/{name}/{one['metadata']['name']}"] = one
    return found


def check(command: str, kubectl: str, folder: str, address: str) -> List[str]:
    Server.objects.clear()
    program, *words = shlex.split(command)
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([kubectl, f"--server={address}", *words, "--validate=false"], check=False, cwd=TOP,
                              env={"HOME": home, "PATH": os.environ["PATH"]}, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    problems = [] if done.returncode == 0 else [f"{command}: status {done.returncode}: {done.stdout}"]
    if program != "kubectl":
        problems.append(f"{program} is not kubectl")
    for one in Server.objects.values():
        # Where kubectl keeps what it has applied.
        one["metadata"].get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
        if not one["metadata"].get("annotations"):
            one["metadata"].pop("annotations", None)
    if Server.objects != wanted(kubectl, folder):
        problems.append(f"{command}: what arrived is not what {folder} says: {list(Server.objects)}")
    return problems


def main(kubectl: str) -> int:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    base = "packaging/kubernetes/base"
    overlays = os.path.join(HERE, "overlays")
    commands = [readme.install_command("kubectl")]
    commands += [commands[0].replace(base, f"packaging/kubernetes/overlays/{name}") for name in sorted(os.listdir(overlays))]
    failed = 0
    for command in commands:
        problems = check(command, kubectl, os.path.join(TOP, command.split()[-1]), address)
        print("\n".join(f"FAILED  {problem}" for problem in problems) or f"ok      {command}")
        failed += bool(problems)
    server.shutdown()
    print(f"{len(commands) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
