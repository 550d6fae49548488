// The log lines that are kept of a failed run: bounded in lines, bytes and time, and reading them never delays a report
// beyond that.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { bodies } from "../../src/api/schemas/bodies.ts";
import { Semaphore } from "../../src/lib/semaphore.ts";
import { limits } from "../../src/model/limits.ts";
import type { LogRequest } from "../../src/runtime/containers.ts";
import { RuntimeError } from "../../src/runtime/runtime-error.ts";
import { readLastLog } from "../../src/worker/task/last-log.ts";
import { until } from "../../tools/lab/until.ts";
import { frame } from "../cli/harness.ts";
import { breathe, TestClock } from "../master/in-process.ts";
import { World } from "./in-process.ts";

type Logs = (
  containerId: string,
  request: LogRequest,
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array> | null>;

function reading(logs: Logs, gate = new Semaphore(1)) {
  const clock = new TestClock();
  const { signal } = new AbortController();
  return {
    clock,
    lines: readLastLog({ runtime: { containers: { logs } } as never, clock, bounds: { logReads: gate }, signal }, "c1"),
  };
}

const body = (...frames: Uint8Array[]) => new Response(new Blob(frames as Uint8Array<ArrayBuffer>[])).body!;
const wrote = (...frames: Uint8Array[]) => reading(async () => body(...frames)).lines;

describe("the last lines", () => {
  test("are those of both streams in the order of their line breaks, with a last line without one", async () => {
    expect(await wrote(frame("stdout", "one\ntw"), frame("stderr", "oops\r\n"), frame("stdout", "o\nthree"))).toEqual([
      "one",
      "oops",
      "two",
      "three",
    ]);
  });

  test("are requested as a number of lines from the end, without following", async () => {
    const asked: LogRequest[] = [];
    await reading(async (_, request) => {
      asked.push(request);
      return null;
    }).lines;
    expect(asked).toEqual([expect.objectContaining({ follow: false, tail: limits.lastLogLines })]);
  });

  test("are bounded in number, and in bytes together and each", async () => {
    const many = await wrote(frame("stdout", Array.from({ length: 50 }, (_, i) => `line ${i}\n`).join("")));
    expect(many).toHaveLength(limits.lastLogLines);
    expect(many.at(-1)).toBe("line 49");
    const [long] = await wrote(frame("stdout", `${"ü".repeat(20_000)}\n`));
    expect(Buffer.byteLength(long!)).toBeLessThanOrEqual(limits.lastLogLineBytes);
    expect(long).toMatch(/^ü+…$/);
    const heavy = await wrote(...Array.from({ length: 20 }, (_, i) => frame("stderr", `${i}${"x".repeat(500)}\n`)));
    expect(heavy.length).toBeLessThan(20);
    expect(heavy.at(-1)).toStartWith("19x");
    expect(Buffer.byteLength(heavy.join(""))).toBeLessThanOrEqual(limits.lastLogBytes);
  });

  test("always fit a report, whatever bytes were written", async () => {
    const noise = Uint8Array.from({ length: 60_000 }, (_, i) => (i * 31 + (i >> 5)) % 256);
    const framed = new Uint8Array(8 + noise.length);
    framed[0] = 1;
    new DataView(framed.buffer).setUint32(4, noise.length);
    framed.set(noise, 8);
    const log = await wrote(framed);
    expect(log.length).toBeGreaterThan(0);
    expect(
      bodies.TaskReport.safeParse({ status: "failed", lastFailure: { finishedAt: null, exitCode: 1, log } }).success,
    ).toBe(true);
  });

  test("of an endless log are read up to a bound", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent++;
        controller.enqueue(frame("stdout", `${"y".repeat(15_000)}\n`));
      },
    });
    expect(await reading(async () => endless).lines).not.toEqual([]);
    expect(sent * 15_000).toBeLessThan(2 * limits.lastLogReadBytes);
  });
});

describe("a log that cannot be read", () => {
  test("leaves no lines: the engine is away, its log driver keeps nothing, or the stream is not in frames", async () => {
    const gone = async () => {
      throw new RuntimeError("engine-unavailable", "gone", true);
    };
    expect(await reading(gone).lines).toEqual([]);
    expect(await reading(async () => null).lines).toEqual([]);
    expect(await reading(async () => new Response("no frames at all").body!).lines).toEqual([]);
  });

  test("is waited for a limited time; what was read by then is kept", async () => {
    const { clock, lines } = reading(
      async () =>
        new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(frame("stdout", "first\n")),
          pull: () => new Promise<void>(() => {}),
        }),
    );
    await breathe();
    await clock.advance(limits.lastLogPatienceMs);
    expect(await lines).toEqual(["first"]);
  });

  test("also while it waits for its turn, and it is not read later", async () => {
    const gate = new Semaphore(1);
    const held = Promise.withResolvers<void>();
    const holding = gate.run(() => held.promise);
    let reads = 0;
    const { clock, lines } = reading(async () => {
      reads++;
      return null;
    }, gate);
    await clock.advance(limits.lastLogPatienceMs);
    expect(await lines).toEqual([]);
    held.resolve();
    await holding;
    await breathe();
    expect(reads).toBe(0);
  });
});

