// Tasks on a real engine and a real registry, through real processes of master and worker.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readFrames } from "../../src/lib/frames.ts";
import { describeLab } from "../lab/available.ts";
import type { WorkerProcess } from "../lab/cluster.ts";
import type { Registry } from "../lab/registry.ts";
import { until } from "../lab/until.ts";
import { RealWorld } from "./real.ts";

describeLab("tasks on a real engine", () => {
  let world: RealWorld;
  let worker: WorkerProcess;
  let open: Registry;
  let closed: Registry;
  const login = { user: "ada", password: "correct horse" };

  beforeAll(async () => {
    world = await RealWorld.start();
    [open, closed] = [await world.lab.registry(), await world.lab.registry(login)];
    const config = world.lab.folder("docker-config");
    const auth = Buffer.from(`${login.user}:${login.password}`).toString("base64");
    writeFileSync(join(config, "config.json"), JSON.stringify({ auths: { [closed.address]: { auth } } }));
    worker = await world.worker({ env: { DOCKER_CONFIG: config } });
  });
  afterAll(() => world?.down());

  test("runs to the end: exit code, both streams, labels, environment, user, folder", async () => {
    const script = 'echo "out $A $(pwd) $(id -u)"; echo err >&2; exit 3';
    const task = await world.run("job", script, { env: { A: "a b" }, workingDir: "/tmp", user: "65534" });
    const failed = await world.reached(task, "failed", "exited");
    expect(failed).toMatchObject({ exitCode: 3, restarts: 0, error: null });
    expect(Date.parse(failed.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(failed.startedAt!));
    const logs = await world.master.fetch(`/api/v1/tasks/${task.taskId}/logs`, {
      headers: { accept: "application/vnd.docker.multiplexed-stream" },
    });
    const said = { stdout: "", stderr: "" };
    for await (const { stream, payload } of readFrames(logs.body!)) said[stream] += new TextDecoder().decode(payload);
    expect(said).toEqual({ stdout: "out a b /tmp 65534\n", stderr: "err\n" });
    const [container] = await world.engine.containers(`podling.task=${task.taskId}`);
    const node = await world.node(worker);
    expect(container!.Labels["podling.node"]).toBe(node!.nodeId);
    expect(container!.Labels["podling.cluster"]).toMatch(/^[a-z0-9]{8}$/);
  });

  test("publishes a port that the engine chooses", async () => {
    const task = await world.run("web", "httpd -f -p 80 -h /www", { ports: [{ containerPort: 80 }] });
    const { publishedPorts } = await world.reached(task, "running");
    const page = await until("the page", async () =>
      (await fetch(`http://127.0.0.1:${publishedPorts[0]!.hostPort}/`)).text(),
    );
    expect(page).toContain("Podling");
    await world.stop(task);
    await world.reached(task, "stopped");
  });

  test("a port that somebody else holds is tried some times, then it fails with the engine's words", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const task = await world.run("web", "sleep 600", { ports: [{ containerPort: 80, hostPort: listener.port }] });
    await world.reached(task, "scheduled", "port-in-use");
    const failed = await world.reached(task, "failed", "port-in-use");
    expect(failed.error).toContain(String(listener.port));
    listener.stop(true);
    await until("the container to go", async () => (await world.container(task)) === undefined);
  });

  test("mounts: a volume keeps, a bind reads only, a tmpfs has its size; a missing path is an error", async () => {
    const source = world.lab.folder("bind");
    writeFileSync(join(source, "note"), "from the host");
    const mounts = [
      { type: "volume", source: `podling-test-${Date.now()}`, target: "/data" },
      { type: "bind", source, target: "/host", readOnly: true },
      { type: "tmpfs", target: "/quick", sizeBytes: 1024 * 1024 },
    ];
    const script =
      "cat /host/note; touch /host/x 2>/dev/null || echo read-only; df -k /quick | tail -1; echo kept >> /data/file";
    const task = await world.run("mounts", script, { mounts });
    await world.reached(task, "completed");
    const text = await (await world.master.fetch(`/api/v1/tasks/${task.taskId}/logs`)).text();
    expect(text).toContain("from the hostread-only");
    expect(text).toMatch(/tmpfs +1024 /);
    const again = await world.run("again", "cat /data/file", { mounts: [mounts[0]] });
    await world.reached(again, "completed");
    const missing = await world.run("missing", "true", {
      mounts: [{ type: "bind", source: join(source, "nothing"), target: "/host" }],
    });
    const failed = await world.reached(missing, "failed", "create-failed");
    expect(failed.reason.message).toContain(join(source, "nothing"));
  });

  test("limits are the engine's: memory, cpu, and being killed for it", async () => {
    const task = await world.run("limits", "sleep 600", { resources: { cpu: "500m", memory: "32Mi" } });
    const { containerId } = await world.reached(task, "running");
    type Limits = { HostConfig: { Memory: number; NanoCpus: number; CpuShares: number } };
    const { HostConfig } = await world.engine.json<Limits>(`/containers/${containerId}/json`);
    expect(HostConfig).toMatchObject({ Memory: 32 * 1024 * 1024, NanoCpus: 500_000_000, CpuShares: 512 });
    const greedy = await world.run("greedy", "exec dd if=/dev/zero of=/dev/null bs=64M count=1", {
      resources: { memory: "8Mi" },
    });
    const failed = await world.reached(greedy, "failed", "oom-killed");
    expect(failed).toMatchObject({ exitCode: 137, oomKilled: true });
  });

  test("stops with its grace, and kills what does not listen", async () => {
    const polite = await world.run("polite", "trap 'exit 7' TERM; while true; do sleep 0.1; done", {
      stopGraceSeconds: 20,
    });
    const deaf = await world.run("deaf", "trap '' TERM; while true; do sleep 1; done", { stopGraceSeconds: 1 });
    await Promise.all([world.reached(polite, "running"), world.reached(deaf, "running")]);
    await until("the traps to be set", async () => (await world.task(polite)).startedAt !== null);
    await Bun.sleep(300); // the shell sets its trap a moment after the engine calls it running; nothing tells when
    await Promise.all([world.stop(polite), world.stop(deaf)]);
    expect((await world.reached(polite, "stopped")).exitCode).toBe(7);
    expect((await world.reached(deaf, "stopped")).exitCode).toBe(137);
  });

  test("starts the same container again by its policy, with a pause, and counts", async () => {
    const restartPolicy = { mode: "on-failure", maxRestarts: 2, backoffInitialMs: 100 };
    const task = await world.run("flaky", "exit 5", { restartPolicy });
    const failed = await world.reached(task, "failed", "exited");
    expect(failed).toMatchObject({ exitCode: 5, restarts: 2 });
    expect(failed.reason.message).toContain("given up after 2 restarts");
    expect(await world.engine.containers(`podling.task=${task.taskId}`)).toHaveLength(1);
  });

  test("a restart that the engine refuses is tried again after the next pause", async () => {
    const port = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const hostPort = port.port;
    port.stop(true);
    const restartPolicy = { mode: "always", backoffInitialMs: 200, backoffMaxMs: 400 };
    const task = await world.run("web", "sleep 600", { ports: [{ containerPort: 80, hostPort }], restartPolicy });
    const { containerId } = await world.reached(task, "running", "running");
    await world.engine.fetch(`/containers/${containerId}/kill`, { method: "POST" });
    const thief = await until("the port", () =>
      Bun.listen({ hostname: "127.0.0.1", port: hostPort, socket: { data() {} } }),
    );
    const waiting = await world.reached(task, "running", "restarting");
    expect(waiting.reason.message).toMatch(/restart \d+ in \d+ s$/);
    await until("a restart that fails", async () =>
      (await world.task(task)).reason.message.includes("could not be started"),
    );
    thief.stop(true);
    expect((await world.reached(task, "running", "running")).containerId).toBe(containerId);
    await world.stop(task);
    await world.reached(task, "stopped");
  });

  test("a container that somebody removes has failed, or is made again by its policy", async () => {
    const once = await world.run("once", "sleep 600");
    const always = await world.run("always", "sleep 600", { restartPolicy: { mode: "always", backoffInitialMs: 100 } });
    for (const task of [once, always]) {
      const { containerId } = await world.reached(task, "running", "running");
      await world.engine.fetch(`/containers/${containerId}?force=1`, { method: "DELETE" });
    }
    // The engine kills it first, and that may be seen before it is gone.
    const failed = await world.reached(once, "failed");
    expect(["exited", "container-lost"]).toContain(failed.reason.code);
    await until("a restart", async () => (await world.task(always)).restarts === 1);
    await world.reached(always, "running", "running");
    await world.stop(always);
  });

  test("pulls what is missing, also with a login; says plainly what cannot be had", async () => {
    const here = await open.push(world.engine, world.image, "app:1");
    const secret = await closed.push(world.engine, world.image, "secret:1");
    const [pulled, withLogin] = await Promise.all([
      world.run("pulled", "true", { image: here }),
      world.run("login", "true", { image: secret }),
    ]);
    await Promise.all([world.reached(pulled, "completed"), world.reached(withLogin, "completed")]);
    const missing = await world.run("missing", "true", { image: `${open.address}/app:none` });
    expect((await world.reached(missing, "failed", "image-not-found")).reason.message).toContain("app:none");
    const never = await world.run("never", "true", { image: `${open.address}/app:other`, pullPolicy: "never" });
    await world.reached(never, "failed", "image-not-present");
  });

  test("a registry that refuses is final; one that cannot be reached is tried again, and may come back", async () => {
    // Another worker, without the login.
    const stranger = await world.worker({
      args: ["--label", "who=stranger", "--drain-on-exit"],
      env: { DOCKER_CONFIG: world.lab.folder("none") },
    });
    const there = { constraints: ["who==stranger"] };
    const denied = await world.run("denied", "true", { image: `${closed.address}/other:1`, ...there });
    await world.reached(denied, "failed", "registry-denied");
    const reference = await open.push(world.engine, world.image, "later:1");
    await open.stop();
    const waiting = await world.run("waiting", "true", { image: reference, ...there });
    const { reason } = await world.reached(waiting, "scheduled", "pull-retry");
    expect(reason.message).toMatch(/^attempt \d of 5 failed, again in [\d.]+ s: .*refused/);
    await open.start();
    await world.reached(waiting, "completed");
    await stranger.stop();
  });

  test("ended containers go with their record", async () => {
    const task = await world.run("job", "true");
    await world.reached(task, "completed");
    expect(await world.container(task)).toBe("exited");
    await world.master.json("DELETE", `/api/v1/tasks/${task.taskId}`);
    await until("the container to go", async () => (await world.container(task)) === undefined);
  });

  test("a log that is read slowly does not pile up in the worker, and a quiet one can be followed", async () => {
    const quiet = await world.run("quiet", "sleep 600");
    const loud = await world.run("loud", "yes 'a line of some forty characters for the log'");
    await Promise.all([world.reached(quiet, "running"), world.reached(loud, "running")]);
    const leaving = new AbortController();
    const accept = { accept: "application/vnd.docker.multiplexed-stream" };
    const follow = (id: string) =>
      world.master.fetch(`/api/v1/tasks/${id}/logs?follow=true`, { headers: accept, signal: leaving.signal });
    expect((await follow(quiet.taskId)).status).toBe(200);
    const reader = (await follow(loud.taskId)).body!.getReader();
    await reader.read();
    const resident = async () =>
      Number(/process_resident_memory_bytes (\d+)/.exec((await worker.get("/metrics")).body)![1]);
    const before = await resident();
    await Bun.sleep(3000); // nobody reads meanwhile; the container goes on writing
    expect((await resident()) - before).toBeLessThan(32 * 1024 * 1024);
    leaving.abort();
    await Promise.all([world.stop(quiet), world.stop(loud)]);
  });

  test("a data folder in use is refused to a second worker with a sentence", async () => {
    const second = world.cluster.worker({ master: world.master, engine: world.engine, dataDir: worker.dataDir });
    mkdirSync(worker.dataDir, { recursive: true });
    const launched = second.launch();
    expect(await launched.exited()).not.toBe(0);
    expect(second.output()).toContain(`is in use by another worker (process ${worker.pid})`);
  });
});
