// The limit of a text that another program writes.

import { expect, test } from "bun:test";
import { readAtMost } from "./read-at-most.ts";

const bytesOf = (text: string) => new Response(text).body;

test.each([
  ["a text below the limit", "abc", 4, "abc"],
  ["a text of the limit", "abcd", 4, "abcd"],
  ["a longer one", "abcde", 4, null],
  ["characters count as their bytes", "äöü", 4, null],
  ["no text", "", 0, ""],
])("%s", async (_, text, limit, expected) => {
  expect(await readAtMost(bytesOf(text), limit)).toBe(expected);
});

test("a text without an end is given up", async () => {
  let isCancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (to) => to.enqueue(new Uint8Array(1000)),
    cancel: () => {
      isCancelled = true;
    },
  });
  expect(await readAtMost(endless, 1_000_000)).toBeNull();
  expect(isCancelled).toBe(true);
});
