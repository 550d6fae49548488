// Large answers run one per turn of the event loop, so that small ones are served between them.

import { expect, test } from "bun:test";
import { Turns } from "../../src/master/loop/turns.ts";
import { TestClock, TestMaster } from "./in-process.ts";

test("one request per turn, in the order of the requests", async () => {
  const turnsOfLoop: (() => void)[] = [];
  const clock = new TestClock();
  clock.soon = (fire) => void turnsOfLoop.push(fire);
  const turns = new Turns(clock);
  const done: number[] = [];
  const ask = (number: number) => turns.take().then(() => void done.push(number));
  const asked = [ask(1), ask(2), ask(3)];
  for (const expected of [[1], [1, 2], [1, 2, 3]]) {
    expect(turnsOfLoop).toHaveLength(1);
    turnsOfLoop.pop()!();
    await Promise.all(asked.slice(0, expected.length));
    expect(done).toEqual(expected);
  }
  expect(turnsOfLoop).toHaveLength(0);
  const later = ask(4);
  turnsOfLoop.pop()!();
  await later;
});

test("cheap requests are answered before many expensive ones", async () => {
  const podling = new TestMaster();
  try {
    await podling.register("n1", { capacity: 10_000 });
    await podling.fill(2000, () => ({}));
    const order: string[] = [];
    const ask = async (what: string, path: string) => {
      const answer = await podling.master.fetch(new Request(podling.url + path));
      expect(answer.status).toBe(200);
      order.push(what);
      await answer.body?.cancel();
    };
    const crowd = Array.from({ length: 50 }, (_, i) =>
      ask("all", i % 2 === 0 ? "/api/v1/tasks?limit=10000" : "/api/v1/tasks?watch=true"),
    );
    await Promise.all([...crowd, ask("one", "/api/v1/nodes/n1")]);
    expect(order.indexOf("one")).toBeLessThan(2);
    expect(order).toHaveLength(51);
  } finally {
    await podling.stop();
  }
});
