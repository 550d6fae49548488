// The streams: every change in order, resumed by revision without a gap; a worker's assignments; and a watcher that
// does not read.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { limits } from "../../src/model/limits.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { type Event, type EventTap, expectRefusal, openQuickJournal, TestClock, TestMaster } from "./in-process.ts";

let podling: TestMaster;
beforeAll(() => {
  podling = new TestMaster();
});
afterAll(() => podling.stop());

const revisionOf = ({ data }: Event) => data.revision as number;

describe("GET /api/v1/watch", () => {
  test("begins with the revision, then sends every change of tasks and nodes, in order", async () => {
    const tap = await podling.stream("/api/v1/watch");
    const hello = await tap.next("hello", ({ event }) => event === "hello");
    expect(Number(hello.id)).toBe(revisionOf(hello));
    const node = await podling.register("w1");
    const task = await podling.create("w");
    await podling.report(task, "running");
    await podling.report(task, "completed", { exitCode: 0 });
    await podling.do("DELETE", `/api/v1/tasks/${task.taskId}`);
    await podling.do("POST", `/api/v1/nodes/${node.nodeId}/cordon`);
    await podling.do("POST", `/api/v1/nodes/${node.nodeId}/deregister`);
    await tap.next("the last", ({ data }) => data.type === "node.removed");
    const received = tap.events.slice(1).map(({ event, data }) => {
      const { task, node, ...rest } = data as { type: string; task?: TaskView; node?: Node; taskId?: string };
      return [event, rest.type, task?.status ?? node?.schedulable ?? rest.taskId ?? ""];
    });
    expect(received).toEqual([
      ["change", "node.registered", true],
      ["change", "task.created", "scheduled"],
      ["change", "task.updated", "running"],
      ["change", "task.updated", "completed"],
      ["change", "task.removed", task.taskId],
      ["change", "node.updated", false],
      ["change", "node.removed", ""],
    ]);
    const revisions = tap.events.map(revisionOf);
    expect(revisions).toEqual([...revisions].sort((left, right) => left - right));
    for (const { data } of tap.events.slice(1)) expect(data.at).toMatch(/^\d{4}-.*Z$/);
    tap.close();
  });

  test("resumed by Last-Event-ID or ?since it has exactly the missed changes, wherever it was cut", async () => {
    const whole = await podling.stream("/api/v1/watch");
    const start = revisionOf(await whole.next("hello", ({ event }) => event === "hello"));
    for (let i = 0; i < 10; i++) {
      // Several in one batch, so that revisions hold more than one event.
      await Promise.all(Array.from({ length: 5 }, (_, j) => podling.create(`resume-${i}-${j}`)));
    }
    const last = await podling.create("resume-last");
    await whole.next("the last", ({ data }) => data.task?.taskId === last.taskId);
    const all = whole.events.slice(1);
    const changes = all.map(({ data }) => JSON.stringify(data));
    const cuts = new Set([start, ...all.map(({ id }) => id).filter((id) => id !== "")]);
    for (const cut of cuts) {
      for (const [path, headers] of [
        [`/api/v1/watch?since=${cut}`, {}],
        ["/api/v1/watch", { "last-event-id": String(cut) }],
      ] as const) {
        const resumed = await podling.stream(path, headers);
        const expected = changes.filter((_, index) => revisionOf(all[index]!) > Number(cut));
        await until("what was missed", () => resumed.events.length >= expected.length + 1);
        expect(resumed.events.slice(1).map(({ data }) => JSON.stringify(data))).toEqual(expected);
        resumed.close();
      }
    }
    whole.close();
  });

  test("says who asked for a change: as declared, and again when it is resumed or the master was restarted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "podling-streams-"));
    const first = new TestMaster({ journal: openQuickJournal(folder) });
    const headers = { "podling-user": "anna@laptop", "x-request-id": "r-1" };
    const tap = await first.stream("/api/v1/watch");
    const node = await first.register("w1");
    const body = { name: "web", image: "nginx" };
    const task = (await first.ask<TaskView>("POST", "/api/v1/tasks", { body, headers })).body;
    await first.report(task, "running", { nodeId: node.nodeId });
    await first.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    await first.ask("POST", `/api/v1/nodes/${node.nodeId}/deregister`, { headers });
    await tap.next("the last", ({ data }) => data.type === "node.removed");
    const anna = { kind: "user", name: "anna@laptop", declared: true, requestId: "r-1" };
    const changes = (from: EventTap) => from.events.slice(1).map(({ data: { type, by } }) => [type, by]);
    const expected = [
      ["node.registered", { kind: "node", name: "w1", declared: true }],
      ["task.created", anna],
      ["task.updated", { kind: "node", name: node.nodeId, declared: true }],
      ["task.updated", { kind: "user", name: "anonymous", declared: true }],
      ["task.updated", anna],
      ["node.removed", anna],
    ];
    expect(changes(tap)).toEqual(expected);
    tap.close();
    for (const start of [() => first, () => new TestMaster({ journal: openQuickJournal(folder) })]) {
      const master = start();
      const resumed = await master.stream("/api/v1/watch?since=0");
      await until("all of it", () => resumed.events.length > expected.length);
      expect(changes(resumed)).toEqual(expected);
      resumed.close();
      await master.stop();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test("Last-Event-ID wins over ?since: a browser resends the first query", async () => {
    const { revision } = (await podling.stream("/api/v1/watch").then(async (tap) => {
      const hello = await tap.next("hello", ({ event }) => event === "hello");
      tap.close();
      return hello.data;
    })) as { revision: number };
    const tap = await podling.stream("/api/v1/watch?since=1", { "last-event-id": String(revision) });
    const hello = await tap.next("hello", ({ event }) => event === "hello");
    expect(Number(hello.id)).toBe(revision);
    expect(tap.events).toHaveLength(1);
    tap.close();
  });

  test("a revision that is too old or in the future is refused with 410 and the range that is kept", async () => {
    const master = new TestMaster();
    await master.fill(limits.watchHistoryEvents * 2 + 10, () => ({}));
    const old = await master.ask<object>("GET", "/api/v1/watch?since=1");
    expectRefusal(old, 410, "revision-too-old");
    const { oldest, newest } = (old.body as { details: Record<string, number> }).details;
    expect(oldest).toBeGreaterThan(1);
    const future = await master.ask("GET", `/api/v1/watch?since=${newest! + 1}`);
    expectRefusal(future, 410, "revision-too-old");
    const tap = await master.stream(`/api/v1/watch?since=${oldest}`);
    await until("the rest", () => tap.events.at(-1)?.id === String(newest));
    tap.close();
    await master.stop();
  });
});

describe("a watcher that does not read", () => {
  test("is disconnected after some megabytes, while others continue, and can resume", async () => {
    const master = new TestMaster();
    const padding = "x".repeat(30_000);
    let bytesReceived = "";
    let closed = false;
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: Number(new URL(master.url).port),
      socket: {
        data: (_, bytes) => {
          bytesReceived += bytes.toString();
        },
        close: () => {
          closed = true;
        },
      },
    });
    socket.pause();
    socket.write("GET /api/v1/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const reading = await master.stream("/api/v1/watch");
    await reading.next("hello", ({ event }) => event === "hello");
    const streams = async () =>
      Number(/^podling_streams (\d+)$/m.exec((await master.ask<string>("GET", "/metrics")).body)?.[1]);
    await until("both to listen", async () => (await streams()) === 2);
    let created = 0;
    await until("the silent one to be cut off", async () => {
      await Promise.all(
        Array.from({ length: 16 }, () => master.create(`fat-${created++}`, { env: { PADDING: padding } })),
      );
      if (created > 2000) throw new Error("64 MB were queued for it");
      return (await streams()) === 1;
    });
    const last = await master.create("after-the-cut");
    await reading.next("the last", ({ data }) => data.task?.taskId === last.taskId);
    expect(reading.ended).toBe(false);
    expect(reading.events.filter(({ data }) => data.type === "task.created")).toHaveLength(created + 1);
    // What was on its way still arrives; from the last id that it has, it asks for the rest.
    socket.resume();
    await until("the end of what was sent", () => closed || bytesReceived.endsWith("0\r\n\r\n"));
    const whole = bytesReceived.slice(0, bytesReceived.lastIndexOf("\n\n"));
    const ids = [...whole.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    const resumed = await master.stream(`/api/v1/watch?since=${ids.at(-1)}`);
    await resumed.next("the last", ({ data }) => data.task?.taskId === last.taskId);
    const expected = reading.events.slice(1).filter((event) => revisionOf(event) > ids.at(-1)!);
    expect(resumed.events.slice(1)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
    resumed.close();
    reading.close();
    socket.terminate();
    await until("no listener", async () => (await streams()) === 0);
    await master.stop();
  });

  test("a silent stream is kept open by comments", async () => {
    const clock = new TestClock();
    const master = new TestMaster({ clock });
    const answer = await fetch(`${master.url}/api/v1/watch`);
    const reader = answer.body!.getReader();
    let text = "";
    const read = async () => {
      const { value } = await reader.read();
      text += new TextDecoder().decode(value);
      return text;
    };
    while (!text.includes("hello")) await read();
    text = "";
    await clock.advance(limits.streamKeepAliveMs);
    expect(await read()).toBe(":\n\n");
    await reader.cancel();
    await master.stop();
  });
});

describe("GET /api/v1/nodes/{id}/assignments", () => {
  test("the whole set, then each task that is placed, asked to stop, ended or deleted; nothing of other nodes", async () => {
    const master = new TestMaster();
    const node = await master.register("a1", { labels: { n: "1" } });
    await master.register("a2", { labels: { n: "2" } });
    const here = { constraints: ["n==1"] };
    const old = await master.create("old", here);
    const elsewhere = await master.create("elsewhere", { constraints: ["n==2"] });
    const tap = await master.stream(`/api/v1/nodes/${node.nodeId}/assignments`);
    const sync = await tap.next("the sync", ({ event }) => event === "sync");
    expect(sync.data).toMatchObject({ tasks: [{ taskId: old.taskId }], clusterId: expect.stringMatching(/^\w{8}$/) });

    const fresh = await master.create("fresh", here);
    const received = await tap.next("the new one", ({ data }) => data.taskId === fresh.taskId);
    expect(received).toMatchObject({ event: "task", data: { name: "fresh", status: "scheduled", desired: "running" } });
    await master.report(fresh, "running");
    await master.do("POST", `/api/v1/tasks/${fresh.taskId}/stop`);
    await tap.next("the stop", ({ event, data }) => event === "task" && data.desired === "stopped");
    await master.report(fresh, "stopped");
    const gone = await tap.next("its end", ({ event }) => event === "gone");
    expect(gone.data).toMatchObject({ taskId: fresh.taskId, deleted: false });
    await master.do("DELETE", `/api/v1/tasks/${old.taskId}?force=true`);
    const deleted = await tap.next("its deletion", ({ event, data }) => event === "gone" && data.deleted === true);
    expect(deleted.data).toMatchObject({ taskId: old.taskId });
    await master.do("POST", `/api/v1/tasks/${elsewhere.taskId}/stop`);
    const again = await master.stream(`/api/v1/nodes/${node.nodeId}/assignments`);
    expect((await again.next("the sync", () => true)).data.tasks).toEqual([]);
    expect(tap.events.filter(({ data }) => data.taskId === elsewhere.taskId)).toEqual([]);
    // Its own word "running" tells a worker nothing.
    expect(tap.events.filter(({ event, data }) => event === "task" && data.status === "running")).toHaveLength(1);
    tap.close();
    again.close();
    await master.stop();
  });
});

test("a master that stops ends its streams, and refuses later requests", async () => {
  const master = new TestMaster();
  const tap = await master.stream("/api/v1/watch");
  await master.stop();
  await until("the stream to end", () => tap.ended);
});
