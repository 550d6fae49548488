// Priorities over random clusters: a task is stopped only for one with a higher priority, only where no node had capacity, and no more
// tasks than needed; the capacity goes to the task that it is held for; no task that could have capacity waits; and it comes to rest.
// Also after changes were taken back, and in a state that a log was replayed into. PODLING_SEEDS: the number of seeds.

import { expect, test } from "bun:test";
import { type Random, randomInteger, randomItem, seededRandom } from "../../lib/random.ts";
import type { Change } from "../../model/change.ts";
import { type NodeId, nextTaskId, type TaskId } from "../../model/ids.ts";
import { type NodeRecord, nodeDefaults } from "../../model/node/node.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import type { PackedSpec } from "../../model/task/spec.ts";
import { hasFinished, holdingNode, type PackedTaskUpdate, type Task } from "../../model/task/task.ts";
import type { Volume } from "../../model/volume/volume.ts";
import { ClusterState } from "../state/cluster-state.ts";
import { placement } from "./placement.ts";
import { restarts } from "./restarts.ts";

const seeds = Number(process.env.PODLING_SEEDS ?? "40");
const now = Date.UTC(2025, 0, 1);
const at = "2025-01-01T00:00:00.000Z";
const retention = { count: 1000, ageMs: 60_000 };
const volumes = (["one", "two", "many"] as const).map((name): Volume => {
  const placed = {
    nodeId: null,
    hostname: null,
    state: "unbound" as const,
    writers: name === "many" ? "many" : 1,
  } as const;
  return { name, ...placed, lastUsedBy: null, work: null, copies: [], labels: {}, createdAt: at };
});

function randomNode(random: Random, number: number): NodeRecord {
  return {
    ...nodeDefaults,
    nodeId: `node-${String(number).padStart(8, "0")}` as NodeId,
    ...{ hostname: `h${number}`, port: 8081, address: "127.0.0.1", registeredAt: at, version: "" },
    capacity: 1 + randomInteger(random, 5),
    cpu: randomItem(random, [0, 2, 3, 4]),
    memory: 0,
    labels: randomItem<Record<string, string>>(random, [{}, { disk: "ssd" }]),
    ...{ status: "online" as const, engine: null, engineError: null },
    schedulable: random.next() < 0.9,
    flapping:
      random.next() < 0.8 ? null : { losses: 3, lostAt: "", steadyUntil: randomItem(random, [null, ""]), steadyMs: 0 },
  };
}

