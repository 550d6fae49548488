// Many readers of one log share one request to the worker, each at its own pace, and none misses or repeats a line. The
// log is the simulated engine's; its times do not advance here, so that a position can never be found by time alone.

import { beforeEach, describe, expect, test } from "bun:test";
import {
  concatenate,
  errorFrame,
  FrameSplitter,
  frameHeaderBytes,
  frameOf,
  readFrames,
  StreamEndedEarly,
} from "../../src/lib/frames.ts";
import { ok } from "../../src/lib/result.ts";
import { type LogSelection, type LogSource, LogStreams } from "../../src/master/logs/log-streams.ts";
import { subscribeToLog } from "../../src/master/logs/log-subscriber.ts";
import { limits } from "../../src/model/limits.ts";
import { SimulatedLog } from "../../src/runtime/simulated/log.ts";
import { until } from "../../tools/lab/until.ts";
import { TestClock } from "./in-process.ts";

let clock: TestClock;
let streams: LogStreams;
let log: SimulatedLog;
/** What was asked of the worker. */
let asked: LogSelection[];
let source: LogSource;

beforeEach(() => {
  clock = new TestClock();
  streams = new LogStreams(clock);
  log = new SimulatedLog(clock);
  asked = [];
  source = sourceOf("web", log);
});

function sourceOf(id: string, from: SimulatedLog): LogSource {
  return {
    id,
    open: async (selection, signal) => {
      asked.push(selection);
      return ok(from.read({ ...selection, timestamps: "entries" }, signal));
    },
  };
}

const all: LogSelection = { follow: true, tail: null, sinceMs: null, stdout: true, stderr: true };

type Body = { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>; cancel(): Promise<void> };

