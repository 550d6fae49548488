// podling job with a real master. The test acts as the worker: tasks of the image "slow" go on, those of "bad" fail, all others
// end with success; each has one line of output.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { JobView } from "../../src/model/job/view.ts";
import { Cluster, commandsOf, frame, framed, logServer, runs, until } from "./harness.ts";

let cluster: Cluster;
let server: ReturnType<typeof logServer>;
let works = true;
let worker: Promise<void>;

beforeAll(async () => {
  cluster = new Cluster();
  server = logServer((query) => (query.has("since") ? framed() : framed(frame("stdout", "a line of output\n"))));
  const { nodeId } = await cluster.node("n1", { capacity: 1000, version: "1", port: server.port });
  worker = (async () => {
    for (; works; await Bun.sleep(20)) {
      await cluster.client.call("heartbeat", { id: nodeId });
      for (const task of await tasksOf()) await work(task);
    }
  })();
});

afterAll(async () => {
  works = false;
  await worker;
  server.stop();
  await cluster.stop();
});

async function tasksOf(): Promise<TaskView[]> {
  const listed = await cluster.client.call("listTasks");
  return listed.ok ? listed.value! : [];
}

async function work({ taskId, status, desired, image }: TaskView): Promise<void> {
  const report = (body: object) => cluster.client.call("reportTask", { id: taskId, body: body as never });
  if (status !== "scheduled" && status !== "running") return;
  if (desired === "stopped") await report({ status: "stopped", exitCode: 0 });
  else if (status === "scheduled") await report({ status: "running", containerId: "c0ffee", reason: runs });
  else if (image === "bad") await report({ status: "failed", exitCode: 3 });
  else if (image !== "slow") await report({ status: "completed", exitCode: 0 });
}

const { ok, podling } = commandsOf(() => cluster);
const inspect = async (name: string) => JSON.parse(await ok(`job inspect ${name}`)) as JobView;

describe("job run", () => {
  test("shows the output, and ends with 0 when the job is completed", async () => {
    const { code, out } = await podling("job run once --image app:1 -- sh -c date");
    expect({ code, out }).toEqual({ code: 0, out: "a line of output\n" });
    expect(await inspect("once")).toMatchObject({ status: "completed", succeeded: 1, active: 0 });
    expect((await inspect("once")).spec.containers[0]).toMatchObject({ args: ["sh", "-c", "date"] });
  });

  test("docker's form: --name NAME IMAGE COMMAND ARG", async () => {
    await ok("job run --name docker -e A=b app:1 sh -c env");
    expect((await inspect("docker")).spec.containers[0]).toMatchObject({
      ...{ image: "app:1", args: ["sh", "-c", "env"], env: { A: "b" } },
    });
  });

  test("names each of several tasks, and shows them in order", async () => {
    const { out, err } = await podling("job run parts --image app:1 --completions 3 --parallelism 2 --indexed");
    expect(out).toBe("a line of output\n".repeat(3));
    const titles = err.split("\n").filter((line) => line.startsWith("==>"));
    expect(titles.sort()).toEqual(["==> parts.0 <==", "==> parts.1 <==", "==> parts.2 <=="]);
    expect(await inspect("parts")).toMatchObject({ doneIndexes: "0-2" });
  });

  test("ends with 1 and the reason when the job has failed", async () => {
    const { code, err } = await podling("job run broken --image bad --backoff-limit 0");
    expect(code).toBe(1);
    expect(err).toContain("broken failed: broken.1: exited with code 3; 1 task failed, and 0 may");
    expect(err).toContain("podling job logs broken");
  });

  test("ends with 2 at --timeout, and keeps the job", async () => {
    const { code, err } = await podling("job run late --image slow --timeout 300ms -o name");
    expect(code).toBe(2);
    expect(err).toContain("late is still");
    expect((await inspect("late")).active).toBe(1);
  });

  test("Ctrl-C keeps the job, and says how to go on", async () => {
    const running = cluster.start("job run left --image slow");
    await until(async () => (await cluster.client.call("getJob", { id: "left" })).ok && running.handlesInterrupt());
    running.interrupt();
    const { code, err } = await running.ended;
    expect(code).toBe(130);
    expect(err).toContain("podling job rm left");
    expect((await inspect("left")).finishedAt).toBeNull();
  });

  test("-d prints the id at once; --again runs a job that has ended in its own place", async () => {
    const id = (await ok("job run twice --image app:1 -d")).trim();
    expect(id).toBe((await inspect("twice")).jobId);
    await until(async () => (await inspect("twice")).status === "completed");
    const refused = await podling("job run twice --image app:2");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("podling job run --again twice");
    await ok("job run twice --image app:2 --again");
    expect(await inspect("twice")).toMatchObject({ status: "completed", spec: { containers: [{ image: "app:2" }] } });
  });

  test.each([
    ["job run", "image"],
    ["job run nameless", "name"],
    ["job run --image app:1", "job run NAME --image app:1"],
    ["job run x --image app:1 --completions 0", "--completions"],
    ["job run x --image app:1 --replicas 2", "job run has no --replicas: write --completions N"],
    ["job create x --image app:1 --replicas 2", "job create has no --replicas: write --completions N"],
    ["job update x --replicas 2", "job update has no --replicas: write --completions N"],
    ["job run x --image app:1 --parallelism many", "--parallelism"],
    ["job run x --image app:1 --deadline soon", "--deadline"],
    ["job logs x -n few", "-n few"],
  ])("podling %s is a 64 that says what to type", async (line, says) => {
    const { code, out, err } = await podling(line);
    expect({ code, out }).toEqual({ code: 64, out: "" });
    expect(err).toContain(says);
  });

  test("a restart policy without an end is refused, with what to use", async () => {
    const { code, err } = await podling("job run endless --image app:1 --restart always");
    expect(code).toBe(1);
    expect(err).toContain("podling service create");
  });
});

