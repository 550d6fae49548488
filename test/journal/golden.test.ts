// Opens what release 0.1.0 wrote: its journals and its backup, and compares what the API answers with what that release
// answered. golden/README.md says what the files hold and how they were made.

import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskView } from "../../src/api/views/task.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { openSqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import type { MasterOptions } from "../../src/master/master.ts";
import type { Node } from "../../src/model/node/node.ts";
import { policyOf } from "../../src/model/task/restart-policy.ts";
import { TestClock, TestMaster } from "../master/in-process.ts";

type CaseName = "played" | "restored";

interface Expected {
  now: number;
  tasks: TaskView[];
  nodes: Node[];
  /** Names of the tasks that are left where the master keeps three finished tasks. */
  namesWithThreeFinished: string[];
}

type Line = { case: CaseName } & Partial<{
  now: string;
  namesWithThreeFinished: string[];
  task: TaskView;
  node: Node;
}>;

const golden = join(import.meta.dir, "golden");
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function expectedOf(name: CaseName): Expected {
  const lines = readFileSync(join(golden, "expected.jsonl"), "utf8").trim().split("\n");
  const expected: Expected = { now: 0, tasks: [], nodes: [], namesWithThreeFinished: [] };
  for (const line of lines.map((text) => JSON.parse(text) as Line).filter((one) => one.case === name)) {
    if (line.task) expected.tasks.push(line.task);
    if (line.node) expected.nodes.push(line.node);
    if (line.now) expected.now = Date.parse(line.now);
    if (line.namesWithThreeFinished) expected.namesWithThreeFinished = line.namesWithThreeFinished;
  }
  return expected;
}

function unpacked(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Bun.gunzipSync(readFileSync(join(golden, `${file}.gz`))));
}

function copyOf(file: string): string {
  const folder = mkdtempSync(join(tmpdir(), "podling-golden-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "journal.db");
  writeFileSync(path, unpacked(file));
  return path;
}

function start(options: Partial<MasterOptions>, now: number): TestMaster {
  const master = new TestMaster({ clock: new TestClock(now), strategy: "binpack", ...options });
  cleanUps.push(() => master.stop());
  return master;
}

const tasksOf = (master: TestMaster) => master.do<TaskView[]>("GET", "/api/v1/tasks?limit=10000");
const nodesOf = (master: TestMaster) => master.do<Node[]>("GET", "/api/v1/nodes");

/**
 * Without the documented differences: answers also say whether a task is ready; the scheduler writes the sentence of a waiting
 * task again, in its own words; a task on a node without a worker says after some seconds that it was never started; a plain
 * restart policy is shown as text.
 */
function comparable(tasks: readonly TaskView[]): unknown[] {
  return tasks.map(({ restartPolicy, ready: _, ...task }) => ({
    ...task,
    restartPolicy: policyOf(restartPolicy),
    ...(task.status === "pending" ? { reason: { code: task.reason.code, message: "" } } : {}),
    ...(task.reason.code === "never-started" ? { reason: asPlaced(task.reason) } : {}),
  }));
}

/** The reason that the task had before that. */
function asPlaced({ message }: TaskView["reason"]): TaskView["reason"] {
  return { code: "placed", message: message.replace(/never started here: .*/, "not started yet") };
}

const journals = [
  { file: "batches.db", name: "played" },
  { file: "snapshots.db", name: "played" },
  { file: "restored.db", name: "restored" },
] as const;

describe("journals of release 0.1.0", () => {
  for (const { file, name } of journals) {
    const expected = expectedOf(name);

    test(`${file}: tasks and nodes are answered as 0.1.0 answered them, at each of two starts`, async () => {
      const path = copyOf(file);
      for (const _ of ["as 0.1.0 left it", "after a start of this program"]) {
        const master = start({ journal: openSqliteJournal({ path }) }, expected.now);
        expect(comparable(await tasksOf(master))).toEqual(comparable(expected.tasks));
        expect(await nodesOf(master)).toEqual(expected.nodes);
        await cleanUps.pop()!();
      }
    });

    test(`${file}: retention removes the tasks that finished first`, async () => {
      const journal = openSqliteJournal({ path: copyOf(file) });
      const master = start({ journal, retention: { count: 3 } }, expected.now);
      await master.create("any", { constraints: ["node==nowhere"] }); // answered after the first tick
      const names = (await tasksOf(master)).map(({ name }) => name);
      expect(names).toEqual([...expected.namesWithThreeFinished, "any"]);
    });

    test(`${file}: a repeated Idempotency-Key finds its task`, async () => {
      const master = start({ journal: openSqliteJournal({ path: copyOf(file) }) }, expected.now);
      const known = expected.tasks.find(({ name }) => name === "waits")!;
      const body = { name: "waits", image: known.image, constraints: ["node==nowhere"] };
      const headers = { "idempotency-key": "waits-1" };
      const answer = await master.ask<TaskView>("POST", "/api/v1/tasks", { body, headers });
      expect(answer.body.taskId).toBe(known.taskId);
      const other = await master.ask("POST", "/api/v1/tasks", { body: { ...body, image: "other" }, headers });
      expect(other.body).toMatchObject({ code: "idempotency-conflict" });
    });
  }

  test("snapshots.db begins with a snapshot, and its first batches are truncated", () => {
    const journal = openSqliteJournal({ path: copyOf("snapshots.db") });
    cleanUps.push(() => journal.close());
    expect(journal.firstReadableRevision()).toBeGreaterThan(0);
    expect(journal.lastRevision()).toBeGreaterThan(journal.firstReadableRevision());
  });
});

test("the backup of release 0.1.0 is restored: the same tasks, and nodes that have not registered since", async () => {
  const expected = expectedOf("played");
  const master = start({ journal: openMemoryJournal() }, expected.now);
  const answer = await fetch(`${master.url}/api/v1/restore?force=true`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: unpacked("backup.podling"),
  });
  expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ restored: true })]);
  expect(comparable(await tasksOf(master))).toEqual(comparable(expected.tasks));
  expect((await nodesOf(master)).map(({ hostname, unheard }) => [hostname, unheard])).toEqual(
    expected.nodes.map(({ hostname }) => [hostname, true]),
  );
});
