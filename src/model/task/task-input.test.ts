// The input for a task: every short form with its meaning, every refusal, and every limit.

import { describe, expect, test } from "bun:test";
import { limits } from "../limits.ts";
import { checkTaskInput } from "./check-input.ts";
import { type Constraint, type RestartPolicy, specDefaults } from "./spec.ts";
import { type ParsedTaskInput, parseConstraint, taskInput } from "./task-input.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const base = { name: "web", image: "nginx" };

function parsed(more: object): ParsedTaskInput {
  return taskInput.parse({ ...base, ...more });
}

/** The paths that are complained of; of a union, those of the branch that got furthest. */
function complaints(input: unknown): string[] {
  const result = taskInput.safeParse(input);
  return result.success ? [] : result.error.issues.map(({ path }) => path.join("."));
}

describe("short forms", () => {
  const never = specDefaults.restartPolicy;
  const restarts: [written: unknown, policy: RestartPolicy][] = [
    ["never", never],
    ["no", never],
    ["always", { ...never, mode: "always" }],
    ["unless-stopped", { ...never, mode: "always" }],
    ["on-failure", { ...never, mode: "on-failure" }],
    ["on-failure:5", { ...never, mode: "on-failure", maxRestarts: 5 }],
    ["on-failure:0", { ...never, mode: "on-failure", maxRestarts: null }],
    ["OnFailure", { ...never, mode: "on-failure" }],
    ["OnFailure:2", { ...never, mode: "on-failure", maxRestarts: 2 }],
    ["Always", { ...never, mode: "always" }],
    ["Never", never],
    [
      { mode: "always", maxRestarts: 3 },
      { ...never, mode: "always", maxRestarts: 3 },
    ],
    [
      { mode: "on-failure", backoffInitialMs: 50, backoffMaxMs: 100, resetAfterMs: 1000 },
      { mode: "on-failure", maxRestarts: null, backoffInitialMs: 50, backoffMaxMs: 100, resetAfterMs: 1000 },
    ],
  ];
  test.each(restarts)("restartPolicy %j", (written, policy) => {
    expect(parsed({ restartPolicy: written }).restartPolicy).toEqual(policy);
  });

  const amounts: [written: unknown, request: number, limit: number | null][] = [
    ["512m", 512 * MiB, 512 * MiB],
    [100 * MiB, 100 * MiB, 100 * MiB],
    [{ limit: "1g" }, 1024 * MiB, 1024 * MiB],
    [{ request: "64Mi" }, 64 * MiB, null],
    [{ request: "64Mi", limit: null }, 64 * MiB, null],
    [{ request: "64Mi", limit: "128Mi" }, 64 * MiB, 128 * MiB],
    [{ request: 0, limit: "128Mi" }, 0, 128 * MiB],
    [{}, 0, null],
    [0, 0, null],
  ];
  test.each(amounts)("memory %j", (written, request, limit) => {
    const { resources } = parsed({ resources: { memory: written } });
    expect(resources).toEqual({ memory: { request, limit }, cpu: { request: 0, limit: null } });
  });

  test.each([["500m"], ["0.5"], [0.5], [{ request: 0.5, limit: "500m" }]])("cpu %j", (written) => {
    expect(parsed({ resources: { cpu: written } }).resources?.cpu).toEqual({ request: 0.5, limit: 0.5 });
  });

  const constraints: [written: unknown, constraint: Constraint][] = [
    ["disk==ssd", { type: "label", key: "disk", operator: "equals", value: "ssd" }],
    ["disk != ssd", { type: "label", key: "disk", operator: "not-equals", value: "ssd" }],
    ["disk", { type: "label", key: "disk", operator: "exists" }],
    ["node==n1", { type: "node", operator: "equals", value: "n1" }],
    ["node!=n1", { type: "node", operator: "not-equals", value: "n1" }],
    ["node.hostname==n1", { type: "node", operator: "equals", value: "n1" }],
    ["node.id!=node-abc12345", { type: "node", operator: "not-equals", value: "node-abc12345" }],
    ["node.labels.disk==ssd", { type: "label", key: "disk", operator: "equals", value: "ssd" }],
    ["example.org/zone==eu 1", { type: "label", key: "example.org/zone", operator: "equals", value: "eu 1" }],
    [
      { type: "label", key: "disk", operator: "exists" },
      { type: "label", key: "disk", operator: "exists" },
    ],
    [
      { type: "node", operator: "equals", value: "n1" },
      { type: "node", operator: "equals", value: "n1" },
    ],
  ];
  test.each(constraints)("constraint %j", (written, constraint) => {
    expect(parsed({ constraints: [written] }).constraints).toEqual([constraint]);
  });

  test.each([
    [""],
    [`a==${" ".repeat(1_000_000)}x\nx`],
    ["=="],
    ["==ssd"],
    ["disk=="],
    ["node"],
    ["disk=ssd"],
    ["-disk"],
  ])("%j is no constraint", (text) => {
    expect(parseConstraint(text)).toBeUndefined();
  });

  test("a port with only a container port gets a free host port on loopback", () => {
    const chosen = { hostPort: null, containerPort: 80, protocol: "tcp" as const, hostIp: "127.0.0.1" };
    for (const hostPort of [undefined, null, 0]) {
      expect(parsed({ ports: [{ hostPort, containerPort: 80 }] }).ports).toEqual([chosen]);
    }
    const fixed = { hostPort: 8080, containerPort: 53, protocol: "udp" as const, hostIp: "0.0.0.0" };
    expect(parsed({ ports: [fixed] }).ports).toEqual([fixed]);
  });

  test("a single word is a list of one word", () => {
    expect(parsed({ command: "sh", args: "-x" })).toMatchObject({ command: ["sh"], args: ["-x"] });
    expect(parsed({ command: ["sh", "-c"] }).command).toEqual(["sh", "-c"]);
  });

  test("mounts get the defaults of fields that are left out", () => {
    const { mounts } = parsed({ mounts: [{ type: "tmpfs", target: "/tmp", sizeBytes: "64m" }] });
    expect(mounts).toEqual([{ type: "tmpfs", source: "", target: "/tmp", readOnly: false, sizeBytes: 64 * MiB }]);
  });

  test("fields that are left out stay undefined: the defaults are shared by all tasks", () => {
    expect(parsed({})).toEqual(base as ParsedTaskInput);
  });
});

