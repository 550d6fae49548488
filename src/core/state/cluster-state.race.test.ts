// Properties over random command sequences: undo takes everything back, the log gives the same state again, a snapshot
// too, and every index agrees with the tables. PODLING_SEEDS says how many seeds.

import { expect, test } from "bun:test";
import { type Random, randomInteger, seededRandom } from "../../lib/random.ts";
import { type Batch, dataFormat } from "../../model/change.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { type TaskStatus, taskStatuses } from "../../model/task/reason.ts";
import { containerDefaults, specDefaults } from "../../model/task/spec.ts";
import { hasFinished, holdingNode } from "../../model/task/task.ts";
import type { ParsedTaskInput } from "../../model/task/task-input.ts";
import { isLegalTransition } from "../../model/task/transitions.ts";
import type { Command } from "../commands/command.ts";
import { runTick } from "../tick.ts";
import { ClusterState } from "./cluster-state.ts";
import { applyBatch } from "./recover.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";

const seeds = Number(process.env.PODLING_SEEDS ?? "25");
const retention = { count: 20, ageMs: 30_000 };

function pick<T>(random: Random, items: readonly T[]): T | undefined {
  return items[randomInteger(random, items.length)];
}

function randomCommand(random: Random, state: ClusterState): Command {
  const taskId = pick(random, [...state.tasks.keys()]) ?? ("none" as TaskId);
  const nodeId = pick(random, [...state.nodes.keys()]) ?? ("none" as NodeId);
  const kind = randomInteger(random, 12);
  if (kind < 4) {
    const input: ParsedTaskInput = {
      name: `t${randomInteger(random, 5)}`,
      image: "i",
      resources: { ...containerDefaults.resources, cpu: { request: randomInteger(random, 3) / 2, limit: null } },
      restartPolicy: { ...specDefaults.restartPolicy, mode: pick(random, ["never", "always"] as const)! },
    };
    const key = `k${randomInteger(random, 30)}`;
    return { type: "createTask", input, ...(random.next() < 0.3 ? { idempotency: { key, fingerprint: "same" } } : {}) };
  }
  if (kind < 8)
    return { type: "reportTask", taskId, report: { status: pick(random, taskStatuses) as TaskStatus, exitCode: 0 } };
  if (kind === 8) return { type: "stopTask", taskId };
  if (kind === 9) return { type: "removeTask", taskId, force: random.next() < 0.3 };
  const hostname = `n${randomInteger(random, 4)}`;
  const choice = randomInteger(random, 8);
  if (choice === 0) return { type: "loseNode", nodeId, silentMs: 3000 };
  if (choice === 6) return { type: "suspectNode", nodeId, code: "connection-broken", message: "its connection broke" };
  if (choice === 7) return { type: "loseNode", nodeId, silentMs: 0, cause: "by-hand" };
  if (choice === 1) return { type: "deregisterNode", nodeId };
  if (choice === 2) return { type: "setSchedulable", nodeId, schedulable: random.next() < 0.7 };
  if (choice === 3) return { type: "refreshNode", nodeId, engineError: random.next() < 0.3 ? "away" : null };
  const registration = {
    hostname,
    port: 1,
    address: "a",
    capacity: 1 + randomInteger(random, 4),
    cpu: 2,
    memory: 0,
    labels: {},
    engine: null,
    engineError: null,
    version: "",
  };
  return { type: "registerNode", registration };
}

function byTask(left: { taskId: TaskId } | undefined, right: { taskId: TaskId } | undefined): number {
  return (left?.taskId ?? "") < (right?.taskId ?? "") ? -1 : 1;
}

/** Everything that a state says, in a form that compares. */
function image(state: ClusterState): unknown {
  return {
    revision: state.revision,
    cluster: state.cluster,
    cursors: state.cursors,
    tasks: Object.fromEntries([...state.tasks].sort()),
    nodes: Object.fromEntries([...state.nodes].sort()),
    order: [...state.order.after("")],
    counts: { ...state.counts, notReady: state.notReady },
    pending: state.pending.count,
    finished: [...state.finished.values()],
    toReplace: [...state.toReplace.values()],
    damped: [...state.damped.inOrder.values()],
    keys: [...state.tasks.values()]
      .flatMap(({ idempotency }) => (idempotency ? [state.withKey(idempotency.key)] : []))
      .sort(byTask),
    usage: [...state.nodes.keys()]
      .sort()
      .map((nodeId) => ({ ...state.schedule.usage(nodeId), tasks: [...state.placedOn(nodeId)].sort() })),
  };
}

function checkIndexes(state: ClusterState): void {
  const tasks = [...state.tasks.values()];
  for (const status of taskStatuses)
    expect(state.counts[status]).toBe(tasks.filter((task) => task.observed.status === status).length);
  expect([...state.order.after("")]).toEqual(tasks.map(({ taskId }) => taskId).sort());
  expect(state.finished.size).toBe(tasks.filter((task) => hasFinished(task)).length);
  for (const nodeId of state.nodes.keys()) {
    const placed = tasks.filter((task) => holdingNode(task) === nodeId);
    expect(state.schedule.usage(nodeId)).toEqual({
      runningTasks: placed.length,
      cpuMillis: placed.reduce(
        (sum, task) => sum + Math.round(task.spec.containers[0]!.resources.cpu.request * 1000),
        0,
      ),
      memoryBytes: 0,
    });
  }
}

test.each(Array.from({ length: seeds }, (_, index) => index + 1))("seed %d", (seed) => {
  const random = seededRandom(seed);
  const state = new ClusterState();
  const log: Batch[] = [];
  let now = Date.UTC(2025, 0, 1);
  for (let round = 0; round < 120; round++) {
    now += randomInteger(random, 3000) - 200; // clocks go back, too
    const commands = Array.from({ length: randomInteger(random, 4) }, () => randomCommand(random, state));
    const before = image(state);
    const statusBefore = new Map([...state.tasks].map(([taskId, { observed }]) => [taskId, observed.status]));
    const context = { now, seed: randomInteger(random, 2 ** 32), retention };
    const submissions = commands.map((command) => ({ command, origin: { kind: "user" as const, name: "test" } }));
    const tick = runTick(state, submissions, context);
    if (random.next() < 0.2) {
      tick.undo();
      expect(image(state)).toEqual(before);
      continue;
    }
    if (tick.changes.length > 0) {
      log.push({
        format: dataFormat,
        revision: state.revision,
        at: now,
        epoch: 1,
        seed: context.seed,
        commands: [],
        changes: JSON.parse(JSON.stringify(tick.changes)),
      });
    }
    for (const change of tick.changes) {
      const status = change.type === "task.updated" ? change.set.observed?.status : undefined;
      if (change.type !== "task.updated" || status === undefined) continue;
      const from = statusBefore.get(change.id) ?? "pending";
      const legal = (["scheduler", "worker", "master", "user"] as const).some((by) =>
        isLegalTransition(from, status, by),
      );
      expect([from, status, legal]).toEqual([from, status, true]);
      statusBefore.set(change.id, status);
    }
    checkIndexes(state);
  }
  const replayed = new ClusterState();
  for (const batch of log) applyBatch(replayed, batch);
  expect(image(replayed)).toEqual(image(state));
  expect(image(readSnapshot(writeSnapshot(state)))).toEqual(image(state));
});
