// The Engine API's form of every option of a container and of every mount.

import { describe, expect, test } from "bun:test";
import { assigned } from "../../../test/worker/samples.ts";
import type { Mount } from "../../model/task/spec.ts";
import type { WireAssignment } from "../../worker/task/assignment.ts";
import { ignoredByPodman } from "./container-options.ts";
import { createBody, needsImageEntrypoint } from "./container-spec.ts";

const MiB = 1024 ** 2;

function body(more: Partial<WireAssignment>, imageEntrypoint?: string[]) {
  const { spec, labels: taskLabels, stopGraceSeconds, platform } = assigned(more);
  const request = { name: "t", labels: { "podling.cluster": "c1" }, taskLabels, spec, stopGraceSeconds, platform };
  return createBody(request, imageEntrypoint) as { HostConfig: Record<string, unknown> } & Record<string, unknown>;
}

const rows: [title: string, asked: Partial<WireAssignment>, expected: object][] = [
  [
    "network",
    {
      network: {
        ...{ mode: "host", hostname: "web" },
        extraHosts: [
          { host: "db", address: "10.0.0.5" },
          { host: "me", address: "host-gateway" },
        ],
        dns: { servers: ["1.1.1.1"], search: ["lan"], options: ["ndots:2"] },
      },
    },
    {
      Hostname: "web",
      HostConfig: {
        ...{ NetworkMode: "host", ExtraHosts: ["db:10.0.0.5", "me:host-gateway"] },
        ...{ Dns: ["1.1.1.1"], DnsSearch: ["lan"], DnsOptions: ["ndots:2"] },
      },
    },
  ],
  [
    "process",
    { process: { init: false, stopSignal: "SIGINT" } },
    { StopSignal: "SIGINT", HostConfig: { Init: false } },
  ],
  [
    "security",
    {
      security: {
        ...{ privileged: true, readOnly: true, capAdd: ["NET_ADMIN"], capDrop: ["ALL"], groupAdd: ["audio"] },
        options: ["no-new-privileges", "systempaths=unconfined"],
      },
    },
    {
      HostConfig: {
        ...{ Privileged: true, ReadonlyRootfs: true, CapAdd: ["NET_ADMIN"], CapDrop: ["ALL"], GroupAdd: ["audio"] },
        ...{ SecurityOpt: ["no-new-privileges"], MaskedPaths: [], ReadonlyPaths: [] },
      },
    },
  ],
  [
    "devices",
    {
      devices: {
        paths: [{ host: "/dev/a", container: "/dev/b", permissions: "rw" }],
        gpus: { ids: ["0"], capabilities: ["utility"] },
      },
    },
    {
      HostConfig: {
        Devices: [{ PathOnHost: "/dev/a", PathInContainer: "/dev/b", CgroupPermissions: "rw" }],
        DeviceRequests: [{ Driver: "", Count: 0, DeviceIDs: ["0"], Capabilities: [["gpu", "utility"]], Options: {} }],
      },
    },
  ],
  [
    "all devices for computing",
    { devices: { gpus: { count: "all" } } },
    { HostConfig: { DeviceRequests: [{ Count: -1, DeviceIDs: null, Capabilities: [["gpu"]] }] } },
  ],
  [
    "limits",
    {
      resources: { cpu: { request: 0, limit: null }, memory: { request: 64 * MiB, limit: 64 * MiB } },
      limits: {
        ulimits: [{ name: "nofile", soft: 1024, hard: 2048 }],
        ...{ shmSizeBytes: MiB, sysctls: { "net.core.somaxconn": "9" }, pids: 20, memorySwapBytes: 128 * MiB },
      },
    },
    {
      HostConfig: {
        Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 2048 }],
        ...{ ShmSize: MiB, Sysctls: { "net.core.somaxconn": "9" }, PidsLimit: 20 },
        ...{ Memory: 64 * MiB, MemorySwap: 128 * MiB },
      },
    },
  ],
  [
    "logging",
    { logging: { driver: "local", options: { "max-size": "1m" } } },
    { HostConfig: { LogConfig: { Type: "local", Config: { "max-size": "1m" } } } },
  ],
  [
    "health, by the shell",
    { health: { command: "true", intervalMs: 1000, timeoutMs: 2, startPeriodMs: 3, retries: 4 } },
    {
      Healthcheck: {
        ...{ Test: ["CMD-SHELL", "true"], Interval: 1_000_000_000, Timeout: 2_000_000, StartPeriod: 3_000_000 },
        Retries: 4,
      },
    },
  ],
  ["health, without a shell", { health: { command: ["a", "b"] } }, { Healthcheck: { Test: ["CMD", "a", "b"] } }],
  ["no health check", { health: { disabled: true } }, { Healthcheck: { Test: ["NONE"] } }],
];
for (const [title, asked, expected] of rows) test(title, () => expect(body(asked)).toMatchObject(expected));