describe("names and images", () => {
  test.each([["a"], ["Web"], ["web-1"], ["web_1"], ["web.example"], ["0"], ["a".repeat(63)]])("the name %p", (name) => {
    expect(complaints({ ...base, name })).toEqual([]);
  });
  const wrongNames = ["", "-web", "web-", "_web", "we b", "wéb", "../web", "web\n", "a".repeat(64)];
  test.each(wrongNames.map((name) => [name]))("not the name %p", (name) => {
    expect(complaints({ ...base, name })[0]).toBe("name");
  });
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  const images = ["nginx", "nginx:1.27", "library/nginx", "registry.example:5000/team/app:v1", `nginx@${digest}`];
  test.each([...images, "127.0.0.1:5000/a", "localhost/a", `a:b@${digest}`, "a__b/c-d.e"])("the image %p", (image) => {
    expect(complaints({ ...base, image })).toEqual([]);
  });
  const wrongImages = [
    "",
    "NGINX",
    "nginx:",
    ":1",
    "nginx:1 ",
    "http://nginx",
    "a//b",
    "nginx@sha256:12",
    "-a",
    "a\0b",
  ];
  test.each([...wrongImages, "a".repeat(385)])("not the image %p", (image) => {
    expect(complaints({ ...base, image })[0]).toBe("image");
  });
});

