// Creating with a key, waiting for a status, and lists: filters, pages that neither lose nor repeat while tasks come and
// go, and followed lists.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, expectRefusal, TestClock, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeAll(() => {
  podling = new TestMaster();
});
afterAll(() => podling.stop());

const ids = (tasks: TaskView[]) => tasks.map(({ taskId }) => taskId);

describe("Idempotency-Key", () => {
  const post = (body: unknown, key: string) =>
    podling.ask<TaskView>("POST", "/api/v1/tasks", { body, headers: { "idempotency-key": key } });

  test("the same key and body create one task, also in parallel, and also after its status has changed", async () => {
    const body = { name: "once", image: "nginx", env: { A: "b" } };
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(body, "key-1")));
    expect(new Set(answers.map(({ body }) => body.taskId)).size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const { taskId } = answers[0]!.body;
    await podling.do("POST", `/api/v1/tasks/${taskId}/stop`);
    expect((await post(body, "key-1")).body).toMatchObject({ taskId, status: "stopped" });
    expect(await podling.do<TaskView[]>("GET", "/api/v1/tasks?name=once")).toHaveLength(1);
  });

  test("the same key with another body is a 422 that names the task", async () => {
    const first = await post({ name: "keyed", image: "nginx" }, "key-2");
    const second = await post({ name: "keyed", image: "httpd" }, "key-2");
    expectRefusal(second, 422, "idempotency-conflict");
    expect(second.body).toMatchObject({ details: { taskId: first.body.taskId } });
  });

  test("after its task is removed, a key can be used again", async () => {
    const first = await post({ name: "again", image: "nginx" }, "key-3");
    await podling.do("DELETE", `/api/v1/tasks/${first.body.taskId}?force=true`);
    const second = await post({ name: "again", image: "nginx" }, "key-3");
    expect(second.body.taskId).not.toBe(first.body.taskId);
  });

  test("a key that is too long is refused", async () => {
    expectRefusal(await post({ name: "long", image: "nginx" }, "k".repeat(257)), 400, "invalid-field");
    expect((await post({ name: "long", image: "nginx" }, "k".repeat(256))).status).toBe(201);
  });
});

