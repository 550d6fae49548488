// https probes against a program in a container that serves TLS with a certificate that nothing trusts. The program is this
// machine's Bun, which the container mounts.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { podling } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { selfSigned } from "../fixtures/tls.ts";
import { World } from "./world.ts";

const patienceMs = 40_000;

/** Answers /ready with 200 while there is a file of this name in /tmp, and /alive with 200 until there is a file /tmp/dead. */
const server = `
const there = (name) => Bun.file("/tmp/" + name).exists();
const ok = async (path) => (path === "/ready" ? there("ready") : !(await there("dead")));
Bun.serve({
  port: 443,
  tls: { key: Bun.file("/tls/key.pem"), cert: Bun.file("/tls/cert.pem") },
  fetch: async ({ url }) => new Response("from the program", { status: (await ok(new URL(url).pathname)) ? 200 : 503 }),
});
`;

/** Mounts a program of this machine at the path, with the libraries that it loads, where it looks for them. */
function programMounts(program: string, target: string): object[] {
  const libraries =
    Bun.spawnSync(["ldd", program])
      .stdout.toString()
      .match(/\/[^\s()]+/g) ?? [];
  const mount = (source: string, at: string) => ({ type: "bind", source, target: at, readOnly: true });
  return [mount(program, target), ...[...new Set(libraries)].map((library) => mount(library, library))];
}

describeLab("https probes on a real engine", () => {
  let world: World;
  let body: { command: string[]; mounts: object[]; stopGraceSeconds: number };
  beforeAll(async () => {
    world = await World.start();
    const folder = world.cluster.folder("tls");
    const files = { "key.pem": selfSigned.key, "cert.pem": selfSigned.cert, "server.js": server };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const mounts = [
      ...programMounts(process.execPath, "/bin/bun"),
      { type: "bind", source: folder, target: "/tls", readOnly: true },
    ];
    body = { command: ["/bin/bun", "/tls/server.js"], mounts, stopGraceSeconds: 1 };
  }, 30_000);
  afterAll(() => world?.down());

  const create = (name: string, more: object) =>
    world.master.json<TaskView>("POST", "/api/v1/tasks", { name, image: world.image, ...body, ...more });
  const probe = (scheme: string, path: string) => ({ http: { port: 443, path, scheme }, periodMs: 1000 });
  const runIn = async (task: TaskView, script: string) => {
    const { exec } = new DockerRuntime(world.engine.host);
    const request = { command: ["sh", "-c", script], outputBytes: 1000, timeoutMs: 10_000 };
    expect((await exec.run((await world.task(task)).containerId!, request)).exitCode).toBe(0);
  };
  const says = (task: TaskView, text: string) =>
    until(
      `${task.name} to say: ${text}`,
      async () => (await world.task(task)).reason.message.includes(text),
      patienceMs,
    );
  const isReady = (task: TaskView, ready: boolean) =>
    until(`ready of ${task.name} to be ${ready}`, async () => (await world.task(task)).ready === ready, patienceMs);

  test("readiness follows the answers; a certificate that no one trusts is enough", async () => {
    const task = await create("web", { readinessProbe: probe("https", "/ready") });
    await world.reaches(task, "running", patienceMs);
    await says(task, "answered 503: from the program");
    expect(await world.task(task)).toMatchObject({ status: "running", ready: false });
    await runIn(task, "touch /tmp/ready");
    await isReady(task, true);
    await runIn(task, "rm /tmp/ready");
    await isReady(task, false);
    expect(await world.task(task)).toMatchObject({ status: "running", restarts: 0, reason: { code: "not-ready" } });
  }, 90_000);

  test("a program that answers http alone fails an https probe, and the other way round", async () => {
    const encrypted = await create("encrypted", { readinessProbe: probe("http", "/alive") });
    await says(encrypted, "the connection was closed before an answer");
    const words = ["run", "plain", "-d", "--image", world.image, "--readiness", "https=:80/index.html,period=1s"];
    const { code } = await podling([...words, "--", "httpd", "-f", "-p", "80", "-h", "/www"], { master: world.master });
    expect(code).toBe(0);
    const plain = await world.master.json<TaskView>("GET", "/api/v1/tasks/plain");
    await says(plain, "no encrypted connection");
    for (const task of [encrypted, plain]) expect((await world.task(task)).ready).toBe(false);
  }, 90_000);

  test("a liveness probe over https restarts a program whose answers are bad", async () => {
    const livenessProbe = { ...probe("https", "/alive"), failureThreshold: 2 };
    const restartPolicy = { mode: "always", backoffInitialMs: 3000 };
    const task = await create("hangs", { livenessProbe, restartPolicy });
    await isReady(task, true);
    await runIn(task, "touch /tmp/dead");
    await says(task, "its liveness probe failed 2 times in a row: GET https://");
    await until("the restart", async () => (await world.task(task)).restarts > 0, patienceMs);
  }, 90_000);
});
