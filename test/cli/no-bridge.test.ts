// An engine without a bridge network is named by every command in whose output people look for the cause. The engine only
// answers, as one with `--bridge none` does; master and worker are a process of their own.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../tools/lab/cluster.ts";
import { publishedEngines } from "../runtime/published/answers.ts";
import { FakeEngine } from "../runtime/published/fake-engine.ts";
import { until } from "./harness.ts";

const main = join(import.meta.dir, "../../src/main.ts");
const missing = /has no bridge network, so it starts\s+no\s+container/;
let folder: string;
let engine: FakeEngine;
let up: ReturnType<typeof spawn>;
let url = "";

function spawn(...words: string[]) {
  const env = { ...process.env, PODLING_MASTER_URL: url, NO_COLOR: "1" };
  const child = Bun.spawn([process.execPath, main, ...words], { stdin: "ignore", stdout: "pipe", stderr: "pipe", env });
  const text = { all: "" };
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) text.all += decoder.decode(bytes, { stream: true });
  };
  return { child, text, done: Promise.all([read(child.stdout), read(child.stderr), child.exited]) };
}

/** All that a command prints. */
async function printed(...words: string[]): Promise<string> {
  const { text, done } = spawn(...words);
  await done;
  return text.all;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "podling-no-bridge-"));
  engine = new FakeEngine(publishedEngines[1]!);
  engine.hasBridge = false;
  engine.isIdle = true;
  const ports = ["--port", "0", "--worker-port", String(freePort())];
  up = spawn("up", ...ports, "--data-dir", folder, "--hostname", "n1", "--docker-host", engine.host);
  url = await until(() => /the master listens .*url=(http:\S+)/.exec(up.text.all)?.[1]);
}, 30_000);

afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.done;
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("up, nodes, run, explain and doctor name it", async () => {
  await until(() => missing.test(up.text.all));
  const nodes = await until(async () => {
    const text = await printed("nodes");
    return missing.test(text) && text;
  });
  expect(nodes).toMatch(/^n1 .*online, no engine/m);
  expect(await printed("run", "web", "--image", "nginx", "-d")).toMatch(/no bridge network/);
  expect(await printed("explain", "web")).toMatch(/no bridge network/);
  const doctor = await printed("doctor", "--docker-host", engine.host, "--data-dir", folder);
  expect(doctor).toMatch(/^problem +engine network .*has no bridge network/m);
  expect(doctor).toContain("Remove --bridge none from the flags of dockerd");
}, 60_000);
