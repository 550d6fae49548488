// When a task is held that depends on others: as the master says, after a start of the engine, and while the master is away.

import { beforeEach, expect, test } from "bun:test";
import { TestClock } from "../../../test/master/in-process.ts";
import { silentLog } from "../../lib/log.ts";
import { limits } from "../../model/limits.ts";
import type { Assignment } from "./assignment.ts";
import { DependencyHolds } from "./dependency-holds.ts";

/** A task that notes why it is held. */
class Task {
  assignment: Assignment | null;
  isNews = false;
  waits: string | null = null;

  constructor(waitsFor: string | null | undefined) {
    this.assignment = (waitsFor === undefined ? {} : { dependencies: { waitsFor } }) as Assignment;
  }

  holdChanged(): void {
    this.waits = node.holds.waitsFor(this.assignment);
  }
}

class Node {
  readonly clock = new TestClock();
  readonly master = { up: true, syncs: 0, syncAgain: () => void this.master.syncs++ };
  readonly tasks: Task[];
  readonly holds: DependencyHolds;

  constructor(...tasks: Task[]) {
    this.tasks = tasks;
    const held = { isComplete: true, all: () => this.tasks };
    const { clock, master } = this;
    this.holds = new DependencyHolds({
      clock,
      master,
      log: silentLog,
      signal: new AbortController().signal,
      tasks: held,
    });
  }

  /** The master sends the whole set. */
  sync(): void {
    this.holds.synced(this.tasks.some(({ assignment }) => assignment?.dependencies));
    for (const task of this.tasks) task.holdChanged();
  }
}

let node: Node;
let db: Task;
let web: Task;
beforeEach(() => {
  db = new Task(undefined);
  web = new Task(null);
  node = new Node(db, web);
});

test("what depends on nothing is never held; the others as the master says", () => {
  node.sync();
  expect([db.waits, web.waits]).toEqual([null, null]);
  web.assignment = new Task("waits for db: unhealthy").assignment;
  node.sync();
  expect([db.waits, web.waits]).toEqual([null, "waits for db: unhealthy"]);
});

test("an earlier time without the master does not count", async () => {
  node.sync();
  node.master.up = false;
  node.holds.started();
  await node.clock.advance(2 * limits.dependencyHoldMs);
  node.master.up = true;
  await node.clock.advance(2 * limits.dependencyHoldMs);
  node.sync();
  db.isNews = true;
  node.holds.started();
  expect(web.waits).toContain("waits until the master knows");
});

test("after a start of the engine it is held until the master knows how all is, and has sent the set again", async () => {
  db.isNews = true;
  node.holds.started();
  expect([db.waits, web.waits]).toEqual([null, "waits until the master knows what runs on this node after the start"]);
  await node.clock.advance(2_000);
  node.sync(); // of a stream that was opened before
  expect([node.master.syncs, web.waits === null]).toEqual([0, false]);
  db.isNews = false;
  await node.clock.advance(500);
  expect([node.master.syncs, web.waits === null]).toEqual([1, false]);
  web.assignment = new Task("waits for db: unhealthy").assignment;
  node.sync();
  expect(web.waits).toBe("waits for db: unhealthy");
});

test("without tasks that depend on others, the set is not asked for again", async () => {
  web.assignment = db.assignment;
  node.holds.started();
  await node.clock.advance(5_000);
  expect(node.master.syncs).toBe(0);
  web.assignment = new Task(null).assignment;
  node.sync();
  expect(web.waits).toBeNull();
});

test("while the master is away, it is held for a limited time", async () => {
  web.assignment = new Task("waits for db: unhealthy").assignment;
  node.sync();
  node.master.up = false;
  await node.clock.advance(limits.dependencyHoldMs - 1_000);
  expect(web.waits).not.toBeNull();
  await node.clock.advance(2_000);
  expect(web.waits).toBeNull();
});

test("a report that the master never acknowledges holds nothing up for longer", async () => {
  db.isNews = true;
  node.holds.started();
  await node.clock.advance(limits.dependencyHoldMs + 1_000);
  expect([node.master.syncs, web.waits]).toEqual([0, null]);
});
