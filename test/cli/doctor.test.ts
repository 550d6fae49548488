// podling doctor: findings of a healthy cluster and of each problem, and robustness against any response or none.

import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../../src/cli/commands/cluster/doctor/finding.ts";
import { listenerOf } from "../../src/cli/commands/cluster/doctor/processes.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { Cluster, engine, podling, runs, until } from "./harness.ts";

const version = { Version: "27.0.1", ApiVersion: "1.46" };
const info = {
  ServerVersion: "27.0.1",
  CgroupVersion: "2",
  MemoryLimit: true,
  CpuCfsQuota: true,
  LiveRestoreEnabled: true,
  DockerRootDir: "/",
};
const wellEngine = async (path: string) =>
  path === "/version" ? version : path === "/info" ? { ...info, SystemTime: new Date().toISOString() } : [];

/** No worker uses this port and folder. */
const socket = Bun.listen({ unix: join(tmpdir(), `podling-doctor-${process.pid}.sock`), socket: { data() {} } });
socket.unref();
afterAll(() => socket.stop(true));
const host = `unix://${join(tmpdir(), `podling-doctor-${process.pid}.sock`)}`;

interface Report {
  problems: number;
  warnings: number;
  notes: number;
  findings: Finding[];
}

let folder: string;
let cluster: Cluster;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "podling-doctor-"));
  cluster = new Cluster();
  engine.answer = wellEngine;
  engine.lockHolder = () => null;
  engine.fault = null;
  engine.imageFolders = [];
});
afterEach(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const flags = (port: number) => ["--data-dir", folder, "--docker-host", host, "--worker-port", String(port)];

async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const port = server.port!;
  await server.stop(true);
  return port;
}

async function report(more: string[] = [], asked: Parameters<Cluster["podling"]>[1] = {}) {
  const words = ["doctor", "-o", "json", ...flags(await freePort()), ...more];
  const { code, out, err } = await cluster.podling(words, asked);
  expect(err).toBe("");
  const said = JSON.parse(out) as Report;
  for (const { check, severity, message, fix } of said.findings) {
    expect([check.length > 2, message.length > 3, severity === "ok" ? fix === null : (fix?.length ?? 0) > 3]).toEqual([
      true,
      true,
      true,
    ]);
  }
  expect(code).toBe(said.problems === 0 ? 0 : 1);
  return { ...said, of: (check: string) => said.findings.filter((one) => one.check === check) };
}

test("a healthy cluster: every check is ok, and the exit code is 0", async () => {
  await cluster.node("n1", { version: "1.2.3" });
  const { findings, problems, of } = await report();
  expect(problems).toBe(0);
  const checks = findings.filter(({ check }) => !/disk|port \d/.test(check));
  expect(checks.map(({ check, severity }) => [check, severity])).toEqual([
    ["master", "ok"],
    ["versions", "ok"],
    ["nodes", "ok"],
    ["rights", "ok"],
    ["clock", "ok"],
    ["failed tasks", "ok"],
    ["restarts", "ok"],
    ["engine", "ok"],
    ["limits", "ok"],
    ["engine clock", "ok"],
    ["exposed ports", "ok"],
    ["master's folder", "ok"],
    ["worker's folder", "ok"],
  ]);
  expect(of("engine")[0]!.message).toContain("version 27.0.1, API 1.46, cgroups 2");
  const text = await cluster.podling(["doctor", ...flags(await freePort())]);
  expect(text.out).toMatch(/^ok {7}master +version 1\.2\.3 at http/m);
  expect(text.out).toMatch(/\n0 problems, \d warnings?, 0 notes\n$/);
}, 30_000);

test("what tasks may do on each node: all, or what its policy allows", async () => {
  await cluster.node("n1", { version: "1.2.3" });
  const says = async () => (await report()).findings.find(({ check }) => check === "rights")?.message;
  expect(await says()).toStartWith("tasks on n1 may do what docker can: mount every folder");
  await cluster.node("n2", { version: "1.2.3", policy: { binds: ["/srv"], devices: true } });
  expect(await says()).toContain("n2 allows mounts below /srv, devices");
  await cluster.node("n1", { version: "1.2.3", policy: {} });
  expect(await says()).toEndWith("n1 allows none of these; n2 allows mounts below /srv, devices");
});

