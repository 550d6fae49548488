// Checks one task: that it ran as often as allowed and ended as expected, given the faults of that time. Pure: takes the
// book's entry and the log of faults, returns sentences. Test support.

import type { Entry, KnownTask, Run } from "./book.ts";
import type { FaultLog } from "./fault-log.ts";

type HostOf = (nodeId: string | null) => string | null;

/** Compares program starts with placements and counted restarts. A start that was not counted is a fault. */
export function checkRuns(entry: Entry, runs: Run[], faults: FaultLog, hostOf: HostOf): string[] {
  const { name, lineage, policy } = entry;
  const found: string[] = [];
  const toMs = entry.endedMs ?? performance.now();
  const byContainer = Map.groupBy(runs, ({ container }) => container);
  const replaced = lineage.reduce((sum, task) => sum + replacedContainers(entry, task, faults, hostOf(task.nodeId)), 0);
  if (byContainer.size > lineage.length + replaced) {
    const tasks = lineage.map(
      ({ taskId, restarts, containerId }) => `${taskId}, ${restarts} restarts, in ${containerId}`,
    );
    const what = `${name} ran in ${byContainer.size} containers, and was placed ${lineage.length} times`;
    found.push(
      `${what}; policy ${policy}; containers ${[...byContainer.keys()].join(", ")}; tasks: ${tasks.join("; ")}`,
    );
  }
  for (const [container, its] of byContainer) {
    const task = lineage.find(({ containerId }) => containerId?.startsWith(container));
    const host = hostOf(task?.nodeId ?? null);
    const restarts =
      policy === "never" ? 0 : (task?.restarts ?? 0) + faults.uncountedRestarts(host, entry.askedMs, toMs);
    const allowed = 1 + restarts + faults.forgottenStarts(host, entry.askedMs, toMs);
    if (its.length > allowed) {
      found.push(`${name} ran ${its.length} times in container ${container}; ${allowed} can be explained`);
    }
  }
  for (const task of lineage) {
    const itsRuns = runs.filter(({ container }) => task.containerId?.startsWith(container));
    const ranToTheEnd = task.status === "completed" || (task.code === "exited" && task.exitCode === entry.exitCode);
    if (ranToTheEnd && itsRuns.length === 0) found.push(`${name} (${task.taskId}) is ${task.status}, and never ran`);
  }
  return found;
}

/**
 * How many containers of the task may have been replaced after they had run: one that an engine was starting when it was
 * killed cannot be started again ("already exists"), so the worker makes another, which counts as a restart.
 */
function replacedContainers(
  { policy, askedMs, endedMs }: Entry,
  task: KnownTask,
  faults: FaultLog,
  host: string | null,
) {
  if (policy === "never") return 0;
  return Math.min(task.restarts, faults.forgottenStarts(host, askedMs, endedMs ?? performance.now()));
}

/** The task must have ended as asked, or as a fault explains. */
export function checkEnd(entry: Entry, faults: FaultLog, hostOf: HostOf): string[] {
  const toMs = entry.endedMs ?? performance.now();
  return entry.lineage.flatMap((task) => {
    const host = hostOf(task.nodeId);
    const ended = `${entry.name} (${task.taskId}) on ${host}: ${task.status}, code ${task.exitCode}, ${task.code}: ${task.message}`;
    if (task.code === "node-lost") {
      return faults.excusesLoss(host, entry.askedMs, toMs) ? [] : [`${ended}. No node was away`];
    }
    if (endedAsAsked(entry, task)) return [];
    if (isDockersOwn(task) && faults.excusesCrash(host, entry.askedMs, toMs)) return [];
    if (isForgottenEnd(task) && faults.excusesCrash(host, task.finishedMs!, task.finishedMs!, 0)) return [];
    return faults.excusesEngine(host, entry.askedMs, toMs) ? [] : [`${ended}. Nothing explains this end`];
  });
}

/**
 * True for what a crash of Docker does to a container in spite of live-restore: a container that was starting is never
 * started, and one that ended during the crash can lose its exit code, which Docker then reports as 255.
 */
function isDockersOwn({ code, message, exitCode }: KnownTask): boolean {
  return (
    (code === "start-failed" && /(already (exists|in use)|mkdir \S+: file exists)$/.test(message)) ||
    (code === "exited" && exitCode === 255)
  );
}

/**
 * True for an end whose exit code Docker may have forgotten: killed between the removal of the container from containerd and its
 * own record of the end, it takes the time of its next start for the end, and 0 for the exit code.
 */
function isForgottenEnd({ code, exitCode, finishedMs }: KnownTask): boolean {
  return code === "exited" && exitCode === 0 && finishedMs !== null;
}

function endedAsAsked({ kind, exitCode }: Entry, { status, exitCode: code }: KnownTask): boolean {
  if (status === "scheduled" || status === "running" || status === "pending") return true;
  if (kind === "service") return status === "stopped";
  return status === (exitCode === 0 ? "completed" : "failed") && code === exitCode;
}
