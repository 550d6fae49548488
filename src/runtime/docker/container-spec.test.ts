// The Engine API's form of every field of a container, and what Podling makes of the engine's answers.

import { describe, expect, test } from "bun:test";
import { assigned } from "../../../test/worker/samples.ts";
import { splitReference } from "../../model/image-reference.ts";
import type { WireAssignment } from "../../worker/task/assignment.ts";
import { containerState, createBody, type EngineContainer } from "./container-spec.ts";
import { createError, pullError, saysImageIsMissing, saysNameIsTaken, startError } from "./errors.ts";

const MiB = 1024 * 1024;

function body(more: Partial<WireAssignment>) {
  const { spec, labels: taskLabels, stopGraceSeconds, platform } = assigned(more);
  return createBody({
    name: "podling-t",
    labels: { "podling.task": "t", ...(spec.mounts.length > 0 ? { "podling.cluster": "c1" } : {}) },
    ...{ taskLabels, spec, stopGraceSeconds, platform },
  }) as {
    HostConfig: Record<string, unknown>;
  } & Record<string, unknown>;
}

describe("a container", () => {
  test("with nothing but an image keeps the command of the image, and the engine does not restart it", () => {
    expect(body({})).toEqual({
      Image: "nginx",
      Env: [],
      Labels: { "podling.task": "t" },
      StopTimeout: 10,
      ExposedPorts: {},
      HostConfig: { PortBindings: {}, Mounts: [], RestartPolicy: { Name: "no" } },
    });
  });

  const rows: [title: string, asked: Partial<WireAssignment>, expected: object][] = [
    ["command and args", { command: ["sh"], args: ["-c", "true"] }, { Entrypoint: ["sh"], Cmd: ["-c", "true"] }],
    ["env", { env: { A: "1", B: "x=y" } }, { Env: ["A=1", "B=x=y"] }],
    [
      "labels: ours win",
      { labels: { app: "web", "podling.task": "forged" } },
      { Labels: { app: "web", "podling.task": "t" } },
    ],
    [
      "user, folder, grace",
      { user: "1000:1000", workingDir: "/srv", stopGraceSeconds: 3 },
      { User: "1000:1000", WorkingDir: "/srv", StopTimeout: 3 },
    ],
    [
      "ports, fixed and chosen, several for one",
      {
        ports: [
          { hostPort: 8080, containerPort: 80, protocol: "tcp", hostIp: "127.0.0.1" },
          { hostPort: null, containerPort: 80, protocol: "tcp", hostIp: "0.0.0.0" },
          { hostPort: 53, containerPort: 53, protocol: "udp", hostIp: "::1" },
        ],
      },
      {
        ExposedPorts: { "80/tcp": {}, "53/udp": {} },
        HostConfig: {
          PortBindings: {
            "80/tcp": [
              { HostIp: "127.0.0.1", HostPort: "8080" },
              { HostIp: "0.0.0.0", HostPort: "" },
            ],
            "53/udp": [{ HostIp: "::1", HostPort: "53" }],
          },
        },
      },
    ],
    [
      "limits are enforced, requests weigh",
      {
        resources: { cpu: { request: 0.5, limit: 1.5 }, memory: { request: 64 * MiB, limit: 128 * MiB } },
      },
      {
        HostConfig: {
          CpuShares: 512,
          NanoCpus: 1_500_000_000,
          Memory: 128 * MiB,
          MemorySwap: 128 * MiB,
          MemoryReservation: 64 * MiB,
        },
      },
    ],
    [
      "a request alone limits nothing",
      { resources: { cpu: { request: 0.001, limit: null }, memory: { request: 64 * MiB, limit: null } } },
      { HostConfig: { CpuShares: 2, MemoryReservation: 64 * MiB } },
    ],
    [
      "mounts",
      {
        mounts: [
          { type: "volume", source: "data", target: "/data", readOnly: false, sizeBytes: null },
          { type: "bind", source: "/etc/hosts", target: "/hosts", readOnly: true, sizeBytes: null },
          { type: "tmpfs", source: "", target: "/tmp", readOnly: false, sizeBytes: 8 * MiB },
          { type: "tmpfs", source: "", target: "/run", readOnly: false, sizeBytes: null },
        ],
      },
      {
        HostConfig: {
          Mounts: [
            {
              ...{ Type: "volume", Source: "data", Target: "/data", ReadOnly: false },
              VolumeOptions: { Labels: { "podling.cluster": "c1", "podling.node": "" } },
            },
            { Type: "bind", Source: "/etc/hosts", Target: "/hosts", ReadOnly: true },
            { Type: "tmpfs", Target: "/tmp", ReadOnly: false, TmpfsOptions: { SizeBytes: 8 * MiB } },
            { Type: "tmpfs", Target: "/run", ReadOnly: false },
          ],
        },
      },
    ],
  ];
  for (const [title, asked, expected] of rows) test(title, () => expect(body(asked)).toMatchObject(expected));
});

