// Restoring a backup into a running master: completely or not at all, streams end, nodes register again, and no
// revision, epoch or task id is given twice.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { backupMediaType } from "../../src/api/views/backup-file.ts";
import type { RestoreAnswer } from "../../src/api/views/restore-summary.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { type Answer, breathe, expectRefusal, TestClock, TestMaster } from "./in-process.ts";

let podling: TestMaster;
let clock: TestClock;
beforeEach(() => {
  clock = new TestClock();
  podling = new TestMaster({ clock });
});
afterEach(() => podling.stop());

const backup = async (from = podling): Promise<string> => (await fetch(`${from.url}/api/v1/backup`)).text();

function restore(text: string, query = "", into = podling): Promise<Answer<RestoreAnswer>> {
  return into.ask("POST", `/api/v1/restore${query}`, { text, headers: { "content-type": backupMediaType } });
}

async function restored(text: string, query = "", into = podling): Promise<RestoreAnswer> {
  const { status, body } = await restore(text, query, into);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}

const names = async (from = podling): Promise<string[]> =>
  (await from.do<TaskView[]>("GET", "/api/v1/tasks")).map(({ name }) => name);

/** A backup with these lines changed, and a checksum that agrees. */
function changed(text: string, change: (lines: Record<string, unknown>[]) => unknown[]): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const body = change(lines.slice(0, -1)).map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  const sha256 = new Bun.CryptoHasher("sha256").update(body.join("")).digest("hex");
  return `${body.join("")}${JSON.stringify({ end: { records: body.length - 1, sha256 } })}\n`;
}

test("tasks, their order and keys are restored, and later tasks are removed", async () => {
  await podling.register("n1");
  const kept = await podling.create("kept", { labels: { team: "a" } });
  await podling.report(kept, "running", { containerId: "c1" });
  const headers = { "content-type": "application/json", "idempotency-key": "k1" };
  const input = { name: "keyed", image: "nginx" };
  const keyed = await podling.ask<TaskView>("POST", "/api/v1/tasks", { text: JSON.stringify(input), headers });
  const ended = await podling.create("ended");
  await podling.report(ended, "running");
  await podling.report(ended, "completed", { exitCode: 0 });
  const before = await podling.do<TaskView[]>("GET", "/api/v1/tasks");
  const text = await backup();

  const later = await podling.create("later");
  await podling.do("DELETE", `/api/v1/tasks/${ended.taskId}`);
  await podling.report(kept, "failed", { exitCode: 1 });
  const answer = await restored(text);
  expect(answer).toMatchObject({
    restored: true,
    before: { tasks: 3, nodes: 1 },
    tasks: {
      forgotten: { count: 1, live: 1, first: [{ id: later.taskId, name: "later", now: "scheduled", inBackup: null }] },
      returning: { count: 1, live: 0, first: [{ id: ended.taskId, name: "ended", now: null, inBackup: "completed" }] },
      differing: { count: 1, live: 0, first: [{ name: "kept", now: "failed", inBackup: "running" }] },
    },
    nodes: { forgotten: { count: 0 }, returning: { count: 0 }, differing: { count: 0 } },
  });
  expect(await podling.do<TaskView[]>("GET", "/api/v1/tasks")).toEqual(before);
  const again = await podling.ask<TaskView>("POST", "/api/v1/tasks", { text: JSON.stringify(input), headers });
  expect(again.body.taskId).toBe(keyed.body.taskId);
  expectRefusal(await podling.ask("GET", `/api/v1/tasks/${later.taskId}`), 404, "task-not-found");
});

test("revisions, epochs and task ids continue to grow", async () => {
  await podling.create("a");
  const text = await backup();
  let newest = "";
  for (let i = 0; i < 20; i++) newest = (await podling.create(`later-${i}`)).taskId;
  const metrics = async () => {
    const said = await (await fetch(`${podling.url}/metrics`)).text();
    return Number(/^podling_revision (\d+)$/m.exec(said)![1]);
  };
  const revision = await metrics();
  const answer = await restored(text);
  expect(answer.revision).toBe(revision + 1);
  expect(await metrics()).toBe(revision + 2); // and the batch that begins the epoch
  expect((await podling.create("next")).taskId > newest).toBe(true);
  const second = JSON.parse((await backup()).split("\n")[0]!);
  expect(second.epoch).toBe(answer.backup.epoch + 1);
  // The same backup again, and again.
  expect((await restored(text)).revision!).toBeGreaterThan(answer.revision! + 1);
});

