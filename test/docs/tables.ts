// The generated parts of the documents, as text. docs.test.ts compares them with the documents, or writes them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AccessControl } from "../../src/api/access-control.ts";
import { errorCatalogue, retryAfterSeconds } from "../../src/api/errors.ts";
import { type Operation, operations } from "../../src/api/operations/operations.ts";
import { queries } from "../../src/api/schemas/queries.ts";
import { type Command, isGroup } from "../../src/cli/command/command.ts";
import { commandTable } from "../../src/cli/commands/index.ts";
import { silentLog } from "../../src/lib/log.ts";
import { dataFiles } from "../../src/model/data-files.ts";
import { kinds, listedKinds } from "../../src/model/kinds/kinds.ts";
import { limits } from "../../src/model/limits.ts";
import { formatMemory } from "../../src/model/quantity.ts";
import { refusalCodes } from "../../src/model/refusal.ts";
import { transitions } from "../../src/model/task/transitions.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { createServer } from "../../src/worker/server.ts";
import type { Worker } from "../../src/worker/worker.ts";
import { code, table } from "./markdown.ts";

export function errorTable(): string {
  return table(
    ["code", "status", "meaning", "try again"],
    refusalCodes.map((refusal) => {
      const { status, meaning } = errorCatalogue[refusal];
      const seconds = retryAfterSeconds[refusal];
      return [code(refusal), String(status), meaning, seconds === undefined ? "" : `after ${seconds} s`];
    }),
  );
}

export function transitionTable(): string {
  return table(
    ["from", "to", "by"],
    transitions.map(([from, to, by]) => [code(from), code(to), by]),
  );
}

/** The record kinds of which a cluster holds many. */
export function kindTable(): string {
  return table(
    ["kind", "at most", "kept"],
    listedKinds.map((kind) => [code(kind), kinds[kind].limit.toLocaleString("en"), kinds[kind].retention]),
  );
}

/** Each operation, without the refusals that any operation can give. */
export function operationTable(): string {
  const rows = Object.values(operations).map((one: Operation) => [
    code(`${one.method} ${one.path}`),
    `${one.status}${one.media === "application/json" ? ` ${one.answer === "Any" ? "" : one.answer}`.trimEnd() : one.media === "none" ? "" : ` ${one.media}`}`,
    one.summary,
    one.refusals.map(code).join(" "),
  ]);
  return table(["operation", "answer", "what it does", "refusals"], rows);
}

export function queryTable(): string {
  const rows = (Object.values(operations) as Operation[]).flatMap((one) => {
    if (!one.query) return [];
    const { properties = {} } = z.toJSONSchema(queries[one.query], { io: "input", unrepresentable: "any" });
    return Object.entries(properties).map(([name, schema]) => {
      const { enum: values, description = "" } = schema as { enum?: string[]; description?: string };
      const choice = values && !values.includes("") ? values.map(code).join(" or ") : "";
      return [code(`${one.method} ${one.path}`), code(name), [choice, description].filter((text) => text).join(": ")];
    });
  });
  return table(["operation", "parameter", ""], rows);
}

/** Every limit with the comment above it in the source. */
export function dataFileTable(): string {
  const rows = (["master", "worker"] as const).flatMap((role) =>
    dataFiles[role].map(({ name, holds, when, removable }) => [role, code(name), holds, when, removable]),
  );
  return table(["role", "file", "holds", "is there", "may be removed"], rows);
}

export function limitTable(): string {
  const files = ["limits.ts", "probe-limits.ts", "plan/plan-limits.ts"];
  const source = files.map((file) => readFileSync(join(import.meta.dir, "../../src/model", file), "utf8")).join("\n");
  const rows: string[][] = [];
  let reason = "";
  for (const line of source.split("\n")) {
    const section = /^ {2}\/\/ -+ (.+)$/.exec(line)?.[1];
    const comment = /^ {2}\/\*\* (.+) \*\/$/.exec(line)?.[1];
    const name = /^ {2}(\w+): /.exec(line)?.[1] as keyof typeof limits | undefined;
    if (section) rows.push([`**${section}**`, "", ""]);
    else if (comment) reason = comment;
    else if (name) {
      rows.push([code(name), shown(name, limits[name]), reason]);
      reason = "";
    }
  }
  return table(["limit", "value", "why"], rows);
}

function shown(name: string, value: number): string {
  if (/Bytes$/.test(name)) return formatMemory(value);
  if (!/Ms$/.test(name)) return value.toLocaleString("en-US");
  if (value % 3_600_000 === 0) return `${value / 3_600_000} h`;
  if (value % 60_000 === 0) return `${value / 60_000} min`;
  return value % 1000 === 0 ? `${value / 1000} s` : `${value} ms`;
}

/** Parses the Prometheus text format: "# HELP name words" and "# TYPE name type". */
export function metricTable(text: string): string {
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => [match[1], match[2]!]));
  const rows = [...text.matchAll(/^# HELP (\S+) (.+)$/gm)].map(([, name, help]) => {
    const labels = new RegExp(`^${name}\\{(\\w+)=`, "m").exec(text)?.[1];
    return [code(labels ? `${name}{${labels}}` : name!), types.get(name) ?? "", help!];
  });
  return table(["metric", "type", "meaning"], rows);
}

export async function workerMetrics(): Promise<string> {
  const counters = { starts: 0, restarts: 0, failures: 0, pulls: 0, heartbeats: 0, syncs: 0 };
  const worker = { counters, engineError: null, masterUp: true, holdings: () => [] } as unknown as Worker;
  const fetch = createServer({
    worker,
    runtime: {} as Runtime,
    access: new AccessControl({ server: "worker", token: null, allowedHosts: [] }),
    log: silentLog,
    version: "0",
  });
  return (await fetch(new Request("http://localhost/metrics"))).text();
}

export async function commandsTable(): Promise<string> {
  const commands = new Map((await commandTable.loadAll()).map((one) => [one.name, one]));
  const rows = commandTable.sections.flatMap(([, names]) =>
    names.flatMap((name) => {
      const command = commands.get(name)!;
      return (isGroup(command) ? command.commands : [command]).map((one: Command) => [
        code(`podling ${one.name} ${one.usage}`.trim()),
        one.summary,
      ]);
    }),
  );
  return table(["command", "what it does"], rows);
}
