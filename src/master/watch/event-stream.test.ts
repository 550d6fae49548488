// The stream of one client: what happens when the client stops reading.

import { expect, test } from "bun:test";
import type { Clock } from "../../lib/clock.ts";
import { limits } from "../../model/limits.ts";
import { EventStream } from "./event-stream.ts";

/** A clock whose timers fire when the test says so. */
function timers(): { clock: Clock; fireAll(): void; readonly count: number } {
  let waiting: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    elapsed: () => 0,
    timer(_, fire) {
      waiting.push(fire);
      return () => {
        waiting = waiting.filter((one) => one !== fire);
      };
    },
    soon: (fire) => fire(),
  };
  return {
    clock,
    fireAll: () => {
      for (const fire of waiting.splice(0)) fire();
    },
    get count() {
      return waiting.length;
    },
  };
}

test("a keep-alive that is too much for a slow client ends the stream and its timer", () => {
  const time = timers();
  let closed = 0;
  const stream = new EventStream(time.clock, () => closed++);
  stream.sendEncoded(new Uint8Array(limits.streamQueueBytes));
  expect([closed, time.count]).toEqual([0, 1]);
  time.fireAll();
  expect([closed, time.count]).toEqual([1, 0]);
});

test("an open stream has one timer, and a closed one has none", () => {
  const time = timers();
  const stream = new EventStream(time.clock, () => {});
  time.fireAll();
  expect(time.count).toBe(1);
  stream.close();
  expect(time.count).toBe(0);
});
