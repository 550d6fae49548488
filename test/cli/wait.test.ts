// podling wait of several tasks, and what it prints of a failure.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { type Asked, Cluster } from "./harness.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = new Cluster();
  await cluster.node("n1");
});
afterAll(() => cluster.stop());

test("wait of several tasks reports each, with the worst exit code", async () => {
  const reason = { code: "exited", message: "done" } as const;
  for (const [name, exitCode] of [
    ["w-1", 0],
    ["w-2", 3],
  ] as const) {
    const { taskId } = await cluster.running(name);
    await cluster.report(taskId, { status: exitCode === 0 ? "completed" : "failed", exitCode, reason });
  }
  const missing = 'error: there is no task "w-3". List all tasks with: podling ps -a\n';
  expect(await cluster.podling("wait w-1")).toEqual({ code: 0, out: "w-1 completed\n", err: "" });
  expect(await cluster.podling("wait w-3 w-2 w-1")).toEqual({
    code: 1,
    out: "w-2 failed (exit 3)\nw-1 completed\n",
    err: missing,
  });
  const names = (out: string) => (JSON.parse(out) as TaskView[]).map(({ name }) => name);
  expect(names((await cluster.podling("wait w-2 w-1 -o json")).out)).toEqual(["w-2", "w-1"]);
  expect(names((await cluster.podling("wait w-3 w-1 -o json")).out)).toEqual(["w-1"]);
  expect(JSON.parse((await cluster.podling("wait w-1 -o json")).out)).toMatchObject({ name: "w-1" });
  expect((await cluster.podling("wait w-3 -o json")).out).toBe("");
});

test("wait of several tasks as JSON prints those that got there before the master went away", async () => {
  const reason = { code: "exited", message: "done" } as const;
  const { taskId } = await cluster.running("x-1");
  await cluster.report(taskId, { status: "completed", exitCode: 0, reason });
  const fetch: Asked["fetch"] = async (url, init) => {
    if (url.includes("x-2")) throw new Error("connection refused");
    return globalThis.fetch(url, init);
  };
  const { code, out } = await cluster.podling("wait x-1 x-2 -o json", { fetch });
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject([{ name: "x-1" }]);
});

test("wait says a failure once", async () => {
  const failed = await cluster.running("once");
  const reason = { code: "exited", message: "exited with code 3" } as const;
  await cluster.report(failed.taskId, { status: "failed", exitCode: 3, reason });
  expect(await cluster.podling("wait once")).toEqual({ code: 1, out: "once failed (exit 3)\n", err: "" });
  const never = await cluster.create("never");
  const nosuch = { code: "start-failed", message: "no such program" } as const;
  await cluster.report(never.taskId, { status: "failed", reason: nosuch });
  expect(await cluster.podling("wait never")).toEqual({
    ...{ code: 1, out: "never failed (start-failed)\n" },
    err: "error: no such program. Details: podling explain never\n",
  });
});
