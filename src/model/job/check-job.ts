// Checks of the input for a job or a schedule that a schema of one field cannot make.

import { ok } from "../../lib/result.ts";
import type { Outcome } from "../refusal.ts";
import { timingFields } from "../schedule/schedule-input.ts";
import { checkTaskInput } from "../task/check-input.ts";
import type { ParsedTaskInput } from "../task/task-input.ts";
import { jobFields } from "./job-input.ts";

const ownFields = new Set([...Object.keys(jobFields), ...Object.keys(timingFields)]);

/** The input with the template of its tasks checked as that of a task. */
export function checkJobInput<Input extends ParsedTaskInput>(body: Input): Outcome<Input> {
  const task = Object.fromEntries(Object.entries(body).filter(([field]) => !ownFields.has(field)));
  const input = checkTaskInput(task as ParsedTaskInput);
  return input.ok ? ok({ ...body, ...input.value }) : input;
}
