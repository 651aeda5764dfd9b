#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs README.md's command for Kubernetes: a real kubectl, and what it sends.

apply_test.py KUBECTL: on the other side is no cluster, but a server on the loopback that
knows which resources there are, and keeps what it gets. What comes out of base/ and of
each overlay is what `kubectl kustomize` makes of it; once more nothing changes; and where somebody
has changed the image, it is put right. kubectl leaves validation to the server, which says by its OpenAPI
document that it can do that; this one does not, check_yaml.mjs does.
"""

import copy
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
    "v1": [("namespaces", "Namespace", False), ("resourcequotas", "ResourceQuota", True),
           ("serviceaccounts", "ServiceAccount", True)],
    "apps/v1": [("daemonsets", "DaemonSet", True)],
}


class Server(http.server.BaseHTTPRequestHandler):
    """As much of the API as `kubectl apply` asks for."""

    objects: Dict[str, Any] = {}
    # What kubectl asked the server to validate, and the patches that it sent.
    validated: List[str] = []
    patches: List[Any] = []

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
        elif path == "openapi/v3":
            self.answer(200, {"paths": {place(one): {"serverRelativeURL": f"/openapi/v3/{place(one)}?hash=1"}
                                        for one in RESOURCES}})
        elif path.startswith("openapi/v3/"):
            self.answer(200, openapi(path.removeprefix("openapi/v3/")))
        elif path in Server.objects:
            self.answer(200, Server.objects[path])
        elif version in RESOURCES:
            found = [{"name": name, "singularName": "", "kind": kind, "namespaced": namespaced,
                      "verbs": ["create", "get", "patch"]} for name, kind, namespaced in RESOURCES[version]]
            self.answer(200, {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": found})
        else:
            self.answer(404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})

    def do_POST(self) -> None:  # pylint: disable=invalid-name
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.split("?")[0].strip("/")
        self.note_validation(sent["metadata"]["name"])
        Server.objects[f"{path}/{sent['metadata']['name']}"] = sent
        self.answer(201, sent)

    def do_PATCH(self) -> None:  # pylint: disable=invalid-name
        Server.patches.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        path = self.path.split("?")[0].strip("/")
        self.note_validation(path.rsplit("/", 1)[-1])
        # Merging is the API server's affair. kubectl says "configured" where the answer is another object.
        Server.objects[path]["metadata"]["resourceVersion"] = "2"
        self.answer(200, Server.objects[path])

    def note_validation(self, name: str) -> None:
        if "fieldValidation=Strict" in self.path:
            Server.validated.append(name)

    def log_message(self, *_: Any) -> None:  # pylint: disable=arguments-differ
        pass


def place(version: str) -> str:
    """Of an API version in the API's paths."""
    return "api/v1" if version == "v1" else f"apis/{version}"


def openapi(path: str) -> Dict[str, Any]:
    """That a version's resources can be patched, and validated meanwhile."""
    version = path.removeprefix("apis/").removeprefix("api/")
    group, _, number = version.rpartition("/")
    paths = {
        f"/{path}/namespaces/{{namespace}}/{name}/{{name}}": {"patch": {
            "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-group-version-kind": {"group": group, "version": number, "kind": kind},
        }} for name, kind, _ in RESOURCES[version]}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1"}, "paths": paths}


def wanted(kubectl: str, folder: str) -> Dict[str, Any]:
    """What has to arrive, by its path."""
    text = subprocess.run([kubectl, "kustomize", folder], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    found = {}
    for one in yaml.safe_load_all(text):
        prefix = place(one["apiVersion"])
        namespace = f"/namespaces/{one['metadata']['namespace']}" if "namespace" in one["metadata"] else ""
        (name,) = [name for name, kind, _ in RESOURCES[one["apiVersion"]] if kind == one["kind"]]
        found[f"{prefix}{namespace}/{name}/{one['metadata']['name']}"] = one
    return found


def check(command: str, kubectl: str, folder: str, address: str) -> List[str]:
    Server.objects.clear()
    Server.validated.clear()
    Server.patches.clear()
    program, *words = shlex.split(command)
    problems = [] if program == "kubectl" else [f"{program} is not kubectl"]

    def apply(daemon_set: str, others: str) -> None:
        with tempfile.TemporaryDirectory() as home:
            done = subprocess.run([kubectl, f"--server={address}", *words], check=False, cwd=TOP,
                                  env={"HOME": home, "PATH": os.environ["PATH"]}, encoding="utf-8",
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = (f"namespace/binfmtbox {others}\nresourcequota/binfmtbox {others}\n"
                f"serviceaccount/binfmtbox {others}\n"
                f"daemonset.apps/binfmtbox {daemon_set}\n")
        if (done.returncode, done.stdout) != (0, said):
            problems.append(f"{command}: status {done.returncode}: {done.stdout!r}, not {said!r}")

    apply("created", "created")
    if Server.validated != ["binfmtbox"] * 4:
        problems.append(f"the server was asked to validate {Server.validated}")
    arrived = copy.deepcopy(Server.objects)
    apply("unchanged", "unchanged")
    if Server.objects != arrived or Server.patches:
        problems.append(f"{command}, once more: sent {Server.patches}")
    # Somebody has put another image into the cluster's object.
    (path,) = [path for path in arrived if "daemonsets" in path]
    container = Server.objects[path]["spec"]["template"]["spec"]["containers"][0]
    image, container["image"] = container["image"], "other:1"
    apply("configured", "unchanged")
    patch = {"spec": {"template": {"spec": {
        "$setElementOrder/containers": [{"name": "binfmtbox"}],
        "containers": [{"image": image, "name": "binfmtbox"}]}}}}
    if Server.patches != [patch]:
        problems.append(f"{command}, when the image has changed: sent {Server.patches}, not {[patch]}")
    for one in arrived.values():
        # Where kubectl keeps what it has applied.
        one["metadata"].get("annotations", {}).pop("kubectl.kubernetes.io/last-applied-configuration", None)
        if not one["metadata"].get("annotations"):
            one["metadata"].pop("annotations", None)
    if arrived != wanted(kubectl, folder):
        problems.append(f"{command}: what arrived is not what {folder} says: {list(arrived)}")
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
