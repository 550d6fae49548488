// The options of a container on a real engine: each is visible in what the engine says of the container, or in what its
// program sees. Empty lists of command and args are among them.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineFetch, findEngine } from "../../scripts/ping-engine.ts";
import type { Mount } from "../../src/model/task/spec.ts";
import type { WireAssignment } from "../../src/worker/task/assignment.ts";
import { until } from "../../tools/lab/until.ts";
import { ContractSubject, refusal } from "./contract-subject.ts";
import { dockerHarness, removeLeftovers } from "./docker-harness.ts";

const MiB = 1024 ** 2;
const engine = await findEngine();
const host = "problem" in engine ? "" : engine.host;
let subject: ContractSubject;
/** On the node, with a file and a folder. */
let folder: string;

if ("problem" in engine) {
  if (process.env.CI === "true") throw new Error(`options cannot be tested, and CI=true: ${engine.problem}`);
  process.stderr.write(`skipped: the options of containers on an engine, because ${engine.problem}\n`);
  describe.skip("the options of containers on an engine", () => test("are in effect", () => {}));
} else {
  beforeAll(async () => {
    subject = new ContractSubject(await dockerHarness(host));
    folder = mkdtempSync(join(tmpdir(), "podling-options-"));
    mkdirSync(join(folder, "sub"));
    writeFileSync(join(folder, "file"), "on the node\n");
  });
  afterAll(async () => {
    await subject?.close();
    await removeLeftovers(host);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const part of [
    ...[
      emptyLists,
      networkOptions,
      processOptions,
      securityOptions,
      deviceOptions,
      limitOptions,
      loggingOptions,
      healthOptions,
      mountOptions,
    ],
  ])
    part();
}

/** What the engine says of a container with these options; it is created and not started. */
async function created(more: Partial<WireAssignment>): Promise<EngineSays> {
  return inspected(await subject.create(subject.newTask(["true"], more)));
}

async function inspected(containerId: string): Promise<EngineSays> {
  return (await (await engineFetch(host, `/containers/${containerId}/json`)).json()) as EngineSays;
}

/** What a shell in such a container writes. */
async function output(script: string, more: Partial<WireAssignment>): Promise<string> {
  return outputOf(["sh", "-c", script], more);
}

async function outputOf(words: string[], more: Partial<WireAssignment>): Promise<string> {
  const containerId = await subject.run(words, more);
  await subject.ended(containerId);
  const { stdout, stderr } = await subject.written(containerId);
  return `${stdout}${stderr}`;
}

function emptyLists(): void {
  describe("empty lists", () => {
    let image: string;
    beforeAll(async () => {
      image = subject.name("entrypoint:1");
      const { Id } = (await (
        await post("/containers/create", { Image: subject.harness.image, Cmd: ["true"] })
      ).json()) as { Id: string };
      const [repo, tag] = image.split(":");
      await post(`/commit?container=${Id}&repo=${repo}&tag=${tag}`, {
        Entrypoint: ["echo", "EP:"],
        Cmd: ["of the image"],
      });
      await engineFetch(host, `/containers/${Id}`, { method: "DELETE" });
    });

    test("what is left out is the image's", async () => {
      expect(await outputOf([], { image })).toBe("EP: of the image\n");
    });

    test("an empty command takes the entrypoint away", async () => {
      expect(await outputOf(["echo", "plain"], { image, command: [], cleared: ["command"] })).toBe("plain\n");
    });

    test("empty arguments take the arguments away, and leave the entrypoint", async () => {
      expect(await outputOf([], { image, cleared: ["args"] })).toBe("EP:\n");
    });

    test("both empty leave nothing to run", async () => {
      const task = subject.newTask([], { image, cleared: ["command", "args"] });
      expect(await refusal(subject.create(task))).toMatchObject({ code: "create-failed" });
    });

    test("empty arguments of an image without an entrypoint leave nothing to run", async () => {
      const error = await refusal(subject.create(subject.newTask([], { cleared: ["args"] })));
      expect(error).toMatchObject({ code: "create-failed", temporary: false });
      expect(error.message).toContain("has no entrypoint");
    });

    test("an image that is not there is missing, also with empty arguments", async () => {
      const task = subject.newTask([], { image: subject.harness.missingImage, cleared: ["args"] });
      expect(await subject.runtime.containers.create(subject.request(task))).toBe("image-missing");
    });
  });
}

function networkOptions(): void {
  describe("network", () => {
    test("host is the network of the node, none has only loopback, bridge an interface of its own", async () => {
      const interfaces = async (mode: "host" | "none" | "bridge") =>
        (await output("ls /sys/class/net", { network: { mode } })).trim().split(/\s+/);
      expect(await interfaces("none")).toEqual(["lo"]);
      expect(await interfaces("bridge")).toContain("eth0");
      expect((await created({ network: { mode: "host" } })).HostConfig.NetworkMode).toBe("host");
      expect(await interfaces("host")).not.toEqual(["lo"]);
    });

    test("host name, hosts and DNS", async () => {
      const network = {
        hostname: "web-1",
        extraHosts: [
          { host: "db", address: "10.9.8.7" },
          { host: "node", address: "host-gateway" },
        ],
        dns: { servers: ["10.9.8.1"], search: ["example.lan"], options: ["ndots:3"] },
      };
      const seen = await output("hostname; cat /etc/hosts /etc/resolv.conf", { network });
      expect(seen).toStartWith("web-1\n");
      expect(seen).toMatch(/^10\.9\.8\.7\s+db$/m);
      expect(seen).toMatch(/^\d+\.\d+\.\d+\.\d+\s+node$/m);
      expect(seen).toContain("nameserver 10.9.8.1\n");
      expect(seen).toMatch(/^search example\.lan$/m);
      expect(seen).toMatch(/^options ndots:3$/m);
    });

    test("a port of SCTP is handed to the engine", async () => {
      const ports = [{ hostPort: null, containerPort: 80, protocol: "sctp" as const, hostIp: "127.0.0.1" }];
      const { HostConfig } = await created({ ports });
      expect(Object.keys(HostConfig.PortBindings)).toEqual(["80/sctp"]);
    });
  });
}

function processOptions(): void {
  describe("process", () => {
    test("process 1 is an init", async () => {
      expect(await output("cat /proc/1/comm; true", { process: { init: true } })).toMatch(/^(docker-)?(init|tini)/);
      expect(await output("cat /proc/1/comm; true", {})).toBe("sh\n");
    });

    test("the stop signal", async () => {
      const script = "trap 'echo got it; exit 5' INT; echo ready; while :; do sleep 0.1; done";
      const containerId = await subject.run(["sh", "-c", script], { process: { stopSignal: "SIGINT" } });
      await until("the trap", async () => (await subject.written(containerId)).stdout.includes("ready"));
      await subject.runtime.containers.stop(containerId, 20);
      expect((await subject.runtime.containers.inspect(containerId))?.exitCode).toBe(5);
    });
  });
}

function securityOptions(): void {
  describe("security", () => {
    const status = (name: string) => `grep ${name} /proc/self/status | tr -d '\\t'`;

    test("all rights, as far as the engine itself has them", async () => {
      const { HostConfig } = await created({ security: { privileged: true } });
      expect(HostConfig.Privileged).toBe(true);
    });

    test("a root file system that cannot be written", async () => {
      expect(await output("echo x > /new", { security: { readOnly: true } })).toContain("Read-only file system");
    });

    test("capabilities are added and dropped", async () => {
      expect(await output(status("CapEff"), { security: { capDrop: ["ALL"] } })).toBe("CapEff:0000000000000000\n");
      const added = { security: { capDrop: ["ALL"], capAdd: ["NET_ADMIN"] } };
      expect(await output(status("CapEff"), added)).toBe("CapEff:0000000000001000\n");
    });

    test("groups, and no new privileges", async () => {
      expect(await output("id -G", { security: { groupAdd: ["4242"] } })).toContain("4242");
      expect(await output(status("NoNewPrivs"), { security: { options: ["no-new-privileges"] } })).toBe(
        "NoNewPrivs:1\n",
      );
    });

    test("seccomp off, and paths of the kernel that are not masked", async () => {
      expect(await output(status("Seccomp:"), { security: { options: ["seccomp=unconfined"] } })).toBe("Seccomp:0\n");
      const { HostConfig } = await created({ security: { options: ["systempaths=unconfined"] } });
      expect(HostConfig.MaskedPaths).toEqual([]);
      expect(HostConfig.ReadonlyPaths).toEqual([]);
    });
  });
}

function deviceOptions(): void {
  describe("devices", () => {
    test("a device of the node, at a path of its own", async () => {
      const paths = [{ host: "/dev/null", container: "/dev/nothing", permissions: "rw" }];
      expect(
        await output("echo x > /dev/nothing && echo fine; test -c /dev/nothing && echo device", { devices: { paths } }),
      ).toBe("fine\ndevice\n");
    });

    test("devices for computing are asked for", async () => {
      const containerId = await subject.create(subject.newTask(["true"], { devices: { gpus: { count: "all" } } }));
      const { HostConfig } = await inspected(containerId);
      expect(HostConfig.DeviceRequests).toMatchObject([{ Count: -1, Capabilities: [["gpu"]] }]);
    });
  });
}

function limitOptions(): void {
  test("limits", async () => {
    const limits = {
      ulimits: [{ name: "nofile", soft: 100, hard: 200 }],
      ...{ shmSizeBytes: 8 * MiB, sysctls: { "net.core.somaxconn": "777" }, pids: 50, memorySwapBytes: 64 * MiB },
    };
    const resources = { cpu: { request: 0, limit: null }, memory: { request: 32 * MiB, limit: 32 * MiB } };
    const { HostConfig } = await created({ limits, resources });
    expect(HostConfig).toMatchObject({ PidsLimit: 50, ShmSize: 8 * MiB });
    const script =
      "ulimit -Sn; ulimit -Hn; cat /proc/sys/net/core/somaxconn; df -k /dev/shm | tail -1 | awk '{print $2}'";
    expect(await output(script, { limits: { ...limits, memorySwapBytes: undefined }, resources })).toBe(
      "100\n200\n777\n8192\n",
    );
  });
}

function loggingOptions(): void {
  test("the log driver and its options", async () => {
    const logging = { driver: "local", options: { "max-size": "1m", "max-file": "2" } };
    const { HostConfig } = await created({ logging });
    expect(HostConfig.LogConfig).toEqual({ Type: "local", Config: logging.options });
    expect(await output("echo still read", { logging })).toBe("still read\n");
  });
}

function healthOptions(): void {
  test("a health check runs, and the image's can be switched off", async () => {
    const health = { command: "true", intervalMs: 200, timeoutMs: 5000, retries: 2 };
    const containerId = await subject.run(["sleep", "60"], { health });
    const isHealthy = async () => (await inspected(containerId)).State.Health?.Status === "healthy";
    await until("a good health check", isHealthy);
    expect((await created({ health: { disabled: true } })).Config.Healthcheck).toEqual({ Test: ["NONE"] });
  });
}

function mountOptions(): void {
  describe("mounts", () => {
    const mount = (more: Partial<Mount>): Partial<WireAssignment> => ({
      mounts: [{ type: "bind", source: folder, target: "/d", readOnly: false, sizeBytes: null, ...more }],
    });

    test("a volume without a name goes with its container", async () => {
      const task = subject.newTask(["sh", "-c", "echo x > /d/x"], mount({ type: "volume", source: "" }));
      const containerId = await subject.create(task);
      const [{ Name, Type }] = (await inspected(containerId)).Mounts as [{ Name: string; Type: string }];
      expect(Type).toBe("volume");
      await subject.runtime.containers.start(containerId);
      await subject.ended(containerId);
      await subject.runtime.containers.remove(containerId);
      expect((await subject.runtime.volumes.list(false)).map(({ name }) => name)).not.toContain(Name);
    });

    test("a bind that is relabelled, and read-only", async () => {
      const more = mount({ readOnly: true, options: { selinux: "z", propagation: "rprivate" } });
      expect(await output("cat /d/file; echo x > /d/new", more)).toMatch(/on the node\n.*Read-only file system/s);
      expect((await created(more)).Mounts).toMatchObject([
        { Propagation: "rprivate", RW: false, Mode: "ro,z,rprivate" },
      ]);
    });

    test("a relabelled volume has the labels of its node", async () => {
      const source = subject.name("relabelled");
      await created(mount({ type: "volume", source, options: { selinux: "z" } }));
      const found = (await subject.runtime.volumes.list(false)).find(({ name }) => name === source);
      expect(found?.labels).toMatchObject({ "podling.cluster": subject.harness.clusterId });
    });

    test("propagation and consistency", async () => {
      const options = { propagation: "rslave", consistency: "cached", nonRecursive: true } as const;
      const { Mounts } = await created(mount({ options }));
      expect(Mounts).toMatchObject([{ Type: "bind", Source: folder, Propagation: "rslave" }]);
    });

    test("a volume with driver options: here a folder in memory", async () => {
      const source = subject.name("in-memory");
      const options = { driver: "local", driverOptions: { type: "tmpfs", device: "tmpfs", o: "size=1m" } };
      expect(await output("grep ' /d ' /proc/mounts", mount({ type: "volume", source, options }))).toStartWith(
        "tmpfs /d",
      );
    });

    test("a folder in memory with mode and mount options", async () => {
      const tmpfs = { type: "tmpfs", source: "", sizeBytes: MiB } as const;
      const seen = await output(
        "grep ' /d ' /proc/mounts; stat -c %a /d",
        mount({ ...tmpfs, options: { mode: 0o1770 } }),
      );
      expect(seen).toMatch(/^tmpfs \/d tmpfs .*size=1024k.*\n1770\n$/);
      const flags = mount({ ...tmpfs, options: { mode: 0o700, flags: ["exec", "uid=1000"] } });
      expect(await output("grep ' /d ' /proc/mounts", flags)).toMatch(/size=1024k.*mode=700.*uid=1000/);
      expect(await output("grep ' /d ' /proc/mounts", flags)).not.toContain("noexec");
    });
  });
}

interface EngineSays {
  Config: { Healthcheck?: unknown };
  HostConfig: Record<string, unknown> & { PortBindings: object };
  State: { Health?: { Status: string } };
  Mounts: unknown[];
}

async function post(path: string, body: unknown): Promise<Response> {
  const answer = await engineFetch(host, path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}
