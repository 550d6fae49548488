// An app to a compose file and back, and what of two apps is compared.

import { composeOf, secretVariable } from "../../../src/compose/export/compose/compose.ts";
import { yamlText } from "../../../src/compose/export/yaml.ts";
import { type AppBody, appInput } from "../../../src/model/app/app-input.ts";
import { specOfInput } from "../../../src/model/task/input-spec.ts";
import { packSpec, unpackSpec } from "../../../src/model/task/spec.ts";
import type { ParsedTaskInput } from "../../../src/model/task/task-input.ts";
import { translateTexts } from "../translate/translated.ts";

export interface Round {
  yaml: string;
  warnings: readonly string[];
  /** What the file makes. */
  input: AppBody;
  errors: string[];
}

export async function exportedAndRead(input: AppBody, app: string): Promise<Round> {
  const { document, warnings } = composeOf(input, { app });
  const yaml = yamlText(document, warnings, true);
  const env: Record<string, string> = {};
  for (const { name, data } of input.secrets ?? []) {
    env[secretVariable(name.replace(`${app}_`, ""))] = data;
    env[secretVariable(name)] = data;
  }
  const files: Record<string, string> = { "compose.yaml": yaml };
  const read = await translateTexts(files, { env });
  return { yaml, warnings, input: read.input, errors: read.errors };
}

/** The fields beside the template. */
const beside = [
  ...["name", "dependsOn", "mode", "replicas", "rollout", "namespace", "completions", "parallelism", "indexed"],
  ...["backoffLimit", "activeDeadline", "ttlAfterFinished", "cron", "timezone", "concurrency", "startDeadline"],
  ...["keepSucceeded", "keepFailed"],
];

/** As the records of the cluster have it: what is left out and what has its default are the same. */
export function asRecorded(input: AppBody): unknown {
  const app = appInput.parse(input);
  const workload = (one: ParsedTaskInput) => ({
    ...Object.fromEntries(beside.map((field) => [field, one[field as keyof ParsedTaskInput]])),
    spec: packSpec(unpackSpec(specOfInput(one))),
  });
  const { services, jobs, schedules } = app;
  return { ...app, services: services.map(workload), jobs: jobs.map(workload), schedules: schedules.map(workload) };
}