test("an option that is left out gives no field", () => {
  expect(body({ health: { retries: 3 } }).Healthcheck).toEqual({ Retries: 3 });
  const { HostConfig } = body({ network: { hostname: "a" }, security: { readOnly: false }, limits: { pids: 5 } });
  expect(HostConfig).toEqual({
    ...{ PortBindings: {}, Mounts: [], RestartPolicy: { Name: "no" } },
    ...{ ReadonlyRootfs: false, PidsLimit: 5 },
  });
});

describe("command and args that were given as empty", () => {
  test("no entrypoint", () => {
    expect(body({ cleared: ["command"], args: ["echo"] })).toMatchObject({ Entrypoint: [""], Cmd: ["echo"] });
  });

  test("no arguments: an engine leaves out those of the image only beside an entrypoint", () => {
    const asked: Partial<WireAssignment> = { cleared: ["args"] };
    expect(needsImageEntrypoint(assigned(asked).spec)).toBe(true);
    const given = body(asked, ["/entry", "-x"]);
    expect(given.Entrypoint).toEqual(["/entry", "-x"]);
    expect(given).not.toHaveProperty("Cmd");
    expect(needsImageEntrypoint(assigned({ ...asked, command: ["sh"] }).spec)).toBe(false);
    expect(needsImageEntrypoint(assigned({ cleared: ["command", "args"] }).spec)).toBe(false);
  });
});

test("what Podman would ignore without a word", () => {
  expect(ignoredByPodman(assigned({ devices: { gpus: { count: "all" } } }).spec)).toBe("devices.gpus (--gpus)");
  const options = ["no-new-privileges", "systempaths=unconfined"];
  expect(ignoredByPodman(assigned({ security: { options } }).spec)).toBe("systempaths=unconfined");
  expect(ignoredByPodman(assigned({ network: { mode: "host" }, devices: { paths: [] } }).spec)).toBeNull();
});

describe("mounts", () => {
  const mount = (more: Partial<Mount>): Mount => ({
    ...{ type: "bind", source: "/srv", target: "/d", readOnly: false, sizeBytes: null },
    ...more,
  });
  const given = (more: Partial<Mount>) => body({ mounts: [mount(more)] }).HostConfig;
  const labels = { "podling.cluster": "c1", "podling.node": "" };

  test("a volume without a name", () => {
    expect(given({ type: "volume", source: "" }).Mounts).toEqual([
      { Type: "volume", Target: "/d", ReadOnly: false, VolumeOptions: { Labels: labels } },
    ]);
  });

  test("a relabelled one is a bind", () => {
    const { Mounts, Binds } = given({ readOnly: true, options: { selinux: "z", propagation: "rslave" } });
    expect({ Mounts, Binds }).toEqual({ Mounts: [], Binds: ["/srv:/d:ro,z,rslave"] });
  });

  test("propagation, consistency and no mounts below", () => {
    const options = { propagation: "rshared", consistency: "cached", nonRecursive: true } as const;
    expect(given({ options }).Mounts).toEqual([
      {
        ...{ Type: "bind", Source: "/srv", Target: "/d", ReadOnly: false, Consistency: "cached" },
        BindOptions: { Propagation: "rshared", NonRecursive: true },
      },
    ]);
  });

  test("a volume with its driver; our labels win", () => {
    const options = {
      ...{ driver: "local", driverOptions: { type: "nfs" }, noCopy: true },
      labels: { a: "b", "podling.cluster": "forged" },
    };
    expect(given({ type: "volume", source: "v", options }).Mounts).toEqual([
      {
        ...{ Type: "volume", Source: "v", Target: "/d", ReadOnly: false },
        VolumeOptions: {
          ...{ Labels: { a: "b", ...labels }, NoCopy: true },
          DriverConfig: { Name: "local", Options: { type: "nfs" } },
        },
      },
    ]);
  });

  test("a folder in memory with a mode, and one with mount options", () => {
    expect(given({ type: "tmpfs", source: "", sizeBytes: MiB, options: { mode: 0o1777 } }).Mounts).toEqual([
      { Type: "tmpfs", Target: "/d", ReadOnly: false, TmpfsOptions: { SizeBytes: MiB, Mode: 0o1777 } },
    ]);
    const { Mounts, Tmpfs } = given({
      ...{ type: "tmpfs", source: "", sizeBytes: MiB, readOnly: true },
      options: { mode: 0o700, flags: ["exec", "uid=1000"] },
    });
    expect({ Mounts, Tmpfs }).toEqual({ Mounts: [], Tmpfs: { "/d": `ro,exec,uid=1000,size=${MiB},mode=700` } });
  });
});
