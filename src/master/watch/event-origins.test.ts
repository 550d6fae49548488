// Who asked for what an event shows, as a table over batches that real ticks make.

import { describe, expect, test } from "bun:test";
import type { Command } from "../../core/commands/command.ts";
import { retention, start, World } from "../../core/test-world.ts";
import { commandEntries, runTick } from "../../core/tick.ts";
import type { Batch, CommandEntry } from "../../model/change.ts";
import type { NodeId, TaskId } from "../../model/ids.ts";
import { migrateBatch } from "../../model/kinds/migrate.ts";
import { limits } from "../../model/limits.ts";
import { type Origin, originOfText, originText, systemOrigin } from "../../model/origin.ts";
import { specDefaults } from "../../model/task/spec.ts";
import { type ChangeEvent, changeText, eventsOf } from "./change-events.ts";

const anna: Origin = { kind: "user", name: "anna@laptop", requestId: "r-1" };
const bob: Origin = { kind: "user", name: "bob@desk" };
const worker: Origin = { kind: "node", name: "n1" };
const nodeHealth = systemOrigin("node-health");
const reconciler = systemOrigin("reconciler");

const create = (name: string): Command => ({ type: "createTask", input: { name, image: "busybox" } });

/** The events of one tick with these commands. */
function eventsAfter(world: World, ...submitted: [Command, Origin][]): ChangeEvent[] {
  const submissions = submitted.map(([command, origin]) => ({ command, origin }));
  const { deltas, outcomes } = runTick(world.state, submissions, { now: world.now, seed: 7, retention });
  return eventsOf({ revision: 1, at: start, commands: commandEntries(submissions, outcomes) }, deltas);
}

const byId = (events: ChangeEvent[]) => Object.fromEntries(events.map(({ id, by }) => [id, by]));

/** A world with a task on a node. */
function worldWith(): { world: World; nodeId: NodeId; taskId: TaskId } {
  const world = new World();
  const nodeId = world.node("n1");
  return { world, nodeId, taskId: world.task("web").taskId };
}

describe("a command names or makes the record", () => {
  test("a task that is created and placed is of the client that created it", () => {
    const { world } = worldWith();
    expect(eventsAfter(world, [create("api"), anna])).toMatchObject([{ operation: "created", by: anna }]);
  });

  const rows: [string, (taskId: TaskId) => [Command, Origin][], Origin][] = [
    ["a stop", (taskId) => [[{ type: "stopTask", taskId }, anna]], anna],
    ["a removal", (taskId) => [[{ type: "removeTask", taskId, force: true }, anna]], anna],
    ["a report", (taskId) => [[{ type: "reportTask", taskId, report: { status: "running" } }, worker]], worker],
    [
      "a report, and a user who stops it",
      (taskId) => [
        [{ type: "stopTask", taskId }, anna],
        [{ type: "reportTask", taskId, report: { status: "running" } }, worker],
      ],
      anna,
    ],
    [
      "two users, of whom the last removes it",
      (taskId) => [
        [{ type: "stopTask", taskId }, anna],
        [{ type: "removeTask", taskId, force: true }, bob],
      ],
      bob,
    ],
    [
      "a refused removal, and a report",
      (taskId) => [
        [{ type: "removeTask", taskId, force: false }, anna],
        [{ type: "reportTask", taskId, report: { status: "running" } }, worker],
      ],
      worker,
    ],
  ];
  test.each(rows)("%s", (_, submitted, by) => {
    const { world, taskId } = worldWith();
    expect(byId(eventsAfter(world, ...submitted(taskId)))).toEqual({ [taskId]: by });
  });

  test("of two requests with the same Idempotency-Key the first made the task", () => {
    const { world } = worldWith();
    const same: Command = { ...create("api"), idempotency: { key: "k", fingerprint: "f" } } as Command;
    expect(eventsAfter(world, [same, anna], [same, bob])).toMatchObject([{ operation: "created", by: anna }]);
  });

  test("commands with one origin share it", () => {
    const { world } = worldWith();
    const [first, second] = eventsAfter(world, [create("a"), bob], [create("b"), bob]);
    expect(first!.by).toEqual(bob);
    expect(first!.by).toBe(second!.by);
  });
});

describe("no command names the record", () => {
  test("placing a waiting task is the master's own decision, also if a user added the node", () => {
    const world = new World();
    const { taskId } = world.task("web");
    const registration = { ...worldWith().world.state.nodes.values().next().value!, nodeId: undefined };
    const events = eventsAfter(world, [{ type: "registerNode", registration }, worker]);
    const nodeId = [...world.state.nodes.keys()][0]!;
    expect(byId(events)).toEqual({ [nodeId]: worker, [taskId]: reconciler });
  });

  test("retention is the master's own decision", () => {
    const { world, taskId } = worldWith();
    world.do(world.report(taskId, { status: "running" }));
    world.do(world.report(taskId, { status: "completed", exitCode: 0 }));
    world.now += retention.ageMs + 1;
    expect(eventsAfter(world)).toMatchObject([{ id: taskId, operation: "removed", by: reconciler }]);
  });

  const goes: [string, object, Origin][] = [
    ["the master declares it lost", { type: "loseNode", silentMs: 3000 }, nodeHealth],
    ["a user declares it lost", { type: "loseNode", silentMs: 0, cause: "by-hand" }, anna],
    ["a user removes it", { type: "deregisterNode" }, anna],
  ];
  test.each(goes)("a node ends its tasks when %s; the replacements are the master's own", (_, command, by) => {
    const { world, nodeId, taskId } = worldWith();
    const { taskId: kept } = world.task("kept", { restartPolicy: { ...specDefaults.restartPolicy, mode: "always" } });
    const events = eventsAfter(world, [{ ...command, nodeId } as Command, by]);
    const replacement = events.find(({ operation }) => operation === "created")!.id;
    expect(byId(events)).toEqual({ [nodeId]: by, [taskId]: by, [kept]: by, [replacement]: reconciler });
  });
});

