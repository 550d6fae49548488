// A finding for tasks that have failed in the last hour, from the unchecked list of the master.

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
