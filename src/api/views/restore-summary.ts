// The answer to a restore: what the backup is, which state it replaces, and which records differ, for each record kind.

import type { Comparison } from "../../model/comparison.ts";
import type { PerListedKind } from "../../model/kinds/kinds.ts";
import type { BackupManifest } from "./backup-file.ts";

export interface RestoreAnswer extends PerListedKind<Comparison> {
  /** False for a dry run: nothing was changed. */
  restored: boolean;
  backup: BackupManifest;
  /** The state that the backup replaces. */
  before: { clusterId: string; revision: number } & PerListedKind<number>;
  /** Of the restored state; null for a dry run. */
  revision: number | null;
}
