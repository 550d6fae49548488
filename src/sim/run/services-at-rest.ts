// Whether the services have come to rest after everything was repaired, and why not. It counts replicas from the records of
// tasks, without the index and the counts that the reconciler of services uses.

import { wantedReplicas } from "../../model/service/service.ts";
import { isFinished } from "../../model/task/reason.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Truth } from "./truth.ts";

/** The live tasks of each slot of each service: those that run or are about to, and that are to go on. */
export function liveBySlot(truth: Truth): Map<string, TaskView[]> {
  const found = new Map<string, TaskView[]>();
  for (const task of truth.tasks.values()) {
    if (task.owner?.kind !== "service" || task.desired !== "running" || isFinished(task.status)) continue;
    const key = slotKey(task.owner.id, task.owner.slot ?? "");
    const before = found.get(key);
    if (before) before.push(task);
    else found.set(key, [task]);
  }
  return found;
}

export function slotKey(serviceId: string, slot: string): string {
  return `${serviceId} ${slot}`;
}

export function serviceNotAtRest(truth: Truth): string | null {
  const { service: services } = truth.state.tables;
  if (services.size === 0) return null;
  const live = liveBySlot(truth);
  for (const service of services.values()) {
    const { serviceId, name, rollout, paused, reason } = service;
    // A rollout that waits for a person waits for as long as that takes.
    if (rollout !== null && !paused && reason.code !== "canary")
      return `service ${name} has a rollout under way (${reason.code}: ${reason.message})`;
    // After failures in a row, a slot may wait for minutes for its next replica.
    for (let slot = 1; slot <= (wantedReplicas(service) ?? 0); slot++)
      if (!live.has(slotKey(serviceId, String(slot)))) return `${name}.${slot} has no replica (${reason.message})`;
  }
  return null;
}