describe("refused because of the form (400), naming the field", () => {
  const rows: [more: object, field: string][] = [
    [{ name: undefined }, "name"],
    [{ image: undefined }, "image"],
    [{ command: 5 }, "command"],
    [{ args: [5] }, "args"],
    [{ args: ["a\0b"] }, "args.0"],
    [{ env: ["A=B"] }, "env"],
    [{ env: { "A=B": "c" } }, "env.A=B"],
    [{ env: { "A=B": "c" } }, "env.A=B"],
    [{ env: { "": "c" } }, "env."],
    [{ env: { A: 5 } }, "env.A"],
    [{ env: { A: "\0" } }, "env.A"],
    [{ labels: { "a=b": "c" } }, "labels.a=b"],
    [{ labels: { "a\n": "c" } }, "labels.a\n"],
    [{ labels: { a: null } }, "labels.a"],
    [{ ports: [{}] }, "ports.0.containerPort"],
    [{ ports: [{ containerPort: 0 }] }, "ports.0.containerPort"],
    [{ ports: [{ containerPort: 65_536 }] }, "ports.0.containerPort"],
    [{ ports: [{ containerPort: 80, hostPort: -1 }] }, "ports.0.hostPort"],
    [{ ports: [{ containerPort: 80, protocol: "icmp" }] }, "ports.0.protocol"],
    [{ ports: [{ containerPort: 80, hostIp: "localhost" }] }, "ports.0.hostIp"],
    [{ ports: [{ containerPort: 80, hostIp: "256.0.0.1" }] }, "ports.0.hostIp"],
    [{ ports: ["80:80"] }, "ports.0"],
    [{ resources: { cpu: "fast" } }, "resources.cpu"],
    [{ resources: { cpu: limits.cpuCores + 1 } }, "resources.cpu"],
    [{ resources: { memory: limits.memoryBytes * 2 } }, "resources.memory"],
    [{ mounts: [{ type: "nfs", target: "/x" }] }, "mounts.0.type"],
    [{ mounts: [{ type: "volume", source: "v" }] }, "mounts.0.target"],
    [{ mounts: [{ type: "volume", source: "v", target: "x" }] }, "mounts.0.target"],
    [{ restartPolicy: "sometimes" }, "restartPolicy"],
    [{ restartPolicy: "on-failure:-1" }, "restartPolicy"],
    [{ constraints: ["=="] }, "constraints.0"],
    [{ stopGraceSeconds: -1 }, "stopGraceSeconds"],
    [{ stopGraceSeconds: limits.stopGraceSecondsMax + 1 }, "stopGraceSeconds"],
    [{ stopGraceSeconds: 1.5 }, "stopGraceSeconds"],
    [{ user: 5 }, "user"],
    [{ workingDir: "relative" }, "workingDir"],
    [{ pullPolicy: "sometimes" }, "pullPolicy"],
    [{ platform: "linux" }, "platform"],
    [{ nmae: "x" }, ""],
    [{ status: "running" }, ""],
    [{ ports: [{ containerPort: 80, published: 1 }] }, "ports.0"],
  ];
  test.each(rows)("%j", (more, field) => {
    expect(complaints({ ...base, ...more })[0]).toBe(field);
  });

  test.each([[null], [5], ["web"], [[]]])("%j is no task", (input) => {
    expect(complaints(input)).toEqual([""]);
  });
});

describe("a value at its limit is accepted, one beyond it is refused", () => {
  const entries = (count: number, value = "x") =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, value]));
  const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value);
  const rows: [what: string, at: (n: number) => object, limit: number][] = [
    ["args", (n) => ({ args: times(n, "a") }), limits.argumentCount],
    ["the length of an argument", (n) => ({ args: ["a".repeat(n)] }), limits.argumentLength],
    ["env", (n) => ({ env: entries(n) }), limits.envCount],
    ["the length of an env value", (n) => ({ env: { A: "v".repeat(n) } }), limits.envValueLength],
    ["the length of an env name", (n) => ({ env: { ["A".repeat(n)]: "v" } }), limits.envKeyLength],
    ["labels", (n) => ({ labels: entries(n) }), limits.labelCount],
    ["the length of a label key", (n) => ({ labels: { ["a".repeat(n)]: "v" } }), limits.labelKeyLength],
    ["the length of a label value", (n) => ({ labels: { a: "v".repeat(n) } }), limits.labelValueLength],
    ["ports", (n) => ({ ports: times(n, { containerPort: 80 }) }), limits.portCount],
    ["mounts", (n) => ({ mounts: times(n, { type: "tmpfs", target: "/a" }) }), limits.mountCount],
    ["constraints", (n) => ({ constraints: times(n, "disk") }), limits.constraintCount],
    ["the length of a path", (n) => ({ workingDir: `/${"a".repeat(n - 1)}` }), limits.pathLength],
    ["the length of an image", (n) => ({ image: "a".repeat(n) }), limits.imageLength],
  ];
  test.each(rows)("%s", (_, at, limit) => {
    expect(complaints({ ...base, ...at(limit) })).toEqual([]);
    expect(complaints({ ...base, ...at(limit + 1) })).not.toEqual([]);
  });
});