test("streams end, and no watcher can resume from before it", async () => {
  await podling.register("n1");
  await podling.create("a");
  const text = await backup();
  await podling.create("b");
  const watch = await podling.stream("/api/v1/watch");
  const { revision } = (await watch.next("hello", ({ event }) => event === "hello")).data as { revision: number };
  const assignments = await podling.stream("/api/v1/nodes/n1/assignments");
  const list = await podling.stream("/api/v1/tasks?watch");
  await restored(text);
  await until("all streams to end", () => watch.ended && assignments.ended && list.ended);
  expectRefusal(await podling.ask("GET", `/api/v1/watch?since=${revision}`), 410, "revision-too-old");
  const reopened = await podling.stream("/api/v1/nodes/n1/assignments");
  const sync = await reopened.next("sync", ({ event }) => event === "sync");
  expect(sync.data.tasks!.map(({ name }) => name)).toEqual(["a"]);
  reopened.close();
});

test("requests that wait for a task are answered", async () => {
  const task = await podling.create("a");
  const text = await backup();
  const waiting = podling.ask<TaskView>("GET", `/api/v1/tasks/${task.taskId}?wait=running&timeout=5m`);
  await podling.ask("GET", "/health");
  await restored(text);
  expect((await waiting).body.status).toBe("pending");
});

test("a node must register before its heartbeats count; one that never does is lost as usual", async () => {
  const n1 = await podling.register("n1", { version: "1", capacity: 2 });
  const n2 = await podling.register("n2", { version: "1" });
  const task = await podling.create("a", { restartPolicy: "always", constraints: ["node==n2"] });
  await podling.do("POST", "/api/v1/nodes/n1/cordon");
  const text = await backup();
  await podling.do("POST", "/api/v1/nodes/n1/uncordon");
  const n3 = await podling.register("n3", { version: "1" });
  expect((await restored(text)).nodes).toMatchObject({ forgotten: { count: 1, first: [{ name: "n3" }] } });
  for (const { nodeId } of [n1, n3])
    expectRefusal(await podling.ask("POST", `/api/v1/nodes/${nodeId}/heartbeat`), 404, "node-not-found");
  expect((await podling.node("n1")).unheard).toBe(true);
  const again = await podling.register("n1", { nodeId: n1.nodeId, version: "2", capacity: 7 });
  expect(again).toMatchObject({ nodeId: n1.nodeId, version: "2", capacity: 7, unheard: false, schedulable: false });
  const third = await podling.register("n3", { nodeId: n3.nodeId, version: "1" });
  expect(third.nodeId).toBe(n3.nodeId);
  expect((await podling.ask("POST", `/api/v1/nodes/${n1.nodeId}/heartbeat`)).status).toBe(200);
  // The others beat: if all were silent, it would be taken for the master's own network.
  for (let second = 0; second < 10; second++) {
    for (const { nodeId } of [n1, n3]) await podling.do("POST", `/api/v1/nodes/${nodeId}/heartbeat`);
    await clock.advance(1000);
  }
  await until("n2 to be lost", async () => (await podling.node(n2.nodeId)).status === "offline");
  expect((await podling.task(task.taskId)).reason.code).toBe("node-lost");
});

test("a dry run gives the same answer, and changes nothing", async () => {
  await podling.create("a");
  const text = await backup();
  await podling.create("b");
  const answer = await restored(text, "?dryRun=true");
  expect(answer).toMatchObject({ restored: false, revision: null, tasks: { forgotten: { count: 1 } } });
  expect(await names()).toEqual(["a", "b"]);
});

test("a backup of another cluster is refused, unless no task would be lost or force is set", async () => {
  await podling.create("mine");
  const text = await backup();
  const other = new TestMaster({ clock });
  try {
    // The same random source gives the same cluster id: this one draws before.
    const foreign = changed(text, ([manifest, header, cluster, ...rest]) => [
      { ...manifest, clusterId: "another1" },
      header!,
      { ...cluster, record: { ...(cluster!.record as object), clusterId: "another1" } },
      ...rest,
    ]);
    expectRefusal(await restore(foreign), 409, "other-cluster");
    expectRefusal(await restore(foreign, "?dryRun=true"), 409, "other-cluster");
    expect(await names()).toEqual(["mine"]);
    const answer = await restored(foreign, "", other);
    expect(answer.before.tasks).toBe(0);
    // How far that cluster went is unknown: the revision jumps beyond every one that it can have given.
    expect(answer.revision).toBeGreaterThan(clock.now());
    await restored(foreign, "?force=true");
    expect(JSON.parse((await backup()).split("\n")[0]!).clusterId).toBe("another1");
  } finally {
    await other.stop();
  }
});

