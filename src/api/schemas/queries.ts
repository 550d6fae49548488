// The queries of requests. Operations name them, so that a client does not load them.

import { z } from "zod";
import { choice, duration } from "../../model/fields.ts";
import { limits } from "../../model/limits.ts";
import { type CleanupKind, cleanupKinds } from "../../model/node/cleanup.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { signalForm, signalForms } from "../../model/signal.ts";

/** The meta field in which a schema of a query parameter says what its text stands for, as OpenAPI shows it. */
export const standsFor = "x-stands-for";

const booleanQuery = z
  .enum(["", "true", "false", "1", "0"], { error: "true or false" })
  .meta({ [standsFor]: { type: "boolean" } })
  .transform((value) => value !== "false" && value !== "0");

function wholeNumberQuery(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,16}$/, { error })
    .meta({ [standsFor]: { type: "integer", minimum: min, maximum: max } })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
}

/** `label` may be given several times: "key" or "key=value". */
const labelSelector = z.union([z.string().transform((value) => [value]), z.array(z.string())]);

const waitQuery = {
  wait: choice(["running", "ready", "finished"])
    .optional()
    .describe("Answer when the task has reached this, or has finished, or at the timeout."),
  timeout: duration.optional().describe("How long to wait: 30s, 5m. Default 30s, at most 10m."),
};

const graceSeconds = wholeNumberQuery(0, limits.stopGraceSecondsMax)
  .optional()
  .describe("Seconds before SIGKILL, for this request only. Default: the task's `stopGraceSeconds`.");

const stopQuery = z.strictObject({ ...waitQuery, graceSeconds });

const restartQuery = z.strictObject({
  wait: choice(["done"]).optional().describe("Answer when the container was started again, or at the timeout."),
  timeout: waitQuery.timeout,
  graceSeconds,
});

const killQuery = z.strictObject({
  signal: z
    .string()
    .regex(signalForm, { error: signalForms })
    .optional()
    .describe("Name or number. KILL stops the task, as a stop with 0 seconds. Default KILL."),
  container: z
    .string()
    .max(limits.nameLength)
    .optional()
    .describe(
      "Name of a container of a task that has several: every signal, KILL too, goes to that one, and its restart policy decides. Default: the first.",
    ),
});

const deleteQuery = z.strictObject({
  force: booleanQuery.optional().describe("True: also a task that has not finished."),
  wait: choice(["gone"])
    .optional()
    .describe(
      "Kill the container, and answer when it is gone: 204. Answers 202 with a `message` if it is not known to be gone at the timeout, if its node is offline, or if its worker cannot be asked.",
    ),
  timeout: waitQuery.timeout,
});

const taskListQuery = z.strictObject({
  status: z.string().optional().describe("One status, or several with commas."),
  node: z.string().optional().describe("A node's id, unique prefix or hostname."),
  label: labelSelector.optional().describe("key or key=value; may be repeated."),
  name: z.string().optional().describe("Only tasks of this name."),
  limit: wholeNumberQuery(1, limits.listMax).optional().describe(`Default ${limits.listDefault}.`),
  cursor: z.string().max(64).optional().describe("From the Link header of the page before."),
  watch: booleanQuery.optional().describe("Server-sent events: a sync event with the tasks, then their changes."),
});
export type TaskListQuery = z.output<typeof taskListQuery>;

