// Restarts by policy on a real engine, containers that someone else removes, and their logs.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { framedMediaType, readFrames } from "../../src/lib/frames.ts";
import { describeLab } from "../../tools/lab/available.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./world.ts";

const endless = "while :; do sleep 0.1; done";
const quick = { backoffInitialMs: 50, backoffMaxMs: 200 };

describeLab("restarts", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world?.down());

  test("on-failure: up to the maximum, in the same container, with the last exit code", async () => {
    const policy = { mode: "on-failure", maxRestarts: 2, ...quick };
    const ended = await world.reaches(
      await world.create("fails", "echo run; exit 3", { restartPolicy: policy }),
      "failed",
    );
    expect(ended).toMatchObject({ restarts: 2, exitCode: 3, reason: { code: "exited" } });
    expect(ended.reason.message).toContain("2 restarts");
    expect(await (await world.logs(ended)).text()).toBe("run\nrun\nrun\n");
    expect(await world.containers(ended)).toHaveLength(1);
  });

  test("the last twenty lines of a failed run are in its record, of both streams", async () => {
    const script =
      'i=0; while [ $i -lt 30 ]; do echo "line $i"; i=$((i+1)); done; sleep 1; echo "no config" >&2; exit 7';
    const ended = await world.reaches(await world.create("panics", script), "failed");
    expect(ended.lastFailure).toMatchObject({ exitCode: 7, finishedAt: ended.finishedAt });
    const log = ended.lastFailure!.log;
    expect(log).toHaveLength(20);
    expect(log).toContain("no config");
    expect(log).toContain("line 29");
    const long = await world.reaches(
      await world.create("longs", "head -c 200000 /dev/zero | tr '\\0' x; exit 1"),
      "failed",
    );
    expect(Buffer.byteLength(long.lastFailure!.log.join(""))).toBeLessThanOrEqual(4096);
    expect(long.lastFailure!.log[0]).toMatch(/^x+…$/);
    const fine = await world.reaches(await world.create("fine", "echo done"), "completed");
    expect(fine.lastFailure).toBeNull();
  });

  test("on-failure: until it succeeds", async () => {
    const script = "test -f /tmp/ran && exit 0; touch /tmp/ran; exit 1";
    const policy = { mode: "on-failure", ...quick };
    const ended = await world.reaches(await world.create("recovers", script, { restartPolicy: policy }), "completed");
    expect(ended).toMatchObject({ restarts: 1, exitCode: 0 });
  });

  test("always: also after success; the pause doubles up to its maximum, and is reported", async () => {
    const policy = { mode: "always", backoffInitialMs: 200, backoffMaxMs: 800 };
    const task = await world.create("always", "date +%s%N 2>/dev/null; exit 0", { restartPolicy: policy });
    const reason = await until("the pause to be reported", async () => {
      const { reason, status, restarts } = await world.task(task);
      return reason.code === "restarting" && restarts >= 2 ? { status, message: reason.message } : null;
    });
    expect(reason.status).toBe("running");
    expect(reason.message).toMatch(/exited with code 0; restart \d+ in \d+ s/);
    await until("five restarts", async () => (await world.task(task)).restarts >= 5, 30_000);
    await world.master.json("POST", `/api/v1/tasks/${task.taskId}/stop`);
    const ended = await world.reaches(task, "stopped");
    const text = await (await world.logs(task, "?timestamps=true")).text();
    const times = [...text.matchAll(/^(\S+Z) /gm)].map((match) => Date.parse(match[1]!));
    const pauses = times.slice(1).map((time, index) => time - times[index]!);
    [200, 400, 800, 800, 800].forEach((least, index) => {
      expect(pauses[index]!).toBeGreaterThanOrEqual(least - 5);
    });
    expect(ended.restarts).toBeGreaterThanOrEqual(5);
    expect(await world.containers(task)).toHaveLength(1);
  }, 40_000);

  test("never: a container that someone else removes is a failure; always: there is another", async () => {
    const never = await world.run("removed", endless);
    const always = await world.run("comes-back", endless, { restartPolicy: { mode: "always", ...quick } });
    await world.engine.removeContainers(`podling.task=${never.taskId}`);
    await world.engine.removeContainers(`podling.task=${always.taskId}`);
    // Removing by force kills first: what the worker happens to see of it is either.
    expect((await world.reaches(never, "failed")).reason.code).toBeOneOf(["container-lost", "exited"]);
    const again = await until("another container", async () => {
      const now = await world.task(always);
      return now.containerId !== null && now.containerId !== always.containerId && now.restarts >= 1 ? now : null;
    });
    expect(again.status).toBe("running");
    expect(await world.containers(always)).toHaveLength(1);
  });

  test("a container that someone else kills or stops is a run that ended, with its code", async () => {
    const task = await world.run("killed", endless);
    await world.engine.fetch(`/containers/${task.containerId}/kill`, { method: "POST" });
    expect(await world.reaches(task, "failed")).toMatchObject({ exitCode: 137, oomKilled: false });
  });
});

