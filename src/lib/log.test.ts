// The lines of the log: one for each event, whatever its texts hold.

import { expect, test } from "bun:test";
import { systemClock } from "./clock.ts";
import { lineLog } from "./log.ts";

function lineOf(message: string, fields: Record<string, string | null | undefined> = {}): string {
  const lines: string[] = [];
  lineLog("worker", { ...systemClock, now: () => 0 }, (line) => lines.push(line)).warn(message, fields);
  return lines.join("");
}

test("a line has time, level, role, message and fields", () => {
  const line = lineOf("joined", { node: "n1", why: "two words", none: null, left: undefined });
  expect(line).toBe('1970-01-01T00:00:00.000Z WARN  worker: joined node=n1 why="two words" none=null\n');
});

test("text from other programs stays within its line", () => {
  const line = lineOf("the master refuses: no\n1970 ERROR master: all is lost\u001b[2J", {
    why: "a\nb\u001b[1m\u009b2J",
  });
  expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u);
  expect(line).toContain("worker: the master refuses: no 1970 ERROR");
  expect(line).toContain('why="a\\nb\\u001b[1m%C2%9B2J"');
});
