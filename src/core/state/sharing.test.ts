// Records share what they have in common, and say the same as before.

import { expect, test } from "bun:test";
import { type Task, unpackTask } from "../../model/task/task.ts";
import { Sharing } from "./sharing.ts";

const parsed = (name: string): Task =>
  unpackTask(
    JSON.parse(
      `{"taskId":"t-${name}","name":"${name}","image":"nginx:1","createdAt":"2025-01-19T12:34:56.000Z","reason":{"code":"running","message":"running"}}`,
    ),
  );

test("equal reasons become one, and nothing else changes", () => {
  const sharing = new Sharing();
  const [first, second] = [sharing.within(parsed("a")), sharing.within(parsed("b"))];
  expect(second.reason).toBe(first.reason);
  expect(second).toEqual(parsed("b"));
});

test("more distinct texts than are remembered are no harm", () => {
  const sharing = new Sharing();
  for (let i = 0; i < 10_000; i++) {
    const reason = { code: "exited" as const, message: `exited with code ${i}` };
    expect(sharing.within({ image: `image-${i}`, reason })).toEqual({ image: `image-${i}`, reason });
  }
});
