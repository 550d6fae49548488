// The options of a container: what is accepted, what is refused with which field, and that a container without options has no
// trace of them.

import { describe, expect, test } from "bun:test";
import type { TaskId } from "../ids.ts";
import { checkTaskInput } from "./check-input.ts";
import { specOfInput } from "./input-spec.ts";
import { hasSparseFields, type PackedSpec, packSpec, sparseFields, unpackSpec } from "./spec.ts";
import { packTask, unpackTask } from "./task.ts";
import { taskInput } from "./task-input.ts";
import { viewTask } from "./view.ts";

const MiB = 1024 ** 2;
const base = { name: "web", image: "nginx" };

/** The spec of a request, by way of the log and back. */
function specOf(more: object) {
  const packed = specOfInput(taskInput.parse({ ...base, ...more }));
  return unpackSpec(JSON.parse(JSON.stringify(packSpec(unpackSpec(packed)))) as PackedSpec);
}

function viewOf(more: object) {
  const spec = packSpec(specOf(more));
  return viewTask(unpackTask({ taskId: "t" as TaskId, name: "web", createdAt: "", spec }));
}

const every = {
  network: {
    mode: "host",
    hostname: "web.example.com",
    extraHosts: [
      { host: "db", address: "10.0.0.5" },
      { host: "me", address: "host-gateway" },
    ],
    dns: { servers: ["1.1.1.1", "::1"], search: ["lan", "."], options: ["ndots:2"] },
  },
  process: { init: true, stopSignal: "SIGINT" },
  security: {
    ...{ privileged: false, readOnly: true, capAdd: ["NET_ADMIN"], capDrop: ["ALL"], groupAdd: ["audio", "1000"] },
    options: ["no-new-privileges", "label=disable", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW",\n"a":1}'],
  },
  devices: {
    paths: [{ host: "/dev/fuse", container: "/dev/fuse", permissions: "rwm" }],
    gpus: { count: "all", capabilities: ["utility"] },
  },
  limits: {
    ulimits: [{ name: "nofile", soft: 1024, hard: -1 }],
    ...{ shmSizeBytes: 256 * MiB, sysctls: { "net.core.somaxconn": "1024" }, pids: -1, memorySwapBytes: -1 },
  },
  logging: { driver: "json-file", options: { "max-size": "10m" } },
  health: { command: ["curl", "-f", "localhost"], intervalMs: 1000, timeoutMs: 500, startPeriodMs: 1, retries: 3 },
  startupProbe: { exec: { command: "test -f /ready" }, failureThreshold: 30 },
  livenessProbe: { tcp: { port: 5432 }, initialDelayMs: 0, periodMs: 1000, timeoutMs: 100 },
  readinessProbe: {
    http: { port: 80, path: "/a?b=1", scheme: "http", status: "200-299", headers: { Host: "a.example" } },
    successThreshold: 2,
  },
};

test("every option of a request is in the record and in the view as it was given", () => {
  expect(specOf(every).containers[0]).toMatchObject(every as object);
  expect(viewOf(every)).toMatchObject(every as object);
});

test("a container without options has none of the fields, in memory, in the log and in the view", () => {
  const { containers } = specOf({});
  expect(Object.keys(containers[0]!)).toEqual([
    ...["name", "image", "command", "args", "env", "ports", "resources", "mounts", "user", "workingDir", "pullPolicy"],
  ]);
  expect(packSpec(specOf({}))).toEqual({ containers: [{ image: "nginx" }] });
  for (const field of [...Object.keys(every), "cleared"]) expect(viewOf({})).not.toHaveProperty(field);
});

test("each of these fields alone is seen", () => {
  expect(hasSparseFields({})).toBe(false);
  expect(hasSparseFields(Object.fromEntries(sparseFields.map((field) => [field, null])))).toBe(false);
  for (const field of sparseFields) expect([field, hasSparseFields({ [field]: {} })]).toEqual([field, true]);
});

test("amounts of memory have units", () => {
  const { limits } = specOf({ limits: { shmSizeBytes: "64m", memorySwapBytes: "1Gi" } }).containers[0]!;
  expect(limits).toEqual({ shmSizeBytes: 64 * MiB, memorySwapBytes: 1024 * MiB });
});

describe("an empty list is not the same as one that is left out", () => {
  test.each([
    [{ command: [] }, ["command"]],
    [{ args: [] }, ["args"]],
    [{ command: [], args: [] }, ["command", "args"]],
    [{ command: [], args: ["a"] }, ["command"]],
  ])("%j", (more, cleared) => {
    expect(specOf(more).containers[0]!.cleared).toEqual(cleared as ["command"]);
    expect(viewOf(more)).toMatchObject({ ...more, cleared });
  });

  test("records of 0.1.0 with an empty list have the lists of the image", () => {
    const spec = { containers: [{ image: "nginx", command: [], args: [] }] };
    const task = unpackTask({ taskId: "t" as TaskId, name: "web", createdAt: "", spec });
    expect(viewTask(task)).not.toHaveProperty("cleared");
    expect(packTask(task).spec.containers[0]).not.toHaveProperty("cleared");
  });
});

describe("refused because of the form, naming the field", () => {
  test.each([
    [{ network: { mode: "mynet" } }, "network.mode", "one of bridge, host, none"],
    [{ network: { hostname: "a b" } }, "network.hostname", "a host name"],
    [{ network: { extraHosts: [{ host: "db", address: "db2" }] } }, "network.extraHosts.0.address", "an IP address"],
    [{ network: { extraHosts: ["db:1.2.3.4"] } }, "network.extraHosts.0", ""],
    [{ network: { dns: { servers: ["dns.example"] } } }, "network.dns.servers.0", "an IP address"],
    [{ network: { alias: "x" } }, "network", ""],
    [{ process: { stopSignal: "FOO" } }, "process.stopSignal", "a name such as KILL or SIGKILL, or a number such as 9"],
    [
      { process: { stopSignal: "" } },
      "process.stopSignal",
      "a signal: a name such as KILL or SIGKILL, or a number such as 9",
    ],
    [{ security: { capAdd: ["NET ADMIN"] } }, "security.capAdd.0", "a capability such as NET_ADMIN"],
    [{ security: { privileged: "yes" } }, "security.privileged", "true or false"],
    [{ devices: { paths: [{ host: "kvm", container: "/dev/kvm" }] } }, "devices.paths.0.host", "an absolute path"],
    [
      { devices: { paths: [{ host: "/dev/kvm", container: "/dev/kvm", permissions: "x" }] } },
      "devices.paths.0.permissions",
      "r, w and m",
    ],
    [{ devices: { gpus: { count: 0 } } }, "devices.gpus.count", "a whole number from 1"],
    [{ limits: { ulimits: [{ name: "files", soft: 1, hard: 1 }] } }, "limits.ulimits.0.name", "one of core, cpu"],
    [{ limits: { shmSizeBytes: "big" } }, "limits.shmSizeBytes", "an amount of memory"],
    [{ limits: { pids: -2 } }, "limits.pids", "a whole number from -1"],
    [{ logging: { driver: "" } }, "logging.driver", "the name of a log driver"],
    [{ health: { command: [] } }, "health.command", "at least a program"],
    [{ health: { intervalMs: 0 } }, "health.intervalMs", "a whole number from 1"],
    [{ mounts: [{ type: "bind", source: "/a", target: "/b", options: { mode: 1 } }] }, null, ""],
    [{ mounts: [{ type: "bind", source: "/a", target: "/b", options: { x: 1 } }] }, "mounts.0.options", ""],
    [{ readinessProbe: { http: { path: "/" } } }, "readinessProbe.http.port", "a whole number from 1"],
    [{ readinessProbe: { http: { port: 80, path: "x" } } }, "readinessProbe.http.path", "begins with /"],
    [{ readinessProbe: { http: { port: 80, path: "/ HTTP/1.1" } } }, "readinessProbe.http.path", "no blanks"],
    [{ readinessProbe: { http: { port: 80, scheme: "ftp" } } }, "readinessProbe.http.scheme", "http or https"],
    [
      { readinessProbe: { http: { port: 80, status: "2xx" } } },
      "readinessProbe.http.status",
      "a range such as 200-299",
    ],
    [{ readinessProbe: { http: { port: 80, headers: { "a b": "" } } } }, "readinessProbe.http.headers.a b", "header"],
    [{ readinessProbe: { http: { port: 80, headers: { a: "1\r\nb: 2" } } } }, "readinessProbe.http.headers.a", "line"],
    [{ startupProbe: { exec: { command: [] } } }, "startupProbe.exec.command", "at least a program"],
    [{ startupProbe: { exec: { command: "" } } }, "startupProbe.exec.command", "a command"],
    [{ livenessProbe: { tcp: { port: 1 }, periodMs: 10 } }, "livenessProbe.periodMs", "a whole number from 1000"],
    [{ livenessProbe: { tcp: { port: 1 }, timeoutMs: 0 } }, "livenessProbe.timeoutMs", "a whole number from 100"],
    [{ livenessProbe: { healthcheck: false } }, "livenessProbe.healthcheck", "true"],
    [{ livenessProbe: { udpSocket: { port: 1 } } }, "livenessProbe", ""],
    [{ platform: "linux/arm/v7/x" }, "platform", "linux/arm/v7"],
  ] as [object, string | null, string][])("%j", (more, field, says) => {
    const result = taskInput.safeParse({ ...base, ...more });
    const issue = result.error?.issues[0];
    expect(issue?.path.join(".") ?? null).toBe(field);
    expect(issue?.message ?? "").toContain(says);
  });

  test("a platform may have a variant", () => {
    expect(specOf({ platform: "linux/arm/v7" }).platform).toBe("linux/arm/v7");
  });
});

describe("refused because of the meaning, naming the field", () => {
  const bind = { type: "bind", source: "/srv", target: "/d" };
  const port = { containerPort: 80 };
  test.each([
    [{ network: { mode: "host" }, ports: [port] }, "ports", "uses the node's ports itself"],
    [{ network: { mode: "none" }, ports: [port] }, "ports", "has no ports"],
    [{ limits: { memorySwapBytes: "1g" } }, "limits.memorySwapBytes", "needs a memory limit"],
    [{ limits: { ulimits: [{ name: "core", soft: 2, hard: 1 }] } }, "limits.ulimits[0]", "more than the hard one (1)"],
    [{ limits: { ulimits: [{ name: "core", soft: -1, hard: 1 }] } }, "limits.ulimits[0]", "of core (unlimited)"],
    [{ limits: { memorySwapBytes: "1m" }, resources: { memory: "64m" } }, "limits.memorySwapBytes", "1 MiB"],
    [{ devices: { gpus: { count: 1, ids: ["0"] } } }, "devices.gpus", "exclude each other"],
    [{ health: { disabled: true, command: "true" } }, "health", "excludes all other fields"],
    [{ readinessProbe: {} }, "readinessProbe", "it says no check"],
    [{ livenessProbe: { periodMs: 1000 } }, "livenessProbe", "Give one of http, tcp, exec and healthcheck"],
    [{ livenessProbe: { tcp: { port: 1 }, exec: { command: "x" } } }, "livenessProbe", "2 checks (tcp, exec)"],
    [{ startupProbe: { tcp: { port: 1 }, successThreshold: 2 } }, "startupProbe.successThreshold", "only a readiness"],
    [{ livenessProbe: { tcp: { port: 1 } }, network: { mode: "none" } }, "livenessProbe", "Check it with exec"],
    [
      { readinessProbe: { http: { port: 1, headers: { Host: "a", host: "b" } } } },
      "readinessProbe.http.headers",
      "each header once; host is repeated",
    ],
    [
      { readinessProbe: { healthcheck: true }, health: { disabled: true } },
      "readinessProbe.healthcheck",
      "is switched off",
    ],
    [{ readinessProbe: { healthcheck: true, periodMs: 1000 } }, "readinessProbe.periodMs", "health.intervalMs"],
    [{ mounts: [{ ...bind, options: { noCopy: true } }] }, "mounts[0].options.noCopy", "for volume mounts"],
    [{ mounts: [{ ...bind, options: { mode: 511 } }] }, "mounts[0].options.mode", "a bind mount has no mode"],
    [{ mounts: [{ ...bind, source: "/a:b", options: { selinux: "z" } }] }, "mounts[0].options.selinux", "colon"],
    [
      { mounts: [{ ...bind, options: { selinux: "z", nonRecursive: true } }] },
      "mounts[0].options.selinux",
      "nonRecursive",
    ],
    [
      { mounts: [{ type: "volume", target: "/d", options: { selinux: "z" } }] },
      "mounts[0].options.selinux",
      "without a name",
    ],
  ] as [object, string, string][])("%j", (more, field, says) => {
    const outcome = checkTaskInput(taskInput.parse({ ...base, ...more }));
    expect(outcome).toMatchObject({ ok: false, refusal: { code: "unprocessable", details: { field } } });
    if (!outcome.ok) expect(`${outcome.refusal.message} ${outcome.refusal.hint}`).toContain(says);
  });

  test.each([
    [{ network: { mode: "bridge" }, ports: [port] }],
    [{ limits: { memorySwapBytes: -1 } }],
    [{ limits: { memorySwapBytes: "64m" }, resources: { memory: "64m" } }],
    [{ health: { disabled: true } }],
    [{ health: { command: "x" }, livenessProbe: { healthcheck: true }, readinessProbe: { healthcheck: true } }],
    [{ startupProbe: { exec: { command: ["x"] }, successThreshold: 1 }, network: { mode: "none" } }],
    [{ mounts: [{ ...bind, options: { selinux: "Z", propagation: "rshared", consistency: "cached" } }] }],
  ])("%j is allowed", (more) => {
    expect(checkTaskInput(taskInput.parse({ ...base, ...more })).ok).toBe(true);
  });
});