test("without master, engine and folders each finding has a fix", async () => {
  const nowhere = ["--docker-host", "unix:///nowhere.sock", "--master", "http://127.0.0.1:1"];
  const { problems, of } = await report(nowhere);
  expect(problems).toBe(2);
  expect(of("master")[0]).toMatchObject({
    severity: "problem",
    message: expect.stringContaining("connection refused"),
  });
  expect(of("engine")[0]).toMatchObject({ severity: "problem", message: expect.stringContaining("does not exist") });
  expect(of("exposed ports")[0]).toMatchObject({ severity: "note" });
});

test("a machine with only a master needs no engine", async () => {
  mkdirSync(join(folder, "master"));
  writeFileSync(join(folder, "master", "journal.db"), "x");
  const { of } = await report(["--docker-host", "unix:///nowhere.sock"]);
  expect(of("engine")[0]!.severity).toBe("note");
  mkdirSync(join(folder, "worker"));
  writeFileSync(join(folder, "worker", "identity.json"), "{}");
  expect((await report(["--docker-host", "unix:///nowhere.sock"])).of("engine")[0]!.severity).toBe("problem");
});

test("a missing token is a problem", async () => {
  const guarded = new Cluster("secret");
  try {
    const { of } = await report(["--master", guarded.url]);
    expect(of("token")[0]).toMatchObject({ severity: "problem", fix: expect.stringContaining("PODLING_TOKEN") });
    expect((await report(["--master", guarded.url, "--token", "secret"])).of("token")).toEqual([]);
  } finally {
    await guarded.stop();
  }
});

test("another program may listen at the address of the master", async () => {
  const answers: (() => Response)[] = [
    () => new Response("<h1>hello</h1>", { headers: { "content-type": "text/html" } }),
    () => new Response("not found", { status: 404 }),
    () => new Response("{nonsense", { headers: { "content-type": "application/json" } }),
    () => Response.json(null),
    () => Response.json([]),
    () => Response.json({ version: 7, api: {} }),
    () => new Response(null, { status: 500, headers: { date: "nonsense" } }),
  ];
  for (const answer of answers) {
    const { of } = await report([], { fetch: async () => answer() });
    expect(of("master")[0]).toMatchObject({ severity: "problem", message: expect.stringContaining("not Podling") });
  }
  // The first responses are valid, later ones are not.
  const fetch = async (url: string) =>
    url.endsWith("/version")
      ? Response.json({ version: "1.2.3", commit: "x", api: "v1" })
      : Response.json([null, 7, { status: [] }]);
  expect((await report([], { fetch })).of("master")[0]).toMatchObject({ severity: "ok" });
}, 30_000);

test("a server that never answers is waited for until the time limit", async () => {
  /** Time runs 20 times faster. */
  const quick: Clock = { ...systemClock, timer: (ms, fire) => systemClock.timer(ms / 20, fire) };
  const alive = setInterval(() => {}, 10);
  engine.answer = () => new Promise(() => {});
  const { of, problems } = await report([], { clock: quick, fetch: () => new Promise<Response>(() => {}) });
  clearInterval(alive);
  expect(problems).toBe(2);
  expect(of("master")[0]!.message).toContain("no answer in 5 s");
  expect(of("engine")[0]!.message).toContain("no answer in 5 s");
});

test("invalid responses of the engine become findings", async () => {
  for (const nonsense of [null, "text", 7, [], [[null]], {}, { Version: 1 }, { Version: "1", ApiVersion: [] }]) {
    engine.answer = async () => nonsense;
    expect((await report()).of("engine")[0]!.message).toContain("is not a container engine");
  }
  engine.answer = async (path) =>
    path === "/version" ? version : [{ Labels: { "podling.task": "t" }, Ports: [null, 7] }];
  expect((await report()).of("engine")[0]!.severity).toBe("ok");
}, 30_000);

