// Has the cluster come to rest? Says what is still in the way, as a sentence; null: nothing.

import { isFinished, isPlaced } from "../../model/task/reason.ts";
import type { RunContext } from "./context.ts";

export function unsettledBecause(scene: RunContext): string | null {
  const { master, workers, truth, mirror } = scene;
  if (!master.master) return "the master is not up";
  for (const machine of workers) {
    const why = unsettledWorker(scene, machine);
    if (why !== null) return why;
  }
  const { state } = truth;
  const running = new Map<string, { nodeId: string; startedAt: string | null }>();
  for (const { engine, identity } of workers) {
    for (const { taskId, status, nodeId, startedAt } of engine.all()) {
      if (status !== "running") continue;
      if (nodeId !== identity?.nodeId) continue; // of an identity that is gone: nobody's to touch
      running.set(taskId, { nodeId, startedAt });
    }
  }
  for (const task of truth.tasks.values()) {
    const { taskId, status, desired, reason } = task;
    if (isFinished(status)) continue;
    const said = `task ${taskId} is ${status} (${reason.code}: ${reason.message})`;
    if (desired === "stopped") return `${said}, and was to stop`;
    if (status === "scheduled") return said;
    const run = running.get(taskId);
    if (status === "running" && run?.nodeId !== task.nodeId) return `${said}, and no container runs`;
    if (status === "running" && run?.startedAt !== task.startedAt)
      return `${said}, and of its last start nobody has told`;
    if (status === "pending" && state.schedule.choose(task, state.cluster.strategy, state.cursors.lastNodeId) !== null)
      return `${said}, and a node would fit`;
  }
  for (const [taskId, { nodeId }] of running) {
    const task = truth.tasks.get(taskId as never);
    if (!task || !isPlaced(task.status) || task.nodeId !== nodeId) return `${taskId} runs on ${nodeId} for nobody`;
  }
  if (mirror.tasks.size !== state.tasks.size) return `a watcher has ${mirror.tasks.size} of ${state.tasks.size} tasks`;
  return null;
}

function unsettledWorker({ truth }: RunContext, machine: RunContext["workers"][number]): string | null {
  const { name, worker, identity } = machine;
  if (!worker || !identity || identity.nodeId === "") return `${name} has not joined`;
  const node = truth.state.nodes.get(identity.nodeId as never);
  if (!node) return `${name} (${identity.nodeId}) is no node`;
  if (node.status !== "online") return `${name} is ${node.status}`;
  if (node.suspect !== null) return `${name} is suspect: ${node.suspect.message}`;
  if (node.flapping?.steadyUntil) return `${name} is damped until ${node.flapping.steadyUntil}`;
  if (!node.schedulable) return `${name} is cordoned`;
  if (node.engineError !== null) return `${name} has no engine: ${node.engineError}`;
  if (machine.passing !== null) return `${name} runs ${machine.passing}, which will end`;
  if (!worker.masterUp) return `${name} has no master`;
  return null;
}
