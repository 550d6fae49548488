// Tasks on a real engine: how they end, and that what was asked for is what the container has.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { freePort } from "../../tools/lab/cluster.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const endless = "while :; do sleep 0.1; done";

describeLab("a task on a real engine", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.down());

  test("runs, and completes with code 0", async () => {
    const started = await world.run("job", "sleep 0.5; exit 0");
    expect(started).toMatchObject({
      containerId: expect.stringMatching(/^[0-9a-f]{64}$/),
      startedAt: expect.any(String),
    });
    const ended = await world.reaches(started, "completed");
    expect(ended).toMatchObject({
      exitCode: 0,
      restarts: 0,
      oomKilled: false,
      reason: { code: "exited" },
      error: null,
    });
    expect(Date.parse(ended.finishedAt!)).toBeGreaterThanOrEqual(Date.parse(ended.startedAt!));
  });

  test.each([[1], [3], [137], [255]])("fails with code %p", async (code) => {
    const ended = await world.reaches(await world.create(`exit-${code}`, `exit ${code}`), "failed");
    expect(ended).toMatchObject({ exitCode: code, reason: { code: "exited" } });
    expect(ended.reason.message).toContain(String(code));
  });

  test("without such a command fails as start-failed, with the engine's words", async () => {
    const ended = await world.reaches(await world.create("no-command", "", { command: ["/no/such"] }), "failed");
    expect(ended).toMatchObject({ reason: { code: "start-failed" }, error: expect.stringContaining("/no/such") });
  });

  test("with a port that is taken fails as port-in-use", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const ports = [{ containerPort: 80, hostPort: listener.port }];
    const ended = await world.reaches(await world.create("port-taken", endless, { ports }), "failed", 30_000);
    listener.stop(true);
    expect(ended.reason.code).toBe("port-in-use");
  }, 40_000);

  test("over its memory limit is killed, and says so", async () => {
    const input = { resources: { memory: "16m" } };
    const ended = await world.reaches(await world.create("hungry", "tail /dev/zero; exit $?", input), "failed");
    expect(ended).toMatchObject({ oomKilled: true, reason: { code: "oom-killed" } });
    expect(ended.reason.message).toContain("memory");
  });

  test("stops with what it says on SIGTERM, within its grace", async () => {
    const task = await world.run("polite", `trap 'exit 9' TERM; ${endless}`, { stopGraceSeconds: 10 });
    await world.master.json("POST", `/api/v1/tasks/${task.taskId}/stop`);
    expect(await world.reaches(task, "stopped")).toMatchObject({ exitCode: 9, reason: { code: "stopped" } });
  });

  test("that will not stop is killed after its grace", async () => {
    const task = await world.run("stubborn", `trap '' TERM; ${endless}`, { stopGraceSeconds: 1 });
    await world.master.json("POST", `/api/v1/tasks/${task.taskId}/stop`);
    const ended = await world.reaches(task, "stopped");
    expect(ended.exitCode).toBe(137);
    expect(Date.parse(ended.finishedAt!) - Date.parse(ended.startedAt!)).toBeGreaterThanOrEqual(1000);
  });

  test("that is deleted is stopped, and its container goes with it", async () => {
    const task = await world.run("deleted", endless);
    await world.master.json("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
    await until("its container to go", async () => (await world.containers(task)).length === 0);
  });

  test("has its command, environment, user, folder and labels", async () => {
    const script = 'echo "$GREETING|$EMPTY|$(id -u):$(id -g)|$(pwd)|$*"';
    const task = await world.create("as-asked", "", {
      command: ["sh", "-c", script, "name"],
      args: ["one", "two three"],
      env: { GREETING: "hello = world", EMPTY: "" },
      user: "1234:5678",
      workingDir: "/tmp",
      labels: { team: "red", "podling.task": "forged" },
    });
    await world.reaches(task, "completed");
    expect(await (await world.logs(task)).text()).toBe("hello = world||1234:5678|/tmp|one two three\n");
    const { Config, HostConfig, Name } = await world.inspect(task);
    expect(Config).toMatchObject({ User: "1234:5678", WorkingDir: "/tmp", StopTimeout: 1 });
    expect(Config.Labels).toMatchObject({
      team: "red",
      [containerLabels.task]: task.taskId,
      [containerLabels.node]: task.nodeId!,
      [containerLabels.cluster]: expect.stringMatching(/^\w{8}$/),
    });
    expect(Name).toBe(`/podling-${task.taskId}`);
    expect(HostConfig.RestartPolicy.Name).toMatch(/^(no)?$/);
  });

  test("has its limits and requests", async () => {
    const task = await world.run("limited", endless, {
      resources: { cpu: { request: 0.25, limit: "500m" }, memory: { request: "16Mi", limit: "64Mi" } },
    });
    expect((await world.inspect(task)).HostConfig).toMatchObject({
      NanoCpus: 500_000_000,
      CpuShares: 256,
      Memory: 64 * 1024 * 1024,
      MemorySwap: 64 * 1024 * 1024,
      MemoryReservation: 16 * 1024 * 1024,
    });
    expect((await world.node()).used).toMatchObject({ cpu: 0.25, memory: 16 * 1024 * 1024 });
  });

  test("publishes its ports: a fixed one, and one that is chosen and reported", async () => {
    const fixed = freePort();
    const task = await world.run("web", "", {
      command: ["httpd", "-f", "-p", "80", "-h", "/www"],
      args: [],
      ports: [{ containerPort: 80, hostPort: fixed }, { containerPort: 80 }],
    });
    expect(task.publishedPorts).toHaveLength(2);
    expect(task.publishedPorts.map(({ hostPort }) => hostPort)).toContain(fixed);
    for (const { hostIp, hostPort, containerPort } of task.publishedPorts) {
      expect([hostIp, containerPort]).toEqual(["127.0.0.1", 80]);
      const page = await until("the page", async () => (await fetch(`http://127.0.0.1:${hostPort}/`)).text());
      expect(page).toContain("Podling");
    }
  });

  test("has its mounts: a named volume, a bind, a tmpfs, and what is read-only cannot be written", async () => {
    const host = world.lab.folder("bind");
    mkdirSync(join(host, "in"), { recursive: true });
    writeFileSync(join(host, "in", "note"), "from the host\n");
    const mounts = [
      { type: "volume", source: "podling-test-data", target: "/data" },
      { type: "bind", source: host, target: "/host" },
      { type: "bind", source: host, target: "/host-ro", readOnly: true },
      { type: "tmpfs", target: "/scratch", sizeBytes: "1m" },
    ];
    const script = [
      "cat /host/in/note",
      "echo kept > /data/file",
      "echo back > /host/answer",
      "echo x 2>&- > /host-ro/in/x || echo refused",
      "df -k /scratch | tail -1 | tr -s ' ' | cut -d' ' -f2",
    ].join("; ");
    const writer = await world.reaches(await world.create("mounts", script, { mounts }), "completed");
    expect(await (await world.logs(writer, "?stderr=false")).text()).toBe("from the host\nrefused\n1024\n");
    expect(readFileSync(join(host, "answer"), "utf8")).toBe("back\n");
    const reader = await world.create("reader", "cat /data/file; echo x > /data/y || echo refused", {
      mounts: [{ ...mounts[0], readOnly: true }],
    });
    await world.reaches(reader, "completed");
    expect(await (await world.logs(reader, "?stderr=false")).text()).toBe("kept\nrefused\n");
    // Named volumes are the user's: they outlive their tasks.
    for (const task of [writer, reader]) await world.master.json("DELETE", `/api/v1/tasks/${task.taskId}`);
    await until("the containers to go", async () => (await world.containers(reader)).length === 0);
    expect((await world.engine.fetch("/volumes/podling-test-data")).status).toBe(200);
  });
});