/** The record with other fields; those of `observed` one by one. */
function merged(record: { observed?: object }, fields: { observed?: object }): object {
  return { ...record, ...fields, observed: { ...record.observed, ...fields.observed } };
}

test("a wrong backup is refused with the fault, and nothing is changed", async () => {
  await podling.register("n1");
  const placed = await podling.create("placed");
  await podling.create("other");
  const text = await backup();
  const before = await podling.do<TaskView[]>("GET", "/api/v1/tasks");
  const records = (change: (lines: Record<string, Record<string, unknown>>[]) => unknown[]) =>
    changed(text, ([manifest, ...rest]) => [manifest, ...change(rest as never)]);
  const withTask = (fields: object) =>
    records((lines) =>
      lines.map((line) => {
        const { record } = line as { record?: { name?: string; observed?: object } };
        return record?.name === "placed" ? { ...line, record: merged(record, fields) } : line;
      }),
    );
  const wrong: [string, string, RegExp][] = [
    ["nothing", "", /it is empty/],
    ["no backup", "hello\n", /no backup/],
    ["bytes", "\u0000\u0001\n", /no backup/],
    ["cut off", text.slice(0, -100), /cut off/],
    ["a changed byte", text.replace("placed", "placid"), /checksum/],
    ["more behind it", `${text}{}\n`, /follows its last line/],
    ["a newer format", changed(text, ([first, ...rest]) => [{ ...first, format: 3 }, ...rest]), /format 3/],
    ["another count", changed(text, ([first, ...rest]) => [{ ...first, tasks: 9 }, ...rest]), /first line/],
    ["no header", records((lines) => lines.filter((line) => !line.header)), /no header/],
    ["no such status", withTask({ observed: { status: "flying" } }), /field observed.status/],
    [
      "a list that is none",
      withTask({ spec: { containers: { 0: "x" } } }),
      /field spec.containers that is not an array/,
    ],
    [
      "a task on a node that is not there",
      withTask({ placement: { nodeId: "node-zzzzzzzz", at: "2025-01-19T12:00:00.000Z", revision: 1 } }),
      /which is not there/,
    ],
    ["on no node", withTask({ placement: null }), /on no node/],
    ["finished, and never ended", withTask({ observed: { status: "failed" } }), /no time of its end/],
    ["twice the same", records((lines) => [...lines, lines.at(-1)]), /there twice/],
    ["two headers", records((lines) => [lines[0], ...lines]), /second header/],
    [
      "a value to be shared",
      records((lines) => [...lines.slice(0, -1), { ...(lines.at(-1) as object), shared: {} }]),
      /has a shared value/,
    ],
    ["something else", records((lines) => [...lines, { pod: {} }]), /neither a header nor a record/],
    ["not JSON", records(([_, ...rest]) => ["{nonsense", ...rest]), /record 1: it is not JSON/],
  ];
  for (const [what, body, says] of wrong) {
    const answer = await restore(body);
    expectRefusal(answer, 422, "backup-unusable");
    expect([what, (answer.body as unknown as { error: string }).error]).toEqual([what, expect.stringMatching(says)]);
  }
  const untyped = await podling.ask("POST", "/api/v1/restore", { text });
  expectRefusal(untyped, 415, "unsupported-media-type");
  expect(await podling.do<TaskView[]>("GET", "/api/v1/tasks")).toEqual(before);
  expect((await podling.task(placed.taskId)).status).toBe("scheduled");
});

test("if the journal cannot write, the restore is refused, and the master continues unchanged", async () => {
  const journal = openMemoryJournal();
  const broken = new TestMaster({ journal, clock });
  try {
    await broken.create("a");
    const text = await backup(broken);
    await broken.create("b");
    journal.refuseWrites("the disk is full");
    expectRefusal(await restore(text, "", broken), 503, "journal-unavailable");
    expect(await names(broken)).toEqual(["a", "b"]);
    journal.refuseWrites(null);
    await broken.create("c");
    await restored(text, "", broken);
    expect(await names(broken)).toEqual(["a"]);
  } finally {
    await broken.stop();
  }
});