describe("a task that fails", () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.down());
  const logReads = () => world.runtime.calls.filter((call) => call === "logs").length;

  test("keeps the exit code and what it last wrote, in its record and its explanation", async () => {
    await world.started();
    const task = await world.run("job", ["crash", "3", "loading\npanic: no config"]);
    const failed = await world.reached(task, "failed", "exited");
    const expected = { finishedAt: failed.finishedAt, exitCode: 3, log: ["loading", "panic: no config"] };
    expect(failed.lastFailure).toEqual(expected);
    expect(await world.master.do("GET", `/api/v1/tasks/${task.taskId}/explanation`)).toMatchObject({
      reason: { message: "exited with code 3" },
      restarts: 0,
      lastFailure: expected,
    });
  });

  test("has none if it completed or was stopped, and its log is not read", async () => {
    await world.started();
    const done = await world.reached(await world.run("job", ["crash", "0", "bye"]), "completed");
    const task = await world.reached(await world.run("web", ["forever"]), "running");
    await world.master.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    const stopped = await world.reached(task, "stopped");
    expect([done.lastFailure, stopped.lastFailure]).toEqual([null, null]);
    expect(logReads()).toBe(0);
  });

  test("keeps it while it restarts and runs again, with the count and the code in its reason", async () => {
    await world.started();
    const restartPolicy = { mode: "on-failure", backoffInitialMs: 20 };
    const task = await world.run("web", ["flaky", "1"], { restartPolicy });
    const running = await until("it to run again", async () => {
      const now = await world.master.task(task.taskId);
      return now.restarts === 1 && now.reason.code === "running" && now;
    });
    expect(running.reason.message).toBe("running, after 1 restart; the run before exited with code 1");
    expect(running.lastFailure).toMatchObject({ exitCode: 1, log: [] });
  });

  test("that restarts in a fast loop has its log read once an interval, and once more when it is given up", async () => {
    await world.started();
    const restartPolicy = { mode: "on-failure", maxRestarts: 6, backoffInitialMs: 10, backoffMaxMs: 10 };
    const task = await world.run("web", ["crash", "5", "again"], { restartPolicy });
    const failed = await world.reached(task, "failed", "exited");
    expect(failed.restarts).toBe(6);
    expect(failed.lastFailure).toMatchObject({ finishedAt: failed.finishedAt, exitCode: 5 });
    expect(logReads()).toBe(2);
  });

  test("is reported although its log is never answered", async () => {
    world.runtime.containers.logs = () => new Promise(() => {});
    await world.started();
    const failed = await world.reached(await world.run("job", ["crash", "3", "lost"]), "failed", "exited");
    expect(failed.lastFailure).toMatchObject({ exitCode: 3, log: [] });
  });

  test("is not read again by a worker that restarts: the record has it", async () => {
    const first = await world.started();
    const restartPolicy = { mode: "always", backoffInitialMs: 3_600_000, backoffMaxMs: 3_600_000 };
    const task = await world.run("web", ["crash", "3", "once"], { restartPolicy });
    const waiting = await world.reached(task, "running", "restarting");
    first.stop();
    const second = await world.started();
    await until("the task to be known", () =>
      second.holdings().some((holding) => holding.found && Object.values(holding)[1]),
    );
    await breathe();
    expect(logReads()).toBe(1);
    expect((await world.master.task(task.taskId)).lastFailure).toEqual(waiting.lastFailure);
  });

  test("reaches a master without this field: sent once with it, then without", async () => {
    const refused: string[] = [];
    const fetch = world.fetch;
    const old = async (url: string, init: RequestInit): Promise<Response> => {
      if (typeof init.body !== "string" || !init.body.includes("lastFailure")) return fetch(url, init);
      refused.push(url);
      const said = { error: 'there is no field "lastFailure"', code: "unknown-field", details: {}, hint: "Remove it." };
      return Response.json(said, { status: 400 });
    };
    const { Client } = await import("../../src/api/client.ts");
    await world.started({ client: new Client({ baseUrl: "http://localhost:1", fetch: old }) });
    const failed = await world.reached(await world.run("job", ["crash", "3", "x"]), "failed", "exited");
    expect(failed).toMatchObject({ exitCode: 3, lastFailure: null });
    expect(refused).toHaveLength(1);
  });
});
