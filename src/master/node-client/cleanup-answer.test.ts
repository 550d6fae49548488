// A clean-up of a worker that begins an answer and does not end it.

import { expect, test } from "bun:test";
import { node } from "../../core/schedule/test-cluster.ts";
import type { Clock } from "../../lib/clock.ts";
import { cleanNode } from "./cleanup.ts";

test("an answer that does not end is given up after the time limit", async () => {
  let timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    elapsed: () => 0,
    timer(_, fire) {
      timers.push(fire);
      return () => {
        timers = timers.filter((one) => one !== fire);
      };
    },
    soon: (fire) => fire(),
  };
  const fetch = async (_: string, { signal }: RequestInit) =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{"items":['));
          signal!.addEventListener("abort", () => controller.error(signal!.reason));
        },
      }),
    );
  const asked = cleanNode(node("n1"), "GET", {}, new AbortController().signal, { token: null, clock, fetch });
  await Bun.sleep(0);
  expect(timers).toHaveLength(1);
  for (const fire of [...timers]) fire();
  const outcome = await asked;
  expect(outcome).toMatchObject({
    ok: false,
    refusal: { code: "node-unreachable", message: expect.stringContaining("no whole answer in 30 s") },
  });
  expect(timers).toHaveLength(0);
});
