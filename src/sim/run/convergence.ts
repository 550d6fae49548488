// Decides whether the cluster has come to rest after everything was repaired, and why it has not.

import { fromTimestamp } from "../../lib/clock.ts";
import { kinds, watchedKinds } from "../../model/kinds/kinds.ts";
import { isFinished, isPlaced } from "../../model/task/reason.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import { waitsRightly } from "../checkers/dependency-standing.ts";
import type { RunContext } from "./context.ts";
import { jobNotAtRest } from "./jobs-at-rest.ts";
import { serviceNotAtRest } from "./services-at-rest.ts";

/** A record that expires within this time would disturb the rest that is watched. */
const soonMs = 2 * 60_000;

/** A sentence that says what is missing. Null if the cluster has come to rest. */
export function notAtRestBecause(context: RunContext): string | null {
  const { master, workers, truth, watchClient } = context;
  if (!master.master) return "the master is not up";
  for (const machine of workers) {
    const why = workerNotAtRest(context, machine);
    if (why !== null) return why;
  }
  const { state } = truth;
  const running = runningContainers(workers);
  for (const { taskId, ended } of state.tasks.values()) {
    const leftMs = ended ? fromTimestamp(ended.at) + master.retention.ageMs - master.host.wallMs() : 0;
    if (leftMs > 0 && leftMs < soonMs) return `the record of ${taskId} expires soon`;
  }
  for (const task of truth.tasks.values()) {
    const { taskId, status, desired, reason } = task;
    if (isFinished(status)) continue;
    const said = `task ${taskId} is ${status} (${reason.code}: ${reason.message})`;
    if (desired !== "running") return `${said}, and should stop`;
    // The machine was wiped: its data is gone, and only a person can give it up.
    const waitsForPerson = reason.code === "volume-missing";
    if (status === "scheduled" && !waitsForPerson) return said;
    if (task.requests && task.requests.restarts > (task.requestedRestarts ?? 0)) return `${said}, and should restart`;
    if (reason.code === "not-ready" || reason.code === "unhealthy") return said;
    // What it depends on never comes.
    if (waitsForPerson || (status === "running" && waitsRightly(truth, task))) continue;
    const runs = running.get(taskId) ?? [];
    if (status === "running" && runs[0]?.nodeId !== task.nodeId) return `${said}, and no container runs`;
    if (status === "running" && !isReported(task, runs)) return `${said}, and its last start was not reported`;
    const requirements = requirementsOfTask(state.task(taskId));
    if (
      status === "pending" &&
      !waitsRightly(truth, task) &&
      state.schedule.choose(requirements, state.cluster.strategy, state.cursors.lastNodeId) !== null
    )
      return `${said}, and a node fits`;
  }
  for (const { name, work } of state.tables.volume.values())
    if (work !== null && work.failed === null) return `the ${work.job} of the volume ${name} is under way`;
  const service = serviceNotAtRest(truth);
  if (service !== null) return service;
  const job = jobNotAtRest(truth, master.host.wallMs(), soonMs);
  if (job !== null) return job;
  for (const [taskId, [run]] of running) {
    const nodeId = run!.nodeId;
    const task = truth.tasks.get(taskId as never);
    if (!task || !isPlaced(task.status) || task.nodeId !== nodeId)
      return `${taskId} runs on ${nodeId}, and is not placed there`;
  }
  for (const kind of watchedKinds) {
    const { size } = watchClient.records.of(kind);
    if (size !== state.tables[kind].size)
      return `the watch client has ${size} of ${state.tables[kind].size} ${kinds[kind].plural}`;
  }
  return null;
}

type Run = Readonly<ContainerState>;

/** By task. */
function runningContainers(workers: RunContext["workers"]): Map<string, Run[]> {
  const running = new Map<string, Run[]>();
  for (const { engine, identity } of workers) {
    for (const container of engine.all()) {
      if (container.status !== "running") continue;
      if (container.nodeId !== identity?.nodeId) continue; // of an earlier identity of the machine: no worker may touch it
      const runs = running.get(container.taskId);
      if (runs) runs.push(container);
      else running.set(container.taskId, [container]);
    }
  }
  return running;
}

/** True when the record has the present run of each container. */
function isReported({ startedAt, containers }: TaskView, runs: readonly Run[]): boolean {
  if (!containers) return runs[0]?.startedAt === startedAt;
  return containers.every((one) => {
    const run = runs.find(({ container }) => container === one.name);
    return (run !== undefined) === (one.status === "running") && (!run || run.startedAt === one.startedAt);
  });
}

function workerNotAtRest(
  { truth, network, master }: RunContext,
  machine: RunContext["workers"][number],
): string | null {
  const { name, worker, identity } = machine;
  if (!worker || !identity || identity.nodeId === "") return `${name} has not joined`;
  const node = truth.state.nodes.get(identity.nodeId as never);
  if (!node) return `${name} (${identity.nodeId}) has no node record`;
  if (node.status !== "online") return `${name} is ${node.status}`;
  if (node.suspect !== null) return `${name} is suspect: ${node.suspect.message}`;
  if (node.flapping?.steadyUntil) return `${name} is damped until ${node.flapping.steadyUntil}`;
  if (!node.schedulable) return `${name} is cordoned`;
  if (node.draining !== null) return `${name} is being drained`;
  if (node.engineError !== null) return `${name} has no engine: ${node.engineError}`;
  if (machine.passing !== null) return `${name} runs ${machine.passing}, which will end`;
  if (!worker.masterUp) return `${name} does not reach its master`;
  if (!network.readersOf(master.process!, "/assignments").has(name)) return `${name} reads no stream of the master`;
  return null;
}
