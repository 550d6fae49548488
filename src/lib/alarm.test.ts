// A wait that can be cut short: at its time, when it rings, and when it rang before.

import { expect, test } from "bun:test";
import { Alarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";

/** Timers that the test fires. */
class Timers implements Clock {
  readonly waiting = new Set<() => void>();
  now = () => 0;
  elapsed = () => 0;
  soon = () => {};
  timer(_: number, fire: () => void): () => void {
    this.waiting.add(fire);
    return () => void this.waiting.delete(fire);
  }
}

async function isOver(wait: Promise<void>): Promise<boolean> {
  const not = Symbol("not yet");
  await new Promise<void>((resolve) => setImmediate(resolve));
  return (await Promise.race([wait, not])) !== not;
}

test("a wait ends after its delay", async () => {
  const timers = new Timers();
  const wait = new Alarm(timers).wait(5);
  expect(await isOver(wait)).toBe(false);
  for (const fire of timers.waiting) fire();
  expect(await isOver(wait)).toBe(true);
});

test("a wait ends when the alarm rings, and leaves no timer", async () => {
  const timers = new Timers();
  const alarm = new Alarm(timers);
  const wait = alarm.wait(5);
  alarm.ring();
  expect(await isOver(wait)).toBe(true);
  expect(timers.waiting.size).toBe(0);
  expect(await isOver(alarm.wait(5))).toBe(false);
});

test("a ring while no call waits ends the next wait at once, and only that one", async () => {
  const alarm = new Alarm(new Timers());
  alarm.ring();
  alarm.ring();
  expect(await isOver(alarm.wait(5))).toBe(true);
  expect(await isOver(alarm.wait(5))).toBe(false);
});
