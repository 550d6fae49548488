// Export to compose is a fixed point: the exported file makes the app again.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these texts are what is tested

import { describe, expect, test } from "bun:test";
import { composeOf } from "../../../src/compose/export/compose/compose.ts";
import type { AppBody } from "../../../src/model/app/app-input.ts";
import { otherFile, otherFileNames } from "../../docs/compose-files.ts";
import { asRecorded, exportedAndRead } from "./round.ts";

describe("files of other projects", () => {
  test.each(otherFileNames)("%s", async (file) => {
    const { input, errors, document } = await otherFile(file);
    if (errors.length > 0 || !document) return;
    const round = await exportedAndRead(input, String(document.value.name));
    expect(round.errors, round.yaml).toEqual([]);
    expect(asRecorded(round.input), round.yaml).toEqual(asRecorded(input));
  });
});

const web = { name: "a_web", image: "nginx", restartPolicy: "always" };
const service = (fields: object): AppBody => ({ services: [{ ...web, ...fields }] });

const inputs: [what: string, input: AppBody][] = [
  ["words", service({ command: ["sh", "-c", "echo $HOME 0440"], args: [] })],
  [
    "an empty command",
    service({ command: [], args: ["yes", "22:22", "1_000", "", "a\nb\n", " x", "#", "- a", "null"] }),
  ],
  [
    "variables",
    service({ env: { A: "$B ${C}", "B-1": "0440", C: "true", D: "", E: "1e3", F: "~", G: "multi\nline" } }),
  ],
  [
    "rights",
    service({ security: { privileged: true, readOnly: true, capAdd: ["A_B"], groupAdd: ["5"], options: ["x=y"] } }),
  ],
  [
    "devices",
    service({ devices: { paths: [{ host: "/dev/a", container: "/dev/b", permissions: "r" }], gpus: { count: 2 } } }),
  ],
  ["all graphics cards", service({ devices: { gpus: { count: "all", capabilities: ["utility"], driver: "nvidia" } } })],
  [
    "limits",
    service({
      limits: {
        pids: 5,
        shmSizeBytes: 1024,
        sysctls: { "net.a": "1" },
        memorySwapBytes: -1,
        ulimits: [{ name: "nofile", soft: 1, hard: -1 }],
      },
    }),
  ],
  ["amounts", service({ resources: { cpu: { limit: 0.5 }, memory: { request: 8_000_000, limit: 16_000_000 } } })],
  [
    "a limit without a reservation",
    service({ resources: { cpu: { request: 0, limit: 0.5 }, memory: { request: 0, limit: 16_000_000 } } }),
  ],
  ["reservations", service({ resources: { cpu: { request: 0.25 }, memory: { request: 8_000_000 } } })],
  [
    "network",
    service({
      network: {
        mode: "bridge",
        hostname: "h",
        extraHosts: [
          { host: "a", address: "::1" },
          { host: "b", address: "host-gateway" },
        ],
        dns: { servers: ["9.9.9.9"], search: ["x"], options: ["ndots:1"] },
      },
    }),
  ],
  [
    "ports",
    service({
      ports: [
        { containerPort: 80 },
        { containerPort: 53, hostPort: 53, protocol: "udp", hostIp: "127.0.0.1", name: "dns" },
      ],
    }),
  ],
  [
    "mounts",
    service({
      mounts: [
        { type: "tmpfs", target: "/a", sizeBytes: 1024, options: { mode: 0o1777, flags: ["noexec", "uid=5"] } },
        {
          type: "bind",
          source: "/b",
          target: "/b",
          readOnly: true,
          options: { propagation: "shared", selinux: "z", consistency: "cached" },
        },
        { type: "bind", source: "/b", target: "/c", options: { nonRecursive: true } },
        { type: "volume", source: "", target: "/d" },
        { type: "volume", source: "other", target: "/e", options: { noCopy: true, labels: { a: "b" }, selinux: "Z" } },
        {
          type: "volume",
          source: "a_nfs",
          target: "/f",
          options: { driver: "local", driverOptions: { type: "nfs" }, labels: { x: "y" } },
        },
        { type: "volume", source: "a_data", target: "/g" },
      ],
    }),
  ],
  [
    "volumes",
    {
      volumes: [{ name: "a_data", writers: "many", node: "n1", labels: { a: "b" } }, { name: "plain" }],
      services: [{ ...web, mounts: [{ type: "volume", source: "plain", target: "/a" }] }],
    },
  ],
  ["restart never", service({ restartPolicy: "never" })],
  ["restart a few times", service({ restartPolicy: "on-failure:3" })],
  [
    "restart with times",
    service({ restartPolicy: { mode: "always", maxRestarts: 5, backoffInitialMs: 50, resetAfterMs: 1500 } }),
  ],
  ["restart with a longest pause", service({ restartPolicy: { mode: "on-failure", backoffMaxMs: 5000 } })],
  [
    "health",
    service({ health: { command: ["a", "$b"], intervalMs: 1500, timeoutMs: 2000, startPeriodMs: 1, retries: 2 } }),
  ],
  ["health by the shell", service({ health: { command: "NONE" } })],
  ["no health check", service({ health: { disabled: true } })],
  [
    "probes",
    service({
      startupProbe: { tcp: { port: 1 } },
      livenessProbe: { exec: { command: "a" }, periodMs: 5000 },
      readinessProbe: { http: { port: 80, path: "/x", headers: { A: "b" } } },
    }),
  ],
  [
    "rollout",
    service({
      replicas: 3,
      rollout: {
        parallelism: 2,
        delayMs: 5,
        monitorMs: 1000,
        order: "auto",
        onFailure: "pause",
        canary: 1,
        drainMs: 5000,
        deadlineMs: 60_000,
        minReadyMs: 1500,
        maxSurge: 2,
        maxUnavailable: 1,
        maxFailures: 3,
      },
    }),
  ],
  ["start-first", service({ mode: "global", rollout: { order: "start-first", onFailure: "continue" } })],
  [
    "placement",
    service({
      constraints: ["disk==ssd", "node!=n1"],
      placement: { spread: ["zone"], maxPerNode: 2, prefer: ["disk=ssd:5"], near: ["a_web", "other"], apart: ["b"] },
      priority: 5,
      namespace: "ns",
    }),
  ],
  ["a label that must exist", service({ constraints: ["disk==ssd", "fast", "node==n2"] })],
  [
    "the rest",
    service({
      user: "1:2",
      workingDir: "/x",
      platform: "linux/arm64",
      pullPolicy: "always",
      stopGraceSeconds: 90,
      process: { init: true, stopSignal: "SIGINT" },
      logging: { driver: "local", options: { "max-size": "1m" } },
      labels: { "a.b": "$c" },
    }),
  ],
  [
    "contents",
    {
      configs: [
        { name: "a_c", data: "x$y ${Z}\n", labels: { a: "b" } },
        { name: "other.conf", data: "" },
      ],
      secrets: [{ name: "a_s-1", data: "hidden" }],
      services: [
        {
          ...web,
          configs: [
            { name: "a_c", target: "/etc/c", uid: 5, gid: 6, mode: 0o400 },
            { name: "other.conf", env: "O", onChange: "none" },
            { name: "elsewhere", target: "/elsewhere", version: 3 },
          ],
          secrets: [{ name: "a_s-1", target: "/run/secrets/s", onChange: "signal", signal: "HUP" }],
        },
      ],
    },
  ],
  [
    "dependencies",
    {
      services: [
        {
          ...web,
          dependsOn: [
            { name: "a_db", condition: "healthy", required: false },
            { name: "a_job", condition: "completed", restart: true },
          ],
        },
        { ...web, name: "a_db" },
      ],
      jobs: [{ name: "a_job", image: "b" }],
    },
  ],
  [
    "jobs",
    {
      jobs: [
        { name: "a_x", image: "b", completions: 3, parallelism: 3 },
        {
          name: "a_y",
          image: "b",
          completions: 9,
          parallelism: 2,
          indexed: true,
          backoffLimit: 0,
          activeDeadline: "30m",
          ttlAfterFinished: 0,
          restartPolicy: "on-failure",
          ports: [{ containerPort: 80, hostIp: "node" }],
        },
        { name: "a_z", image: "b", completions: 4 },
      ],
    },
  ],
  [
    "schedules",
    {
      schedules: [
        {
          name: "a_n",
          image: "b",
          cron: "0 3 * * *",
          timezone: "Europe/Berlin",
          concurrency: "replace",
          startDeadline: "10m",
          keepSucceeded: 1,
          keepFailed: 0,
        },
      ],
    },
  ],
];

describe("inputs", () => {
  test.each(inputs)("%s", async (_, input) => {
    const round = await exportedAndRead(input, "a");
    expect(round.errors, round.yaml).toEqual([]);
    expect(asRecorded(round.input), round.yaml).toEqual(asRecorded(input));
  });
});

test("what a compose file cannot say is a warning", () => {
  const { document, warnings } = composeOf(
    {
      services: [
        { name: "a_pod", containers: [{ name: "x", image: "y" }] },
        { name: "other", image: "b" },
        {
          ...web,
          dependsOn: [{ name: "b_db", condition: "started" }],
          mounts: [{ type: "shared", source: "s", target: "/s" }],
        },
      ],
      secrets: [{ name: "a_s", data: "hidden" }],
      configs: [{ name: "a_c", data: "/wA=", encoding: "base64" }],
    },
    { app: "a" },
  );
  expect(Object.keys(document.services as object)).toEqual(["web"]);
  expect(JSON.stringify(document)).not.toContain("hidden");
  expect(warnings).toHaveLength(6);
});
