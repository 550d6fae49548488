// What happened after the cluster came to rest, when nothing should.

export interface Activity {
  batches: number;
  /** Calls to engines that change something, and requests other than reads and heartbeats. */
  commands: string[];
}