function randomSpec(random: Random): PackedSpec {
  const cpu = { request: randomItem(random, [0, 0.5, 1, 1, 2, 3]), limit: null };
  const hostPort = 8000 + randomInteger(random, 2);
  const port = { hostPort, containerPort: 80, protocol: "tcp" as const, hostIp: "0.0.0.0" };
  const priority = randomItem(random, [undefined, undefined, -5, 10, 10, 100]);
  const mode = randomItem(random, ["never", "always"] as const);
  return {
    containers: [
      {
        ...{ image: "i", resources: { cpu, memory: { request: 0, limit: null } } },
        ...(random.next() < 0.2 ? { ports: [port] } : {}),
        ...(random.next() < 0.3 ? { mounts: [randomMount(random)] } : {}),
      },
    ],
    restartPolicy: { mode, maxRestarts: null, backoffInitialMs: 1, backoffMaxMs: 1, resetAfterMs: 1 },
    ...(random.next() < 0.15
      ? { constraints: [{ type: "label" as const, key: "disk", operator: "equals" as const, value: "ssd" }] }
      : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(random.next() < 0.15 ? { placement: { maxPerNode: 1 } } : {}),
  };
}

function randomMount(random: Random) {
  const source = randomItem(random, volumes).name;
  return { type: "volume" as const, source, target: "/data", readOnly: random.next() < 0.3, sizeBytes: null };
}

function endOf(state: ClusterState, task: Task): Change {
  const status = task.desired === "stopped" ? ("stopped" as const) : ("failed" as const);
  const set = { observed: { status, finishedAt: at, reason: { code: "exited" as const, message: "" } } };
  return { type: "task.updated", id: task.taskId, set: { ...set, ended: { at, revision: state.revision } } };
}

function randomChange(random: Random, state: ClusterState): Change {
  const live = [...state.tasks.values()].filter((task) => !hasFinished(task)).sort(byId);
  const action = random.next();
  if (action < 0.3 && live.length > 0) {
    const task = randomItem(random, live);
    return task.placement === null ? { type: "task.removed", id: task.taskId } : endOf(state, task);
  }
  if (action < 0.4) {
    const record = randomNode(random, randomInteger(random, 4));
    if (!state.nodes.has(record.nodeId)) return { type: "node.created", record };
    const { nodeId: _, ...set } = record;
    return { type: "node.updated", id: record.nodeId, set };
  }
  const taskId = nextTaskId(state.cursors.lastTaskId, now, random);
  return { type: "task.created", record: { taskId, name: "t", createdAt: at, spec: randomSpec(random) } };
}

function byId(left: Task, right: Task): number {
  return left.taskId < right.taskId ? -1 : 1;
}

const priorityOf = (task: Task): number => requirementsOfTask(task).priority;

/** The nodes on which the task would fit if these tasks had left, by an evaluation of every node. */
function fitting(state: ClusterState, task: Task, gone: readonly Task[]): NodeId[] {
  const index = state.schedule.clone();
  for (const one of gone) index.release(holdingNode(one)!, requirementsOfTask(one));
  const verdicts = index.explain(requirementsOfTask(task), state.cluster.strategy, null);
  return verdicts.filter(({ fits }) => fits).map(({ nodeId }) => nodeId);
}

/** `step` is about to be applied. */
function expectJustified(state: ClusterState, step: readonly Change[]): void {
  const stopped = step.filter((change) => (change as { set?: PackedTaskUpdate }).set?.requests?.preempted);
  if (stopped.length === 0) return;
  const leaving = stopped.map((change) => state.task((change as { id: TaskId }).id));
  const { by } = (stopped[0] as { set: PackedTaskUpdate }).set.requests!.preempted!;
  const task = state.task(by as TaskId);
  const [nodeId, ...others] = new Set(leaving.map(holdingNode));
  expect(others).toEqual([]);
  for (const one of leaving) {
    expect(priorityOf(one)).toBeLessThan(priorityOf(task));
    expect(one.desired).toBe("running");
  }
  expect(fitting(state, task, [])).toEqual([]);
  expect(fitting(state, task, leaving)).toContain(nodeId!);
  for (const one of leaving) {
    const rest = leaving.filter((each) => each !== one);
    expect(fitting(state, task, rest)).not.toContain(nodeId!);
  }
}

/** Runs the reconcilers, and returns the tasks that were placed. */
function reconcile(state: ClusterState, random: Random, apply: (change: Change) => void): void {
  for (const { run } of [restarts, placement]) {
    for (const step of run(state, { now, revision: state.revision + 1, random, retention })) {
      const changes = Array.isArray(step) ? (step as Change[]) : [step as Change];
      expectJustified(state, changes);
      for (const change of changes) {
        const placed = (change as { set?: PackedTaskUpdate }).set?.placement;
        const requirements = placed && requirementsOfTask(state.task((change as { id: TaskId }).id));
        if (placed)
          expect(
            state.schedule.chooseAmong([state.schedule.nodeInfo(placed.nodeId)], requirements!, "spread", null),
          ).toBe(placed.nodeId);
        apply(change);
      }
    }
  }
}

/** No task waits that fits a node, or that would fit without tasks of a lower priority, but for tasks with held capacity. */
function expectNoWaitWithCapacity(state: ClusterState): void {
  const awaited = new Set(
    [...state.tasks.values()].flatMap(({ requests, ...task }) =>
      requests?.preempted && holdingNode(task) !== null ? [requests.preempted.by] : [],
    ),
  );
  for (const task of state.tasks.values()) {
    if (task.observed.status !== "pending" || awaited.has(task.taskId)) continue;
    expect(fitting(state, task, [])).toEqual([]);
    for (const {
      record: { nodeId },
    } of state.schedule.nodes) {
      const lower = [...state.placedOn(nodeId)]
        .map((id) => state.task(id))
        .filter((one) => one.desired === "running" && priorityOf(one) < priorityOf(task));
      if (lower.length > 0 && state.node(nodeId).schedulable)
        expect(fitsIfGone(state, task, nodeId, lower)).toBe(false);
    }
  }
}

/** No other task took a volume of one that waits until others have left its node. */
function expectVolumesKept(state: ClusterState): void {
  for (const leaving of state.tasks.values()) {
    const { preempted } = leaving.requests ?? {};
    const nodeId = holdingNode(leaving);
    const task = preempted && nodeId !== null ? state.tasks.get(preempted.by as TaskId) : undefined;
    if (task?.observed.status !== "pending") continue;
    for (const { name, writes } of requirementsOfTask(task).volumes) {
      const volume = state.record("volume", name);
      expect([null, nodeId]).toContain(volume.nodeId);
      if (writes && volume.writers === 1) expect(state.schedule.volumes.firstWriter(name)).toBe(null);
    }
  }
}

/** Rules count a task as long as it is there: no task is stopped for them. */
function fitsIfGone(state: ClusterState, task: Task, nodeId: NodeId, gone: readonly Task[]): boolean {
  const requirements = requirementsOfTask(task);
  if (requirements.rules !== null && state.schedule.nodeInfo(nodeId).groups.placedOn(requirements.group!, nodeId) > 0)
    return false;
  return fitting(state, task, gone).includes(nodeId);
}

test.each(Array.from({ length: seeds }, (_, index) => index + 1))("seed %d", (seed) => {
  const random = seededRandom(seed);
  const log: Change[] = [];
  let state = new ClusterState();
  for (const record of volumes) {
    log.push({ type: "volume.created", record });
    state.apply({ type: "volume.created", record });
  }
  const round = (change: (apply: (change: Change) => void) => void, mayUndo: boolean): void => {
    const attempts = state.pending.attempts();
    const { cursors } = state;
    const deltas: ReturnType<ClusterState["apply"]>[] = [];
    const changes: Change[] = [];
    const apply = (each: Change) => {
      deltas.push(state.apply(each));
      changes.push(JSON.parse(JSON.stringify(each)));
    };
    change(apply);
    reconcile(state, random, apply);
    expectNoWaitWithCapacity(state);
    expectVolumesKept(state);
    if (mayUndo && random.next() < 0.25) {
      for (const delta of deltas.toReversed()) state.revert(delta);
      state.cursors = cursors;
      state.pending.restoreAttempts(attempts);
    } else log.push(...changes);
  };
  for (let count = 0; count < 60; count++) {
    round((apply) => {
      for (let left = 1 + randomInteger(random, 4); left > 0; left--) apply(randomChange(random, state));
    }, true);
    if (random.next() > 0.1) continue;
    state = new ClusterState();
    for (const change of log) state.apply(change);
  }
  const leaving = () =>
    [...state.tasks.values()].filter((task) => task.desired === "stopped" && !hasFinished(task)).sort(byId);
  let rounds = 0;
  while (leaving().length > 0) {
    expect(rounds++).toBeLessThan(200);
    round((apply) => apply(endOf(state, randomItem(random, leaving()))), false);
  }
  expect([...state.tasks.values()].filter(({ observed }) => observed.reason.code === "preempting")).toEqual([]);
});
