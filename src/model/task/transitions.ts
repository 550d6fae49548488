// The table of task transitions: from, to, and who may make it. Core asserts it, the API answers 409 by it, and the
// documents show it. A status only moves forward.

import type { TaskStatus } from "./reason.ts";

export type Actor = "scheduler" | "worker" | "master" | "user";

export const transitions: ReadonlyArray<readonly [from: TaskStatus, to: TaskStatus, by: Actor]> = [
  ["pending", "scheduled", "scheduler"],
  ["pending", "stopped", "user"], //     asked to stop before it had a place
  ["scheduled", "running", "worker"],
  ["scheduled", "failed", "worker"], //  no image, no start
  ["scheduled", "failed", "master"], //  node lost
  ["scheduled", "stopped", "worker"], // asked to stop before it ran
  ["running", "completed", "worker"],
  ["running", "failed", "worker"],
  ["running", "failed", "master"], //    node lost
  ["running", "stopped", "worker"],
];

const known = new Set(transitions.map(([from, to]) => `${from}>${to}`));

/** True when the table has this transition for some actor; any other one is a broken invariant. */
export function isTransition(from: TaskStatus, to: TaskStatus): boolean {
  return known.has(`${from}>${to}`);
}

export function isLegalTransition(from: TaskStatus, to: TaskStatus, by: Actor): boolean {
  return transitions.some(([start, end, actor]) => start === from && end === to && actor === by);
}

/** The statuses that `by` may give a task with the status `from`. */
export function legalTargets(from: TaskStatus, by: Actor): TaskStatus[] {
  return transitions.filter(([start, , actor]) => start === from && actor === by).map(([, end]) => end);
}
