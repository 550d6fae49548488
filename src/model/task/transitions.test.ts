// The table of legal transitions: they only go forward, and each has its actors.

import { describe, expect, test } from "bun:test";
import { isFinished, isPlaced, type TaskStatus, taskStatuses } from "./reason.ts";
import { type Actor, isLegalTransition, legalTargets, transitions } from "./transitions.ts";

const actors: Actor[] = ["scheduler", "worker", "master", "user"];

describe("a status only goes forward", () => {
  const rank: Record<TaskStatus, number> = {
    pending: 0,
    scheduled: 1,
    running: 2,
    completed: 3,
    failed: 3,
    stopped: 3,
  };
  test.each(transitions.map((move) => [...move]))("%s -> %s by %s", (from, to) => {
    expect(rank[to as TaskStatus]).toBeGreaterThan(rank[from as TaskStatus]);
  });
});

test("no transition leaves a finished status, for any actor", () => {
  for (const from of taskStatuses.filter(isFinished)) {
    for (const by of actors) expect(legalTargets(from, by)).toEqual([]);
  }
});

test("every status but pending can be reached, and every unfinished one can be left", () => {
  for (const status of taskStatuses) {
    expect(transitions.some(([, to]) => to === status)).toBe(status !== "pending");
    expect(transitions.some(([from]) => from === status)).toBe(!isFinished(status));
  }
});

test("no transition is in the table twice", () => {
  expect(new Set(transitions.map((move) => move.join(" "))).size).toBe(transitions.length);
});

const refused: [from: TaskStatus, to: TaskStatus, by: Actor][] = [
  ["pending", "scheduled", "worker"],
  ["pending", "running", "worker"],
  ["pending", "completed", "worker"],
  ["scheduled", "completed", "worker"],
  ["scheduled", "pending", "master"],
  ["running", "scheduled", "scheduler"],
  ["running", "completed", "master"],
  ["running", "stopped", "user"],
  ["completed", "running", "worker"],
  ["failed", "pending", "master"],
  ["stopped", "running", "worker"],
];

test.each(refused)("%s -> %s by %s is refused", (from, to, by) => {
  expect(isLegalTransition(from, to, by)).toBe(false);
});

test("a worker may report the transitions that the documents list", () => {
  expect(legalTargets("scheduled", "worker")).toEqual(["running", "failed", "stopped"]);
  expect(legalTargets("running", "worker")).toEqual(["completed", "failed", "stopped"]);
});

test("only scheduled and running tasks take capacity", () => {
  expect(taskStatuses.filter(isPlaced)).toEqual(["scheduled", "running"]);
  expect(taskStatuses.filter(isFinished)).toEqual(["completed", "failed", "stopped"]);
});
