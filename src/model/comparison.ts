// How the records of a backup differ from those of the cluster, by kind: what a restore would change.

/** A record that differs: its status now and in the backup, null where it is absent. */
export interface Difference {
  id: string;
  name: string;
  now: string | null;
  inBackup: string | null;
}

/** The first of them (`limits.differencesListed`), and how many there are in all. */
export interface Differences {
  count: number;
  /** How many of them are placed on a node now. Containers of forgotten ones are stopped. */
  live: number;
  first: Difference[];
}

export interface Comparison {
  /** Now in the cluster, but not in the backup. */
  forgotten: Differences;
  /** In the backup, but not in the cluster now. */
  returning: Differences;
  /** In both, with another status. */
  differing: Differences;
}
