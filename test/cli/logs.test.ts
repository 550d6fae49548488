// podling logs: separate stdout and stderr, and following across waits, restarts and lost connections.

import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { errorFrame, framedMediaType } from "../../src/lib/frames.ts";
import { Cluster, frame, framed, logServer, runs, until } from "./harness.ts";

let cluster: Cluster;
let worker: { port: number; stop: () => void };
let answer: (query: URLSearchParams) => Response;
let asked: URLSearchParams[];

beforeAll(async () => {
  worker = logServer((query) => {
    asked.push(query);
    return answer(query);
  });
  cluster = new Cluster();
  await cluster.node("n1", { port: worker.port, address: "127.0.0.1" });
});
beforeEach(() => {
  asked = [];
  answer = () => framed(frame("stdout", "one\n"), frame("stderr", "two\n"), frame("stdout", "three\n"));
});
afterAll(async () => {
  await cluster.stop();
  worker.stop();
});

test("stdout to stdout, stderr to stderr", async () => {
  await cluster.running("both");
  expect(await cluster.podling("logs both")).toEqual({ code: 0, out: "one\nthree\n", err: "two\n" });
});

test("-n, --since and -t are sent to the worker", async () => {
  await cluster.running("flags");
  const before = Date.now();
  await cluster.podling("logs -n20 -t --since 10m flags");
  expect(asked[0]!.get("tail")).toBe("20");
  expect(asked[0]!.get("timestamps")).toBe("true");
  const since = Date.parse(asked[0]!.get("since")!);
  expect(since).toBeWithin(before - 600_000, Date.now() - 600_000 + 1);
  await cluster.podling("logs -n all flags");
  expect(asked[1]!.has("tail")).toBe(false);
  expect((await cluster.podling("logs -n some flags")).code).toBe(64);
});

test.each([
  ["1700000000", "2023-11-14T22:13:20.000Z"],
  ["1700000000.123", "2023-11-14T22:13:20.123Z"],
  ["2025-01-19T12:34:56.123456789+02:00", "2025-01-19T10:34:56.123Z"],
  ["0", "1970-01-01T00:00:00.000Z"],
  ["99999d", "1970-01-01T00:00:00.000Z"],
])("--since %s", async (since, expected) => {
  const { taskId } = await cluster.running("from");
  const { err } = await cluster.podling(`logs --since ${since} ${taskId}`);
  await cluster.remove(taskId);
  expect([asked[0]?.get("since"), err]).toEqual([expected, "two\n"]);
});

test("--since a time to come is sent, and said", async () => {
  const { taskId } = await cluster.running("later");
  const { code, err } = await cluster.podling("logs --since 2100-01-01T00:00:00Z later");
  await cluster.remove(taskId);
  expect([code, asked[0]!.get("since")]).toEqual([0, "2100-01-01T00:00:00.000Z"]);
  expect(err).toStartWith("--since 2100-01-01T00:00:00Z is in the future; the master's clock shows ");
});

test("a character that is split between frames is printed correctly", async () => {
  const bytes = frame("stdout", "grün ✓\n");
  answer = () => {
    const parts = [bytes.subarray(0, 11), bytes.subarray(11, 15), bytes.subarray(15)];
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = parts.shift();
        if (next) controller.enqueue(next);
        else controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": framedMediaType } });
  };
  await cluster.running("utf8");
  expect((await cluster.podling("logs utf8")).out).toBe("grün ✓\n");
});

test("-f waits until the task starts, and ends when it has finished", async () => {
  const { taskId } = await cluster.create("soon");
  const following = cluster.start("logs -f soon");
  await until(() => following.err().includes("scheduled"));
  await cluster.report(taskId, { status: "running", containerId: "c", reason: runs });
  await until(() => following.out() !== "");
  await cluster.report(taskId, { status: "completed", exitCode: 0 });
  const { code, out } = await following.ended;
  expect(code).toBe(0);
  expect(out).toStartWith("one\nthree\n");
});

test("-f continues after a restart of the container, with new output only", async () => {
  const { taskId } = await cluster.running("again");
  let reads = 0;
  answer = (query) => {
    reads++;
    if (reads > 1) expect(query.has("since")).toBe(true);
    return framed(frame("stdout", `run ${reads}\n`));
  };
  const following = cluster.start("logs -f -n 5 again");
  await until(() => following.out().includes("run 2"));
  await cluster.report(taskId, { status: "completed", exitCode: 0 });
  expect((await following.ended).out).toStartWith("run 1\nrun 2\n");
  expect(asked[0]!.get("tail")).toBe("5");
  expect(asked[1]!.has("tail")).toBe(false);
});