test("an ended container, and one without a check, have no health", () => {
  const health = (State: Partial<EngineContainer["State"]>) =>
    containerState({
      ...{ Id: "c1", Config: { Labels: {} } },
      State: {
        ...{ Status: "running", ExitCode: 0, OOMKilled: false, Error: "" },
        StartedAt: "2025-01-19T12:00:00Z",
        FinishedAt: "",
        ...State,
      },
    }).health;
  expect(health({ Health: { Status: "healthy" } })).toEqual({ status: "healthy", failures: 0, output: "" });
  expect(health({ Status: "exited", Health: { Status: "healthy" } })).toBeUndefined();
  expect(health({ Health: { Status: "" } })).toBeUndefined();
  expect(health({ Health: { Status: "none" } })).toBeUndefined();
});

describe("an engine's container", () => {
  const never = "0001-01-01T00:00:00Z";
  const states: [string, Partial<EngineContainer["State"]>, object][] = [
    ["created", { Status: "created" }, { status: "created", exitCode: null, startedAt: null, finishedAt: null }],
    [
      "could not start",
      { Status: "created", ExitCode: 127, Error: "no such program" },
      { status: "created", exitCode: null, error: "no such program" },
    ],
    [
      "running",
      { Status: "running", StartedAt: "2025-01-19T12:00:00.123456789Z" },
      { status: "running", exitCode: null, startedAt: "2025-01-19T12:00:00.123Z" },
    ],
    [
      "paused counts as running",
      { Status: "paused", StartedAt: "2025-01-19T12:00:00Z" },
      { status: "running", startedAt: "2025-01-19T12:00:00.000Z" },
    ],
    [
      "ended",
      { Status: "exited", ExitCode: 3, StartedAt: "2025-01-19T12:00:00.1Z", FinishedAt: "2025-01-19T12:00:01.5Z" },
      { status: "exited", exitCode: 3, finishedAt: "2025-01-19T12:00:01.500Z" },
    ],
    [
      "ended before its start was noted",
      { Status: "exited", ExitCode: 3, StartedAt: "2025-01-19T12:00:00.010Z", FinishedAt: "2025-01-19T12:00:00.008Z" },
      { status: "exited", startedAt: "2025-01-19T12:00:00.010Z", finishedAt: "2025-01-19T12:00:00.010Z" },
    ],
    [
      "checked by the engine",
      {
        ...{ Status: "running", StartedAt: "2025-01-19T12:00:00Z" },
        Health: { Status: "unhealthy", FailingStreak: 4, Log: [{ Output: "first" }, { Output: "last\n" }] },
      },
      { health: { status: "unhealthy", failures: 4, output: "last\n" } },
    ],
    [
      "checked by the engine before its end",
      { Status: "exited", StartedAt: "2025-01-19T12:00:00Z", Health: { Status: "unhealthy", FailingStreak: 4 } },
      { status: "exited" },
    ],
    [
      "without a check, as Podman says it",
      { Status: "running", StartedAt: "2025-01-19T12:00:00Z", Health: { Status: "", FailingStreak: 0, Log: null } },
      { status: "running" },
    ],
    [
      "killed for memory",
      { Status: "exited", ExitCode: 137, OOMKilled: true, StartedAt: "2025-01-19T12:00:00.1Z" },
      { status: "exited", oomKilled: true },
    ],
    ["dead", { Status: "dead", ExitCode: 1, StartedAt: "2025-01-19T12:00:00.1Z" }, { status: "exited", exitCode: 1 }],
  ];
  for (const [title, state, expected] of states) {
    test(title, () => {
      const full = {
        Status: "",
        ExitCode: 0,
        OOMKilled: false,
        Error: "",
        StartedAt: never,
        FinishedAt: never,
        ...state,
      };
      const found = containerState({ Id: "c1", Config: { Labels: { "podling.task": "t" } }, State: full });
      expect(found).toMatchObject({ containerId: "c1", taskId: "t", ...expected });
    });
  }

  test("published ports", () => {
    const Ports = { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "49153" }], "53/udp": null };
    const State = { Status: "running", ExitCode: 0, OOMKilled: false, Error: "", StartedAt: never, FinishedAt: never };
    const { publishedPorts } = containerState({ Id: "c", Config: { Labels: null }, State, NetworkSettings: { Ports } });
    expect(publishedPorts).toEqual([{ hostIp: "127.0.0.1", hostPort: 49153, containerPort: 80, protocol: "tcp" }]);
  });
});

