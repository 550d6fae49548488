// Placement decides exactly what a search over all nodes for the oldest waiting task that fits, again and again, would decide: over
// random clusters, in ticks that are cut short, after changes were taken back, and in a state that a log was replayed
// into. No task is placed away from the data of its volumes, or beside another writer of a volume that has one.
// PODLING_SEEDS: the number of seeds.

import { expect, test } from "bun:test";
import { type Random, randomInteger, randomItem, seededRandom } from "../../lib/random.ts";
import type { Change } from "../../model/change.ts";
import { strategies } from "../../model/cluster/cluster.ts";
import { type NodeId, nextTaskId, type TaskId } from "../../model/ids.ts";
import { requirementsOfTask } from "../../model/task/requirements.ts";
import type { PackedSpec, PlacementRules } from "../../model/task/spec.ts";
import { hasFinished, holdingNode, type PackedTask, updateTask } from "../../model/task/task.ts";
import { ClusterState } from "../state/cluster-state.ts";
import { randomNode } from "../test-nodes.ts";
import { placement } from "./placement.ts";
import { volumes } from "./volumes.ts";

const seeds = Number(process.env.PODLING_SEEDS ?? "25");
const GiB = 1024 ** 3;
const now = Date.UTC(2025, 0, 1);
const retention = { count: 100, ageMs: 60_000 };

const services = ["web", "db", "cache"] as const;

function randomOwner(random: Random): Pick<PackedTask, "name" | "owner"> {
  if (random.next() < 0.4) return { name: "t" };
  const service = randomItem(random, services);
  return { name: `${service}.1`, owner: { kind: "service", id: service, revision: 1, slot: "1" } };
}

function randomRules(random: Random): PlacementRules {
  return {
    ...(random.next() < 0.3 ? { spread: randomItem(random, [["zone"], ["zone", "disk"], ["none"]]) } : {}),
    ...(random.next() < 0.4 ? { maxPerNode: 1 + randomInteger(random, 2) } : {}),
    ...(random.next() < 0.3 ? { prefer: [{ key: "disk", value: "ssd", weight: randomItem(random, [2, -1]) }] } : {}),
    ...(random.next() < 0.3 ? { near: [randomItem(random, services)] } : {}),
    ...(random.next() < 0.3 ? { apart: [randomItem(random, services)] } : {}),
  };
}

function randomSpec(random: Random): PackedSpec {
  const amount = (value: number) => ({ request: value, limit: null });
  const cpu = amount(randomItem(random, [0, 0.25, 0.5, 1, 1.5, 3]));
  const memory = amount(randomItem(random, [0, 0.25, 0.5, 1.5]) * GiB);
  const hostIp = randomItem(random, ["127.0.0.1", "0.0.0.0", "10.0.0.1"]);
  const port = { hostPort: 8000 + randomInteger(random, 3), containerPort: 80, protocol: "tcp" as const, hostIp };
  const network = random.next() < 0.15 ? { network: { mode: randomItem(random, ["host", "none"] as const) } } : {};
  const bind = { type: "bind" as const, target: "/d", readOnly: false, sizeBytes: null };
  const binds = random.next() < 0.15 ? [{ ...bind, source: randomItem(random, ["/srv/data", "/etc"]) }] : [];
  const mounts = random.next() < 0.3 ? [...binds, ...randomVolumes(random)] : binds;
  return {
    containers: [
      { image: "i", resources: { cpu, memory }, ports: random.next() < 0.2 ? [port] : [], mounts, ...network },
    ],
    constraints: randomItem<NonNullable<PackedSpec["constraints"]>>(random, [
      [],
      [],
      [{ type: "label", key: "disk", operator: "equals", value: "ssd" }],
      [{ type: "label", key: "zone", operator: "exists" }],
      [{ type: "label", key: "disk", operator: "not-equals", value: "hdd" }],
      [
        { type: "node", operator: "not-equals", value: "h1" },
        { type: "label", key: "zone", operator: "equals", value: "a" },
      ],
      [{ type: "node", operator: "equals", value: randomItem(random, ["h3", "node-00000002"]) }],
    ]),
    platform: random.next() < 0.15 ? randomItem(random, ["linux/amd64", "linux/arm64"]) : null,
    ...(random.next() < 0.4 ? { placement: randomRules(random) } : {}),
  };
}

