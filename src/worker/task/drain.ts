// Drains a worker that leaves for good: cordons the node, stops each container with its grace, reports how each ended, and
// deregisters the node, so that the master replaces elsewhere the tasks with a restart policy.

import type { Client } from "../../api/client.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isPod } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { ContainerSource } from "../link/engine-link.ts";
import type { Assignment } from "./assignment.ts";
import { partOf } from "./pod/members.ts";
import type { NodeIdentity } from "./runner-context.ts";
import type { TaskTable } from "./task-table.ts";

export interface DrainOptions {
  client: Client;
  runtime: Runtime;
  containers: ContainerSource;
  clock: Clock;
  log: Log;
  node: NodeIdentity;
  tasks: TaskTable;
  stops: Semaphore;
}

/** Between two lists of the containers: a start that was under way may finish after the first. */
const listPauseMs = 200;
/** Beyond the longest grace: for the engine to kill, and for calls that were under way. */
const marginMs = 30_000;

export async function drainTasks(options: DrainOptions): Promise<void> {
  const { client, log, node } = options;
  if (node.nodeId === "") return;
  const call = { id: node.nodeId, timeoutMs: limits.reportPatienceMs };
  await client.call("cordonNode", call).catch(() => null); // without a master no new task comes either
  try {
    if (node.clusterId !== "" && !(await stopAll(options))) {
      // The master would replace the tasks of a deregistered node, and they would run twice.
      log.error(
        "draining: containers still run, so the node stays registered; the next worker on this node adopts them",
      );
      return;
    }
  } catch (error) {
    const why = (error as Error).message;
    log.error("draining: the engine does not answer, so the containers cannot be stopped", { why });
    return;
  }
  const left = await client.call("deregisterNode", call).catch(() => null);
  if (!left?.ok)
    log.warn("draining: the master did not take the deregistration; the node becomes offline in a few seconds");
}

/** Resolves to true when nothing runs any more: two lists in a row had nothing that runs, and no call was under way. */
async function stopAll(options: DrainOptions): Promise<boolean> {
  const { containers, clock, log, node, tasks } = options;
  const assigned = tasks.all().flatMap(({ assignment }) => (assignment ? [assignment] : []));
  const graces = assigned.map(({ spec }) => spec.stopGraceSeconds);
  const turns = Math.ceil((assigned.length + 1) / limits.concurrentStops);
  const deadline = clock.now() + Math.max(limits.stopGraceSecondsDefault, ...graces) * 1000 * turns + marginMs;
  for (let quietLists = 0; ; ) {
    const wasBusy = tasks.areWorking;
    const found = await containers.list(node);
    const running = found.filter(({ status }) => status === "running");
    quietLists = running.length === 0 && !wasBusy ? quietLists + 1 : 0;
    if (quietLists === 2) return true;
    if (clock.now() > deadline) return false;
    if (running.length > 0) log.info("draining: containers are being stopped", { containers: running.length });
    await Promise.all([...Map.groupBy(running, ({ taskId }) => taskId).values()].map((of) => stopTask(of, options)));
    await delay(clock, listPauseMs);
  }
}

/** Stops the containers of one task, sidecars and the network last. If it fails, the next list has them again. */
async function stopTask(running: readonly ContainerState[], options: DrainOptions): Promise<void> {
  const { runtime, log, tasks, stops } = options;
  const taskId = running[0]!.taskId;
  const assignment = tasks.get(taskId as TaskId)?.assignment ?? null;
  const graceSeconds = assignment?.spec.stopGraceSeconds ?? limits.stopGraceSecondsDefault;
  try {
    for (const together of inOrder(running, assignment)) {
      await Promise.all(together.map((id) => stops.run(() => runtime.containers.stop(id, graceSeconds))));
    }
    const first = running.find(({ container }) => container === assignment?.spec.containers[0]?.name) ?? running[0]!;
    const ended = await runtime.containers.inspect(first.containerId);
    if (assignment && ended?.status === "exited") await report(assignment, ended, options);
  } catch (error) {
    log.warn("draining: a container was not stopped", { taskId, why: (error as Error).message });
  }
}

/** Ids of containers that are stopped at once, in the order of the steps. */
function inOrder(running: readonly ContainerState[], assignment: Assignment | null): string[][] {
  const partsOf = ({ container }: ContainerState) => assignment && partOf(assignment.spec, container);
  const steps = [[null, "init", "main"], ["sidecar"], ["sandbox"]];
  return steps.map((parts) =>
    running.filter((state) => parts.includes(partsOf(state))).map(({ containerId }) => containerId),
  );
}

/** A task with a restart policy is not reported: the master replaces it when the node is deregistered. */
async function report(
  { taskId, spec, desired }: Assignment,
  ended: ContainerState,
  { client, log, node }: DrainOptions,
): Promise<void> {
  const asked = desired === "stopped";
  if (!asked && spec.restartPolicy.mode !== "never") return;
  const reason = asked
    ? { code: "stopped" as const, message: `stopped as asked, with exit code ${ended.exitCode}` }
    : {
        code: "node-deregistered" as const,
        message: `stopped because its worker was drained, with exit code ${ended.exitCode}`,
      };
  const answer = await client
    .call("reportTask", {
      id: taskId,
      body: {
        status: asked ? "stopped" : "failed",
        nodeId: node.nodeId,
        reason,
        finishedAt: ended.finishedAt,
        ...(isPod(spec)
          ? {}
          : { containerId: ended.containerId, exitCode: ended.exitCode, startedAt: ended.startedAt }),
      },
      timeoutMs: limits.reportPatienceMs,
    })
    .catch(() => null);
  if (!answer?.ok) log.warn("draining: the master did not take a report", { taskId });
}