describeLab("logs", () => {
  let world: World;
  let task: TaskView;
  beforeAll(async () => {
    world = await World.start();
    const script = `for i in 1 2 3; do echo out $i; echo err $i >&2; sleep 0.3; done; ${endless}`;
    task = await world.run("talks", script);
    await until("all lines", async () => (await (await world.logs(task)).text()).includes("err 3"));
  });
  afterAll(() => world?.down());

  const lines = async (query: string) => (await (await world.logs(task, query)).text()).trim().split("\n").sort();

  test("keep stdout and stderr apart, and each alone", async () => {
    const answer = await world.logs(task, "", { accept: framedMediaType });
    expect(answer.headers.get("content-type")).toBe(framedMediaType);
    const texts = { stdout: "", stderr: "" };
    for await (const { stream, payload } of readFrames(answer.body!))
      texts[stream] += new TextDecoder().decode(payload);
    expect(texts).toEqual({ stdout: "out 1\nout 2\nout 3\n", stderr: "err 1\nerr 2\nerr 3\n" });
    expect(await (await world.logs(task, "?stderr=false")).text()).toBe(texts.stdout);
    expect(await (await world.logs(task, "?stdout=false")).text()).toBe(texts.stderr);
  });

  test("tail, timestamps and since", async () => {
    expect(await lines("?tail=0")).toEqual([""]);
    // Engines count the lines of both streams, whichever of them is asked for.
    expect(await lines("?tail=2")).toEqual(["err 3", "out 3"]);
    expect(await lines("?stderr=false&since=1h")).toEqual(["out 1", "out 2", "out 3"]);
    const stamped = (await (await world.logs(task, "?timestamps=true&stderr=false")).text()).trim().split("\n");
    expect(stamped.every((line) => /^\d{4}-\d\d-\d\dT[\d:.]+Z out \d$/.test(line))).toBe(true);
    const second = new Date(Date.parse(stamped[1]!.split(" ")[0]!)).toISOString();
    expect(await lines(`?stderr=false&since=${second}`)).toEqual(["out 2", "out 3"]);
    expect(await lines(`?stderr=false&since=${Date.parse(second) / 1000}`)).toEqual(["out 2", "out 3"]);
  });

  test("follow what is written, until the task ends", async () => {
    const script = "echo first; while test ! -f /tmp/go; do sleep 0.05; done; echo last";
    const talker = await world.run("followed", script);
    const answer = await world.logs(talker, "?follow=true");
    const reader = answer.body!.getReader();
    let text = "";
    while (!text.includes("first\n")) text += new TextDecoder().decode((await reader.read()).value);
    const exec = await world.engine.json<{ Id: string }>(`/containers/${talker.containerId}/exec`, "POST", {
      Cmd: ["touch", "/tmp/go"],
    });
    await world.engine.json(`/exec/${exec.Id}/start`, "POST", { Detach: true });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += new TextDecoder().decode(value);
    }
    expect(text).toBe("first\nlast\n");
    await world.reaches(talker, "completed");
    expect(await (await world.logs(talker)).text()).toBe("first\nlast\n");
  });

  test("a lot of it arrives whole, also when the reader is slow", async () => {
    const script =
      "i=0; while [ $i -lt 20000 ]; do echo line $i of twenty thousand that are all there; i=$((i+1)); done";
    const talker = await world.reaches(await world.create("writes", script), "completed", 30_000);
    const answer = await world.logs(talker);
    const reader = answer.body!.getReader();
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const text = Buffer.concat(chunks).toString();
    expect(text.split("\n").length - 1).toBe(20_000);
    expect(text).toEndWith("line 19999 of twenty thousand that are all there\n");
  }, 40_000);

  test("are only for clients with the token, if one is set", async () => {
    const master = await world.cluster.master({ token: "s3cret" }).start();
    const worker = await world.cluster.worker({ master, engine: world.engine, hostname: "guarded" }).start();
    for (const path of ["/metrics", "/tasks", "/tasks/x/logs"]) expect((await worker.get(path)).status).toBe(401);
    expect((await worker.get("/health")).status).toBe(200);
    await worker.stop();
  });

  test("the worker's own server shows its health, its metrics and its tasks", async () => {
    const health = JSON.parse((await world.worker.get("/health")).body) as object;
    expect(health).toMatchObject({ status: "ok", nodeId: task.nodeId!, master: "up" });
    expect((await world.worker.get("/metrics")).body).toContain("podling_worker_containers_running 1");
    const own = JSON.parse((await world.worker.get(`/tasks/${task.taskId}`)).body) as object;
    expect(own).toMatchObject({ taskId: task.taskId, found: { status: "running", containerId: task.containerId! } });
    expect((await world.worker.get("/tasks/none")).status).toBe(404);
  });
});