function randomVolumes(random: Random) {
  const volume = { type: "volume" as const, target: "/v", sizeBytes: null };
  const names = randomItem(random, [["v1"], ["v2"], ["v3"], ["v1", "v2"], ["v1", "v1"]]);
  return names.map((source) => ({ ...volume, source, readOnly: random.next() < 0.3 }));
}

/** A change of a volume, if there is one. */
function randomVolumeChange(random: Random, state: ClusterState): Change | null {
  const volumes = [...state.tables.volume.values()];
  if (volumes.length === 0) return null;
  const { name } = randomItem(random, volumes);
  if (random.next() < 0.2) return { type: "volume.removed", id: name };
  const nodes = [...state.nodes.keys()].sort();
  const released = { nodeId: null, hostname: null, state: "released" as const };
  const moved = { nodeId: randomItem(random, nodes) ?? null, state: "bound" as const };
  const set = randomItem(random, [{ writers: 1 as const }, { writers: "many" as const }, released, moved]);
  return { type: "volume.updated", id: name, set };
}

/** Taken in the order given: a tick's changes, each applied before the next is drawn. */
function randomChange(random: Random, state: ClusterState): Change {
  const action = random.next();
  const numbers = 8;
  const live = [...state.tasks.values()].filter((task) => !hasFinished(task));
  if (action < 0.3 && live.length > 0) {
    const { taskId, observed } = randomItem(random, live);
    if (random.next() < 0.1) return { type: "task.removed", id: taskId };
    const status = observed.status === "scheduled" ? ("failed" as const) : ("stopped" as const);
    const ended = { at: "2025-01-01T00:00:00.000Z", revision: state.revision };
    return { type: "task.updated", id: taskId, set: { observed: { status }, ended } };
  }
  if (action < 0.5) {
    const record = randomNode(random, randomInteger(random, numbers));
    const known = state.nodes.get(record.nodeId);
    if (!known) return { type: "node.created", record };
    if (random.next() < 0.2 && state.placedOn(record.nodeId).size === 0)
      return { type: "node.removed", id: record.nodeId };
    const { nodeId: _, ...set } = random.next() < 0.5 ? record : { ...known, schedulable: !known.schedulable };
    return { type: "node.updated", id: record.nodeId, set };
  }
  const volumeChange = action < 0.6 ? randomVolumeChange(random, state) : null;
  if (volumeChange) return volumeChange;
  const taskId = nextTaskId(state.cursors.lastTaskId, now, random);
  return {
    type: "task.created",
    record: { taskId, createdAt: "2025-01-01T00:00:00.000Z", ...randomOwner(random), spec: randomSpec(random) },
  };
}

type Decision = readonly [TaskId, NodeId];

/** Again and again the oldest waiting task that fits a node, by an evaluation of every node. */
function expectedDecisions(state: ClusterState): Decision[] {
  const { strategy } = state.cluster;
  const index = state.schedule.clone();
  let last = state.cursors.lastNodeId;
  const decisions: Decision[] = [];
  const volumes = new Map(state.tables.volume);
  const waiting = [...state.tasks.values()]
    .filter(({ observed }) => observed.status === "pending")
    .sort((left, right) => (left.taskId < right.taskId ? -1 : 1));
  for (let at = 0; at < waiting.length; at++) {
    const task = waiting[at]!;
    const requirements = requirementsOfTask(task);
    const chosen = index.explain(requirements, strategy, last).find((verdict) => verdict.chosen);
    if (!chosen) continue;
    index.place(chosen.nodeId, requirements);
    const { nodeId } = chosen;
    const placed = updateTask(task, {
      placement: { nodeId, at: "", revision: 1 },
      observed: { status: "scheduled" },
    });
    index.volumes.moved(task, placed);
    for (const { name } of requirements.volumes) {
      const before = volumes.get(name)!;
      const after = { ...before, nodeId: before.nodeId ?? nodeId };
      volumes.set(name, after);
      index.volumes.volumeMoved(before, after);
    }
    last = nodeId;
    decisions.push([task.taskId, nodeId]);
    waiting.splice(at, 1);
    // An older one may fit now, which must be near this one.
    at = -1;
  }
  return decisions;
}