test("a node that goes ends the removals that wait for the end of its tasks", () => {
  const { world, nodeId, taskId } = worldWith();
  world.do({ type: "removeTask", taskId, force: true, whenEnded: true });
  const events = eventsAfter(world, [{ type: "loseNode", nodeId, silentMs: 0, cause: "by-hand" }, anna]);
  expect(events.map(({ id, operation, by }) => [id, operation, by])).toEqual([
    [nodeId, "updated", anna],
    [taskId, "removed", anna],
  ]);
});

test("a worker that registers from elsewhere ends the tasks of its node", () => {
  const other = new World();
  const moved = {
    hostname: "n1",
    port: 8081,
    capacity: 10,
    cpu: 4,
    memory: 0,
    labels: {},
    engine: null,
    engineError: null,
  };
  const from = (address: string, instance: string) => ({ ...moved, version: "0.2.0", address, instance });
  other.do({ type: "registerNode", registration: from("10.0.0.1", "a.1") });
  const node = [...other.state.nodes.values()][0]!;
  const left = other.task("web").taskId;
  const holder = { nodeId: node.nodeId, instance: "a.1", is: "gone" } as const;
  const claim: Command = { type: "registerNode", registration: from("10.0.0.2", "b.2"), holder };
  expect(byId(eventsAfter(other, [claim, worker]))).toEqual({ [node.nodeId]: worker, [left]: worker });
});

describe("the batch does not say", () => {
  test("commands beyond the limit of a batch are only counted", () => {
    const { world, taskId } = worldWith();
    const { taskId: waiting } = world.task("waiting", {
      constraints: [{ type: "label", key: "x", operator: "exists" }],
    });
    const many = Array.from({ length: limits.batchCommandEntries + 2 }, (_, i): [Command, Origin] => [
      create(`t-${i}`),
      anna,
    ]);
    const events = eventsAfter(world, [{ type: "stopTask", taskId }, bob], ...many);
    const created = events.filter(({ operation }) => operation === "created").map(({ by }) => by);
    expect(created.filter((by) => by === null)).toHaveLength(3);
    expect(created.filter((by) => by?.name === anna.name)).toHaveLength(limits.batchCommandEntries - 1);
    // Only tasks were created beyond the limit, so it is known who changed the others.
    const { [taskId]: stopped, [waiting]: waits = reconciler } = byId(events);
    expect([stopped, waits]).toEqual([bob, reconciler]);
  });

  test("a batch of format 1 names its commands, and not who asked", () => {
    const { world } = worldWith();
    const { deltas } = runTick(world.state, [{ command: create("api"), origin: anna }], {
      now: world.now,
      seed: 7,
      retention,
    });
    const batch = (cause: string) =>
      migrateBatch({ revision: 1, at: start, epoch: 1, seed: 1, cause, changes: [] } as unknown as Batch);
    expect(eventsOf(batch("createTask*3 reportTask"), deltas)).toMatchObject([{ by: null }]);
    expect(eventsOf(batch("createTask"), deltas)).toMatchObject([{ by: null }]);
    expect(eventsOf(batch("wake"), deltas)).toMatchObject([{ by: reconciler }]);
  });

  test("a command that this program does not know may have been for any record", () => {
    const { world } = worldWith();
    const { deltas } = runTick(world.state, [{ command: create("api"), origin: anna }], {
      now: world.now,
      seed: 7,
      retention,
    });
    const commands: CommandEntry[] = [{ type: "teleportTask", by: "user:anna@laptop" }];
    expect(eventsOf({ revision: 1, at: start, commands }, deltas)).toMatchObject([{ by: null }]);
  });
});

test("a node and a task with one id have an event each", () => {
  const { world, taskId } = worldWith();
  const registration = { ...world.state.nodes.values().next().value!, nodeId: taskId, hostname: "n2" };
  const report: Command = { type: "reportTask", taskId, report: { status: "running" } };
  const events = eventsAfter(world, [report, worker], [{ type: "registerNode", registration }, bob]);
  expect(events.map(({ kind, id, operation, by }) => [kind, id, operation, by])).toEqual([
    ["task", taskId, "updated", worker],
    ["node", taskId, "created", bob],
  ]);
});

test("an origin as text and back", () => {
  const ipv6: Origin = { kind: "user", name: "a:b@[::1]" };
  for (const origin of [anna, bob, worker, nodeHealth, ipv6])
    expect(originOfText(originText(origin), origin.requestId)).toEqual(origin);
});

test("the event as JSON says what is declared, and has no field if it is not known", () => {
  const { world } = worldWith();
  const [event] = eventsAfter(world, [create("api"), anna]);
  const parsed = (by: Origin | null) => JSON.parse(changeText({ ...event!, by }, () => "{}"));
  expect(parsed(anna).by).toEqual({ kind: "user", name: "anna@laptop", declared: true, requestId: "r-1" });
  expect(parsed(worker).by).toEqual({ kind: "node", name: "n1", declared: true });
  expect(parsed(reconciler).by).toEqual({ kind: "system", name: "reconciler", declared: false });
  expect("by" in parsed(null)).toBe(false);
});
