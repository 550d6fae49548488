// What the master says of a restore: what the backup is, what it took the place of, and what differs.

import type { BackupManifest } from "./backup-file.ts";

/** One task or node that differs: its status now and in the backup, null where it is not there. */
export interface RestoreDifference {
  id: string;
  name: string;
  now: string | null;
  inBackup: string | null;
}

export interface RestoreDifferences {
  count: number;
  /** Tasks of these that hold a place now. */
  live: number;
  /** At most a hundred of them. */
  first: RestoreDifference[];
}

export interface RestoreComparison {
  /** Here before, and not in the backup: gone; containers of such tasks are stopped. */
  forgotten: RestoreDifferences;
  /** In the backup, and not here before. */
  returning: RestoreDifferences;
  /** In both, with another status. */
  differing: RestoreDifferences;
}

export interface RestoreAnswer {
  /** false: a dry run, and nothing was changed. */
  restored: boolean;
  backup: BackupManifest;
  /** What it takes the place of. */
  before: { clusterId: string; revision: number; tasks: number; nodes: number };
  /** Of the state as it was restored; null in a dry run. */
  revision: number | null;
  tasks: RestoreComparison;
  nodes: RestoreComparison;
}
