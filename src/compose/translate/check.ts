// Checks the members of an app with the schemas of the API, and reports what they refuse at the key of the compose file.

import type { z } from "zod";
import { contentInput } from "../../model/config/content-input.ts";
import { jobInput } from "../../model/job/job-input.ts";
import { scheduleInput } from "../../model/schedule/schedule-input.ts";
import { templateInput } from "../../model/service/service-input.ts";
import { checkTaskInput } from "../../model/task/check-input.ts";
import type { ParsedTaskInput } from "../../model/task/task-input.ts";
import { volumeInput } from "../../model/volume/volume-input.ts";
import type { Path } from "../tree/tree.ts";
import type { Draft } from "./draft.ts";
import type { Problems } from "./problems.ts";
import type { Source } from "./source.ts";

export const checkService = (draft: Draft, from: Source, problems: Problems): void => {
  const input = checked(templateInput, draft, from, problems);
  if (!input) return;
  if (input.mode === "global" && input.replicas !== undefined) {
    const path = draft.originOf(["replicas"], from.path);
    problems.error(path, "a service with one replica a node has no number of replicas", "Remove it, or mode: global.");
  }
  checkTask(input, draft, from, problems);
};

const finite = (schema: typeof jobInput | typeof scheduleInput) => (draft: Draft, from: Source, problems: Problems) => {
  const input = checked(schema, draft, from, problems);
  if (!input) return;
  if (input.restartPolicy?.mode === "always") {
    const path = draft.originOf(["restartPolicy"], from.path);
    const why = "the tasks of a job must end, and this policy always starts them again";
    problems.error(path, why, "Write on-failure or no; what runs all the time is a service.");
  }
  checkTask(input, draft, from, problems);
};

export const checkJob = finite(jobInput);
export const checkSchedule = finite(scheduleInput);

export const checkVolume = (draft: Draft, from: Source, problems: Problems): void => {
  checked(volumeInput, draft, from, problems);
};

export const checkContent = (draft: Draft, from: Source, problems: Problems): void => {
  checked(contentInput, draft, from, problems, true);
};

export function checkName(schema: z.ZodType, name: string, path: Path, problems: Problems): void {
  const parsed = schema.safeParse(name);
  const [issue] = parsed.error?.issues ?? [];
  if (issue) problems.error(path, `expected ${issue.message}, found ${JSON.stringify(name)}`, "Give it another name.");
}

/** Null if the schema refuses it, which is then reported. `isSecret`: no value is quoted. */
function checked<T extends z.ZodType>(
  schema: T,
  draft: Draft,
  from: Source,
  problems: Problems,
  isSecret = false,
): z.output<T> | null {
  const parsed = schema.safeParse(draft.fields);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const { path, message, keys } = innermost(issue);
    for (const key of keys) {
      const at = draft.originOf([...path, key], from.path);
      problems.error(at, `unknown key ${key}`, "Remove it: docs/API.md has all fields.");
    }
    const value = draft.valueAt(path);
    // Without an image, the missing build is reported already.
    if (keys.length > 0 || (path[0] === "image" && value === undefined)) continue;
    const found = isSecret || value === undefined || typeof value === "object" ? "" : `, found ${shortened(value)}`;
    problems.error(draft.originOf(path, from.path), `expected ${message}${found}`, "Write it in this form.");
  }
  return null;
}

interface Issue {
  path: (string | number)[];
  message: string;
  /** Of an object: those that it must not have. */
  keys: readonly string[];
}

/** Of a value that may have several forms, what is wrong deepest inside it: that form was meant. */
function innermost(issue: z.core.$ZodIssue): Issue {
  const path = issue.path as (string | number)[];
  if (issue.code !== "invalid_union")
    return { path, message: issue.message, keys: issue.code === "unrecognized_keys" ? issue.keys : [] };
  const inner = issue.errors.flat().map(innermost);
  const deepest = inner.reduce<Issue | null>(
    (best, one) => (one.path.length > (best?.path.length ?? 0) || one.keys.length > 0 ? one : best),
    null,
  );
  return deepest ? { ...deepest, path: [...path, ...deepest.path] } : { path, message: issue.message, keys: [] };
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** What excludes what in one task. */
function checkTask(input: ParsedTaskInput, draft: Draft, from: Source, problems: Problems): void {
  const outcome = checkTaskInput(input);
  if (outcome.ok) return;
  const { message, hint, details } = outcome.refusal;
  const field = String(details?.field ?? "");
  const steps = field.split(/[.[\]]+/).filter((step) => step !== "");
  const path = draft.originOf(
    steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
    from.path,
  );
  const why = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  problems.error(path, why.replace(/\.$/, ""), hint || "Change one of the two.");
}
