// Checks of the input for a service that a schema of one field cannot make.

import { ok } from "../../lib/result.ts";
import type { Outcome } from "../refusal.ts";
import { checkTaskInput } from "../task/check-input.ts";
import { namespaceLabel, withFieldsAsLabels } from "../task/pod-input.ts";
import type { ParsedServiceInput } from "./service-input.ts";

/** The input with its namespace as a label, and its template checked as that of a task. */
export function checkServiceInput({ namespace, ...body }: ParsedServiceInput): Outcome<ParsedServiceInput> {
  const labels = withFieldsAsLabels(body.labels, { namespace: { label: namespaceLabel, value: namespace } });
  if (!labels.ok) return labels;
  const { mode: _, replicas: __, rollout: ___, dependsOn: ____, ...task } = { ...body, ...labels.value };
  const input = checkTaskInput(task);
  return input.ok ? ok({ ...body, ...input.value }) : input;
}