describe("job create, ls, inspect, logs, suspend, resume and rm", () => {
  test("create takes every number, and does not wait", async () => {
    const numbers = "--completions 9 --parallelism 2 --indexed --backoff-limit 3 --deadline 1h --ttl 30m";
    await ok(`job create all --image slow ${numbers}`);
    expect(await inspect("all")).toMatchObject({
      ...{ completions: 9, parallelism: 2, indexed: true, backoffLimit: 3, deadlineMs: 3_600_000, ttlMs: 1_800_000 },
    });
  });

  test("ls: a table, ids, names, JSON", async () => {
    await ok("job create listed --image slow --completions 2");
    await until(async () => (await inspect("listed")).status === "running");
    const table = await ok("job ls");
    expect(table).toMatch(/^NAME +ID +IMAGE +STATUS +DONE +ACTIVE +FAILED +AGE\n/);
    expect(table).toMatch(/\nlisted +\S+ +slow +running +0\/2 +1 +0 +\d+s\n/);
    expect(await ok("job ls -o wide")).toMatch(/AGE +REASON\n/);
    expect((await ok("job ls -q")).split("\n")).toContain((await inspect("listed")).jobId);
    const names = (await ok("job ls -o name")).trim().split("\n");
    expect(names).toEqual([...names].sort());
    expect((JSON.parse(await ok("job ls -o json")) as JobView[]).map(({ name }) => name)).toEqual(names);
  });

  test("inspect: an object for one, a list for several; an unknown one is a 1", async () => {
    await ok("job create seen-1 --image slow");
    await ok("job create seen-2 --image slow");
    const several = JSON.parse(await ok("job inspect seen-1 seen-2")) as JobView[];
    expect(several.map(({ name }) => name)).toEqual(["seen-1", "seen-2"]);
    const { code, err } = await podling("job inspect nothing");
    expect(code).toBe(1);
    expect(err).toContain('there is no job or schedule "nothing"');
    expect(err).toContain("podling job ls");
  });

  test("logs: of every task, of one index", async () => {
    await ok("job run written --image app:1 --completions 2 --indexed");
    expect(await ok("job logs written")).toBe("a line of output\n".repeat(2));
    const { out, err } = await podling("job logs written --index 1 -f");
    expect(out).toBe("a line of output\n");
    expect(err).toContain("==> written.1 <==");
    expect((await podling("job logs nothing")).code).toBe(1);
  });

  test("update with a time to live that is over removes the job", async () => {
    await ok("job run brief --image app:1");
    const { code, out, err } = await podling("job update brief --ttl 0s");
    expect([code, out, err]).toEqual([0, "", "brief has ended, and is removed: its time to live is over\n"]);
    expect((await podling("job inspect brief")).code).toBe(1);
  });

  test("update of the pace of a job that has ended is refused, with what to type", async () => {
    await ok("job run over --image app:1");
    const { code, out, err } = await podling("job update over --parallelism 3");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("the job over is completed and starts no task any more: its parallelism has no effect");
    expect(err).toContain("podling job run --again over --image app:1 --parallelism N");
    expect(await ok("job update over --parallelism 1")).toBe("");
    expect(await ok("job update over --ttl 1h")).toBe("over ttlMs: none -> 3600000\n");
    expect(await inspect("over")).toMatchObject({ parallelism: 1, ttlMs: 3_600_000 });
  });

  test("suspend stops its tasks, resume starts them again, rm removes all of it", async () => {
    await ok("job create held --image slow");
    await until(async () => (await inspect("held")).status === "running");
    expect(await ok("job suspend held")).toBe("held suspended\n");
    await until(async () => (await inspect("held")).active === 0);
    expect(await inspect("held")).toMatchObject({ status: "suspended", suspended: true, failed: 0 });
    expect(await ok("job resume held")).toBe("held resumed\n");
    await until(async () => (await inspect("held")).active === 1);
    expect(await ok("job rm held")).toBe("held\n");
    expect((await podling("job inspect held")).code).toBe(1);
    await until(async () => (await tasksOf()).every(({ name }) => !name.startsWith("held.")));
    const { code, err } = await podling("job suspend once");
    expect(code).toBe(1);
    expect(err).toContain("the job once is completed");
  });
});
