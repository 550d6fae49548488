// The index of selected tasks against a scan of all tasks: in clusters that change at random, after undos, and in a copy.

import { expect, test } from "bun:test";
import { randomInteger, seededRandom } from "../../../lib/random.ts";
import { hasSelector, selects } from "../../../model/service/selector.ts";
import { hasFinished, type Task } from "../../../model/task/task.ts";
import type { Command } from "../../commands/command.ts";
import { World } from "../../test-world.ts";
import { fork } from "../../what-if/fork.ts";
import type { ClusterState } from "../cluster-state.ts";

/** What each service selects, by its name: counted from the records alone. */
function scanned(state: ClusterState): Record<string, string[]> {
  const services = [...state.tables.service.values()].filter(hasSelector);
  const ids = (service: (typeof services)[number]) =>
    [...state.tasks.values()]
      .filter((task) => !hasFinished(task) && hasLabels(service.selector, task) && isIn(service.namespace, task))
      .map(({ taskId }) => taskId);
  return Object.fromEntries(services.map((service) => [service.name, ids(service).sort()]));
}

const hasLabels = (selector: Readonly<Record<string, string>>, { spec }: Task) =>
  Object.entries(selector).every(([key, value]) => spec.labels[key] === value);
const isIn = (namespace: string, { spec }: Task) => (spec.labels["podling.namespace"] ?? "default") === namespace;

function indexed(state: ClusterState): Record<string, string[]> {
  const services = [...state.tables.service.values()].filter(hasSelector);
  return Object.fromEntries(services.map(({ name, serviceId }) => [name, [...state.selected.of(serviceId)].sort()]));
}

test.each(Array.from({ length: 30 }, (_, seed) => seed))("the index is what a scan finds, seed %i", (seed) => {
  const random = seededRandom(seed + 1);
  const below = (count: number) => randomInteger(random, count);
  const drawLabels = () => ({
    app: `a${below(2)}`,
    ...(below(2) === 0 ? { tier: `t${below(2)}` } : {}),
    ...(below(3) === 0 ? { "podling.namespace": below(2) === 0 ? "default" : "other" } : {}),
  });
  const drawSelector = () => ({
    ...(below(3) > 0 ? { app: `a${below(3)}` } : {}),
    ...(below(2) === 0 ? { tier: `t${below(2)}` } : { app: `a${below(2)}` }),
  });
  const world = new World();
  world.node("n1", { capacity: 1000, cpu: 0, memory: 0 });
  const { state } = world;
  const pick = <T>(items: Iterable<T>): T | undefined => {
    const all = [...items];
    return all[below(all.length || 1)];
  };
  const draw = (step: number): Command => {
    const [kind, task, service] = [below(10), pick(state.tasks.values()), pick(state.tables.service.values())];
    if (kind < 4 || !task)
      return { type: "createTask", input: { name: `t${step}`, image: "app", labels: drawLabels() } };
    if (kind < 5) return { type: "removeTask", taskId: task.taskId, force: true };
    if (kind < 6) return { type: "stopTask", taskId: task.taskId };
    if (kind < 7) return { type: "reportTask", taskId: task.taskId, report: { status: "failed" } };
    if (kind < 8 && service) return { type: "removeService", serviceId: service.serviceId };
    const namespace = below(3) === 0 ? "other" : undefined;
    return { type: "putSelector", input: { name: `s${below(4)}`, selector: drawSelector(), namespace } };
  };
  for (let step = 0; step < 120; step++) {
    const before = indexed(state);
    const tick = world.tick(draw(step));
    if (below(4) === 0) {
      if (below(2) === 0) indexed(state);
      tick.undo();
      expect(indexed(state)).toEqual(before);
    }
    // Asked after some steps only: then several services are compared with all tasks at once.
    if (below(2) === 0) expect(indexed(state)).toEqual(scanned(state));
  }
  expect(indexed(state)).toEqual(scanned(state));
  expect(indexed(fork(state))).toEqual(scanned(state));
  for (const task of state.tasks.values()) {
    const found = [...state.selected.selecting(task)].map(({ name }) => name).sort();
    const wanted = [...state.tables.service.values()].filter((one) => hasSelector(one) && selects(one, task));
    expect(found).toEqual(wanted.map(({ name }) => name).sort());
  }
});
