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
import { replicaOf } from "./replica.ts";

const nodes = ["n1", "n2", "n3", "n4"];

function run(seed: number): void {
  const random = seededRandom(seed);
  const below = (count: number) => randomInteger(random, count);
  let world = new World();
  const join = (hostname: string) =>
    world.node(hostname, { capacity: 20, cpu: 0, memory: 0, version: "1", instance: `${hostname}.${world.now}` });
  for (const hostname of nodes) join(hostname);
  const bad = new Set<string>();
  const service = () => world.state.serviceNamed("web");
  const put = (more: object) =>
    world.do({ type: "putService", input: { name: "web", image: "app:0", ...more } as ParsedServiceInput, by: "test" });
  put({ replicas: 3, rollout: { maxSurge: 1 + below(2), parallelism: below(3), drainMs: below(2) * 500 } });

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
    const event = below(16);
    const image = `app:${below(6)}`;
    if (event === 0) put({ image });
    else if (event === 1) world.do({ type: "scaleService", serviceId, replicas });
    else if (event === 2) world.do({ type: "pauseService", serviceId, paused: below(2) === 0 });
    else if (event === 3) world.tick({ type: "rollbackService", serviceId });
    else if (event === 4) world.do({ type: "restartService", serviceId, by: "test" });
    else if (event === 5) {
      if (bad.has(image)) bad.delete(image);
      else if (bad.size < 3) bad.add(image);
    } else if (event === 6) {
      const [nodeId] = world.state.nodesNamed(nodes[below(nodes.length)]!);
      world.do({ type: "loseNode", nodeId: nodeId!, silentMs: 5_000 });
    } else if (event === 7) {
      for (const { nodeId } of world.state.nodes.values()) world.do({ type: "refreshNode", nodeId });
    } else if (event === 8)
      world = Object.assign(new World(), { state: readSnapshot([...writeSnapshot(world.state)]), now: world.now });
    else if (event === 9 || event === 10) {
      const [nodeId] = world.state.nodesNamed(nodes[below(nodes.length)]!);
      const deadlineMs = below(3) * 5_000;
      if (below(2) === 0) world.do({ type: "drainNode", nodeId: nodeId!, deadlineMs, by: "test" });
      else world.do({ type: "undrainNode", nodeId: nodeId! });
    }
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

/** Every slot has a replica of the wanted revision that serves, and nothing else is left. */
function expectWanted(world: World, { serviceId, mode, target, rollout }: Service, said: string): void {
  const replicas = [...world.state.serviceTasks.of(serviceId)].map((id) => replicaOf(world.state.task(id)));
  const there = replicas.filter(({ stage }) => stage !== "ended");
  const wanted = mode.type === "replicated" ? mode.replicas : 0;
  expect([said, rollout]).toEqual([said, null]);
  expect([said, ...there.map(({ slot, revision, available }) => `${slot} ${revision} ${available}`).sort()]).toEqual([
    said,
    ...Array.from({ length: wanted }, (_, index) => `${index + 1} ${target} true`).sort(),
  ]);
}

const seeds = Number(process.env.PODLING_SERVICE_SEEDS ?? 60);

test(`${seeds} random histories of a service end as wanted, and never break floor or ceiling`, () => {
  for (let seed = 1; seed <= seeds; seed++) run(seed);
}, 120_000);