describe("If-None-Match", () => {
  const post = (name: string, headers: Record<string, string>) =>
    podling.ask<TaskView>("POST", "/api/v1/tasks", { body: { name, image: "nginx" }, headers });

  test("with *, an unfinished task of the name is a conflict that names it", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => post("free", { "if-none-match": "*" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const { taskId } = answers.find(({ status }) => status === 201)!.body;
    const refused = await post("free", { "if-none-match": "*" });
    expectRefusal(refused, 409, "name-taken");
    expect(refused.body).toMatchObject({ details: { taskId, name: "free", status: "pending" } });
    expect((await post("free", {})).status).toBe(201);
    for (const task of await podling.do<TaskView[]>("GET", "/api/v1/tasks?name=free"))
      await podling.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    expect((await post("free", { "if-none-match": "*" })).status).toBe(201);
  });

  test("with a key, a repeated request returns its task", async () => {
    const headers = { "if-none-match": "*", "idempotency-key": "free-1" };
    const first = await post("free-keyed", headers);
    expect(await post("free-keyed", headers)).toMatchObject({ status: 201, body: { taskId: first.body.taskId } });
  });

  test("another value is refused", async () => {
    expectRefusal(await post("free-tag", { "if-none-match": '"abc"' }), 400, "invalid-field");
  });
});

describe("wait", () => {
  test("wait=running answers when the task runs, wait=finished when it has finished; a failure ends both", async () => {
    const { nodeId } = await podling.register("wait-node", { labels: { wait: "yes" } });
    const input = { name: "waited", image: "nginx", constraints: ["wait"] };
    const running = podling.ask<TaskView>("POST", "/api/v1/tasks?wait=running&timeout=60s", { body: input });
    const task = await until(
      "the task",
      async () => (await podling.do<TaskView[]>("GET", "/api/v1/tasks?name=waited"))[0],
    );
    await podling.report(task, "running", { nodeId, containerId: "c" });
    expect(await running).toMatchObject({ status: 201, body: { status: "running", containerId: "c" } });
    const finished = podling.do<TaskView>("GET", `/api/v1/tasks/${task.taskId}?wait=finished&timeout=60s`);
    await podling.report(task, "completed", { exitCode: 0 });
    expect((await finished).status).toBe("completed");
    const failing = await podling.create("failing", { constraints: ["wait"] });
    const never = podling.do<TaskView>("GET", `/api/v1/tasks/${failing.taskId}?wait=running&timeout=60s`);
    await podling.report(failing, "failed", { error: "no" });
    expect((await never).status).toBe("failed");
  });

  test("stop can wait too; if the task is deleted meanwhile the answer is 404", async () => {
    const task = await podling.create("stopped-and-gone", { constraints: ["wait"] });
    await podling.report(task, "running");
    const stopped = podling.ask("POST", `/api/v1/tasks/${task.taskId}/stop?wait=finished&timeout=60s`);
    await until("the task to be asked to stop", async () => (await podling.task(task.taskId)).desired === "stopped");
    await podling.do("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
    expectRefusal(await stopped, 404, "task-not-found");
  });

  test("at the timeout the answer is the current task: 30 s by default, 10 minutes at most", async () => {
    const clock = new TestClock();
    const master = new TestMaster({ clock });
    for (const [query, ms] of [
      ["wait=running&timeout=5s", 5_000],
      ["wait=running", 30_000],
      ["wait=finished&timeout=3h", 600_000],
    ] as const) {
      let answer: TaskView | null = null;
      const input = { name: "waits", image: "nginx" };
      void master.do<TaskView>("POST", `/api/v1/tasks?${query}`, input).then((task) => {
        answer = task;
      });
      await until("the request to wait", async () => (await master.do<TaskView[]>("GET", "/api/v1/tasks"))[0]);
      await clock.advance(ms - 1);
      expect(answer).toBeNull();
      await clock.advance(1);
      const task = await until("the answer", () => answer as TaskView | null);
      expect(task.status).toBe("pending");
      await master.do("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
    }
    await master.stop();
  });
});

describe("GET /api/v1/tasks", () => {
  test("filters by status, node, label and name, alone and together", async () => {
    const { nodeId } = await podling.register("list-node", { labels: { list: "yes" }, capacity: 3 });
    const more = { constraints: ["list"] };
    const a = await podling.create("list-a", { ...more, labels: { team: "red", tier: "1" } });
    const b = await podling.create("list-b", { ...more, labels: { team: "blue" } });
    const c = await podling.create("list-c", { ...more, labels: { team: "red", empty: "" } });
    const d = await podling.create("list-c", { ...more, labels: { team: "red" } });
    await podling.report(a, "running");
    await podling.report(b, "running");
    await podling.report(b, "completed");
    const rows: [query: string, expected: TaskView[]][] = [
      [`node=${nodeId}`, [a, b, c, d]],
      ["node=list-node", [a, b, c, d]],
      [`node=${nodeId}&status=running`, [a]],
      [`node=${nodeId}&status=Running`, [a]],
      [`node=${nodeId}&status=running,completed`, [a, b]],
      ["label=team=red&label=tier", [a]],
      ["label=team=red", [a, c, d]],
      ["label=team==blue", [b]],
      ["label=team", [a, b, c, d]],
      ["label=empty=", [c]],
      ["label=tea", []],
      ["label=constructor", []],
      ["name=list-c", [c, d]],
      ["name=list", []],
      ["label=team=red&status=completed", []],
    ];
    for (const [query, expected] of rows) {
      const found = await podling.do<TaskView[]>("GET", `/api/v1/tasks?${query}`);
      expect({ query, ids: ids(found) }).toEqual({ query, ids: ids(expected) });
    }
    const answer = await podling.ask("GET", "/api/v1/tasks?status=running,done");
    expectRefusal(answer, 400, "invalid-field");
    expect(JSON.stringify(answer.body)).toContain("done");
  });

  test("a long filtered list comes in pieces, as one JSON list with every task once and in order", async () => {
    const labels = { long: "v".repeat(1000), longer: "w".repeat(1000) };
    const made: TaskView["taskId"][] = [];
    for (let count = 0; count < 200; count++) made.push((await podling.create(`long-${count}`, { labels })).taskId);
    const answer = await podling.ask<TaskView[]>("GET", "/api/v1/tasks?label=longer");
    expect(answer.headers.get("content-length")).toBeNull();
    expect(ids(answer.body)).toEqual(made);
    for (const taskId of made) await podling.do("DELETE", `/api/v1/tasks/${taskId}?force=true`);
  });

  test("pages by limit, cursor and Link contain every task once, while other tasks are created and removed", async () => {
    const master = new TestMaster();
    const createMany = (prefix: string, count: number) =>
      Promise.all(Array.from({ length: count }, (_, i) => master.create(`${prefix}-${i}`, { labels: { prefix } })));
    const stay = await createMany("stay", 3000);
    const go = await createMany("go", 500);
    const doomed = [...go, ...(await createMany("mid", 300))];
    const seen: string[] = [];
    let path: string | null = "/api/v1/tasks?limit=97";
    let pages = 0;
    while (path !== null) {
      const answer: { headers: Headers; body: TaskView[] } = await master.ask<TaskView[]>("GET", path);
      seen.push(...ids(answer.body));
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1] ?? null;
      if (path !== null) expect(answer.body).toHaveLength(97);
      pages++;
      const gone = doomed.splice(0, 25);
      await Promise.all(gone.map(({ taskId }) => master.do("DELETE", `/api/v1/tasks/${taskId}?force=true`)));
      if (pages % 5 === 0) await createMany(`new-${pages}`, 10);
    }
    expect(pages).toBeGreaterThan(30);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual([...seen].sort());
    const met = new Set(seen);
    expect(stay.filter(({ taskId }) => !met.has(taskId))).toEqual([]);
    await master.stop();
  });

  test("the link keeps the filters; the cursor's own task may be gone; a page without more has no link", async () => {
    for (let i = 0; i < 5; i++) await podling.create(`paged-${i}`, { labels: { paged: "a b&c", other: "x" } });
    const query = `label=${encodeURIComponent("paged=a b&c")}&label=other&status=pending,scheduled&limit=2`;
    const first = await podling.ask<TaskView[]>("GET", `/api/v1/tasks?${query}`);
    expect(first.body).toHaveLength(2);
    await podling.do("DELETE", `/api/v1/tasks/${first.body[1]!.taskId}?force=true`);
    const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")![1]!;
    const second = await podling.ask<TaskView[]>("GET", next);
    expect(second.body.map(({ name }) => name)).toEqual(["paged-2", "paged-3"]);
    const third = await podling.ask<TaskView[]>("GET", /<([^>]+)>/.exec(second.headers.get("link") ?? "")![1]!);
    expect(third.body.map(({ name }) => name)).toEqual(["paged-4"]);
    expect(third.headers.get("link")).toBeNull();
    const exact = await podling.ask<TaskView[]>("GET", `/api/v1/tasks?${query.replace("limit=2", "limit=4")}`);
    expect([exact.body.length, exact.headers.get("link")]).toEqual([4, null]);
  });

  test("a cached answer is not used after a change", async () => {
    const task = await podling.create("kept");
    const read = async () =>
      (await podling.do<TaskView[]>("GET", "/api/v1/tasks?name=kept")).map(({ status }) => status);
    const before = await read();
    expect(await read()).toEqual(before);
    await podling.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    expect((await read()).join()).not.toBe("");
    await podling.do("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
    expect(await read()).toEqual([]);
  });
});

describe("GET /api/v1/tasks?watch", () => {
  test("a sync with the matching tasks, then tasks that appear, change, stop matching, and are deleted", async () => {
    const old = await podling.create("watched", { labels: { w: "1" } });
    const tap = await podling.stream("/api/v1/tasks?watch&label=w");
    const sync = await tap.next("the sync", ({ event }) => event === "sync");
    expect(ids(sync.data.tasks!)).toEqual([old.taskId]);
    await podling.create("unwatched");
    const fresh = await podling.create("watched-2", { labels: { w: "2" } });
    await tap.next("the new task", ({ event, data }) => event === "task" && data.taskId === fresh.taskId);
    await podling.do("POST", `/api/v1/tasks/${old.taskId}/stop`);
    await tap.next("its change", ({ event, data }) => event === "task" && data.desired === "stopped");
    await podling.do("DELETE", `/api/v1/tasks/${old.taskId}?force=true`);
    const gone = await tap.next("its end", ({ event }) => event === "gone");
    expect(gone.data).toMatchObject({ taskId: old.taskId, deleted: true });
    expect(tap.events.filter(({ data }) => data.name === "unwatched")).toEqual([]);
    tap.close();
  });

  test("a task that no longer matches is reported as gone, and not as deleted", async () => {
    const task = await podling.create("passing", { labels: { p: "1" }, constraints: ["nowhere"] });
    const tap = await podling.stream("/api/v1/tasks?watch&label=p&status=pending");
    await tap.next("the sync", ({ event }) => event === "sync");
    await podling.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    const gone = await tap.next("its leave", ({ event }) => event === "gone");
    expect(gone.data).toMatchObject({ taskId: task.taskId, deleted: false });
    tap.close();
    await breathe();
  });
});
