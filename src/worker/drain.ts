// A worker that leaves for good: nothing new comes, what runs is stopped with its grace, the master hears how each
// ended, and the node is deregistered, so that the master replaces elsewhere what is to be kept alive.

import type { Client } from "../api/client.ts";
import type { Log } from "../lib/log.ts";
import type { Semaphore } from "../lib/semaphore.ts";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { Task } from "../model/task.ts";
import type { ContainerState, Runtime } from "../runtime/runtime.ts";

export interface DrainOptions {
  client: Client;
  runtime: Runtime;
  log: Log;
  nodeId: string;
  clusterId: string;
  wishes: ReadonlyMap<TaskId, Task>;
  stops: Semaphore;
}

/** A start that was under way when draining began may come after the first look. */
const looks = 3;

export async function drainTasks(options: DrainOptions): Promise<void> {
  const { client, log, nodeId, clusterId } = options;
  if (nodeId === "") return;
  const call = { id: nodeId, timeoutMs: limits.reportPatienceMs };
  await client.call("cordonNode", call).catch(() => null); // without a master there is nothing to keep away
  try {
    if (clusterId !== "") await stopAll(options);
  } catch (error) {
    log.error("draining: the engine is away, so what runs cannot be stopped", { why: (error as Error).message });
    return;
  }
  const left = await client.call("deregisterNode", call).catch(() => null);
  if (!left?.ok) log.warn("the master was not told; it will miss this node in a few seconds");
}

async function stopAll(options: DrainOptions): Promise<void> {
  const { runtime, log, clusterId, nodeId, wishes, stops } = options;
  for (let look = 0; look < looks; look++) {
    const running = (await runtime.list(clusterId, nodeId)).filter(({ status }) => status === "running");
    if (running.length === 0) return;
    log.info("draining: containers are being stopped", { containers: running.length });
    await Promise.all(
      running.map(async ({ taskId, containerId }) => {
        const wish = wishes.get(taskId as TaskId);
        await stops.run(() => runtime.stop(containerId, wish?.stopGraceSeconds ?? limits.stopGraceSecondsDefault));
        const ended = await runtime.inspect(containerId);
        if (wish && ended) await report(wish, ended, options);
      }),
    );
  }
}

/** What is to be kept alive is left to the master: deregistering replaces it. */
async function report(wish: Task, ended: ContainerState, { client, log, nodeId }: DrainOptions): Promise<void> {
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
