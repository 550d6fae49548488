// scripts/setup without a Docker engine: make run continues with one sentence, make test and make demo fail. And the check of
// compose files, which it makes again when what it is made from has changed.

import { expect, test } from "bun:test";
import { appendFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");

async function setup(part: string): Promise<{ code: number; lines: string[] }> {
  const env = { ...process.env, DOCKER_HOST: "unix:///nonexistent/docker.sock" };
  const child = Bun.spawn(["scripts/setup", part], { cwd: ROOT, env, stdout: "pipe", stderr: "pipe" });
  const text = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
  return { code: await child.exited, lines: text.trim().split("\n") };
}

test("what run and dev need says in one sentence what is missing, and succeeds", async () => {
  const { code, lines } = await setup("maybe-engine");
  expect([code, lines]).toEqual([
    0,
    [expect.stringMatching(/^setup: no Docker engine answers \(.*nonexistent.*\), so /)],
  ]);
});

test("what demo and test need fails without an engine", async () => {
  const { code, lines } = await setup("engine");
  expect([code, lines]).toEqual([1, [expect.stringContaining("Unset DOCKER_HOST, or start that engine")]]);
});

test("build/compose is made again when it was made from something else", async () => {
  const stamp = join(ROOT, "build/compose/.made-from");
  const sources = ["scripts/compose-schema.ts", "package-lock.json"];
  appendFileSync(stamp, "of another time\n");
  await setup("maybe-engine");
  expect(readFileSync(stamp, "utf8")).toBe(sources.map((file) => readFileSync(join(ROOT, file), "utf8")).join(""));
});
