// The generated part of docs/COMPOSE.md: a table for each section of the keys, and how many of them have which answer.

import { answers, type KeyRow, type Support } from "../../src/compose/keys/row.ts";
import { rows, sections } from "../../src/compose/keys/rows.ts";
import {
  contentKeys,
  type ExtensionKey,
  jobKeys,
  mountKeys,
  scheduleKeys,
  serviceKeys,
  volumeKeys,
} from "../../src/compose/translate/extension.ts";
import { code, table } from "./markdown.ts";

export function composeTables(): string {
  const counts = answers.map((answer) => `${rows.filter(({ says }) => says === answer).length} ${answer}`);
  const texts = sections.map(({ title, rows: own }) => {
    const prefix = title.startsWith("Services") ? "services.*." : "";
    const head = ["key", "", "why", "what to do"];
    return `### ${title}\n\n${table(
      head,
      groupsOf(own).flatMap((group) => lines(group, prefix)),
    )}`;
  });
  return [`The ${rows.length} keys: ${counts.join(", ")}.`, ...texts].join("\n\n");
}

/** The keys of x-podling, by what they are for. */
export function extensionTable(): string {
  const onlyIn = (keys: readonly ExtensionKey[], ...others: (readonly ExtensionKey[])[]) =>
    keys.filter(({ key }) => !others.some((other) => other.some((one) => one.key === key)));
  const common = serviceKeys.filter(({ key }) => jobKeys.some((one) => one.key === key));
  const groups: [of: string, keys: readonly ExtensionKey[]][] = [
    ["a service", common],
    ["a service that keeps running", onlyIn(serviceKeys, common)],
    ["a job", onlyIn(jobKeys, common)],
    ["a schedule", onlyIn(scheduleKeys, jobKeys)],
    ["a volume", volumeKeys],
    ["an item of `volumes` of a service, of the type `tmpfs`", mountKeys],
    ["an item of `configs` or `secrets` of a service", contentKeys],
  ];
  return table(
    ["of", "key", "field", "what"],
    groups.flatMap(([of, keys]) => keys.map(({ key, field, what }) => [of, code(key), code(field), what])),
  );
}

/** Neighbours of which the same is said share a line. */
function groupsOf(own: readonly KeyRow[]): KeyRow[][] {
  const groups: KeyRow[][] = [];
  for (const row of own) {
    const last = groups.at(-1);
    if (last?.[0] && isSame(last[0], row)) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

/** The answers of both, also for single values, as text. */
const isSame = (left: KeyRow, right: KeyRow): boolean => {
  const text = ({ path: _, ...row }: KeyRow) => JSON.stringify(row);
  return text(left) === text(right);
};

function lines(group: readonly KeyRow[], prefix: string): string[][] {
  const [first] = group;
  if (!first) return [];
  const shown = (path: string) => code(path.startsWith(prefix) ? path.slice(prefix.length) : path);
  const line = (key: string, { says, because, instead }: Support) => [key, says, because, instead];
  const keys = group.map(({ path }) => shown(path)).join(", ");
  return [line(keys, first), ...first.values.map((value) => line(`${keys}: ${value.value}`, value))];
}
