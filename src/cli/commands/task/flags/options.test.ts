// The flags that are handed to the engine, in docker's forms, to the groups of a create request.

import { describe, expect, test } from "bun:test";
import type { Io } from "../../../command/io.ts";
import { parseLine } from "../../../command/parse.ts";
import { run } from "../run.ts";
import { containerOptions } from "./options.ts";

function options(...words: string[]) {
  const { flags } = parseLine(run, [...words, "nginx"]);
  const io = { readFile: async (path: string) => (path === "good.json" ? '{\n  "a": 1\n}' : "no json") };
  return containerOptions(flags, io as Partial<Io> as Io);
}

const rows: [words: string[], expected: object][] = [
  [[], {}],
  [["--network", "host"], { network: { mode: "host" } }],
  [["--net=none"], { network: { mode: "none" } }],
  [["--network", "cluster:shop"], { network: { mode: "cluster", app: "shop" } }],
  [["--network", "default"], { network: { mode: "bridge" } }],
  [["--hostname", "web.example.com"], { network: { hostname: "web.example.com" } }],
  [["-h", "web1"], { network: { hostname: "web1" } }],
  [
    ["--add-host", "db:10.0.0.5", "--add-host", "v6=[::1]", "--add-host", "me:host-gateway"],
    {
      network: {
        extraHosts: [
          { host: "db", address: "10.0.0.5" },
          { host: "v6", address: "::1" },
          { host: "me", address: "host-gateway" },
        ],
      },
    },
  ],
  [
    ["--dns", "1.1.1.1", "--dns", "8.8.8.8", "--dns-search", "lan", "--dns-opt", "ndots:2"],
    { network: { dns: { servers: ["1.1.1.1", "8.8.8.8"], search: ["lan"], options: ["ndots:2"] } } },
  ],
  [["--init", "--stop-signal", "INT"], { process: { init: true, stopSignal: "INT" } }],
  [
    ["--ulimit", "nofile=1", "--ulimit", "nproc=7", "--ulimit", "nofile=2:4"],
    {
      limits: {
        ulimits: [
          { name: "nofile", soft: 2, hard: 4 },
          { name: "nproc", soft: 7, hard: 7 },
        ],
      },
    },
  ],
  [["--init=false"], { process: { init: false } }],
  [
    ["--privileged", "--read-only", "--cap-add", "NET_ADMIN", "--cap-drop", "ALL", "--group-add", "audio"],
    {
      security: {
        ...{ privileged: true, readOnly: true },
        ...{ capAdd: ["NET_ADMIN"], capDrop: ["ALL"], groupAdd: ["audio"] },
      },
    },
  ],
  [
    ["--security-opt", "no-new-privileges", "--security-opt", "seccomp=good.json"],
    { security: { options: ["no-new-privileges", 'seccomp={"a":1}'] } },
  ],
  [["--security-opt", "seccomp=unconfined"], { security: { options: ["seccomp=unconfined"] } }],
  [
    ["--device", "/dev/a", "--device", "/dev/a:/dev/b", "--device", "/dev/a:r", "--device", "/dev/a:/dev/b:rw"],
    {
      devices: {
        paths: [
          { host: "/dev/a", container: "/dev/a" },
          { host: "/dev/a", container: "/dev/b" },
          { host: "/dev/a", container: "/dev/a", permissions: "r" },
          { host: "/dev/a", container: "/dev/b", permissions: "rw" },
        ],
      },
    },
  ],
  [["--gpus", "all"], { devices: { gpus: { count: "all" } } }],
  [["--gpus", "2"], { devices: { gpus: { count: 2 } } }],
  [["--gpus", '"device=0,1"'], { devices: { gpus: { ids: ["0", "1"] } } }],
  [
    ["--gpus", 'count=1,driver=nvidia,"capabilities=compute,utility"'],
    { devices: { gpus: { count: 1, driver: "nvidia", capabilities: ["compute", "utility"] } } },
  ],
  [
    ["--ulimit", "nofile=1024:2048", "--ulimit", "memlock=-1"],
    {
      limits: {
        ulimits: [
          { name: "nofile", soft: 1024, hard: 2048 },
          { name: "memlock", soft: -1, hard: -1 },
        ],
      },
    },
  ],
  [
    ["--shm-size", "256m", "--sysctl", "net.core.somaxconn=1024", "--pids-limit", "-1", "--memory-swap", "1g"],
    {
      limits: {
        ...{ shmSizeBytes: "256m", sysctls: { "net.core.somaxconn": "1024" }, pids: -1 },
        memorySwapBytes: "1g",
      },
    },
  ],
  [["--memory-swap", "-1"], { limits: { memorySwapBytes: -1 } }],
  [["--memory-swap", "0"], {}],
  [
    ["--log-driver", "local", "--log-opt", "max-size=10m"],
    { logging: { driver: "local", options: { "max-size": "10m" } } },
  ],
  [
    ["--health-cmd", "curl -f localhost", "--health-interval", "10s", "--health-timeout", "1s"],
    { health: { command: "curl -f localhost", intervalMs: 10_000, timeoutMs: 1000 } },
  ],
  [["--health-retries", "5", "--health-start-period", "1m30s"], { health: { retries: 5, startPeriodMs: 90_000 } }],
  [["--no-healthcheck"], { health: { disabled: true } }],
];

test.each(rows.map(([words, expected]) => [words.join(" "), words, expected] as const))(
  "%s",
  async (_, words, expected) => {
    expect(await options(...words)).toEqual(expected);
  },
);

describe("what is no such value is refused with what to type", () => {
  test.each([
    [["--network", "mynet"], "Podling knows the networks bridge, host, none and cluster:APP"],
    [["--add-host", "db"], "expected a host and its address"],
    [["--device", "kvm"], "not a device"],
    [["--gpus", "some"], '"some" is not a number of devices'],
    [["--gpus", "device=0,1x"], "is not a number of devices"],
    [["--ulimit", "nofile"], "expected a name and a number"],
    [["--sysctl", "x"], "expected a name and a value"],
    [["--pids-limit", "many"], "expected a number of processes"],
    [["--health-cmd", ""], "the command is empty"],
    [["--security-opt", "seccomp=bad.json"], "cannot read the seccomp profile bad.json"],
  ] as [string[], string][])("%s", async (words, says) => {
    await expect(options(...words)).rejects.toThrow(says);
  });

  test("docker's flags without a counterpart", () => {
    expect(() => parseLine(run, ["--pid", "host", "nginx"])).toThrow("run has no --pid");
    expect(() => parseLine(run, ["--memory-reservation", "1g", "nginx"])).toThrow("--reserve-memory");
  });
});

test("-h alone at the end asks for help, with a value it is the host name", () => {
  expect(parseLine(run, ["-h"]).flags.has("help")).toBe(true);
  expect(parseLine(run, ["nginx", "-h"]).containerCommand).toEqual(["-h"]);
  expect(parseLine(run, ["-h", "web", "nginx"]).flags.has("help")).toBe(false);
});
