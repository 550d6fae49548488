// The answers of a master that cannot serve a request: a journal that cannot write (503), a limit that is reached
// (429), and recovery from both without help.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { JournalUnavailable } from "../../src/journal/journal.ts";
import { type MemoryJournal, openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { limits } from "../../src/model/limits.ts";
import { until } from "../../tools/lab/until.ts";
import { type Answer, expectRefusal, TestClock, TestMaster } from "./in-process.ts";

let journal: MemoryJournal;
let clock: TestClock;
let podling: TestMaster;
beforeEach(() => {
  journal = openMemoryJournal();
  clock = new TestClock();
  podling = new TestMaster({ journal, clock });
});
afterEach(() => podling.stop());

describe("a journal that cannot write", () => {
  test("every change is refused with 503, the reason and Retry-After, and has no effect", async () => {
    const node = await podling.register("n1");
    const task = await podling.create("before");
    const pending = await podling.create("pending", { constraints: ["nowhere"] });
    const list = await podling.do<object[]>("GET", "/api/v1/tasks");
    journal.refuseWrites("the disk is full");
    const changes: [method: string, path: string, body?: object][] = [
      ["POST", "/api/v1/tasks", { name: "during", image: "nginx" }],
      ["PUT", `/api/v1/tasks/${task.taskId}/status`, { status: "running" }],
      ["POST", `/api/v1/tasks/${pending.taskId}/stop`],
      ["DELETE", `/api/v1/tasks/${task.taskId}?force=true`],
      ["POST", "/api/v1/nodes/register", { hostname: "n2", port: 1 }],
      ["POST", `/api/v1/nodes/${node.nodeId}/cordon`],
      ["POST", `/api/v1/nodes/${node.nodeId}/deregister`],
      ["POST", `/api/v1/nodes/${node.nodeId}/heartbeat`, { engineError: "away" }],
    ];
    for (const [method, path, body] of changes) {
      const answer: Answer = await podling.ask(method, path, body ? { body } : {});
      expectRefusal(answer, 503, "journal-unavailable");
      expect((answer.body as { error: string }).error).toContain("the disk is full");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    expect(await podling.do<object[]>("GET", "/api/v1/tasks")).toEqual(list);
    expect(await podling.node("n1")).toMatchObject({ schedulable: true, engineError: null });
    // A heartbeat with nothing new writes nothing: nodes do not fall silent because a disk is full.
    await podling.do("POST", `/api/v1/nodes/${node.nodeId}/heartbeat`);
  });

  test("a refusal says what to do about this failure of the journal", async () => {
    const { append } = journal;
    journal.append = () => Promise.reject(new JournalUnavailable("journal.db was removed", "Put it back."));
    const refused = await podling.ask("POST", "/api/v1/tasks", { body: { name: "a", image: "b" } });
    expect(refused.body).toMatchObject({ code: "journal-unavailable", hint: "Put it back." });
    expect((await podling.ask("GET", "/ready")).body).toMatchObject({
      hint: "Reads and streams keep working. Put it back.",
    });
    journal.append = append;
  });

  test("reads and streams keep working; /ready is 503, /health is 200; writes resume without a restart", async () => {
    const tap = await podling.stream("/api/v1/watch");
    const task = await podling.create("before");
    await tap.next("the task", ({ data }) => data.task?.taskId === task.taskId);
    journal.refuseWrites("the disk is full");
    expectRefusal(
      await podling.ask("POST", "/api/v1/tasks", { body: { name: "a", image: "b" } }),
      503,
      "journal-unavailable",
    );
    expectRefusal(await podling.ask("GET", "/ready"), 503, "journal-unavailable");
    expect((await podling.ask("GET", "/health")).body).toMatchObject({ status: "degraded" });
    expect((await podling.ask<string>("GET", "/metrics")).body).toContain("podling_journal_up 0");
    expect((await podling.task(task.taskId)).name).toBe("before");
    expect(await podling.do<object>("GET", `/api/v1/tasks/${task.taskId}/explanation`)).toMatchObject({ nodes: [] });
    await clock.advance(5000);
    expect((await podling.ask("GET", "/ready")).status).toBe(503);
    journal.refuseWrites(null);
    await clock.advance(1000);
    await until("it to be ready", async () => (await podling.ask("GET", "/ready")).status === 200);
    const after = await podling.create("after");
    await tap.next("the next", ({ data }) => data.task?.taskId === after.taskId);
    expect(tap.ended).toBe(false);
    tap.close();
  });

  test("a batch of many commands is refused as a whole, and the cluster is unchanged", async () => {
    await podling.register("n1", { capacity: 5 });
    journal.refuseWrites("the disk is full");
    const body = { name: "many", image: "nginx", ports: [{ containerPort: 80, hostPort: 8080 }] };
    const answers = await Promise.all(Array.from({ length: 50 }, () => podling.ask("POST", "/api/v1/tasks", { body })));
    for (const answer of answers) expectRefusal(answer, 503, "journal-unavailable");
    journal.refuseWrites(null);
    expect((await podling.create("first", body)).status).toBe("scheduled");
    expect(await podling.node("n1")).toMatchObject({ runningTasks: 1 });
  });
});

test("one node beyond the limit is refused with 429, the limit and Retry-After; after a node is removed, another can register", async () => {
  const register = async (i: number) => {
    const nodeId = `node-${String(i).padStart(8, "0")}`;
    const answer = await podling.master.fetch(
      new Request(`${podling.url}/api/v1/nodes/register`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ hostname: `n${i}`, port: 1, address: "127.0.0.1", nodeId }),
      }),
    );
    const body: unknown = await answer.json();
    return { status: answer.status, headers: answer.headers, body };
  };
  for (let i = 0; i < limits.nodes; i += 2000) {
    const answers = await Promise.all(Array.from({ length: 2000 }, (_, j) => register(i + j)));
    expect(answers.every(({ status }) => status === 201)).toBe(true);
  }
  const answer = await register(limits.nodes);
  expectRefusal(answer, 429, "too-many");
  expect((answer.body as { error: string }).error).toContain(String(limits.nodes));
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await register(5)).status).toBe(201);
  await podling.do("POST", "/api/v1/nodes/node-00000005/deregister");
  expect((await register(limits.nodes)).status).toBe(201);
}, 60_000);