describe("image references", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const rows: [image: string, name: string, tag: string][] = [
    ["nginx", "nginx", "latest"],
    ["nginx:1.27", "nginx", "1.27"],
    ["team/app", "team/app", "latest"],
    ["localhost/app:1", "localhost/app", "1"],
    ["10.0.0.1:5000/app", "10.0.0.1:5000/app", "latest"],
    ["registry.example:5000/team/app:v2", "registry.example:5000/team/app", "v2"],
    [`app@${digest}`, "app", digest],
    [`registry.example/app:1@${digest}`, "registry.example/app", digest],
  ];
  for (const [image, name, tag] of rows) {
    test(image, () => {
      expect(splitReference(image)).toEqual({ name, tag });
    });
  }
});

describe("what engines answer", () => {
  const pulls: [message: string, code: string, temporary: boolean][] = [
    ["manifest for app:none not found: manifest unknown: manifest unknown", "image-not-found", false],
    [
      "pull access denied for app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
      "image-not-found",
      false,
    ],
    ["Get https://r.example/v2/: unauthorized: authentication required", "registry-denied", false],
    ["Head https://r.example/v2/app/manifests/1: no basic auth credentials", "registry-denied", false],
    ["error parsing HTTP 403 response body: denied", "registry-denied", false],
    ["no matching manifest for linux/arm64 in the manifest list entries", "image-not-found", false],
    ["Get http://127.0.0.1:1/v2/: dial tcp 127.0.0.1:1: connect: connection refused", "registry-unreachable", true],
    ["Get https://r.example/v2/: dial tcp: lookup r.example: no such host", "registry-unreachable", true],
    [
      "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
      "registry-unreachable",
      true,
    ],
    ["received unexpected HTTP status: 503 Service Unavailable", "registry-unreachable", true],
    ["toomanyrequests: You have reached your pull rate limit", "registry-unreachable", true],
  ];
  for (const [message, code, temporary] of pulls) {
    test(message.slice(0, 60), () => {
      const error = pullError("app:none", message);
      expect({ code: error.code, temporary: error.temporary }).toEqual({ code, temporary } as never);
      expect(error.message).toBe(`app:none: ${message}`);
    });
  }

  const starts: [status: number, message: string, code: string][] = [
    [
      500,
      "driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated",
      "port-in-use",
    ],
    [500, "Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use", "port-in-use"],
    [404, "No such container: abc", "container-lost"],
    [404, "network lost not found", "start-failed"],
    [400, 'OCI runtime create failed: exec: "nope": executable file not found in $PATH', "start-failed"],
  ];
  for (const [status, message, code] of starts) {
    test(message.slice(0, 60), () => expect(startError(status, message).code).toBe(code as never));
  }

  const exitCodes: [message: string, exitCode: number][] = [
    ['OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown', 127],
    [
      "crun: executable file `/no/such` not found: No such file or directory: OCI runtime attempted to invoke a command that was not found",
      127,
    ],
    ['runc create failed: exec: "/nope": stat /nope: no such file or directory: unknown', 127],
    ['runc create failed: exec: "/etc/passwd": permission denied: unknown', 126],
    ['runc create failed: exec: "/bin": is a directory: unknown', 126],
    ["standard_init_linux.go:228: exec user process caused: exec format error", 126],
    ["unable to find user nosuch: no matching entries in passwd file", 125],
    ["driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated", 125],
    ['error mounting "/tmp/dir" to rootfs at "/bin/sh": not a directory: unknown', 125],
    ['error gathering device information while adding custom device "/dev/x": no such file or directory', 125],
    ["crun: setrlimit `RLIMIT_NPROC`: Operation not permitted: OCI permission denied", 125],
  ];
  test.each(exitCodes)("%s", (message, exitCode) => {
    expect(startError(500, message).exitCode).toBe(exitCode);
  });

  test("a taken name shows in the status or, on Podman, in the message", () => {
    const podman =
      'container create: creating container storage: the container name "a" is already in use by 9a3c. You have to remove that container';
    expect(saysNameIsTaken(500, podman)).toBe(true);
    expect(saysNameIsTaken(409, "Conflict.")).toBe(true);
    expect(saysNameIsTaken(500, "address already in use")).toBe(false);
  });

  test("a full disk is a temporary error; other refusals are final", () => {
    const full = "write /var/lib/docker/overlay2/abc-init/link: no space left on device";
    expect(createError(full)).toMatchObject({ code: "create-failed", temporary: true });
    expect(startError(500, full)).toMatchObject({ code: "start-failed", temporary: true });
    expect(createError("invalid mount config")).toMatchObject({ code: "create-failed", temporary: false });
    const chain =
      'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "web": executable file not found in $PATH: unknown';
    expect(startError(400, chain).message).toBe('exec: "web": executable file not found in $PATH');
    const taken =
      "driver failed programming external connectivity on endpoint podling-2026-x (ce71b6fe): Bind for 0.0.0.0:80 failed: port is already allocated";
    expect(startError(500, taken)).toMatchObject({
      code: "port-in-use",
      message: "the host port 0.0.0.0:80 is in use by another program or container of the node",
    });
    const proxy = "Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use";
    expect(startError(500, proxy).message).toStartWith("the host port 127.0.0.1:8080 is in use by another program");
    const bridge =
      "failed to create endpoint x on network bridge: adding interface veth1 to bridge docker0 failed: could not find bridge docker0: route ip+net: no such network interface";
    expect(startError(500, bridge).message).toBe(
      "the bridge network of the engine is broken: the interface docker0 does not exist. Restart Docker on the node (sudo systemctl restart docker)",
    );
    expect(startError(404, "network bridge not found")).toMatchObject({
      ...{ code: "start-failed", temporary: false },
      message: expect.stringMatching(/^the engine has no bridge network\. Remove --bridge none .*restart Docker/),
    });
    expect(startError(404, "network mine not found").message).toBe("network mine not found");
    expect(startError(400, "no such command")).toMatchObject({ code: "start-failed", temporary: false });
  });

  test("a start in which the engine crashed leaves a container that will never start", () => {
    const id = "b042326df159f231a4e1ee6c2a81699fdcdf5ac0ca1187904b84d874a2b20f61";
    expect(startError(500, `task ${id}: already exists`)).toMatchObject({ code: "start-failed", unusable: true });
    expect(startError(500, `exec: "x": file already exists`)).toMatchObject({ code: "start-failed", unusable: false });
    expect(startError(409, "id already in use")).toMatchObject({ code: "start-failed", unusable: true });
    const left = `failed to start shim: mkdir /var/run/docker/containerd/daemon/moby/${id}: file exists`;
    expect(startError(500, left)).toMatchObject({ code: "start-failed", unusable: true });
  });

  test("whether a refused create means a missing image", () => {
    expect(saysImageIsMissing("No such image: app:latest")).toBe(true);
    expect(saysImageIsMissing("image with reference app was found but does not match the specified platform")).toBe(
      true,
    );
    expect(saysImageIsMissing("get data: no such volume")).toBe(false);
  });
});
