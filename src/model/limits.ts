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
  /** Containers of one task: a program, its init containers and sidecars. */
  containerCount: 16,
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
  /** X-Request-Id, kept in the journal with the command: a UUID has 36 characters, a trace header some 55. */
  requestIdLength: 128,
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

  /** Of the disk with the engine's data: fuller than this, images that Podling pulled and nothing uses are removed ... */
  diskHighPercent: 85,
  /** ... until it is no fuller than this: far enough below, that it does not begin again with the next pull. */
  diskLowPercent: 75,
  /** A disk that fills at 100 MB/s loses 6 GB in between. Looking costs one call to the kernel. */
  diskLookMs: 1 * minute,
  /** How late it may be noticed that somebody else removed an image; after a crash, when each was last used is as exact. */
  imageLookMs: 10 * minute,
  /** Images remembered as pulled: beyond it the ones unused for longest are forgotten, and stay. */
  pulledImages: 1_000,
  /** Removing a large image takes the engine's disk a while. */
  removePatienceMs: 2 * minute,
  /** The engine adds up every file of every volume for it. */
  volumeSizesPatienceMs: 10 * second,
  /** A clean-up that was asked for ends after so long with what it has; the rest goes with the next. */
  cleanupMs: 90 * second,
  /** What the master waits for a worker that cleans: the time above, and one removal. */
  cleanupPatienceMs: 4 * minute,
  /** Looking asks the engine for all it has, and may wait for the sizes of volumes. */
  cleanupPreviewPatienceMs: 30 * second,
  /** In one answer; what stays beyond it is counted. */
  cleanupItems: 2_000,

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
  /** Bytes of a two-way stream that may be under way in one direction: at 1 ms of latency it carries 250 MB/s. */
  duplexWindowBytes: 256 * 1024,
  /** One frame of a two-way stream; a keystroke waits for at most one of them. */
  duplexFrameBytes: 64 * 1024,
  /** A two-way stream whose other end answers no pings for so long is closed. */
  deadStreamMs: 60 * second,
  /** A connection that is silent within a request. Streams and waiting answers switch this limit off. */
  idleConnectionMs: 30 * second,
  /** Explanations that wait for their turn: each replays the log, some hundred milliseconds at 100,000 tasks. */
  explanationsInLine: 32,
  logTailMax: 100_000,
  /** Logs a master reads from workers at once, each an outgoing request of the 256 that Bun carries: in `podling up` a worker with all of its own (128 for logs and stops, 51 others) still fits beside them. */
  masterLogStreams: 64,
  /** Readers of logs. Those who follow the same log share one request, so that this only bounds memory. */
  logSubscribers: 2_000,
  /** Of a log that is shared: whoever joins within it misses nothing, whoever falls behind it reads on by itself. */
  logWindowBytes: 1 * MiB,
  /** A log that nobody has waited for so long gives way where all places are taken; its readers lose nothing. */
  logIdleMs: 1 * second,
  waitMaxMs: 10 * minute,
  waitDefaultMs: 30 * second,

  // ---- liveness
  heartbeatMinMs: 1 * second,
  /** The master sees about this many heartbeats a second at most, so it asks for fewer as nodes grow. */
  heartbeatsPerSecond: 1_000,
  /** Missed heartbeats before a node counts as lost; in small clusters the next two ask for more. */
  heartbeatsMissed: 3,
  /** A worker may stall for so long (a full disk queue, a busy core) anywhere in its beat. */
  heartbeatStallMs: 2 * second,
  /** Transit there and back, and the master's turn. With beat and stall 3.5 s: a replacement can run within 5 s. */
  heartbeatTransitMs: 500,
  /** A beat comes up to this share early, so that beats which a restart has aligned drift apart. */
  heartbeatJitter: 0.1,
  /** A worker whose connection broke has a supervisor's pause of 1 s, and a start on a slow machine. */
  suspectGraceMs: 2_500,
  /** The master looks at its own clock this often, and so notices when it was itself held up. */
  pulseMs: 500,
  /** Held up for so long, it first listens for a whole lease: by then every worker that lives has tried again. */
  masterSleptMs: 2 * second,
  /** More than this share of the nodes silent at once is taken for the master's own network: --mass-loss-threshold. */
  massLossFraction: 0.5,
  /** A node is damped from this many losses on. A reboot, and one that went wrong, are none of it. */
  flapLosses: 3,
  /** So long without a loss forgives one: flapping is three losses, each within this time of the one before. */
  flapForgivenMs: 10 * minute,
  /** The first time that a damped node must be steady; each further loss doubles it. */
  flapSteadyMs: 30 * second,
  /** No longer than a person takes to have a look. */
  flapSteadyMaxMs: 30 * minute,
  /** A worker asks again soon at first: a master that restarts is back within a second. */
  reconnectInitialMs: 100,
  /** A node registered by hand beats by hand. */
  handLeaseMs: 90 * second,

  // ---- journal
  /** Changes (or as many as there are tasks, if those are more) after which a snapshot is due: replaying them takes 0.2 s. */
  snapshotChanges: 50_000,
  /** Bytes of batches after which a snapshot is due, if that comes first. */
  snapshotBytes: 64 * MiB,
  /** History that the journal keeps: a week. The two newest snapshots always stay. */
  historyMs: 7 * 24 * hour,
  /** And no more than this, if that comes first: some 1.5 million changes. */
  historyBytes: 512 * MiB,
  /** Records in one snapshot chunk: about 1 ms of serialising, so that requests are answered in between. */
  snapshotChunkRecords: 500,
  /** A snapshot that failed (disk full) is tried again after so long. */
  snapshotRetryMs: 1 * minute,
  /** Commands in one batch: bounds the time of a tick and the size of a row. */
  batchCommands: 4_096,
  /** Commands that a batch names one by one, at some 100 bytes each; those beyond it are only counted. */
  batchCommandEntries: 64,

  // ---- backup
  /** A backup that is sent to be restored: half a million tasks of 4 KiB. */
  backupBytes: 2048 * MiB,
  /** One line of it: a task with its report, or the header, which lists the finished tasks. */
  backupLineBytes: 32 * MiB,
  /** Tasks that a backup may bring: twice what a cluster takes, since replacements of lost tasks are not held to that. */
  restoredTasks: 1_000_000,
  /** Backups read at once: each holds the records of its moment. */
  backupsAtOnce: 4,
  /** A reader may pause as long as this, for a password or a slow tape; then its place is given to others. */
  backupPatienceMs: 10 * minute,
  /** Tasks (and nodes) that the answer to a restore names in each group; it counts all. */
  differencesListed: 100,

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
  /** A worker that starts waits for its engine's first answer, then registers without one: its stream's grace is 2.5 s. */
  engineFirstAnswerMs: 1 * second,
  /** Every so many pings, all containers are listed instead: an event that the engine dropped is made up for in a minute. */
  enginePingsPerList: 12,
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
  /** Of a run that ended badly, kept with its task: a stack trace's worth, and 4 KiB at most in record and journal. */
  lastLogLines: 20,
  lastLogLineBytes: 512,
  lastLogBytes: 4 * KiB,
  /** Twenty entries of a log have at most 16 KiB each; what sends more than this is not read on. */
  lastLogReadBytes: 512 * KiB,
  /** A restart never waits longer for it, nor does the word that a task has failed. */
  lastLogPatienceMs: 1 * second,
  /** A task in a fast loop puts at most this many new lines into the journal: 4 KiB each 10 s. Its last run's always. */
  lastLogIntervalMs: 10 * second,
  /** Logs read at once for it: a whole node that crashes must not hold all of the engine's connections. */
  lastLogReads: 8,
  /** Reports of pull progress a task may cause: one a second. */
  progressIntervalMs: 1 * second,

  // ---- simulation
  /** All of them live in one process: at some 1 MiB a node this is 1 GiB. */
  simulatedNodes: 1_000,
  /** A year. What a seed finds it finds in minutes or days. */
  simulatedHours: 8_760,
  simulatedSeeds: 1_000_000,
  /** More processes than the largest machines have cores only get in one another's way. */
  simulationJobs: 512,
  /** A plan of a hundred faults is down to a handful after about this many. */
  simulationShrinkRuns: 300,
  /** Longer than this nobody watches. What is found by then is smaller, too. */
  simulationShrinkMs: 3 * minute,
} as const;
