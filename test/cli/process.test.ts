// The command line as a separate process: pipes, signals and exit codes.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../../src/api/client.ts";
import { until } from "./harness.ts";

const main = join(import.meta.dir, "../../src/main.ts");
const bun = process.execPath;
let folder: string;
let master: ReturnType<typeof spawn>;
let url: string;

function spawn(words: readonly string[]) {
  const env = { ...process.env, PODLING_MASTER_URL: url ?? "", LANG: "C.UTF-8" };
  const child = Bun.spawn([bun, main, ...words], { stdin: "ignore", stdout: "pipe", stderr: "pipe", env });
  const texts = { out: "", err: "" };
  const read = async (stream: ReadableStream<Uint8Array>, into: "out" | "err") => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) texts[into] += decoder.decode(bytes, { stream: true });
  };
  const done = Promise.all([read(child.stdout, "out"), read(child.stderr, "err"), child.exited]);
  return { child, texts, done };
}

/** Runs a line of shell in which podling is this program. */
function shell(line: string): { out: string; err: string; code: number } {
  const script = `podling() { "${bun}" "${main}" "$@"; }; ${line}`;
  const ran = Bun.spawnSync(["bash", "-c", script], { env: { ...process.env, PODLING_MASTER_URL: url } });
  return { out: ran.stdout.toString(), err: ran.stderr.toString(), code: ran.exitCode };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "podling-cli-"));
  master = spawn(["master", "--journal", "memory", "--port", "0", "--data-dir", folder]);
  url = await until(() => /url=(http:\S+)/.exec(master.texts.err)?.[1]);
  const client = new Client({ baseUrl: url });
  await client.call("registerNode", { body: { hostname: "n1", port: 1, capacity: 5_000 } });
  const create = (name: string) => client.call("createTask", { body: { name, image: "nginx" } });
  // More than the buffer of a pipe.
  await Promise.all(Array.from({ length: 3_000 }, (_, index) => create(`task-${index}`)));
}, 30_000);

afterAll(async () => {
  master.child.kill("SIGTERM");
  await master.done;
  rmSync(folder, { recursive: true, force: true });
});

test("a reader that closes the pipe early is not an error", () => {
  expect(shell("podling ps | head -n 1; exit $PIPESTATUS")).toEqual({
    code: 0,
    err: "",
    out: expect.stringMatching(/^NAME .* AGE\n$/),
  });
});

test("a disk that takes no more output is an error of the disk, not a bug", () => {
  expect(shell("podling ps > /dev/full")).toEqual({
    code: 1,
    out: "",
    err: "error: cannot write to stdout: no space left\n",
  });
});

test.each(["events --since 0", "ps -w"])("podling %s ends when its output takes no more", (line) => {
  const { code, err } = shell(`podling ${line} > /dev/full`);
  expect([code, err.includes("lost the connection")]).toEqual([1, false]);
});

test("a slow reader gets all output", () => {
  expect(shell("podling ps -q | (sleep 0.2; wc -l)").out.trim()).toBe("3000");
});

test.each([
  ["podling ps -q --filter name=task-1 | wc -l", 0],
  ["podling inspect unknown", 1],
  ["podling ps --frobnicate", 64],
  ["podling wait task-1 --for running --timeout 50ms", 124],
  ["podling run more --image nginx --timeout 50ms", 2],
  ["podling prune --filter name=nothing-like-it < /dev/null", 0],
  ["podling ps --master http://127.0.0.1:1", 1],
])("%s", (line, code) => {
  expect(shell(line).code).toBe(code);
});

test("Ctrl-C ends a command that runs without end", async () => {
  const events = spawn(["events", "--since", "0"]);
  await until(() => events.texts.out.includes("node n1"));
  events.child.kill("SIGINT");
  await events.done;
  expect(events.child.signalCode === "SIGINT" || events.child.exitCode === 130).toBe(true);
  expect(events.texts.err).toBe("");
});

test("Ctrl-C while run waits keeps the task and says so", async () => {
  const run = spawn(["run", "left", "--image", "nginx"]);
  await until(() => run.texts.err.includes("left: scheduled"));
  run.child.kill("SIGINT");
  await run.done;
  expect(run.child.exitCode).toBe(130);
  expect(run.texts.err).toEndWith("left will start on its node. Stop it with: podling stop left\n");
});

test("a master whose port is taken leaves its data folder as it can be used", async () => {
  const dataDir = join(folder, "taken");
  for (const round of [1, 2]) {
    const refused = spawn(["master", "--port", new URL(url).port, "--data-dir", dataDir]);
    await refused.done;
    expect([round, refused.child.exitCode, refused.texts.err]).toEqual([
      round,
      1,
      expect.stringContaining("is in use by another program. Choose another port with --port"),
    ]);
  }
  const started = spawn(["master", "--port", "0", "--data-dir", dataDir]);
  await until(() => started.texts.err.includes("the master listens"));
  started.child.kill("SIGTERM");
  await started.done;
});
