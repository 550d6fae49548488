// Findings of doctor about containers that fail again and again.

import { expect, test } from "bun:test";
import { restartFinding } from "./failures.ts";

const now = Date.UTC(2025, 0, 19, 12);
const failing = (name: string, restarts: number, minutesAgo: number) => ({
  ...{ name, restarts, reason: { code: "restarting", message: "exited with code 1; restart 5 in 8 s" } },
  lastFailure: { finishedAt: new Date(now - minutesAgo * 60_000).toISOString(), exitCode: 1, log: [] },
});
const well = { name: "app", restarts: 0, reason: { code: "running", message: "running" }, lastFailure: null };

test("a container of several that loops is named, with its task", () => {
  const pod = { ...well, taskId: "t1", name: "shop", containers: [failing("app", 3, 1), failing("cache", 4, 1)] };
  const found = restartFinding([pod, { ...well, taskId: "t2" }], now);
  expect(found).toMatchObject({ check: "restarts", severity: "warning" });
  expect(found!.message).toContain("shop, its container cache (4 restarts");
  expect(found!.fix).toContain("podling explain t1");
});

test("a task of one container, too", () => {
  const found = restartFinding([{ ...failing("web", 3, 2), taskId: "t1" }], now);
  expect(found!.message).toContain("fails again and again: web (3 restarts");
});

test.each([
  ["few restarts", [failing("web", 2, 1)]],
  ["a failure of long ago", [failing("web", 9, 60)]],
  ["none", [well]],
])("%s is no finding", (_, tasks) => {
  expect(restartFinding(tasks, now)).toMatchObject({ severity: "ok" });
});

test("an answer that is no list says nothing", () => {
  expect(restartFinding({ error: "x" }, now)).toBeNull();
});
