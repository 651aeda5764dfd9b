#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Holds the manifests against the API of Kubernetes, without a cluster.
//
// Usage: check_yaml.mjs FOLDER KUBECTL, where npm has installed kubernetes-models, kubernetes-types,
// typescript and js-yaml into FOLDER; kubectl.py prints a KUBECTL.
//
// kubernetes-models is made from the OpenAPI of Kubernetes: its validators know what is required, types
// and formats. That a field is unknown only TypeScript says, by the types of kubernetes-types, which
// are newer. Checked are the files of base/ as they are, and what `kubectl kustomize` makes of base and
// overlays. Manifests that are broken on purpose have to be refused. The images' tags have to be the
// version, the probes call the image's program, the pod's share of
// a node is small, and it goes where the image has an architecture.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import url from "node:url";
import { isDeepStrictEqual } from "node:util";

const here = path.dirname(url.fileURLToPath(import.meta.url));
if (process.argv.length !== 4) {
  console.error("usage: check_yaml.mjs FOLDER KUBECTL");
  process.exit(2);
}
const folder = path.resolve(process.argv[2]);
const kubectl = process.argv[3];
const require = createRequire(path.join(folder, "package.json"));
const yaml = require("js-yaml");
const ts = require("typescript");

let passed = 0;
let failed = 0;

function tell(name, problems) {
  if (problems.length === 0) {
    passed += 1;
    console.log(`${name}: ok`);
    return;
  }
  failed += 1;
  console.log(`FAILED ${name}: ${problems.join("; ")}`);
}

// "apps/v1", "DaemonSet" -> "kubernetes-models/apps/v1/DaemonSet"
const modelOf = (document) => `kubernetes-models/${document.apiVersion}/${document.kind}`;

// What TypeScript has against the DOCUMENT: unknown fields above all.
function problemsOfTypes(document) {
  const file = path.join(folder, "manifest.ts");
  const group = document.apiVersion === "v1" ? "core/v1" : document.apiVersion;
  const text = `import type { ${document.kind} } from "kubernetes-types/${group}";
export const document: ${document.kind} = ${JSON.stringify(document, null, 1)};
`;
  const options = {
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const readFromDisk = host.getSourceFile;
  host.getSourceFile = (name, target, ...rest) =>
    name === file ? ts.createSourceFile(name, text, target) : readFromDisk(name, target, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map((found) => ts.flattenDiagnosticMessageText(found.messageText, " "));
}

async function problemsOfSchema(document) {
  const file = path.join(folder, "node_modules", `${modelOf(document)}.js`);
  if (!fs.existsSync(file)) return [`there is no model of ${document.kind} ${document.apiVersion}`];
  const model = (await import(url.pathToFileURL(file)))[document.kind];
  try {
    new model(document).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

async function problemsOf(document) {
  const problems = await problemsOfSchema(document);
  return problems.length > 0 ? problems : problemsOfTypes(document);
}

async function check(origin, text) {
  for (const document of yaml.loadAll(text)) {
    tell(`${origin}, ${document.kind} ${document.metadata.name}`, await problemsOf(document));
  }
}

const differences = (found, wanted) =>
  isDeepStrictEqual(found, wanted) ? [] : [`${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];

const read = (name) => fs.readFileSync(path.join(here, name), "utf8");

for (const name of fs.readdirSync(path.join(here, "base")).sort()) {
  if (name !== "kustomization.yaml") await check(`base/${name}`, read(`base/${name}`));
}

await check("remove/pod.yaml", read("remove/pod.yaml"));
const builds = ["base", ...fs.readdirSync(path.join(here, "overlays")).sort().map((name) => `overlays/${name}`)];
for (const build of builds) {
  const done = spawnSync(kubectl, ["kustomize", path.join(here, build)], { encoding: "utf8" });
  if (done.status === 0) await check(`kustomize ${build}`, done.stdout);
  else tell(`kustomize ${build}`, [done.stderr || String(done.error)]);
}

const version = read("../../VERSION").trim();
const kustomization = yaml.load(read("base/kustomization.yaml"));
const container = yaml.load(read("base/daemon_set.yaml")).spec.template.spec.containers[0];
const remover = yaml.load(read("remove/pod.yaml")).spec.containers[0];
tell(
  "version",
  kustomization.images[0].newTag === version &&
    [container, remover].every((one) => one.image === `binfmtbox:${version}`)
    ? []
    : [`the images' tags are not that of VERSION, ${version}`],
);

// The values, since a limit that is lost or a hundred times as large is well-formed.
const wantedResources = { requests: { cpu: "10m", memory: "32M" }, limits: { cpu: "100m", memory: "32M" } };
tell("resources", differences([container.resources, remover.resources], [wantedResources, wantedResources]));

const platforms = [...read("../image/build.py").matchAll(/^ {4}"\w+": \{"architecture": "(\w+)"/gm)].map((found) => found[1]);
const spec = yaml.load(read("base/daemon_set.yaml")).spec.template.spec;
tell(
  "architectures of the nodes",
  differences(
    spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0],
    { key: "kubernetes.io/arch", operator: "In", values: platforms },
  ),
);

const program = read("../image/build.py").match(/^ENTRY_POINT = "(.*)"$/m)?.[1];
for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
  const called = container[probe].exec.command[0];
  tell(`program of ${probe}`, called === program ? [] : [`${called} is not in the image, ${program} is`]);
}

// Each has to be refused, for the reason beside it, or the checks above are worth nothing.
const broken = [
  ["an unknown field of the pod", (spec) => (spec.hostPid = true), '"hostPid"'],
  [
    "an unknown field of a container",
    (spec) => (spec.containers[0].securityContext.privilged = true),
    '"privilged"',
  ],
  ["a wrong type", (spec) => (spec.hostPID = "yes"), "hostPID must be boolean"],
  [
    "a malformed quantity",
    (spec) => (spec.containers[0].resources.limits.memory = "16 MB"),
    'memory must match format "quantity"',
  ],
  ["a container without a name", (spec) => delete spec.containers[0].name, "must have required property name"],
];
for (const [name, change, reason] of broken) {
  const document = structuredClone(yaml.load(read("base/daemon_set.yaml")));
  change(document.spec.template.spec);
  const problems = (await problemsOf(document)).join("; ");
  tell(`refused: ${name}`, problems.includes(reason) ? [] : [`not for "${reason}", but: ${problems}`]);
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
