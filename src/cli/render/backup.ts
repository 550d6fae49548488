// Backups, and the changes of a restore, as text.

import type { BackupManifest } from "../../api/views/backup-file.ts";
import type { Comparison } from "../../model/comparison.ts";
import { kinds, type ListedKind, listedKinds, type PerListedKind } from "../../model/kinds/kinds.ts";
import type { Column } from "./table.ts";
import { counted } from "./words.ts";

/** "cluster abc12345 at 2025-01-19T12:00:00.000Z, revision 120: 14 tasks, 3 nodes" */
export function backupWords({ clusterId, at, revision, tasks, nodes }: BackupManifest): string {
  return `cluster ${clusterId} at ${at}, revision ${revision}: ${counted(tasks, "task")}, ${counted(nodes, "node")}`;
}

export interface RestoreRow {
  kind: ListedKind;
  name: string;
  now: string;
  inBackup: string;
  becomes: string;
}

export const restoreColumns: readonly Column<RestoreRow>[] = [
  { title: "NAME", text: ({ name }) => name, shrinksTo: 12 },
  { title: "KIND", text: ({ kind }) => kind },
  { title: "NOW", text: ({ now }) => now },
  { title: "BACKUP", text: ({ inBackup }) => inBackup },
  { title: "THEN", text: ({ becomes }) => becomes, shrinksTo: 20 },
];

/** One row for each difference that the master has named; tasks before nodes. */
export function restoreRows(answer: PerListedKind<Comparison>): RestoreRow[] {
  return [...listedKinds].reverse().flatMap((kind) => rowsOf(kind, answer[kinds[kind].plural]));
}

export function restoreRowCount(answer: PerListedKind<Comparison>): number {
  const comparisons = listedKinds.map((kind) => answer[kinds[kind].plural]);
  const all = comparisons.flatMap(({ forgotten, returning, differing }) => [forgotten, returning, differing]);
  return all.reduce((sum, { count }) => sum + count, 0);
}

function rowsOf(kind: ListedKind, { forgotten, returning, differing }: Comparison): RestoreRow[] {
  const becomes = becomesOf[kind] ?? otherWords;
  return [...forgotten.first, ...returning.first, ...differing.first].map(({ name, now, inBackup }) => {
    return { kind, name, now: now ?? "-", inBackup: inBackup ?? "-", becomes: becomes(now, inBackup) };
  });
}

type Words = (now: string | null, inBackup: string | null) => string;

const onNode = /^(scheduled|running)/;

function taskWords(now: string | null, inBackup: string | null): string {
  if (inBackup === null) return onNode.test(now ?? "") ? "removed; its container is stopped" : "removed";
  if (onNode.test(inBackup)) return "adopted if its container runs, else its real end is recorded";
  if (inBackup === "pending") return onNode.test(now ?? "") ? "placed again; its container is stopped" : "placed again";
  return onNode.test(now ?? "") ? `${inBackup}; its container is stopped` : inBackup;
}

function nodeWords(now: string | null, inBackup: string | null): string {
  if (inBackup === null) return "registers again if its worker runs";
  if (now === null) return "lost unless its worker runs";
  return inBackup;
}

function otherWords(_: string | null, inBackup: string | null): string {
  return inBackup === null ? "removed" : "as in the backup";
}

const becomesOf: Partial<Record<ListedKind, Words>> = { task: taskWords, node: nodeWords };
