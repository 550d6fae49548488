// A worker that leaves for good: nothing new comes, what runs is stopped with its grace, the master hears how each
// ended, and the node is deregistered, so that the master replaces elsewhere what is to be kept alive.

import type { Client } from "../../api/client.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { ContainerState, Runtime } from "../../runtime/runtime.ts";
import type { Assignment } from "./assignment.ts";

export interface DrainOptions {
  client: Client;
  runtime: Runtime;
  clock: Clock;
  log: Log;
  nodeId: string;
  clusterId: string;
  wishes: ReadonlyMap<TaskId, Assignment>;
  stops: Semaphore;
  /** Is a call under way that may still start something? */
  busy: () => boolean;
}

/** Between two looks: a start that was under way may come after the first. */
const lookPauseMs = 200;
/** Beyond the longest grace: for the engine to kill, and for calls that were under way. */
const marginMs = 30_000;

export async function drainTasks(options: DrainOptions): Promise<void> {
  const { client, log, nodeId, clusterId } = options;
  if (nodeId === "") return;
  const call = { id: nodeId, timeoutMs: limits.reportPatienceMs };
  await client.call("cordonNode", call).catch(() => null); // without a master there is nothing to keep away
  try {
    if (clusterId !== "" && !(await stopAll(options))) {
      // Deregistered, its tasks would be started elsewhere too.
      log.error("draining: containers still run, so the node stays registered; its next worker adopts them");
      return;
    }
  } catch (error) {
    log.error("draining: the engine is away, so what runs cannot be stopped", { why: (error as Error).message });
    return;
  }
  const left = await client.call("deregisterNode", call).catch(() => null);
  if (!left?.ok) log.warn("the master was not told; it will miss this node in a few seconds");
}

/** Resolves to whether nothing runs any more: two looks in a row have found nothing, and no call is under way. */
async function stopAll(options: DrainOptions): Promise<boolean> {
  const { runtime, clock, log, clusterId, nodeId, wishes, busy } = options;
  const graces = [...wishes.values()].map(({ stopGraceSeconds }) => stopGraceSeconds);
  const turns = Math.ceil((wishes.size + 1) / limits.concurrentStops);
  const deadline = clock.now() + Math.max(limits.stopGraceSecondsDefault, ...graces) * 1000 * turns + marginMs;
  for (let quietLooks = 0; ; ) {
    const wasBusy = busy();
    const running = (await runtime.list(clusterId, nodeId)).filter(({ status }) => status === "running");
    quietLooks = running.length === 0 && !wasBusy ? quietLooks + 1 : 0;
    if (quietLooks === 2) return true;
    if (clock.now() > deadline) return false;
    if (running.length > 0) log.info("draining: containers are being stopped", { containers: running.length });
    await Promise.all(running.map((state) => stopOne(state, options)));
    await delay(clock, lookPauseMs);
  }
}

/** What fails is seen by the next look. */
async function stopOne({ taskId, containerId }: ContainerState, options: DrainOptions): Promise<void> {
  const { runtime, log, wishes, stops } = options;
  const wish = wishes.get(taskId as TaskId);
  try {
    await stops.run(() => runtime.stop(containerId, wish?.stopGraceSeconds ?? limits.stopGraceSecondsDefault));
    const ended = await runtime.inspect(containerId);
    if (wish && ended?.status === "exited") await report(wish, ended, options);
  } catch (error) {
    log.warn("draining: a container was not stopped", { taskId, why: (error as Error).message });
  }
}

/** What is to be kept alive is left to the master: deregistering replaces it. */
async function report(wish: Assignment, ended: ContainerState, { client, log, nodeId }: DrainOptions): Promise<void> {
  if (wish.desired === "running" && wish.restartPolicy.mode !== "never") return;
  const asked = wish.desired === "stopped";
  const reason = asked
    ? { code: "stopped" as const, message: `stopped as asked, with exit code ${ended.exitCode}` }
    : {
        code: "node-deregistered" as const,
        message: `stopped because its worker was drained, with exit code ${ended.exitCode}`,
      };
  const answer = await client
    .call("reportTask", {
      id: wish.taskId,
      body: {
        status: asked ? "stopped" : "failed",
        nodeId,
        reason,
        containerId: ended.containerId,
        exitCode: ended.exitCode,
        startedAt: ended.startedAt,
        finishedAt: ended.finishedAt,
      },
      timeoutMs: limits.reportPatienceMs,
    })
    .catch(() => null);
  if (!answer?.ok) log.warn("draining: the master did not take a report", { taskId: wish.taskId });
}
