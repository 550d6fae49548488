// Entries of an engine's log become lines, wherever the engine divides them.

import { describe, expect, test } from "bun:test";
import { concatenate, errorFrame, FrameSplitter, frameHeaderBytes, frameOf } from "../../lib/frames.ts";
import { type LinesOptions, LogLines, TailSearch } from "./log-lines.ts";

const partBytes = 10;
const all: LinesOptions = {
  ...{ sinceMs: null, timestamps: "none", stdout: true, stderr: true },
  ...{ start: null, count: null, shortestPartBytes: partBytes },
};
type Entry = [stream: "stdout" | "stderr", second: number, text: string];
const time = (second: number) => `2025-01-19T12:00:${String(second).padStart(2, "0")}.000000000Z`;
const ms = (second: number) => Date.parse(time(second));
const frame = ([stream, second, text]: Entry) => frameOf(stream, Buffer.from(`${time(second)} ${text}`));
const frames = (entries: Entry[]) => concatenate(entries.map(frame));

function linesOf(entries: Entry[], options: Partial<LinesOptions>): [stream: number, text: string][] {
  const passed = new LogLines({ ...all, ...options }).push(frames(entries));
  return new FrameSplitter()
    .push(passed)
    .map((one) => [one[0]!, new TextDecoder().decode(one.subarray(frameHeaderBytes))]);
}

function tailOf(wanted: number, entries: Entry[], whole: boolean) {
  const search = new TailSearch(wanted, partBytes);
  search.push(frames(entries));
  return search.start(whole);
}

const log: Entry[] = [
  ["stdout", 1, "one\n"],
  ["stdout", 2, "0123456789"],
  ["stderr", 3, "oops\n"],
  ["stdout", 2, "rest\n"],
  ["stdout", 4, "two\n"],
];

describe("lines", () => {
  test("have their time once, or each entry has it", () => {
    const timed = linesOf(log, { timestamps: "lines" }).map(([, text]) => text);
    const [one, two, three, four] = [1, 2, 3, 4].map(time);
    expect(timed).toEqual([`${one} one\n`, `${two} 0123456789`, `${three} oops\n`, "rest\n", `${four} two\n`]);
    expect(linesOf(log, { timestamps: "entries" })[3]).toEqual([1, `${two} rest\n`]);
    expect(linesOf(log, {})[3]).toEqual([1, "rest\n"]);
  });

  test("are left out as a whole", () => {
    expect(linesOf(log, { stdout: false })).toEqual([[2, "oops\n"]]);
    expect(linesOf(log, { sinceMs: ms(3) })).toEqual([
      [2, "oops\n"],
      [1, "two\n"],
    ]);
    const start = { time: Buffer.from(`${time(3)} `), atMs: ms(3), nth: 0 };
    // The end of a line that began before the start is no line.
    expect(linesOf(log.slice(1), { start })).toEqual([
      [2, "oops\n"],
      [1, "two\n"],
    ]);
    expect(linesOf(log, { count: 2 }).map(([, text]) => text)).toEqual(["one\n", "0123456789", "rest\n"]);
  });

  test("end with a run: a short entry without a newline does not go on in the next run's first line", () => {
    const entries: Entry[] = [
      ["stdout", 1, "end"],
      ["stderr", 2, "x\n"],
      ["stdout", 3, "begin\n"],
    ];
    expect(linesOf(entries, {}).map(([, text]) => text)).toEqual(["end", "x\n", "\n", "begin\n"]);
    expect(linesOf(entries, { timestamps: "entries" })[2]).toEqual([1, `${time(1)} \n`]);
    expect(linesOf(entries, { shortestPartBytes: 1 }).map(([, text]) => text)).toEqual(["end", "x\n", "begin\n"]);
  });

  test("begin with the first entry, if the log has grown beyond the start", () => {
    const start = { time: Buffer.from(`${time(0)} `), atMs: ms(0), nth: 0 };
    expect(linesOf(log, { start, count: 1 })).toEqual([[1, "one\n"]]);
  });

  test("of entries with equal times are distinguished by their number", () => {
    const equal: Entry[] = [1, 2, 3, 4].map((n) => ["stdout", 1, `${n}\n`]);
    const start = tailOf(2, [["stdout", 0, "before\n"], ...equal], true);
    expect(start).toMatchObject({ atMs: ms(1), nth: 2 });
    const wanted = linesOf([["stdout", 0, "before\n"], ...equal], { start: start as never });
    expect(wanted.map(([, text]) => text)).toEqual(["3\n", "4\n"]);
  });

  test("an error that the engine sends within the log is thrown after what came before it", () => {
    const lines = new LogLines(all);
    expect(lines.push(concatenate([frames(log.slice(0, 1)), errorFrame("disk gone")])).length).toBeGreaterThan(0);
    expect(() => lines.end()).toThrow("disk gone");
  });
});

describe("the last lines", () => {
  test("are found in the whole log, or in enough of its end", () => {
    expect(tailOf(1, log, true)).toMatchObject({ atMs: ms(4) });
    expect(tailOf(2, log, true)).toMatchObject({ atMs: ms(3) });
    expect(tailOf(3, log, true)).toMatchObject({ atMs: ms(2) });
    expect(tailOf(9, log, true)).toBeNull();
    expect(tailOf(1, log, false)).toMatchObject({ atMs: ms(4) });
    // Whether the line of stderr begins with its first entry here is not known.
    expect(tailOf(2, log, false)).toBe("more-entries");
    expect(tailOf(3, log.slice(1), false)).toBe("more-entries");
  });

  test("of one stream may have few lines of the other between them", () => {
    const many: Entry[] = Array.from({ length: 30 }, (_, n) => ["stdout", n, `${n}\n`]);
    many[20] = ["stderr", 20, "oops\n"];
    expect(tailOf(15, many, false)).toMatchObject({ atMs: ms(15) });
  });
});
