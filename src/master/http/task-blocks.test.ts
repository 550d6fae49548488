// Pages from encoded blocks against pages made from nothing, while tasks are created, changed and removed at random.

import { expect, test } from "bun:test";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { TaskOrder } from "../../core/state/indexes/task-order.ts";
import { randomInteger, seededRandom } from "../../lib/random.ts";
import { nextTaskId, type TaskId } from "../../model/ids.ts";
import type { Task } from "../../model/task/task.ts";
import { TaskBlocks } from "./task-blocks.ts";

/** As much of a state as lists read, with records that are an id and a version. */
class Tasks {
  readonly tasks = new Map<TaskId, Task>();
  readonly order = new TaskOrder();
  readonly random = seededRandom(11);
  encoded = 0;
  readonly blocks = new TaskBlocks(this as unknown as ClusterState, (task) => {
    this.encoded++;
    return JSON.stringify(task);
  });
  #last: TaskId | null = null;
  #version = 0;

  task(taskId: TaskId): Task {
    return this.tasks.get(taskId)!;
  }

  create(): void {
    const taskId = nextTaskId(this.#last, 0, this.random);
    this.#last = taskId;
    this.order.add(taskId);
    this.#set(taskId);
  }

  change(taskId: TaskId): void {
    this.#set(taskId);
  }

  remove(taskId: TaskId): void {
    this.tasks.delete(taskId);
    this.order.remove(taskId);
    this.blocks.changed(taskId);
  }

  any(): TaskId {
    return [...this.tasks.keys()][randomInteger(this.random, this.tasks.size)]!;
  }

  /** What the blocks give, and what they must. */
  pages(cursor: string, limit: number): [given: unknown, expected: unknown] {
    const { chunks, lastId, more } = this.blocks.page(cursor, limit);
    const text = Buffer.concat(chunks).toString();
    const ids = [...this.order.after(cursor)];
    const shown = ids.slice(0, limit);
    const expected = shown.map((taskId) => `,${JSON.stringify(this.tasks.get(taskId))}`).join("");
    return [
      { text, lastId, more },
      { text: expected, lastId: shown.at(-1) ?? cursor, more: ids.length > limit },
    ];
  }

  #set(taskId: TaskId): void {
    this.tasks.set(taskId, { taskId, version: this.#version++ } as unknown as Task);
    this.blocks.changed(taskId);
  }
}

test("pages from blocks equal pages encoded without blocks, after any changes", () => {
  const all = new Tasks();
  const below = (end: number) => randomInteger(all.random, end);
  for (let i = 0; i < 1000; i++) all.create();
  for (let round = 0; round < 1500; round++) {
    const what = below(10);
    if (what < 4) for (let i = below(40); i >= 0; i--) all.create();
    else if (what < 6) for (let i = below(40); i >= 0 && all.tasks.size > 1; i--) all.remove(all.any());
    else if (what < 7) for (const id of [...all.order.after("")].slice(0, below(400))) all.remove(id);
    else if (all.tasks.size > 0) all.change(all.any());
    const cursors = ["", all.tasks.size > 0 ? all.any() : "", `${20250101000000 + below(1000)}-00000000`];
    const limit = [1, below(300) + 1, below(3000) + 1, 10_000][below(4)]!;
    const [given, expected] = all.pages(cursors[below(3)]!, limit);
    expect(given).toEqual(expected);
  }
});

test("a page after one change encodes one block", () => {
  const all = new Tasks();
  for (let i = 0; i < 10_000; i++) all.create();
  all.blocks.page("", 10_000);
  expect(all.encoded).toBe(10_000);
  all.encoded = 0;
  all.change(all.any());
  all.create();
  const { more } = all.blocks.page("", 10_000);
  expect(more).toBe(true);
  expect(all.encoded).toBeLessThanOrEqual(3 * 128);
});

test("encoded tasks are bounded, and empty blocks are removed", () => {
  const all = new Tasks();
  for (let i = 0; i < 50_000; i++) all.create();
  all.blocks.page("", 50_000);
  all.encoded = 0;
  all.blocks.page("", 50_000);
  expect(all.encoded).toBe(50_000); // in this order the 20,000 that are kept are never those that are needed
  for (const taskId of [...all.order.after("")].slice(0, 49_000)) all.remove(taskId);
  const [given, expected] = all.pages("", 10_000);
  expect(given).toEqual(expected);
  all.encoded = 0;
  all.blocks.page("", 10_000);
  expect(all.encoded).toBe(0);
});
