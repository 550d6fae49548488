// The ordered structures of waiting tasks against plain arrays, with blocks small enough to split often.

import { describe, expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import type { TaskId } from "../../../model/ids.ts";
import { NodeInfo } from "../index/node-info.ts";
import { VolumeBook } from "../index/volume-book.ts";
import { classOf } from "../scheduling-class.ts";
import { node, task } from "../test-cluster.ts";
import { ClassOrder } from "./class-order.ts";
import { IdQueue } from "./id-queue.ts";
import { Opening, WaitingClass } from "./waiting-class.ts";

const noVolumes = new VolumeBook(() => undefined);

function idOf(number: number): TaskId {
  return `20250101000000-${String(number).padStart(8, "0")}` as TaskId;
}

describe("task ids", () => {
  test("are in order whatever the order of additions and removals", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const queue = new IdQueue();
      let expected: TaskId[] = [];
      for (let step = 0; step < 300; step++) {
        const id = idOf(randomInteger(random, 60));
        const action = random.next();
        if (action < 0.5 && !expected.includes(id)) {
          queue.add(id);
          expected = [...expected, id].sort();
        } else {
          const gone = action < 0.75 ? expected[0] : id;
          if (gone !== undefined) queue.delete(gone);
          expected = expected.filter((each) => each !== gone);
        }
        expect([queue.size, queue.first]).toEqual([expected.length, expected[0]]);
      }
    }
  });
});

describe("classes", () => {
  test("are in the order of their oldest tasks, and the first that a node takes is found", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const order = new ClassOrder(4);
      const classes: WaitingClass[] = [];
      let next = 0;
      for (let step = 0; step < 400; step++) {
        const action = random.next();
        const at = randomInteger(random, Math.max(1, classes.length));
        if (action < 0.4 || classes.length === 0) {
          const amounts = { cpu: randomInteger(random, 5), memory: randomInteger(random, 3) };
          const added = new WaitingClass(classOf(task(amounts)), noVolumes);
          for (let count = 1 + randomInteger(random, 3); count > 0; count--) added.taskIds.add(idOf(next++));
          order.add(added);
          classes.push(added);
        } else if (action < 0.6) {
          order.remove(classes[at]!);
          classes.splice(at, 1);
        } else {
          const { taskIds } = classes[at]!;
          taskIds.delete(taskIds.first!);
          if (taskIds.size === 0) taskIds.add(idOf(next++));
          order.reorder(classes[at]!);
        }
        const sorted = classes.toSorted((a, b) => (a.taskIds.first! < b.taskIds.first! ? -1 : 1));
        expect([...order].map(({ orderedBy }) => orderedBy)).toEqual(sorted.map(({ orderedBy }) => orderedBy));
        expect([order.size, order.first]).toEqual([sorted.length, sorted[0] ?? null]);
        const free = new NodeInfo(
          node("n1", { cpu: 1 + randomInteger(random, 4), memory: 1 + randomInteger(random, 2) }),
        );
        const before = random.next() < 0.5 ? null : idOf(randomInteger(random, next));
        const expected = sorted.find((each) => each.fits(free) && (before === null || each.taskIds.first! < before));
        expect(order.firstFitting(new Opening(free), before)).toBe(expected ?? null);
      }
    }
  });
});