/** Reads only when the test asks it to. */
class Reader {
  readonly #chunks: Uint8Array[] = [];
  readonly #body: Body;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#body = body.getReader();
  }

  /** All that it has been given, when that ends with this line. */
  async readUntil(line: string): Promise<string> {
    while (!this.#newest().endsWith(`${line}\n`)) {
      if (!(await this.#read())) throw new Error(`it ended before ${line}`);
    }
    return this.#text();
  }

  async readAll(): Promise<string> {
    while (await this.#read());
    return this.#text();
  }

  leave(): Promise<void> {
    return this.#body.cancel();
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#body.read();
    if (value) this.#chunks.push(value);
    return !done;
  }

  #newest(): string {
    return new TextDecoder().decode(this.#chunks.at(-1)?.subarray(-100));
  }

  #text(): string {
    return new TextDecoder().decode(concatenate(this.#chunks));
  }
}

async function follow(selection: Partial<LogSelection> = {}, from = source): Promise<Reader> {
  const format = { framed: false, timestamps: false };
  const body = await subscribeToLog(
    { streams, source: from, selection: { ...all, ...selection }, format },
    new AbortController().signal,
  );
  if (!body.ok) throw new Error(body.refusal.message);
  return new Reader(body.value);
}

const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join("");
/** Several windows of lines, of which many are equal. */
const manyLines = (count: number) =>
  Array.from({ length: count }, (_, i) => `${"x".repeat(1000)} ${i % 100 < 50 ? "same" : i}\n`).join("");
const manyCount = Math.ceil((limits.logWindowBytes * 3) / 1000);

describe("sharing", () => {
  test("a hundred subscribers are one request, and each gets every line, whenever it came", async () => {
    log.write("stdout", lines(0, 10));
    const first = await Promise.all(Array.from({ length: 50 }, () => follow()));
    log.write("stdout", lines(10, 20));
    for (const reader of first) expect(await reader.readUntil("line 19")).toBe(lines(0, 20));
    const second = await Promise.all(Array.from({ length: 50 }, () => follow()));
    log.write("stderr", lines(20, 30));
    const texts = await Promise.all([...first, ...second].map((reader) => reader.readUntil("line 29")));
    expect(texts.every((text) => text === lines(0, 30))).toBe(true);
    expect(asked).toHaveLength(1);
    expect(streams.subscribers).toBe(100);
    log.end();
    await Promise.all([...first, ...second].map((reader) => reader.readAll()));
    expect([streams.subscribers, streams.size]).toEqual([0, 0]);
  });

  test("a client that joins with a tail gets the current tail", async () => {
    log.write("stdout", lines(0, 10));
    const first = await follow({ tail: 3 });
    expect(await first.readUntil("line 9")).toBe(lines(7, 10));
    log.write("stdout", lines(10, 12));
    await first.readUntil("line 11");
    const second = await follow({ tail: 3 });
    const none = await follow({ tail: 0 });
    log.write("stdout", lines(12, 13));
    expect(await second.readUntil("line 12")).toBe(lines(9, 13));
    expect(await none.readUntil("line 12")).toBe(lines(12, 13));
    expect(asked.map(({ tail }) => tail)).toEqual([3, 0]);
    for (const reader of [first, second, none]) await reader.leave();
    expect([streams.subscribers, streams.size]).toEqual([0, 0]);
  });

  test("a log that is read once, and a tail of one of the two outputs, are not shared", async () => {
    log.write("stdout", lines(0, 3));
    const readers = await Promise.all([follow({ follow: false }), follow({ follow: false })]);
    for (const reader of readers) expect(await reader.readAll()).toBe(lines(0, 3));
    await Promise.all([follow({ tail: 1, stderr: false }), follow({ tail: 1, stderr: false })]);
    expect(asked).toHaveLength(4);
  });

  test("a reader that leaves while the worker has not answered leaves nothing behind", async () => {
    const answers: (() => void)[] = [];
    const slow: LogSource = {
      id: "slow",
      open: async (selection, signal) => {
        await new Promise<void>((resolve) => answers.push(resolve));
        return ok(log.read({ ...selection, timestamps: "entries" }, signal));
      },
    };
    const leaving = new AbortController();
    const format = { framed: false, timestamps: false };
    const left = subscribeToLog({ streams, source: slow, selection: all, format }, leaving.signal);
    leaving.abort();
    expect(streams.subscribers).toBe(0);
    for (const answer of answers) answer();
    await left;
    expect([streams.subscribers, streams.size]).toEqual([0, 0]);
  });
});

describe("a slow subscriber", () => {
  test("delays no other client, and gets every line once when it reads on", async () => {
    const slow = await follow();
    const quick = await follow();
    log.write("stdout", "first\n");
    await slow.readUntil("first");
    const text = manyLines(manyCount);
    log.write("stdout", text);
    log.write("stdout", "last\n");
    const whole = `first\n${text}last\n`;
    expect(await quick.readUntil("last")).toBe(whole);
    expect(await slow.readUntil("last")).toBe(whole);
    expect(asked).toHaveLength(2);
    log.write("stdout", "more\n");
    expect(await slow.readUntil("more")).toBe(`${whole}more\n`);
    expect(await quick.readUntil("more")).toBe(`${whole}more\n`);
    log.end();
    expect(await slow.readAll()).toBe(`${whole}more\n`);
    await quick.readAll();
    expect([streams.subscribers, streams.size]).toEqual([0, 0]);
  });

  test("that never reads costs one window, and no request after it has fallen behind", async () => {
    const quick = await follow();
    for (let i = 0; i < 20; i++) await follow();
    log.write("stdout", manyLines(manyCount));
    log.write("stdout", "last\n");
    await quick.readUntil("last");
    await quick.leave();
    expect(streams.size).toBe(0);
    expect(streams.subscribers).toBe(20);
  });

  test("that is alone makes the worker wait", async () => {
    const slow = await follow();
    const text = manyLines(manyCount);
    log.write("stdout", text);
    log.end();
    expect(await slow.readAll()).toBe(text);
    expect(asked).toHaveLength(1);
  });

  test("gets an error if the engine has deleted the next lines", async () => {
    const slow = await follow();
    const quick = await follow();
    log.write("stdout", `${manyLines(manyCount)}last\n`);
    await quick.readUntil("last");
    const rotated = new SimulatedLog(clock);
    await clock.advance(5000);
    rotated.write("stdout", "something else\n");
    source.open = async (selection, signal) => ok(rotated.read({ ...selection, timestamps: "entries" }, signal));
    expect(await slow.readAll()).toEndWith("\npodling: the log ends early: the engine has deleted the next entries\n");
    await until("its place to be free", () => streams.subscribers === 1);
  });
});

describe("the bound", () => {
  const other = (n: number) => {
    const from = new SimulatedLog(clock);
    from.write("stdout", lines(0, 5));
    return { from, source: sourceOf(`other-${n}`, from) };
  };

  test("is on logs, not on readers; an idle log is closed for another, and its readers lose nothing", async () => {
    log.write("stdout", lines(0, 5));
    const paused = await follow();
    await paused.readUntil("line 4");
    log.write("stdout", manyLines(200)); // more than its socket takes
    await clock.advance(limits.logIdleMs);
    const others = Array.from({ length: limits.masterLogStreams - 1 }, (_, n) => other(n));
    const busy = await Promise.all(others.map((one) => follow({}, one.source)));
    const waiting = busy.map(async (reader) => {
      await reader.readUntil("line 4");
      return reader.readUntil("line 5");
    });
    await until("all to wait", () => streams.size === limits.masterLogStreams);
    await clock.advance(limits.logIdleMs);

    const one = other(limits.masterLogStreams);
    const next = await follow({}, one.source);
    expect(streams.size).toBe(limits.masterLogStreams);
    expect(await next.readUntil("line 4")).toBe(lines(0, 5));
    const more = next.readUntil("line 5");
    await clock.advance(limits.logIdleMs);
    await expect(follow({}, other(limits.masterLogStreams + 1).source)).rejects.toThrow(
      `${limits.masterLogStreams} logs are being read`,
    );
    for (const { from } of [...others, one]) from.write("stdout", lines(5, 6));
    for (const text of await Promise.all([...waiting, more])) expect(text).toBe(lines(0, 6));
    await busy[0]!.leave();
    log.write("stdout", "last\n");
    expect(await paused.readUntil("last")).toBe(`${lines(0, 5)}${manyLines(200)}last\n`);
  });

  test("also exists for readers", async () => {
    const readers = await Promise.all(Array.from({ length: limits.logSubscribers }, () => follow()));
    await expect(follow()).rejects.toThrow(`${limits.logSubscribers} clients are reading logs`);
    await readers[0]!.leave();
    await (await follow()).leave();
  });
});

test("each reader has its own format: times and frames, or plain text", async () => {
  log.write("stdout", "out\n");
  log.write("stderr", "err\n");
  const bodies = [];
  for (const framed of [false, true]) {
    for (const timestamps of [false, true]) {
      const format = { framed, timestamps };
      const body = await subscribeToLog({ streams, source, selection: all, format }, new AbortController().signal);
      bodies.push(body.ok ? new Response(body.value).bytes() : Promise.reject(new Error(body.refusal.message)));
    }
  }
  log.end();
  const [bare, timed, frames, timedFrames] = await Promise.all(bodies);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const time = "2025-01-19T12:00:00.000Z";
  expect(text(bare!)).toBe("out\nerr\n");
  expect(text(timed!)).toBe(`${time} out\n${time} err\n`);
  const split = (bytes: Uint8Array) =>
    new FrameSplitter()
      .push(bytes)
      .map((frame) => [frame[0], text(frame.subarray(frameHeaderBytes))])
      .filter(([, said]) => said !== "");
  expect(split(frames!)).toEqual([
    [1, "out\n"],
    [2, "err\n"],
  ]);
  expect(split(timedFrames!)).toEqual([
    [1, `${time} out\n`],
    [2, `${time} err\n`],
  ]);
  expect(asked).toHaveLength(1);
});

test("when the master ends its logs, readers get the reason, and no other request is made", async () => {
  log.write("stdout", lines(0, 3));
  const [reading, later] = [await follow(), await follow({ tail: 1 })];
  await reading.readUntil("line 2");
  const waiting = reading.readAll();
  streams.close();
  expect(await waiting).toEndWith("\npodling: the log ends early: the master ends its logs\n");
  expect(await later.readAll()).toEndWith("\npodling: the log ends early: the master ends its logs\n");
  await expect(follow()).rejects.toThrow("the master ends its logs");
  expect(asked).toHaveLength(2);
  expect([streams.size, streams.subscribers]).toEqual([0, 0]);
});

describe("a line that the engine divides into several entries", () => {
  const at = (second: number) => `2025-01-19T12:00:0${second}.000000000Z`;
  const frames = [
    frameOf("stdout", Buffer.from(`${at(1)} first\n`)),
    frameOf("stdout", Buffer.from(`${at(2)} long `)),
    frameOf("stderr", Buffer.from(`${at(3)} between\n`)),
    frameOf("stdout", Buffer.from(`${at(2)} line\n`)),
    frameOf("stdout", Buffer.from(`${at(4)} last\n`)),
  ];
  const divided: LogSource = {
    id: "divided",
    open: async () => ok(new ReadableStream({ start: (to) => frames.forEach((frame) => void to.enqueue(frame)) })),
  };

  test("has its time once, and counts as one line of a tail", async () => {
    const read = async (tail: number | null, end: string) => {
      const format = { framed: false, timestamps: true };
      const body = await subscribeToLog(
        { streams, source: divided, selection: { ...all, tail }, format },
        new AbortController().signal,
      );
      if (!body.ok) throw new Error(body.refusal.message);
      return new Reader(body.value).readUntil(end);
    };
    const end = `${at(4)} last`;
    expect(await read(null, end)).toBe(`${at(1)} first\n${at(2)} long ${at(3)} between\nline\n${end}\n`);
    expect(await read(3, end)).toEndWith("last\n");
    expect(await read(3, end)).toBe(`${at(2)} long ${at(3)} between\nline\n${end}\n`);
  });
});

test("what a worker says at the early end of a log is passed on, in frames as a frame of its own", async () => {
  const broken: LogSource = {
    id: "broken",
    open: async () =>
      ok(
        new ReadableStream({
          start(to) {
            to.enqueue(concatenate([frameOf("stdout", Buffer.from("one\n")), errorFrame("the engine has ended")]));
            to.close();
          },
        }),
      ),
  };
  expect(await (await follow({}, broken)).readAll()).toBe("one\n\npodling: the log ends early: the engine has ended\n");
  const format = { framed: true, timestamps: false };
  const selection = { ...all, follow: false };
  const body = await subscribeToLog({ streams, source: broken, selection, format }, new AbortController().signal);
  if (!body.ok) throw new Error(body.refusal.message);
  await expect(Array.fromAsync(readFrames(body.value))).rejects.toThrow(new StreamEndedEarly("the engine has ended"));
  expect([streams.size, streams.subscribers]).toEqual([0, 0]);
});
