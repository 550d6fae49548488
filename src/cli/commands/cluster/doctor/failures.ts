// Findings for tasks that have failed in the last hour, and for those whose containers are restarted again and again, from the
// unchecked lists of the master.

import { counted } from "../../../render/words.ts";
import { type Finding, field, finding, fine, textField } from "./finding.ts";

const hourMs = 3_600_000;

/** `now`: by the master's clock, which the times of tasks are by. */
export function failureFinding(tasks: unknown, now: number): Finding | null {
  if (!Array.isArray(tasks)) return null;
  const recent = tasks
    .map((task: unknown) => ({ task, at: Date.parse(textField(task, "finishedAt")) }))
    .filter(({ task, at }) => textField(task, "status") === "failed" && now - at <= hourMs)
    .sort((left, right) => right.at - left.at);
  if (recent.length === 0) return fine("failed tasks", "none in the last hour");
  const counts = new Map<string, number>();
  for (const { task } of recent) {
    const code = textField(field(task, "reason"), "code");
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const codes = [...counts].map(([code, count]) => (counts.size === 1 ? code : `${count} ${code}`)).join(", ");
  const [newest] = recent;
  const name = textField(newest!.task, "name");
  return finding(
    "failed tasks",
    "warning",
    `${counted(recent.length, "task")} failed in the last hour: ${codes}. ${recent.length === 1 ? "It is" : "The newest is"} ${name}: ${textField(field(newest!.task, "reason"), "message")}`,
    `podling explain ${textField(newest!.task, "taskId")} says why; podling ps -a --filter status=failed lists all`,
  );
}

/** A container with as many restarts has seldom just been unlucky. */
const manyRestarts = 3;
const recentMs = 10 * 60_000;

/** Running tasks with a container, of one or of several, that has failed again and again until now. Null if nothing is known. */
export function restartFinding(tasks: unknown, now: number): Finding | null {
  if (!Array.isArray(tasks)) return null;
  const looping = tasks.flatMap((task: unknown) => {
    const several = [...listField(task, "initContainers"), ...listField(task, "containers")];
    const failing = (several.length > 0 ? several : [task]).filter((one) => isLooping(one, now));
    const [found] = failing.sort((left, right) => restartsOf(right) - restartsOf(left));
    return found === undefined ? [] : [{ task, container: several.length > 0 ? found : null, found }];
  });
  const [first] = looping;
  if (first === undefined) return fine("restarts", "no container fails again and again");
  const name = textField(first.task, "name");
  const who = first.container === null ? name : `${name}, its container ${textField(first.container, "name")}`;
  const why = `${restartsOf(first.found)} restarts, last ${textField(field(first.found, "reason"), "message")}`;
  return finding(
    "restarts",
    "warning",
    `${counted(looping.length, "task")} with a container that fails again and again: ${who} (${why})`,
    `podling explain ${textField(first.task, "taskId")} shows the last lines of its log`,
  );
}

function listField(value: unknown, name: string): unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

function isLooping(container: unknown, now: number): boolean {
  const failedAt = Date.parse(textField(field(container, "lastFailure"), "finishedAt"));
  return restartsOf(container) >= manyRestarts && now - failedAt <= recentMs;
}

function restartsOf(container: unknown): number {
  const restarts = field(container, "restarts");
  return typeof restarts === "number" ? restarts : 0;
}
