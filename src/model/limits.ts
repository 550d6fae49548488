// The limits of the system, each with the reason for its number.

import { planLimits } from "./plan/plan-limits.ts";
import { probeLimits } from "./probe-limits.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const limits = {
  ...planLimits,
  ...probeLimits,

  // ---- what a request may hold
  /** Size of a request body. A task with 64 KiB of environment and full lists stays well below. */
  bodyBytes: 1 * MiB,
  /** An app as JSON: sixteen configs of the largest size. Reading it takes some 50 ms. */
  appBytes: 8 * MiB,
  /** Nesting of lists and objects: four times that of the deepest field, and safe for any parser. */
  bodyDepth: 32,
  /** Names become container names and host names, and 63 is the longest DNS label. */
  nameLength: 63,
  /** Docker's limits are 255 for the name and 128 for the tag. */
  imageLength: 384,
  /** Linux refuses a single argument or environment entry over 128 KiB; several of 32 KiB fit. */
  envValueLength: 32 * KiB,
  envKeyLength: 256,
  envCount: 512,
  /** The kernel's ARG_MAX is 2 MiB for arguments and environment together. */
  argumentLength: 32 * KiB,
  argumentCount: 512,
  labelKeyLength: 256,
  labelValueLength: 1024,
  labelCount: 64,
  /** Ranges of ports are one entry a port. */
  portCount: 256,
  /** Containers of one task: a program, its init containers and sidecars. */
  containerCount: 16,
  mountCount: 64,
  /** Entries of one list of a container's options (hosts, capabilities, devices, sysctls). */
  optionCount: 128,
  /** A seccomp profile: docker's own is 13 kB of JSON. */
  securityOptionLength: 64 * KiB,
  constraintCount: 32,
  pathLength: 4096,
  /** A larger value, or more than 16 TiB of memory, is most likely a mistake. */
  cpuCores: 1024,
  memoryBytes: 16 * 1024 * 1024 * MiB,
  /** The engine refuses less (Docker: 6 MiB). */
  memoryLimitMinBytes: 6 * MiB,
  /** The engine refuses less (Docker: 1 ms of each 100 ms period). */
  cpuLimitMin: 0.01,
  nodeCapacity: 10_000,
  /** Of a task, above and below 0. */
  priority: 1_000_000,
  /** Nodes that are compared to find the tasks that are stopped for one with a higher priority. */
  preemptionNodes: 16,
  idempotencyKeyLength: 256,
  /** X-Request-Id, kept in the journal with the command: a UUID has 36 characters, a trace header about 55. */
  requestIdLength: 128,
  /** A sentence with numbers, including a quoted error of an engine. */
  messageLength: 2048,

  // ---- what a compose file may hold
  /** Size of a compose file and of a file of variables, as of the body of a request. */
  composeFileBytes: 1 * MiB,
  /** Nesting, with that of aliases: twice that of a request's body, because keys with `x-` hold anything. */
  composeDepth: 64,
  /** Values of a file, with what its aliases repeat: as many as compose-go accepts. */
  composeValues: 100_000,
  /** Values of the resolved document: `extends` repeats services, as aliases do. */
  composeResolvedValues: 500_000,
  /** Characters that variables make in one file: short texts may stand for long ones. */
  composeVariableCharacters: 4 * MiB,
  /** Files that one document is made of, by `include`, `extends` and `env_file`. */
  composeFiles: 200,

  // ---- what the cluster may hold
  /** Twice the largest cluster with which the scheduler is measured. */
  nodes: 20_000,
  /** At about 1 KB per task this is 0.5 GB. Beyond it the master answers 429 instead of running out of memory. */
  tasks: 500_000,
  services: 10_000,
  /** More than a company has; a cluster with as many has several services in each. */
  apps: 1_000,
  /** Together with the name of a service of the app it is the name of the service. */
  appNameLength: 32,
  /** Services, jobs, schedules, volumes, configs and secrets of one app, each: a large compose file has some fifty services. */
  appMembers: 200,
  /** Of one service: as many as a large cluster has nodes. */
  replicas: 10_000,
  /** Of all services together: as many tasks as may wait. */
  replicasInAll: 200_000,
  /** Revisions of a service beyond those in use: a rollback rarely goes back further. */
  revisionsKept: 20,
  /** An address of a service or node that is gone is given to no other meanwhile: clients, tables and names remember it. */
  addressRestMs: 1 * minute,
  /** Named volumes: some for each service of the largest cluster. */
  volumes: 10_000,
  /** Services and jobs that one waits for: more than an application has parts. */
  dependencies: 64,
  /** How long a worker waits for its master before it starts tasks that depend on others: a restart of the master takes less. */
  dependencyHoldMs: 30 * second,
  /** Versions of configs, and as many of secrets: with the largest contents 1 GB, which a master and its log can hold. */
  contents: 2_000,
  /** Logins to registries, one each: more than a company has. */
  credentials: 1_000,
  /** Tokens of clouds have up to 5 KiB. In base64 it must fit into the 16 KiB of headers that a server takes. */
  registryPasswordBytes: 8 * KiB,
  registryUserBytes: 1024,
  /** Size of a config or secret, as Swarm's for secrets: a file of settings, and no data. */
  contentBytes: 500 * KiB,
  /** Versions of a config or secret beyond those in use: enough to look at what changed. */
  versionsKept: 3,
  /** Configs, and as many secrets, of one container. */
  contentCount: 64,
  /** A content that could not be opened is tried again after this: a person who puts the key back waits for it. */
  contentRetryMs: 5 * second,
  /** A day: a longer rollout is forgotten by those who began it. */
  rolloutMs: 24 * 3_600_000,
  /** With the finished ones that are kept: at about 1 kB each this is 10 MB. */
  jobs: 10_000,
  /** Runs of one job that must succeed: a record lists the finished indexes as ranges, at most 600 kB. */
  jobCompletions: 100_000,
  /** Tasks of one job at once: as many as the largest clusters that are measured can run. */
  jobParallelism: 10_000,
  /** Failed tasks that a job may bear. */
  jobBackoffLimit: 10_000,
  /** Pause after the first failed task of a job; each further one in a row doubles it ... */
  jobBackoffInitialMs: 1 * second,
  /** ... up to this: an image that is not there yet is tried ten times an hour. */
  jobBackoffMaxMs: 6 * minute,
  /** How long a job may run, and how long it is kept. A year. */
  jobMs: 365 * 24 * hour,
  /** Each is looked at when it is due: at one a second that is 1,000 looks a second, of 0.1 ms each. */
  schedules: 1_000,
  /** Length of a cron expression: lists of each minute and hour stay below. */
  cronLength: 256,
  /** Finished jobs of a schedule that are kept, at most. */
  scheduleKept: 100,
  /** Due times that are counted as missed after a downtime: counting one takes 0.05 ms. */
  missedCounted: 100,
  /** Schedules that one tick looks at, fewer after a downtime; the others follow in the next one. */
  scheduleLooks: 50,
  /** Tasks that one look at a job or a service starts or ends; the rest follows, so that no tick takes long. */
  tasksPerLook: 1_000,
  /** Longest time that a node may take to become empty: a weekend of batch tasks. */
  drainDeadlineMs: 7 * 24 * 3_600_000,
  drainDeadlineDefaultMs: 600_000,
  /** Moves that one rebalance plans; the next one goes on from there. */
  rebalanceMoves: 100,
  /** Waiting tasks; a client that creates more is probably in a loop. */
  pendingTasks: 200_000,
  /** Commands waiting for a tick: two seconds of the fastest client measured. */
  inboxCommands: 100_000,

  // ---- retention
  /** Finished tasks that are kept for `ps -a`, `logs` and `explain`. */
  finishedTaskCount: 10_000,
  finishedTaskAgeMs: 24 * hour,
  /** Of one slot of a service. */
  finishedTasksOfSlot: 5,
  /** Ended containers that a worker keeps for their logs. */
  endedContainerCount: 50,
  endedContainerAgeMs: 24 * hour,

  /** Use of the engine's disk above which unused images that Podling pulled are removed ... */
  diskHighPercent: 85,
  /** ... down to this, which is low enough that the next pull does not start it again. */
  diskLowPercent: 75,
  /** Interval of disk checks. A disk that fills at 100 MB/s loses 6 GB in between; a check is one system call. */
  diskLookMs: 1 * minute,
  /** Interval of image checks: how late the worker notices that someone removed an image, and the precision of last-use times after a crash. */
  imageLookMs: 10 * minute,
  /** Images remembered as pulled. Beyond this, the least recently used ones are forgotten, and stay on the engine. */
  pulledImages: 1_000,
  /** Nodes that a worker was before, of which it remembers containers: each becomes one only while two workers claim it. */
  formerNodes: 16,
  /** Time limit for removing an image: a large one takes the disk a while. */
  removePatienceMs: 2 * minute,
  /** Time limit for the sizes of volumes, for which the engine adds up all files. */
  volumeSizesPatienceMs: 10 * second,
  /** A requested clean-up ends after this time with what it has done; the next one continues. */
  cleanupMs: 90 * second,
  /** How long the master waits for a clean-up: the time above, and one removal. */
  cleanupPatienceMs: 4 * minute,
  /** The files of a volume: more than a node's disk, so that the disk is the limit. */
  volumeBytes: 1024 ** 5,
  /** How long a copy of a volume may make no progress, and how long it may take. */
  volumeSilenceMs: 10 * minute,
  volumeCopyMs: 24 * hour,
  /** How often the master checks whether a copy makes progress. One that makes none is given up if a node of it is offline. */
  volumeProgressCheckMs: 5 * second,
  /** Nodes that are remembered for having other files of a volume. */
  volumeCopies: 8,
  /** How long a removal of a volume waits for containers that are being removed, and the pause between two tries. */
  volumeRemovalMs: 5 * second,
  volumeRemovalRetryMs: 250,
  /** How long the master waits for a preview, which lists everything on the engine and may wait for sizes of volumes. */
  cleanupPreviewPatienceMs: 30 * second,
  /** Items in a response; kept items beyond this are only counted. */
  cleanupItems: 2_000,

  // ---- paging and streams
  listDefault: 1_000,
  listMax: 10_000,
  /** Changes kept in memory for watchers that resume: ten minutes of a busy small cluster. */
  watchHistoryEvents: 10_000,
  /** A watcher with this much unread data is disconnected, and resumes by revision. */
  streamQueueBytes: 4 * MiB,
  /** One for each node, and two thousand watchers. */
  streams: 22_000,
  /** Interval of comment lines, which keep proxies from closing an idle stream. */
  streamKeepAliveMs: 15 * second,
  /** Bytes of a two-way stream that may be in transit in one direction: at 1 ms of latency it carries 250 MB/s. */
  duplexWindowBytes: 256 * 1024,
  /** One frame of a two-way stream; a keystroke waits for at most one of them. */
  duplexFrameBytes: 64 * 1024,
  /** A two-way stream whose other end has answered no ping for this long is closed. */
  deadStreamMs: 60 * second,
  /** A connection without data within a request is closed. Streams and waiting responses switch this off. */
  idleConnectionMs: 30 * second,
  /** Waiting explanations: each replays the log, a few hundred milliseconds at 100,000 tasks. */
  explanationsInLine: 32,
  logTailMax: 100_000,
  /** Logs that a master reads from workers at once, out of the 256 requests that Bun can have in flight. In `podling up` the requests of the worker (128 for logs and stops, 51 others) still fit beside them. */
  masterLogStreams: 64,
  /** Clients of logs. Clients of the same log share one request, so this only bounds memory. */
  logSubscribers: 2_000,
  /** Window of a shared log: a client that joins within it misses nothing, and one that falls behind it continues alone. */
  logWindowBytes: 1 * MiB,
  /** When all places are taken, a log that no client has waited for this long is closed; its clients lose nothing. */
  logIdleMs: 1 * second,
  waitMaxMs: 10 * minute,
  waitDefaultMs: 30 * second,

  // ---- node health
  heartbeatMinMs: 1 * second,
  /** Heartbeats that the master receives a second; with more nodes it asks for fewer from each. */
  heartbeatsPerSecond: 1_000,
  /** Missed heartbeats before a node is lost; in small clusters the next two limits are larger. */
  heartbeatsMissed: 3,
  /** A worker may stall for this long at any time (a full disk queue, a busy core). */
  heartbeatStallMs: 2 * second,
  /** Transit in both directions, and the master's processing. Interval, stall and transit are 3.5 s, so a replacement can run within 5 s. */
  heartbeatTransitMs: 500,
  /** Heartbeats come up to this share early, so that those aligned by a restart drift apart. */
  heartbeatJitter: 0.1,
  /** A worker whose connection broke needs a second for its supervisor, and a start on a slow machine. */
  suspectGraceMs: 2_500,
  /** Interval at which the master checks its own timer, to notice when it was stopped. */
  pulseMs: 500,
  /** A master that was stopped for this long gives all nodes a whole lease: by then every running worker has tried again. */
  masterSleptMs: 2 * second,
  /** If more than this share of the nodes is silent at once, none is declared lost: --mass-loss-threshold. */
  massLossFraction: 0.5,
  /** Losses from which a node is damped. A reboot, and a second one that went wrong, are allowed. */
  flapLosses: 3,
  /** Time without a loss that cancels one: a node flaps if three losses each come within this time of the previous one. */
  flapForgivenMs: 10 * minute,
  /** How long a damped node must be online the first time; each further loss doubles it. */
  flapSteadyMs: 30 * second,
  /** Longest such time: about how long a person takes to look at the node. */
  flapSteadyMaxMs: 30 * minute,
  /** First pause before a worker reconnects: a master that restarts is back within a second. */
  reconnectInitialMs: 100,
  /** Lease of a node whose heartbeats a person sends by hand. */
  handLeaseMs: 90 * second,
  /** A task on a node without a worker says after this time that nothing has started it: a person who acts as the worker had time to report. */
  neverStartedMs: 10 * second,
  /** Tasks that say so at once, the oldest first: each is a write, and more would slow down a load test on nodes that were registered by hand. */
  neverStartedTasks: 1_000,

  // ---- journal
  /** Changes (or as many as there are tasks, if those are more) after which a snapshot is due: replaying them takes 0.4 s. */
  snapshotChanges: 100_000,
  /** Bytes of batches after which a snapshot is due, if that comes first. */
  snapshotBytes: 64 * MiB,
  /** History that the journal keeps: a week. The two newest snapshots always stay. */
  historyMs: 7 * 24 * hour,
  /** And no more than this, if that comes first: some 1.5 million changes. */
  historyBytes: 512 * MiB,
  /** Records in a snapshot chunk: about 1 ms of serialising, so that requests are served in between. */
  snapshotChunkRecords: 500,
  /** Pause after a failed snapshot (disk full). */
  snapshotRetryMs: 1 * minute,
  /** Commands in a batch: bounds the time of a tick and the size of a row. */
  batchCommands: 4_096,
  /** Commands that a batch lists, at about 30 to 100 bytes each; the others are only counted. */
  batchCommandEntries: 64,

  // ---- backup
  /** Size of a backup for a restore: half a million tasks of 4 KiB. */
  backupBytes: 2048 * MiB,
  /** Size of a line of it: a task with its report, or the header of format 1, which lists the finished tasks. */
  backupLineBytes: 32 * MiB,
  /** Tasks in a backup: twice the limit of a cluster, because that limit does not apply to replacements of lost tasks. */
  restoredTasks: 1_000_000,
  /** Concurrent backups: each keeps the records of its moment in memory. */
  backupsAtOnce: 4,
  /** Longest pause of a client that reads a backup, for example for a password or a slow tape. */
  backupPatienceMs: 10 * minute,
  /** Tasks (and nodes) that the response to a restore names in each group; it counts all. */
  differencesListed: 100,

  // ---- worker
  /** Engines serialise most of a start, so more of them only take longer. Measured on 2 cores. */
  concurrentStarts: 8,
  concurrentPulls: 3,
  /** Each stop waits for the grace of its container and uses a connection meanwhile. */
  concurrentStops: 64,
  /** A master that accepts connections and does not answer must not use up all of them. */
  concurrentReports: 16,
  /** An acknowledgement waits for the master's disk; after this time the report is repeated. */
  reportPatienceMs: 10 * second,
  /** A master that answers again has by then decided what had reached it before. */
  reportConfirmMs: 2 * second,
  /** How long the creation of a service waits for the digests of its images. */
  resolvePatienceMs: 5 * second,
  /** Short calls to the engine in flight. Bun can have 256 requests in flight in total; others wait. */
  engineCalls: 32,
  /** Logs read from a worker at once; a followed log uses a connection for as long as it is read. */
  logStreams: 64,
  /** Interval of pings: an engine that hangs accepts connections but does not answer. */
  enginePingMs: 5 * second,
  enginePingPatienceMs: 10 * second,
  /** A starting worker waits this long for its engine, then registers without one: the grace of its stream is 2.5 s. */
  engineFirstAnswerMs: 1 * second,
  /** After this many pings all containers are listed, so that an event dropped by the engine is noticed within a minute. */
  enginePingsPerList: 12,
  pullAttempts: 5,
  /** A pull without progress for this long has failed; unpacking a large layer is reported as progress. */
  pullSilenceMs: 5 * minute,
  /** Time limit of a credential helper: one that waits for the input of a user gets none. */
  credentialHelperMs: 10 * second,
  /** Output of a credential helper: a login is some kilobytes, and a list of all registries stays below this. */
  credentialHelperBytes: 1024 ** 2,
  /** The port of a container that has just stopped may become free a moment later. */
  startAttempts: 3,
  retryInitialMs: 500,
  retryMaxMs: 30 * second,
  restartBackoffInitialMs: 1 * second,
  restartBackoffMaxMs: 5 * minute,
  /** A container that ran this long is healthy: its back-off starts over. */
  restartResetMs: 10 * minute,
  stopGraceSecondsDefault: 10,
  stopGraceSecondsMax: 3600,
  /** Log lines kept of a failed run: enough for a stack trace, and at most 4 KiB in record and journal. */
  lastLogLines: 20,
  lastLogLineBytes: 512,
  lastLogBytes: 4 * KiB,
  /** If the last lines are longer than this together, fewer of them are read. */
  lastLogReadBytes: 512 * KiB,
  /** A restart, and the report of a failed task, wait at most this long for the lines. */
  lastLogPatienceMs: 1 * second,
  /** A crash loop adds new lines to the journal at most this often: 4 KiB each 10 s. Those of the last run are always kept. */
  lastLogIntervalMs: 10 * second,
  /** Logs read for this at once: a node on which everything crashes must not use up the connections to its engine. */
  lastLogReads: 8,
  /** Interval of reports of pull progress for a task. */
  progressIntervalMs: 1 * second,

  // ---- simulation
  /** All run in one process: at about 1 MiB per node this is 1 GiB. */
  simulatedNodes: 1_000,
  /** A year. Seeds find bugs within minutes or days. */
  simulatedHours: 8_760,
  simulatedSeeds: 1_000_000,
  /** More processes than the largest machines have cores only slow each other down. */
  simulationJobs: 512,
  /** A plan of a hundred faults is reduced to a handful after about this many runs. */
  simulationShrinkRuns: 300,
  /** Time limit of shrinking; the best result so far is kept. */
  simulationShrinkMs: 3 * minute,
} as const;