test("a wrong clock of the master", async () => {
  const fetchAt = (offMs: number) => async (url: string, init: RequestInit) => {
    const answer = await fetch(url, init);
    const headers = new Headers(answer.headers);
    headers.set("date", new Date(Date.now() + offMs).toUTCString());
    return new Response(answer.body, { status: answer.status, headers });
  };
  expect((await report([], { fetch: fetchAt(0) })).of("clock")[0]!.severity).toBe("ok");
  const [off] = (await report([], { fetch: fetchAt(-30 * 60_000) })).of("clock");
  expect(off).toMatchObject({
    severity: "problem",
    message: expect.stringMatching(/(29|30) min behind this machine's/),
  });
});

test("different versions, offline nodes", async () => {
  await cluster.node("n1", { version: "1.0.0" });
  await cluster.node("n2", { version: "1.2.3", engineError: "it does not answer" });
  await cluster.client.call("cordonNode", { id: "n1" });
  const { of } = await report();
  expect(of("versions")[0]).toMatchObject({ severity: "warning", message: expect.stringContaining("n1 has 1.0.0") });
  expect(of("nodes").map(({ severity, message }) => [severity, message])).toEqual([
    ["problem", "no working engine on n2: it does not answer"],
    ["note", "cordoned: n1"],
  ]);
});

test("several nodes of one name", async () => {
  await cluster.node("n1");
  await cluster.node("n1", { port: 8082 });
  await cluster.node("n1", { port: 8083, version: "1.2.3" });
  const { of } = await report();
  expect(of("names").map(({ severity, message }) => [severity, message])).toEqual([
    ["warning", "several machines have one name: n1-2 at 127.0.0.1:8083 asked for the name n1"],
    ["warning", "several nodes are called n1"],
  ]);
});

test("an engine that answers but starts no container", async () => {
  engine.fault =
    "the engine at unix:///e.sock has no bridge network: docker0 does not exist. Restart Docker (systemctl)";
  expect((await report()).of("engine network")).toEqual([
    {
      ...{ check: "engine network", severity: "problem", fix: "Restart Docker (systemctl)" },
      message: "the engine at unix:///e.sock has no bridge network: docker0 does not exist",
    },
  ]);
});

test("the disk of images is checked as well as that of the engine's folder", async () => {
  const disks = async (...imageFolders: string[]) => {
    engine.imageFolders = imageFolders;
    const found = (await report()).findings.filter(({ check }) => /engine's disk|images/.test(check));
    return found.map(({ check, message }) => [check, / for (.*)$/.exec(message)?.[1]]);
  };
  expect(await disks()).toEqual([["engine's disk", "/"]]);
  expect(await disks("/")).toEqual([["engine's disk", "/"]]);
  // /proc is a file system of its own on every machine.
  expect(await disks("/no/such/folder", "/proc", "/")).toEqual([
    ["engine's disk", "/"],
    ["disk of images", "/proc"],
  ]);
  expect(await disks("/etc")).toEqual([["engine's disk", "/ and /etc"]]);
}, 30_000);

test("tasks that failed in the last hour, with the newest one's reason", async () => {
  await cluster.node("n1");
  const failed = (code: "start-failed" | "exited", message: string) =>
    ({ status: "failed", reason: { code, message } }) as const;
  const first = await cluster.create("web");
  await cluster.report(first.taskId, failed("start-failed", "no such program"));
  const [one] = (await report()).of("failed tasks");
  expect(one).toMatchObject({ severity: "warning", fix: expect.stringContaining(`podling explain ${first.taskId}`) });
  expect(one!.message).toBe("1 task failed in the last hour: start-failed. It is web: no such program");
  const { finishedAt } = (await cluster.task(first.taskId))!;
  await until(() => Date.now() > Date.parse(finishedAt!));
  await cluster.report((await cluster.create("db")).taskId, failed("exited", "exited with code 3"));
  expect((await report()).of("failed tasks")[0]!.message).toBe(
    "2 tasks failed in the last hour: 1 exited, 1 start-failed. The newest is db: exited with code 3",
  );
  const later: Clock = { ...systemClock, now: () => Date.now() + 2 * 3_600_000 };
  const date = { date: new Date(later.now()).toUTCString() };
  const ahead = async (url: string, init: RequestInit) => {
    const { status, body, headers } = await fetch(url, init);
    return new Response(body, { status, headers: { ...Object.fromEntries(headers), ...date } });
  };
  expect((await report([], { clock: later, fetch: ahead })).of("failed tasks")[0]!.message).toBe(
    "none in the last hour",
  );
});

test("without flags, folders, port and engine are those of the processes that run here", async () => {
  const proc = mkdtempSync(join(tmpdir(), "podling-proc-"));
  const held = join(folder, "data");
  mkdirSync(held);
  for (const path of ["net", "12/fd", "13/fd"]) mkdirSync(join(proc, path), { recursive: true });
  const row =
    "   0: 0100007F:4A8D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0 100 0";
  writeFileSync(join(proc, "net/tcp"), `  sl  local_address rem_address st\n${row}\n`);
  symlinkSync("socket:[777]", join(proc, "13/fd/5"));
  symlinkSync(join(held, "worker.lock"), join(proc, "13/fd/6"));
  writeFileSync(join(proc, "13/cmdline"), ["podling", "worker", "--docker-host", "unix:///other.sock"].join("\0"));
  writeFileSync(join(proc, "13/environ"), "DOCKER_HOST=unix:///not-this.sock\0");
  const found = listenerOf(0x4a8d, proc);
  expect([found?.pid, found?.folderOf("worker.lock"), found?.folderOf("journal.db"), found?.dockerHost]).toEqual([
    ...["13", held, null, "unix:///other.sock"],
  ]);
  expect(listenerOf(0x4a8e, proc)).toBeNull();
  rmSync(proc, { recursive: true });
  const port = await freePort();
  await cluster.node("n1", { port, version: "1.2.3" });
  const { out } = await cluster.podling(["doctor", "-o", "json", "--docker-host", host]);
  expect((JSON.parse(out) as Report).findings.map(({ check }) => check)).toContain(`port ${port}`);
}, 30_000);

test("published ports that other machines can reach", async () => {
  await cluster.node("n1");
  const web = await cluster.create("web");
  const open = { hostIp: "0.0.0.0", hostPort: 8088, containerPort: 80, protocol: "tcp" } as const;
  const own = { hostIp: "127.0.0.1", hostPort: 9_000, containerPort: 90, protocol: "tcp" } as const;
  await cluster.report(web.taskId, { status: "running", reason: runs, publishedPorts: [open, own] });
  const [found] = (await report()).of("exposed ports");
  expect(found!.message).toContain("web on n1 at 0.0.0.0:8088/tcp");
  expect(found!.message).not.toContain("9000");
  expect(found!.fix).toContain("--ctorigdstport 8088");
});

test("ports and folders: which process uses them, and who can read them", async () => {
  const master = join(folder, "master");
  mkdirSync(master);
  chmodSync(master, 0o755);
  writeFileSync(join(master, "journal.db"), "x", { mode: 0o644 });
  engine.lockHolder = (path) => (path === join(master, "journal.db") ? String(process.pid) : null);
  const other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
  try {
    const { of } = await report(["--worker-port", String(other.port)]);
    expect(of(`port ${other.port}`)[0]).toMatchObject({
      severity: "warning",
      message: expect.stringContaining("used by another program"),
    });
    expect(of("master's folder").map(({ severity }) => severity)).toEqual(["ok", "warning"]);
    expect(of("master's folder")[0]!.message).toContain(`(process ${process.pid})`);
    expect(of("master's folder")[1]!.fix).toContain("chmod 700");
    chmodSync(master, 0o700);
    expect((await report()).of("master's folder")).toHaveLength(1);
    rmSync(master, { recursive: true });
    writeFileSync(master, "a file");
    expect((await report()).of("master's folder")[0]).toMatchObject({ severity: "problem" });
  } finally {
    await other.stop(true);
  }
});

test("an invalid master URL is a usage error", async () => {
  expect((await podling("doctor --master ht!tp://x y")).code).toBe(64);
  expect((await podling(["doctor", "--master", "ftp://x"])).code).toBe(64);
});
