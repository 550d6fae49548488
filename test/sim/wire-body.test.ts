// The body of a stream of events on the simulated network gives its reader what the platform's stream would.

import { expect, test } from "bun:test";
import { WireBody } from "../../src/sim/world/wire-body.ts";

const chunk = (value: number) => Uint8Array.of(value);

/** Reads to the end. `most`: leaves after so many chunks. */
async function readAll(body: WireBody, most = Number.POSITIVE_INFINITY): Promise<(number | string)[]> {
  const got: (number | string)[] = [];
  try {
    for await (const bytes of body) {
      got.push(bytes[0]!);
      if (got.length === most) return got;
    }
    got.push("end");
  } catch (error) {
    got.push((error as Error).message);
  }
  return got;
}

test("gives what arrives before and after it is read, in order, and then the end", async () => {
  const body = new WireBody(() => {});
  body.enqueue(chunk(1));
  body.enqueue(chunk(2));
  const reading = readAll(body);
  await Promise.resolve();
  body.enqueue(chunk(3));
  body.close();
  expect(await reading).toEqual([1, 2, 3, "end"]);
});

test("a waiting reader gets the next chunk, the end, or the error", async () => {
  const bodies = [new WireBody(() => {}), new WireBody(() => {})];
  const reading = bodies.map((body) => readAll(body));
  await Bun.sleep(0);
  for (const body of bodies) body.enqueue(chunk(1));
  await Bun.sleep(0);
  bodies[0]!.close();
  bodies[1]!.error(new Error("reset"));
  expect(await Promise.all(reading)).toEqual([
    [1, "end"],
    [1, "reset"],
  ]);
});

test("an error drops what was not read", async () => {
  const body = new WireBody(() => {});
  body.enqueue(chunk(1));
  body.error(new Error("reset"));
  expect(await readAll(body)).toEqual(["reset"]);
});

test("says when its reader leaves, and takes nothing more", async () => {
  let left = 0;
  const body = new WireBody(() => left++);
  for (const value of [1, 2, 3]) body.enqueue(chunk(value));
  expect(await readAll(body, 2)).toEqual([1, 2]);
  expect(left).toBe(1);
  body.enqueue(chunk(4));
  expect(await readAll(body)).toEqual(["end"]);
});
