// What a clean-up removes and what it keeps, as table rows.

import { type Cleanup, type CleanupItem, cleanupKinds, type DiskUsage, usedPercent } from "../../model/node/cleanup.ts";
import { formatMemory } from "../../model/quantity.ts";
import type { Column } from "./table.ts";

export type CleanupRow = CleanupItem & { hostname: string };

const words = { goes: "remove", stays: "keep", removed: "removed" } as const;

export const cleanupColumns: readonly Column<CleanupRow>[] = [
  { title: "NODE", text: ({ hostname }) => hostname, shrinksTo: 6 },
  { title: "KIND", text: ({ kind }) => kind },
  // The end of a task id tells it from others.
  { title: "NAME", text: ({ name }) => name, shrinksTo: 23 },
  { title: "SIZE", text: ({ sizeBytes }) => (sizeBytes === null ? "-" : formatMemory(sizeBytes)), right: true },
  {
    title: "ACTION",
    text: ({ verdict }) => words[verdict] ?? verdict,
    colour: ({ verdict }) => (verdict === "stays" ? "dim" : "yellow"),
  },
  { title: "WHY", text: whyText, wraps: true },
];

function whyText({ kind, code, message }: CleanupItem): string {
  return code === "not-asked" ? `not requested (--${kind}s); ${message}` : message;
}

/** Items that Podling did not create are only counted, unless `all` is set. */
export function rowsOf(answers: readonly Cleanup[], all: boolean): { rows: CleanupRow[]; hidden: number } {
  const rows = answers.flatMap(({ hostname, items }) => items.map((item) => ({ ...item, hostname })));
  const shown = all ? rows : rows.filter(({ code }) => code !== "not-ours");
  return { rows: shown, hidden: rows.length - shown.length };
}

/** "2 containers and 1 image" */
export function countOf(items: readonly CleanupItem[]): string {
  const counts = cleanupKinds.flatMap((kind) => {
    const count = items.filter((item) => item.kind === kind).length;
    return count === 0 ? [] : [`${count} ${kind}${count === 1 ? "" : "s"}`];
  });
  return counts.length < 2 ? counts.join("") : `${counts.slice(0, -1).join(", ")} and ${counts.at(-1)}`;
}

export function diskText(disk: DiskUsage): string {
  const used = `${Math.floor(usedPercent(disk))} % of ${formatMemory(disk.totalBytes)}`;
  return `the disk with ${disk.path} is ${used} full`;
}
