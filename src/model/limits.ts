// Every bound of the system, with the reason for its number. Nothing else in the project hides one.

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const limits = {
  // ---- what a request may hold
  /** A request body. A task with 64 KiB of environment and every list full stays well below. */
  bodyBytes: 1 * MiB,
  /** Lists and objects within each other: four times what the deepest field has, and nothing that a parser stumbles over. */
  bodyDepth: 32,
  /** Names become container names and host names: 63 is the longest DNS label. */
  nameLength: 63,
  /** Docker's own limit for a reference is 255 for the name and 128 for the tag. */
  imageLength: 384,
  /** Linux refuses a single argument or environment entry over 128 KiB; 32 KiB leaves room for several. */
  envValueLength: 32 * KiB,
  envKeyLength: 256,
  envCount: 512,
  /** The kernel's ARG_MAX is 2 MiB for arguments and environment together. */
  argumentLength: 32 * KiB,
  argumentCount: 512,
  labelKeyLength: 128,
  labelValueLength: 1024,
  labelCount: 64,
  portCount: 64,
  mountCount: 64,
  constraintCount: 32,
  pathLength: 4096,
  /** A label of over 1024 cores or 16 TiB is a slip of the pen. */
  cpuCores: 1024,
  memoryBytes: 16 * 1024 * 1024 * MiB,
  /** The engine refuses a container with less (Docker: 6 MiB). */
  memoryLimitMinBytes: 6 * MiB,
  /** The engine refuses a smaller quota (Docker: 1 ms of each 100 ms period). */
  cpuLimitMin: 0.01,
  nodeCapacity: 10_000,
  idempotencyKeyLength: 256,
  /** A sentence with numbers, also when an engine's error is quoted in it. */
  messageLength: 2048,

  // ---- what the cluster may hold
  /** Twice the largest fleet that the scheduler is measured with. */
  nodes: 20_000,
  /** At about 1 KB a task this is 0.5 GB: beyond it the master says 429 rather than being killed for memory. */
  tasks: 500_000,
  /** Tasks that may wait for room; beyond it a client is in a loop. */
  pendingTasks: 200_000,
  /** Commands waiting for one tick: two seconds of the fastest client measured. */
  inboxCommands: 100_000,

  // ---- retention
  /** Finished tasks kept for `ps -a`, `logs` and `explain`. */
  finishedTaskCount: 10_000,
  finishedTaskAgeMs: 24 * hour,
  /** Ended containers a worker keeps for their logs. */
  endedContainerCount: 50,
  endedContainerAgeMs: 24 * hour,

  // ---- paging and streams
  listDefault: 1_000,
  listMax: 10_000,
  /** Changes kept in memory for watchers that resume: ten minutes of a busy small cluster. */
  watchHistoryEvents: 10_000,
  /** A watcher that has this much unread is slow: it is cut off, and resumes by revision. */
  streamQueueBytes: 4 * MiB,
  /** One for each node, and two thousand watchers. */
  streams: 22_000,
  /** A comment line keeps proxies from closing a silent stream. */
  streamKeepAliveMs: 15 * second,
  /** Explanations that wait for their turn: each replays the log, some hundred milliseconds at 100,000 tasks. */
  explanationsInLine: 32,
  logTailMax: 100_000,
  /** Logs a master reads from workers at once, each an outgoing request of the 256 that Bun carries: in `podling up` a worker with all of its own (128 for logs and stops, 51 others) still fits beside them. */
  logFeeds: 64,
  /** Readers of logs. Those who follow the same log share one request, so that this only bounds memory. */
  logFollowers: 2_000,
  /** Of a log that is shared: whoever joins within it misses nothing, whoever falls behind it reads on by itself. */
  logWindowBytes: 1 * MiB,
  /** A log that nobody has waited for so long gives way where all places are taken; its readers lose nothing. */
  logIdleMs: 1 * second,
  waitMaxMs: 10 * minute,
  waitDefaultMs: 30 * second,

  // ---- liveness
  heartbeatMinMs: 1 * second,
  /** The master sees at most this many heartbeats a second, so it asks for fewer as nodes grow. */
  heartbeatsPerSecond: 1_000,
  /** Missed heartbeats before a node counts as lost. */
  heartbeatsMissed: 3,
  /** A node registered by hand beats by hand. */
  handLeaseMs: 90 * second,

  // ---- journal
  /** A snapshot is due after this many changes or bytes, whichever comes first. */
  snapshotChanges: 200_000,
  snapshotBytes: 64 * MiB,
  /** Records in one snapshot chunk: about 1 ms of serialising, so that requests are answered in between. */
  snapshotChunkRecords: 500,
  /** A snapshot that failed (disk full) is tried again after so long. */
  snapshotRetryMs: 1 * minute,
  /** Commands in one batch: bounds the time of a tick and the size of a row. */
  batchCommands: 4_096,

  // ---- worker
  /** Engines serialise much of a start; more in flight only lengthens each. Measured on 2 cores. */
  concurrentStarts: 8,
  concurrentPulls: 3,
  /** Each waits for its container's grace, and holds a connection meanwhile. */
  concurrentStops: 64,
  /** A master that takes connections and does not answer must not use them all up. */
  concurrentReports: 16,
  /** An acknowledgement waits for the master's disk; beyond this it is asked again, which is harmless. */
  reportPatienceMs: 10 * second,
  /** Short calls to the engine in flight. Bun carries 256 requests at once in all, and lets the rest wait. */
  engineCalls: 32,
  /** Logs read at once from one worker; a followed one holds a connection for as long as it is read. */
  logStreams: 64,
  /** An engine that hangs takes connections and says nothing: it is asked whether it lives. */
  enginePingMs: 5 * second,
  enginePingPatienceMs: 10 * second,
  pullAttempts: 5,
  /** A pull without any progress for so long is dead; unpacking a large layer is reported as progress. */
  pullSilenceMs: 5 * minute,
  /** A port that a stopped container has just left may be free a moment later. */
  startAttempts: 3,
  retryInitialMs: 500,
  retryMaxMs: 30 * second,
  restartBackoffInitialMs: 1 * second,
  restartBackoffMaxMs: 5 * minute,
  /** A container that ran this long is healthy again: its back-off starts anew. */
  restartResetMs: 10 * minute,
  stopGraceSecondsDefault: 10,
  stopGraceSecondsMax: 3600,
  /** Reports of pull progress a task may cause: one a second. */
  progressIntervalMs: 1 * second,
} as const;