/** Runs placement for at most `most` changes, and returns the placements. */
function run(state: ClusterState, random: Random, apply: (change: Change) => void, most: number): Decision[] {
  const decisions: Decision[] = [];
  let changes = 0;
  for (const step of placement.run(state, { now, revision: state.revision + 1, random, retention })) {
    const [change, ...bindings] = (Array.isArray(step) ? step : [step]) as [TaskUpdate, ...Change[]];
    const { placement: placed } = change.set;
    if (placed) expectFollowsData(state, change.id as TaskId, placed.nodeId);
    for (const each of [change, ...bindings]) apply(each);
    if (placed) decisions.push([change.id as TaskId, placed.nodeId]);
    if (++changes === most) break;
  }
  return decisions;
}

type TaskUpdate = Extract<Change, { type: "task.updated" }>;

/** `state` is that before the placement. */
function expectFollowsData(state: ClusterState, taskId: TaskId, nodeId: NodeId): void {
  const { volumes } = requirementsOfTask(state.task(taskId));
  for (const { name, writes } of volumes) {
    const volume = state.tables.volume.get(name)!;
    expect(volume.nodeId ?? nodeId).toBe(nodeId);
    const others = [...state.tasks.values()].filter(
      (task) =>
        holdingNode(task) !== null && requirementsOfTask(task).volumes.some((use) => use.name === name && use.writes),
    );
    if (writes && volume.writers === 1) expect(others).toEqual([]);
  }
}

test.each(Array.from({ length: seeds }, (_, index) => index + 1))("seed %d", (seed) => {
  const random = seededRandom(seed);
  const log: Change[] = [];
  let state = new ClusterState();
  state.apply({ type: "cluster.updated", id: "cluster", set: { strategy: randomItem(random, strategies) } });
  log.push({ type: "cluster.updated", id: "cluster", set: { strategy: state.cluster.strategy } });
  for (let round = 0; round < 80; round++) {
    const attempts = state.pending.attempts();
    const { cursors } = state;
    const deltas: ReturnType<ClusterState["apply"]>[] = [];
    const changes: Change[] = [];
    const apply = (change: Change) => {
      deltas.push(state.apply(change));
      changes.push(JSON.parse(JSON.stringify(change)));
    };
    for (let count = 1 + randomInteger(random, 4); count > 0; count--) apply(randomChange(random, state));

    for (const step of volumes.run(state, { now, revision: state.revision + 1, random, retention }))
      apply(step as Change);
    const expected = expectedDecisions(state);
    const most = random.next() < 0.2 ? 1 + randomInteger(random, 6) : Number.POSITIVE_INFINITY;
    const decisions = run(state, random, apply, most);
    expect(decisions).toEqual(expected.slice(0, decisions.length));
    if (most === Number.POSITIVE_INFINITY) {
      expect(decisions).toEqual(expected);
      expect(placement.nextDue(state, { now, retention })).toBe(null);
      for (const task of state.tasks.values()) {
        if (task.observed.status === "pending")
          expect(task.observed.reason.code).toBe(state.schedule.whyNone(requirementsOfTask(task)).code);
      }
    }

    if (random.next() < 0.25) {
      for (const delta of deltas.toReversed()) state.revert(delta);
      state.cursors = cursors;
      if (random.next() < 0.7) {
        state.pending.restoreAttempts(attempts);
        const restored = state.pending.attempts();
        expect(new Set(restored.gained)).toEqual(new Set(attempts.gained));
        const keys = (untried: typeof restored.untried) => untried.map(({ schedulingClass }) => schedulingClass.key);
        expect(keys(restored.untried)).toEqual(keys(attempts.untried));
      }
    } else {
      log.push(...changes);
    }
    if (random.next() < 0.1) {
      const replayed = new ClusterState();
      for (const change of log) replayed.apply(change);
      state = replayed;
    }
  }
});
