// Services under random events: workers that start, fail, crash and lose nodes, and users who change, scale, pause and roll back.
// The planner asserts floor and ceiling itself; after the events, the service becomes what is wanted.

import { expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import type { Service } from "../../../model/service/service.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Command } from "../../commands/command.ts";
import { readSnapshot, writeSnapshot } from "../../state/snapshot.ts";
import { World } from "../../test-world.ts";
import { Replica } from "./replica.ts";

const nodes = ["n1", "n2", "n3", "n4"];

function run(seed: number, mode: "replicated" | "global"): void {
  const random = seededRandom(seed);
  const below = (count: number) => randomInteger(random, count);
  let world = new World();
  for (const hostname of nodes)
    world.node(hostname, { capacity: 20, cpu: 0, memory: 0, version: "1", instance: `${hostname}.${world.now}` });
  const bad = new Set<string>();
  const service = () => world.state.serviceNamed("web");
  const constraints = mode === "global" ? [{ type: "label", key: "skip", operator: "not-equals", value: "yes" }] : [];
  const put = (more: object) =>
    world.do({
      type: "putService",
      input: { name: "web", image: "app:0", constraints, ...more } as ParsedServiceInput,
      by: "test",
    });
  const rollout = { maxSurge: 1 + below(2), parallelism: below(3), drainMs: below(2) * 500 };
  put(mode === "global" ? { mode, rollout } : { replicas: 3, rollout });

  const owned = (): Task[] => [...world.state.tasks.values()].filter(({ owner }) => owner !== null);
  const report = (task: Task, isCalm: boolean): Command | null => {
    const { status } = task.observed;
    const { image } = task.spec.containers[0]!;
    const say = (fields: object) => world.report(task.taskId, fields as never);
    if (hasFinished(task) || status === "pending") return null;
    if (task.desired === "stopped") return say({ status: "stopped", exitCode: 0 });
    if (status === "scheduled") {
      if (bad.has(image)) return say({ status: "failed", reason: { code: "image-not-found", message: "no image" } });
      return say({ status: "running" });
    }
    if (isCalm || task.observed.reason.code !== "restarting") {
      if (!isCalm && below(25) === 0) return say({ status: "failed", exitCode: 1 });
      return null;
    }
    return say({ status: "running", reason: { code: "running", message: "running" } });
  };

  for (let step = 0; step < 150; step++) {
    const { serviceId } = service()!;
    const replicas = below(6);
    const event = below(mode === "global" ? 20 : 16);
    const image = `app:${below(6)}`;
    if (event === 0) put({ image });
    else if (event === 1) world.tick({ type: "scaleService", serviceId, replicas });
    else if (event === 2) world.do({ type: "pauseService", serviceId, paused: below(2) === 0 });
    else if (event === 3) world.tick({ type: "rollbackService", serviceId });
    else if (event === 4) world.do({ type: "restartService", serviceId, by: "test" });
    else if (event === 5) toggle(bad, image);
    else if (event === 6) loseOne(world, below);
    else if (event === 7) openAll(world, false);
    else if (event === 8)
      world = Object.assign(new World(), { state: readSnapshot([...writeSnapshot(world.state)]), now: world.now });
    else if (event === 9 || event === 10) drainOne(world, below);
    else if (event === 19) put(below(2) === 0 ? { mode: "global" } : { mode: "replicated", replicas });
    else if (event > 15) changeNodes(world, event, below);
    for (const task of owned()) {
      const command = below(2) === 0 ? report(task, false) : null;
      if (command) world.tick(command);
    }
    world.now += below(2_000);
    world.do({ type: "wake" });
  }

  bad.clear();
  for (const { nodeId } of world.state.nodes.values()) {
    world.do({ type: "refreshNode", nodeId });
    world.do({ type: "undrainNode", nodeId });
  }
  openAll(world, true);
  const { serviceId } = service()!;
  for (let round = 0; round < 900; round++) {
    // A rollback that failed waits for a person.
    if (service()!.paused) world.do({ type: "pauseService", serviceId, paused: false });
    for (const task of owned()) {
      const command = report(task, true);
      if (command) world.tick(command);
    }
    world.now += 1_000;
    world.do({ type: "wake" });
  }
  expectWanted(world, service()!, `seed ${seed}`);
}

function toggle(bad: Set<string>, image: string): void {
  if (!bad.delete(image) && bad.size < 3) bad.add(image);
}

type Below = (count: number) => number;

function loseOne(world: World, below: Below): void {
  const [nodeId] = world.state.nodesNamed(nodes[below(nodes.length)]!);
  world.do({ type: "loseNode", nodeId: nodeId!, silentMs: 5_000 });
}

function drainOne(world: World, below: Below): void {
  const [nodeId] = world.state.nodesNamed(nodes[below(nodes.length)]!);
  const deadlineMs = below(3) * 5_000;
  if (below(2) === 0) world.do({ type: "drainNode", nodeId: nodeId!, deadlineMs, by: "test" });
  else world.do({ type: "undrainNode", nodeId: nodeId! });
}

/** Nodes that were lost come back; with `uncordon`, every node takes tasks again and stays. */
function openAll(world: World, uncordon: boolean): void {
  for (const { nodeId } of world.state.nodes.values()) {
    world.do({ type: "refreshNode", nodeId });
    if (!uncordon) continue;
    world.do({ type: "setSchedulable", nodeId, schedulable: true });
    world.do({ type: "undrainNode", nodeId });
  }
}

/** Nodes are cordoned, lose the label that the template asks for, and join. */
function changeNodes(world: World, event: number, below: (count: number) => number): void {
  const all = [...world.state.nodes.values()];
  const { nodeId, schedulable } = all[below(all.length)]!;
  if (event === 16) world.do({ type: "setSchedulable", nodeId, schedulable: !schedulable });
  else if (event === 17) {
    const name = `n${5 + below(3)}`;
    if (world.state.nodesNamed(name).size === 0)
      world.node(name, { capacity: 20, cpu: 0, memory: 0, version: "1", instance: `${name}.${world.now}` });
  } else world.do({ type: "labelNode", nodeId, set: below(2) === 0 ? { skip: "yes" } : { skip: "no" }, remove: [] });
}

/** Every slot has a replica of the wanted revision that serves, and nothing else is left. */
function expectWanted(world: World, service: Service, said: string): void {
  const { serviceId, mode, target, rollout } = service;
  const replicas = [...world.state.serviceTasks.of(serviceId)].map((id) => new Replica(world.state.task(id)));
  const there = replicas.filter(({ stage }) => stage !== "ended");
  const { state } = world;
  const fitting = [...state.nodes.values()].filter(({ labels }) => labels.skip !== "yes");
  const wanted =
    mode.type === "replicated"
      ? Array.from({ length: mode.replicas }, (_, index) => `${index + 1}`)
      : fitting.map(({ hostname }) => hostname);
  expect([said, rollout]).toEqual([said, null]);
  expect([said, ...there.map(({ slot, revision, available }) => `${slot} ${revision} ${available}`).sort()]).toEqual([
    said,
    ...wanted.map((slot) => `${slot} ${target} true`).sort(),
  ]);
  if (mode.type !== "global") return;
  for (const { slot, task } of there) expect(state.node(task.placement!.nodeId).hostname).toBe(slot);
}

const seeds = Number(process.env.PODLING_SERVICE_SEEDS ?? 60);

test(`${seeds} random histories of a service end as wanted, and never break floor or ceiling`, () => {
  for (let seed = 1; seed <= seeds; seed++) run(seed, "replicated");
}, 120_000);

test(`${seeds} of a global service, with nodes that join, are cordoned, and stop fitting`, () => {
  for (let seed = 1; seed <= seeds; seed++) run(seed, "global");
}, 120_000);
