// An app as a compose file. Applied again, the file changes nothing. What a compose file cannot say becomes a warning.

import type { AppBody } from "../../../model/app/app-input.ts";
import { type App, given, normalised } from "../values.ts";
import { serviceOf } from "./service.ts";
import { Names, volumesOf } from "./storage.ts";

export interface Exported {
  document: Record<string, unknown>;
  /** Sentences: what is not in the document, and what to do. */
  warnings: readonly string[];
}

export function composeOf(input: AppBody, { app }: { app: string }): Exported {
  const whole = normalised(input);
  const names = new Names(app, whole);
  const services: Record<string, unknown> = {};
  for (const workload of [...whole.services, ...whole.jobs, ...whole.schedules]) {
    const key = names.keyOf(workload.name);
    const several = workload.containers !== undefined || (workload.initContainers?.length ?? 0) > 0;
    if (several) names.warn(`${workload.name} has several containers, and a service of a compose file has one.`);
    else if (key !== null) services[key] = serviceOf(workload, names);
  }
  const document = given({
    name: app,
    services,
    volumes: given(volumesOf(whole, names)),
    configs: given(configsOf(whole, names)),
    secrets: given(secretsOf(whole, names)),
  });
  return { document: document!, warnings: names.warnings };
}

function configsOf({ configs }: App, names: Names): Record<string, unknown> {
  const section: Record<string, unknown> = {};
  for (const { name, data, encoding, labels } of configs) {
    const { key, own } = names.contentKey("configs", name);
    if (encoding === "base64") names.warn(`The config ${name} is no text: write its content into the file ${key}.`);
    section[key] = given({ ...own, ...(encoding === "base64" ? { file: `./${key}` } : { content: data }), labels });
  }
  return { ...section, ...names.external("configs") };
}

function secretsOf({ secrets }: App, names: Names): Record<string, unknown> {
  const section: Record<string, unknown> = {};
  for (const { name, labels } of secrets) {
    const { key, own } = names.contentKey("secrets", name);
    const variable = secretVariable(key);
    names.warn(`The content of the secret ${name} is not exported: set the variable ${variable} to it.`);
    section[key] = given({ ...own, environment: variable, labels });
  }
  return { ...section, ...names.external("secrets") };
}

/** "db-password" as DB_PASSWORD: the variable that gives an exported secret its content. */
export const secretVariable = (key: string): string =>
  key
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .replace(/^(?=\d)/, "_");
