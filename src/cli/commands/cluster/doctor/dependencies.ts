// The finding for tasks that wait for what their services and jobs depend on, from the unchecked list of the master.

import { counted } from "../../../render/words.ts";
import { type Finding, field, finding, textField } from "./finding.ts";

/** Null if no task waits so, or nothing is known. */
export function dependencyFinding(tasks: unknown): Finding | null {
  if (!Array.isArray(tasks)) return null;
  const waiting = tasks.filter((task) => textField(field(task, "reason"), "code") === "waiting-for-dependency");
  const [first] = waiting;
  if (first === undefined) return null;
  const name = textField(first, "name");
  const why = textField(field(first, "reason"), "message");
  return finding(
    "dependencies",
    "warning",
    `${counted(waiting.length, "task")} not started before what it depends on is there: ${name} ${why}`,
    `podling explain ${textField(first, "taskId")} says for how long; podling service update NAME --depends-on none ends it`,
  );
}
