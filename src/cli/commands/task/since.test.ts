// A time without a zone is the caller's; everything else is passed on as it is.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { sinceText } from "./since.ts";

test.each(["10m", "2025-01-19T12:34:56Z", "2025-01-19T12:34:56+02:00", "1737290096", "yesterday"])("%s", (text) => {
  expect(sinceText(text)).toBe(text);
});

test("left out", () => expect(sinceText(undefined)).toBeUndefined());

test("a time that does not exist is refused", () => {
  expect(() => sinceText("2025-13-40T00:00:00")).toThrow("--since 2025-13-40T00:00:00: there is no such time");
});

test.each([
  ["Asia/Tokyo", "2025-01-19T12:34:56", "2025-01-19T03:34:56.000Z"],
  ["America/New_York", "2025-01-19T12:34:56", "2025-01-19T17:34:56.000Z"],
  ["America/New_York", "2025-07-19T12:34", "2025-07-19T16:34:00.000Z"],
  ["Asia/Tokyo", "2025-01-19", "2025-01-18T15:00:00.000Z"],
  ["UTC", "2025-01-19T12", "2025-01-19T12:00:00.000Z"],
])("in %s, %s is %s", (TZ, text, expected) => {
  const script = `import { sinceText } from ${JSON.stringify(join(import.meta.dir, "since.ts"))}; process.stdout.write(sinceText(${JSON.stringify(text)}));`;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", script], { env: { ...process.env, TZ } });
  expect(stdout.toString()).toBe(expected);
});