test("-f reports a lost connection and continues", async () => {
  const { taskId } = await cluster.running("cut");
  let reads = 0;
  answer = () => framed(frame("stdout", "after\n"));
  const cut = () => {
    let sent = false;
    return new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent) controller.error(new Error("the cable"));
          else controller.enqueue(frame("stdout", "before\n"));
          sent = true;
        },
      }),
    );
  };
  const following = cluster.start("logs -f cut", {
    fetch: async (url, init) => (url.includes("/logs") && reads++ === 0 ? cut() : fetch(url, init)),
  });
  await until(() => following.out().includes("after"));
  await cluster.report(taskId, { status: "completed", exitCode: 0 });
  const { code, out, err } = await following.ended;
  expect(code).toBe(0);
  expect(out).toStartWith("before\nafter\n");
  expect(err).toContain("lost the connection to the logs of cut; reconnecting\n");
});

test("logs that the engine does not keep are an error at once, also with -f", async () => {
  await cluster.running("quiet");
  const said = {
    error: "the log driver none keeps no logs",
    code: "logs-unavailable",
    details: {},
    hint: "Use json-file.",
  };
  answer = () => Response.json(said, { status: 409 });
  for (const command of ["logs quiet", "logs -f quiet"]) {
    asked = [];
    const { code, err } = await cluster.podling(command);
    expect(code).toBe(1);
    expect(err).toContain("n1: the log driver none keeps no logs");
    expect(err).toContain("Use json-file.");
    expect(asked).toHaveLength(1);
  }
  const answered = await fetch(`${cluster.url}/api/v1/tasks/quiet/logs?stdout=false&stderr=false`);
  expect([answered.status, ((await answered.json()) as { code: string }).code]).toEqual([400, "invalid-field"]);
});

test("a log that ends early says why", async () => {
  await cluster.running("early");
  answer = () => framed(frame("stdout", "one\n"), errorFrame("the disk is gone"));
  const { code, out, err } = await cluster.podling("logs early");
  expect([code, out]).toEqual([1, "one\n"]);
  expect(err).toContain("the logs of early end early: the disk is gone");
});

test("no logs yet, and an unknown task", async () => {
  await cluster.create("unborn");
  const unborn = await cluster.podling("logs unborn");
  expect(unborn.code).toBe(1);
  expect(unborn.err).toMatch(/^error: task unborn .* has no logs/);
  expect((await cluster.podling("logs -f unknown")).err).toStartWith('error: there is no task "unknown"');
});

test("the reader closes the pipe: podling logs | head -1", async () => {
  await cluster.running("headed");
  expect(await cluster.podling("logs headed", { readerLeavesAfter: 1 })).toEqual({
    code: 0,
    out: "one\n",
    err: "two\n",
  });
});

test("an engine that refuses for good: its reason, at once, and with -f after some attempts", async () => {
  await cluster.running("damaged");
  const said = { error: "the engine answered 500: the disk is damaged", code: "engine-refused", details: {}, hint: "" };
  answer = () => Response.json(said, { status: 502 });
  for (const [command, requests] of [
    ["logs damaged", 1],
    ["logs -f damaged", 6],
  ] as const) {
    asked = [];
    const { code, err } = await cluster.podling(command);
    expect(code).toBe(1);
    expect(err).toContain("error: n1: the engine answered 500: the disk is damaged");
    expect(asked).toHaveLength(requests);
  }
  const answered = await fetch(`${cluster.url}/api/v1/tasks/damaged/logs`);
  expect([answered.status, ((await answered.json()) as { code: string }).code]).toEqual([502, "engine-refused"]);
});

test.each([
  ["--tail 7", "tail", "7"],
  ["--since 1700000000", "since", "2023-11-14T22:13:20.000Z"],
])("-f %s is asked again as it was, if the engine fails before the first line", async (flags, field, value) => {
  const { taskId } = await cluster.running("first-line");
  answer = () => framed(asked.length === 1 ? errorFrame("the engine is shutting down") : frame("stdout", "line\n"));
  const following = cluster.start(`logs -f ${flags} first-line`);
  await until(() => following.out().includes("line"));
  await cluster.report(taskId, { status: "completed", exitCode: 0 });
  expect((await following.ended).code).toBe(0);
  await cluster.remove(taskId);
  expect(asked.slice(0, 2).map((query) => query.get(field))).toEqual([value, value]);
  // What was shown is not asked for again.
  for (const query of asked.slice(2)) expect(query.get(field)).not.toBe(value);
});

test("-f continues when an engine that refuses has restarted", async () => {
  const { taskId } = await cluster.running("engine");
  const said = { error: "the engine answered 503: shutting down", code: "engine-refused", details: {}, hint: "" };
  answer = () => {
    if (asked.length === 2) return Response.json(said, { status: 502 });
    return framed(frame("stdout", asked.length === 1 ? "before\n" : "after\n"));
  };
  const following = cluster.start("logs -f engine");
  await until(() => following.out().includes("after"));
  await cluster.report(taskId, { status: "completed", exitCode: 0 });
  const { code, out } = await following.ended;
  expect([code, out.startsWith("before\nafter\n")]).toEqual([0, true]);
});
