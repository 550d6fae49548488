// Addresses under random events: services that come and go with and without a network, nodes that join, are lost and leave, ticks
// that are undone, snapshots. No address has two owners or is given while it rests, and at rest everything that should has one.

import { expect, test } from "bun:test";
import { fromTimestamp } from "../../lib/clock.ts";
import { type Random, randomInteger, randomItem, seededRandom } from "../../lib/random.ts";
import { addressSpaces } from "../../model/address/address.ts";
import { limits } from "../../model/limits.ts";
import type { ParsedServiceInput } from "../../model/service/service-input.ts";
import { networkApp, networkFeature } from "../../model/task/cluster-network.ts";
import { knownFeatures } from "../../model/task/needs.ts";
import { hasFinished } from "../../model/task/task.ts";
import type { Command } from "../commands/command.ts";
import { readSnapshot, writeSnapshot } from "../state/snapshot.ts";
import { World } from "../test-world.ts";

const seeds = Number(process.env.PODLING_SEEDS ?? "12");
const steps = 120;

/** When each address was last given up, and by whom it was had. */
type History = Map<string, { owner: string; freedAt: number | null }>;

function verify(world: World, history: History): void {
  const owners = new Set<string>();
  for (const { address, owner, restsUntil } of world.state.tables.address.values()) {
    const key = `${owner.kind} ${owner.id}`;
    expect(addressSpaces[owner.kind].numberOf(address)).toBeGreaterThanOrEqual(0);
    const before = history.get(address);
    if (restsUntil === null) {
      expect([key, owners.has(key)]).toEqual([key, false]);
      owners.add(key);
      if (before && before.owner !== key) {
        expect([address, before.freedAt === null]).toEqual([address, false]);
        expect(world.now - before.freedAt!).toBeGreaterThanOrEqual(limits.addressRestMs);
      }
      history.set(address, { owner: key, freedAt: null });
    } else if (before?.freedAt === null) {
      history.set(address, { ...before, freedAt: fromTimestamp(restsUntil) - limits.addressRestMs });
    }
  }
}

/** What should have an address has one, and nothing else. */
function verifyAtRest(world: World): void {
  const { state } = world;
  const wanted = [...state.tables.service.values()]
    .filter(({ network }) => network)
    .map((one) => `service ${one.serviceId}`);
  const owned = [...state.tables.address.values()].filter(({ restsUntil }) => restsUntil === null);
  const of = (kind: string) =>
    owned.filter(({ owner }) => owner.kind === kind).map(({ owner }) => `${kind} ${owner.id}`);
  expect(of("service").sort()).toEqual(wanted.sort());
  for (const { placement, spec, ended } of state.tasks.values()) {
    if (placement === null || ended !== null || networkApp(spec.containers) === null) continue;
    expect(of("node")).toContain(`node ${placement.nodeId}`);
  }
  for (const { owner } of owned) if (owner.kind === "node") expect(state.nodes.has(owner.id as never)).toBe(true);
  expect(state.addresses.hasWork).toBe(false);
}

function drawCommand(world: World, random: Random): Command | null {
  const { state } = world;
  const draw = randomInteger(random, 12);
  const name = `s${randomInteger(random, 5)}`;
  const service = state.serviceNamed(name);
  if (draw < 5) {
    const network =
      random.next() < 0.7 ? { network: { mode: "cluster", app: randomItem(random, ["shop", "blog"]) } } : {};
    const image = `app:${randomInteger(random, 3)}`;
    const input = { name, image, replicas: randomInteger(random, 3), ...network } as unknown as ParsedServiceInput;
    return { type: "putService", input, by: "test" };
  }
  if (draw < 7) return service ? { type: "removeService", serviceId: service.serviceId } : null;
  if (draw === 7) return service ? { type: "rollbackService", serviceId: service.serviceId } : null;
  const nodes = [...state.nodes.keys()].sort();
  if (nodes.length === 0) return null;
  const nodeId = randomItem(random, nodes);
  if (draw === 8) return { type: "loseNode", nodeId, silentMs: 5_000 };
  if (draw === 9) return { type: "deregisterNode", nodeId };
  if (draw === 10) return { type: "refreshNode", nodeId };
  return null;
}

/** Workers do what they are asked. */
function work(world: World, random: Random): void {
  for (const { taskId, desired, observed, ...task } of [...world.state.tasks.values()]) {
    if (hasFinished({ taskId, desired, observed, ...task } as never) || random.next() < 0.4) continue;
    if (desired === "stopped") world.tick(world.report(taskId, { status: "stopped", exitCode: 0 } as never));
    else if (observed.status === "scheduled") world.tick(world.report(taskId, { status: "running" } as never));
  }
}

function run(seed: number): void {
  const random = seededRandom(seed);
  let world = new World();
  const history: History = new Map();
  const join = (hostname: string) =>
    world.node(hostname, {
      ...{ capacity: 4, cpu: 0, memory: 0, version: "1", instance: `${hostname}.${world.now}` },
      features: random.next() < 0.8 ? [...knownFeatures, networkFeature] : [],
    });
  for (const name of ["n1", "n2", "n3"]) join(name);
  for (let step = 0; step < steps; step++) {
    const command = drawCommand(world, random);
    const text = [...writeSnapshot(world.state)].join("\n");
    if (command && random.next() < 0.2) {
      world.tick(command).undo();
      expect([...writeSnapshot(world.state)].join("\n")).toBe(text);
    }
    if (command) world.tick(command);
    const name = `n${1 + randomInteger(random, 4)}`;
    if (random.next() < 0.15 && world.state.nodesNamed(name).size === 0) join(name);
    verify(world, history);
    work(world, random);
    world.now += randomInteger(random, 30_000);
    world.do({ type: "wake" });
    verify(world, history);
    if (random.next() < 0.1)
      world = Object.assign(new World(), { state: readSnapshot([...writeSnapshot(world.state)]), now: world.now });
  }
  for (let round = 0; round < 5; round++) world.do({ type: "wake" });
  verify(world, history);
  verifyAtRest(world);
}

test("addresses have one owner, rest, and are there where they should be", () => {
  for (let seed = 1; seed <= seeds; seed++) run(seed);
}, 60_000);