test("only one restore runs at a time", async () => {
  await podling.create("a");
  const text = await backup();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const first = podling.master.fetch(
    new Request(`${podling.url}/api/v1/restore`, {
      method: "POST",
      headers: { "content-type": backupMediaType },
      body: readable,
    }),
  );
  await writer.write(new TextEncoder().encode(text.slice(0, 50)));
  expectRefusal(await restore(text), 429, "too-many");
  await writer.write(new TextEncoder().encode(text.slice(50)));
  await writer.close();
  expect((await first).status).toBe(200);
  expect((await restore(text)).status).toBe(200);
});

test("a client that disconnects leaves nothing behind, and the next restore works", async () => {
  await podling.create("a");
  const text = await backup();
  await podling.create("b");
  const { hostname, port } = new URL(podling.url);
  const head = `POST /api/v1/restore HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${backupMediaType}\r\nContent-Length: ${text.length}\r\n\r\n`;
  const socket = await Bun.connect({ hostname, port: Number(port), socket: { data() {} } });
  socket.write(head + text.slice(0, text.length / 2));
  socket.flush();
  await until("it to be under way", async () => (await restore("")).status === 429);
  socket.terminate();
  await until("its place to be free", async () => (await restore("")).status === 422);
  expect(await names()).toEqual(["a", "b"]);
  await restored(text);
  expect(await names()).toEqual(["a"]);
}, 30_000);

test("writes that arrive meanwhile are decided before it or refused; none is lost without an answer", async () => {
  const node = await podling.register("n1", { capacity: 10_000 });
  await podling.fill(2_000, () => ({}));
  const text = await backup();
  const answers: Answer<TaskView>[] = [];
  let restoring = true;
  const clients = Array.from({ length: 8 }, async (_, client) => {
    for (let i = 0; restoring; i++) {
      const body = { name: `c${client}-${i}`, image: "nginx" };
      answers.push(await podling.ask<TaskView>("POST", "/api/v1/tasks", { body }));
    }
  });
  const answer = await restored(text);
  restoring = false;
  await Promise.all(clients);
  for (const { status } of answers) expect(status).toBeOneOf([201, 503]);
  expect(answers.map(({ status }) => status)).toContain(201);
  const found = new Set((await podling.do<TaskView[]>("GET", "/api/v1/tasks?limit=10000")).map(({ taskId }) => taskId));
  const created = answers.flatMap(({ status, body }) => (status === 201 ? [body] : []));
  // Placed after the restore: with the new term's revisions. All of these must be there, all earlier ones gone.
  for (const task of created) expect(found.has(task.taskId)).toBe(task.scheduledRevision! > answer.revision!);
  expect((await podling.node(node.nodeId)) satisfies Node).toMatchObject({ runningTasks: found.size });
}, 30_000);

test("the restored state survives a restart of the master, and explanations use the journal as far as it reaches", async () => {
  const journal = openMemoryJournal();
  const options = { journal, clock };
  const first = new TestMaster(options);
  await first.register("n1");
  const task = await first.create("a");
  const text = await backup(first);
  await first.create("b");
  await restored(text, "", first);
  const explained = await first.do<{ basis: string }>("GET", `/api/v1/tasks/${task.taskId}/explanation`);
  expect(explained.basis).toBe("now");
  await first.create("c");
  const close = journal.close.bind(journal);
  journal.close = async () => {};
  await first.stop();
  journal.close = close;
  const second = new TestMaster(options);
  expect(await names(second)).toEqual(["a", "c"]);
  expect((await second.node("n1")).unheard).toBe(true);
  await second.stop();
});

test("a master that is stopped while the log is being replaced stops in the term of the restored state", async () => {
  const journal = openMemoryJournal();
  const master = new TestMaster({ journal, clock });
  await master.create("a");
  const text = await backup(master);
  await master.create("b");
  const committing = Promise.withResolvers<void>();
  const synced = Promise.withResolvers<void>();
  const begin = journal.beginReplacement.bind(journal);
  journal.beginReplacement = async () => {
    const writer = await begin();
    const commit = async (revision: number) => {
      committing.resolve();
      await synced.promise;
      await writer.commit(revision);
    };
    return { ...writer, commit };
  };
  const headers = { "content-type": backupMediaType };
  const answer = master.master.fetch(
    new Request(`${master.url}/api/v1/restore`, { method: "POST", headers, body: text }),
  );
  await committing.promise;
  const stopped = master.stop();
  await breathe();
  synced.resolve();
  await stopped;
  expect((await answer).status).toBe(200);
  expect(master.fatal).toEqual([]);
});