describe("refused because of the meaning (422), naming the field", () => {
  const port = (hostPort: number | null, more = {}) => ({ hostPort, containerPort: 80, ...more });
  const tmpfs = (target: string, more = {}) => ({ type: "tmpfs", target, ...more });
  const rows: [more: object, field: string, word: string][] = [
    [{ resources: { memory: { request: "2g", limit: "1g" } } }, "resources.memory", "2 GiB"],
    [{ resources: { cpu: { request: 2, limit: 1 } } }, "resources.cpu", "larger than the limit"],
    [{ resources: { memory: "512" } }, "resources.memory", "512 B"],
    [{ resources: { memory: "5Mi" } }, "resources.memory", "6 MiB"],
    [{ resources: { cpu: "1m" } }, "resources.cpu", "0.01"],
    [{ resources: { cpu: "0.1m" } }, "resources.cpu", "0.01"],
    [{ ports: [port(80), port(80)] }, "ports[1]", "127.0.0.1:80/tcp"],
    [{ ports: [port(80), port(80, { hostIp: "0.0.0.0" })] }, "ports[1]", "also taken by 127.0.0.1:80"],
    [{ mounts: [tmpfs("/a"), tmpfs("/a")] }, "mounts[1]", "/a"],
    [{ mounts: [tmpfs("/a/b"), tmpfs("/a//b/")] }, "mounts[1]", "/a/b is mounted twice"],
    [{ mounts: [tmpfs("/")] }, "mounts[0].target", "nothing can be mounted on /"],
    [{ mounts: [tmpfs("//")] }, "mounts[0].target", "nothing can be mounted on /"],
    [{ mounts: [tmpfs("/a/..")] }, "mounts[0].target", "nothing can be mounted on /"],
    [{ mounts: [tmpfs("/a/b"), tmpfs("/a/./c/../b")] }, "mounts[1]", "/a/b is mounted twice"],
    [{ mounts: [{ type: "bind", source: "data", target: "/a" }] }, "mounts[0].source", "absolute"],
    [{ mounts: [{ type: "bind", target: "/a" }] }, "mounts[0].source", "absolute"],
    [{ mounts: [{ type: "volume", source: "/data", target: "/a" }] }, "mounts[0].source", "name"],
    [{ mounts: [tmpfs("/a", { source: "x" })] }, "mounts[0].source", "no source"],
  ];
  test.each(rows)("%j", (more, field, word) => {
    const outcome = checkTaskInput(parsed(more));
    expect(outcome).toMatchObject({ ok: false, refusal: { code: "unprocessable", details: { field } } });
    if (!outcome.ok) {
      expect(outcome.refusal.message).toStartWith(`${field}: `);
      expect(outcome.refusal.message).toContain(word);
      expect(outcome.refusal.hint).toBeTruthy();
    }
  });

  const allowed = [
    {},
    { ports: [port(80), port(80, { protocol: "udp" }), port(80, { hostIp: "127.0.0.2" }), port(null), port(null)] },
    { resources: { memory: "6Mi", cpu: 0.01 } },
    { resources: { memory: { request: "1", limit: null } } },
    { mounts: [{ type: "volume", source: "data_1.a-b", target: "/a" }, tmpfs("/b")] },
    { mounts: [{ type: "volume", target: "/a" }] },
  ];
  test.each(allowed.map((more) => [more]))("%j is allowed", (more) => {
    expect(checkTaskInput(parsed(more)).ok).toBe(true);
  });
});