const watchQuery = z.strictObject({
  since: wholeNumberQuery(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Resume after this revision; the header Last-Event-ID means the same. Without both: from now on."),
});

const logsQuery = z.strictObject({
  follow: booleanQuery.optional().describe("True: goes on until the container has ended."),
  tail: wholeNumberQuery(0, limits.logTailMax).optional().describe("Only this many lines from the end."),
  since: z
    .string()
    .max(64)
    .optional()
    .describe("A time (ISO 8601, or seconds since the epoch) or a duration back from now (10m)."),
  timestamps: booleanQuery.optional().describe("True: each line begins with its time."),
  stdout: booleanQuery.optional().describe("Default true."),
  stderr: booleanQuery.optional().describe("Default true."),
  container: z
    .string()
    .max(limits.nameLength)
    .optional()
    .describe("Name of a container of a task that has several. Default: the first."),
});
export type LogsQuery = z.output<typeof logsQuery>;

/** The refusal of a request for a log that asks for neither of the two streams; null otherwise. */
export function withoutStream({
  stdout = true,
  stderr = true,
}: Pick<LogsQuery, "stdout" | "stderr">): Outcome<never> | null {
  if (stdout || stderr) return null;
  return refuse("invalid-field", "query parameters stdout and stderr: both are false, so there is nothing to read", {
    hint: "Leave one of them out, or set it to true.",
    details: { field: "stdout" },
  });
}

const podsQuery = z.strictObject({
  namespace: z.string().max(limits.nameLength).optional().describe("Only pods of this namespace."),
});

const tailQuery = z.strictObject({
  tail: wholeNumberQuery(0, limits.logTailMax).optional().describe("Lines from the end. Default 100."),
});

const cleanupQuery = z.strictObject({
  containers: booleanQuery.optional().describe("Ended containers of finished tasks. Default true."),
  images: booleanQuery.optional().describe("Images that Podling pulled and nothing uses. Default false."),
  volumes: booleanQuery
    .optional()
    .describe("Volumes that Podling created and nothing uses; their data is deleted. Default false."),
});
export type CleanupQuery = z.output<typeof cleanupQuery>;

/** The kinds that the query asks for. */
export function cleanupKindsOf({ containers = true, images = false, volumes = false }: CleanupQuery): Set<CleanupKind> {
  const asked: Record<CleanupKind, boolean> = { container: containers, image: images, volume: volumes };
  return new Set(cleanupKinds.filter((kind) => asked[kind]));
}

const forceQuery = z.strictObject({
  force: booleanQuery.optional().describe("True: also where it is refused otherwise."),
});

const replaceQuery = z.strictObject({
  replace: booleanQuery
    .optional()
    .describe("True: a volume of this name that is there is removed first, with its data."),
});

const restoreVolumeQuery = replaceQuery.extend({
  node: z
    .string()
    .max(253)
    .optional()
    .describe("The node for a volume that has no data yet. By default the one that a new task would get."),
});

const moveVolumeQuery = replaceQuery.extend({
  to: z.string().max(253).describe("The node that gets the data: its id, a unique prefix of one, or its name."),
});

const liveQuery = z.strictObject({
  live: booleanQuery
    .optional()
    .describe("True: also while a task writes to it. Files that change meanwhile may be torn."),
});

const pruneQuery = z.strictObject({
  all: booleanQuery
    .optional()
    .describe("True: also unfinished tasks, which are stopped, and nodes that are online. Default false."),
});

const restoreQuery = z.strictObject({
  dryRun: booleanQuery.optional().describe("Only show what would change."),
  force: booleanQuery.optional().describe("Also if the backup is of another cluster."),
});
export type RestoreQuery = z.output<typeof restoreQuery>;

const imageDigestQuery = z.strictObject({
  image: z.string().min(1).max(limits.imageLength).describe("The image, as a task names it."),
});

const resolve = z
  .enum(["always", "changed", "never"])
  .optional()
  .describe("Which tags are looked up: all, those that the wanted revision does not have (the default), or none.");

const servicesQuery = z.strictObject({
  namespace: z
    .string()
    .max(limits.nameLength)
    .optional()
    .describe(
      "Only services of this namespace: that of their selector, or of their template; default if neither says one.",
    ),
});

const createServiceQuery = z.strictObject({ resolve });

const putServiceQuery = z.strictObject({
  resolve,
  note: z.string().max(limits.messageLength).optional().describe("What the new revision is for, kept with it."),
});

const scaleServiceQuery = z.strictObject({
  replicas: wholeNumberQuery(0, limits.replicas).describe("How many replicas are wanted."),
});

const rollbackServiceQuery = z.strictObject({
  to: wholeNumberQuery(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Number of the revision. Default: the one that served before."),
});

const endpointsQuery = z.strictObject({
  watch: booleanQuery
    .optional()
    .describe(
      "Server-sent events: a sync event with all endpoints, then an endpoint event for each that is new or changed, and a gone event for each that is left out.",
    ),
});

const createJobQuery = z.strictObject({
  again: booleanQuery.optional().describe("True: a job of this name that has ended is removed first. Default false."),
});

const listJobsQuery = z.strictObject({
  schedule: z.string().optional().describe("Only those of this schedule: its id, a unique prefix of it, or its name."),
});

const waitJobQuery = z.strictObject({
  wait: choice(["finished"]).optional().describe("Answer when the job has ended, or at the timeout."),
  timeout: waitQuery.timeout,
});

const contentVersionQuery = z.strictObject({
  version: wholeNumberQuery(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Number of the version. Default: the newest."),
});

const whyNotQuery = z.strictObject({
  node: z.string().min(1).max(253).describe("The node: its id, a unique prefix of one, or its name."),
});

const rebalanceQuery = z.strictObject({
  dryRun: booleanQuery.optional().describe("Only show the moves."),
  includeData: booleanQuery
    .optional()
    .describe("Also replicas with data on their node, which start without it elsewhere. Default false."),
});

const expectedRevision = wholeNumberQuery(0, Number.MAX_SAFE_INTEGER)
  .optional()
  .describe("The newest revision that the client has seen, 0 for a new app: refused if there is another one.");

const putAppQuery = z.strictObject({
  resolve,
  note: z.string().max(limits.messageLength).optional().describe("What it is for, kept with the revision."),
  expectedRevision,
  dryRun: booleanQuery
    .optional()
    .describe("True: only say what would become of each member, with the app as it would be at once. Default false."),
});

const rollbackAppQuery = z.strictObject({
  to: wholeNumberQuery(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe("Number of the revision. Default: the one before."),
  expectedRevision,
});

const deleteAppQuery = z.strictObject({
  volumes: booleanQuery.optional().describe("True: also its volumes, with their data. Default false."),
  timeout: duration
    .optional()
    .describe("How long to wait until nothing uses the volumes any more: 30s, 5m. Default 30s, at most 10m."),
});

export const queries = {
  wait: z.strictObject(waitQuery),
  stop: stopQuery,
  restart: restartQuery,
  kill: killQuery,
  delete: deleteQuery,
  taskList: taskListQuery,
  watch: watchQuery,
  logs: logsQuery,
  tail: tailQuery,
  cleanup: cleanupQuery,
  force: forceQuery,
  prune: pruneQuery,
  replace: replaceQuery,
  restoreVolume: restoreVolumeQuery,
  moveVolume: moveVolumeQuery,
  live: liveQuery,
  restore: restoreQuery,
  imageDigest: imageDigestQuery,
  createService: createServiceQuery,
  whyNot: whyNotQuery,
  rebalance: rebalanceQuery,
  putService: putServiceQuery,
  pods: podsQuery,
  services: servicesQuery,
  scaleService: scaleServiceQuery,
  rollbackService: rollbackServiceQuery,
  endpoints: endpointsQuery,
  createJob: createJobQuery,
  waitJob: waitJobQuery,
  contentVersion: contentVersionQuery,
  listJobs: listJobsQuery,
  putApp: putAppQuery,
  rollbackApp: rollbackAppQuery,
  deleteApp: deleteAppQuery,
} as const;
export type Queries = typeof queries;
