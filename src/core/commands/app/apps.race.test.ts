// Apps over random inputs, among commands of others: an app is applied as a whole or not at all, the same input again changes nothing,
// a tick that is undone leaves nothing, and the log gives the same state again. PODLING_SEEDS: the number of seeds.

import { expect, test } from "bun:test";
import { type Random, randomInteger, randomItem, seededRandom } from "../../../lib/random.ts";
import type { AppBody } from "../../../model/app/app-input.ts";
import { writeWholeSnapshot } from "../../state/snapshot.ts";
import { fork } from "../../what-if/fork.ts";
import type { Command } from "../command.ts";
import { Apps, contentOf } from "./test-apps.ts";

const seeds = Number(process.env.PODLING_SEEDS ?? "25");
const steps = 25;
const by = "anna@laptop";

/** Few names, so that apps, and what others make, get in each other's way. */
function randomBody(random: Random, app: string): AppBody {
  const some = <T>(make: (name: string) => T): T[] =>
    ["a", "b", "c"].filter(() => random.next() < 0.5).map((name) => make(`${app}_${name}`));
  const chance = (probability: number, fields: object) => (random.next() < probability ? fields : {});
  const container = () => ({
    image: `app:${randomInteger(random, 3)}`,
    ...chance(0.4, { configs: [{ name: `${app}_${randomItem(random, ["a", "b", "c", "x"])}` }] }),
    ...chance(0.2, { secrets: [{ name: `${app}_${randomItem(random, ["a", "b"])}` }] }),
    ...chance(0.2, { mounts: [{ type: "volume", source: `${app}_a`, target: "/d" }] }),
    ...chance(0.2, { dependsOn: [{ name: `${app}_${randomItem(random, ["a", "b", "c"])}` }] }),
  });
  const content = (name: string) => ({ name, data: `${randomInteger(random, 3)}` });
  return {
    services: some((name) => ({ name, ...container(), ...chance(0.7, { replicas: randomInteger(random, 3) }) })),
    jobs: some((name) => ({ name, ...container(), ...chance(0.3, { ttlAfterFinished: 1000 }) })),
    schedules: some((name) => ({ name, ...container(), cron: "0 3 * * *" })),
    volumes: some((name) => ({ name, ...chance(0.3, { writers: "many" as const }) })),
    configs: some(content),
    secrets: some(content),
  };
}

function randomCommand(random: Random, { state }: Apps): Command {
  const name = randomItem(random, ["shop", "blog"]);
  const put = (): Command => ({ type: "putApp", name, input: contentOf(name, randomBody(random, name)), by });
  const service = randomItem(random, [...state.tables.service.values(), null]);
  return randomItem<() => Command>(random, [
    ...[put, put, put, put],
    () => ({ type: "rollbackApp", name, by, to: randomItem(random, [null, 1, 2]) }),
    () => ({ type: "removeApp", name }),
    () => ({ type: "putService", input: { name: `${name}_a`, image: "other:1" }, by }) as Command,
    () => (service ? { type: "removeService", serviceId: service.serviceId } : { type: "wake" }),
    () => (service ? { type: "scaleService", serviceId: service.serviceId, replicas: 2 } : { type: "wake" }),
    () => ({ type: "removeContent", kind: "config", name: `${name}_a` }),
  ])();
}

const textOf = (state: Apps["state"]) => [...writeWholeSnapshot(state)].join("\n");

for (let seed = 1; seed <= seeds; seed++) {
  test(`an app is applied as a whole or not at all, seed ${seed}`, () => {
    const random = seededRandom(seed);
    const apps = new Apps();
    let granted = 0;
    for (let step = 0; step < steps; step++) {
      quieten(apps);
      const command = randomCommand(random, apps);
      const before = apps.snapshot();
      const replayed = fork(apps.state);
      const tried = apps.world.tick(command);
      tried.undo();
      expect(apps.snapshot()).toBe(before);
      const tick = apps.world.tick(command);
      const [outcome] = tick.outcomes;
      expect(outcome!.ok).toBe(tried.outcomes[0]!.ok);
      for (const change of tick.changes) replayed.apply(structuredClone(change));
      replayed.revision = apps.state.revision;
      replayed.cursors = apps.state.cursors;
      expect(textOf(replayed)).toBe(apps.snapshot());
      if (!outcome!.ok) {
        expect(tick.changes).toEqual([]);
        continue;
      }
      granted++;
      if (command.type === "putApp" || command.type === "rollbackApp") checkApp(apps, command);
      for (let round = 0; round < randomInteger(random, 3); round++) apps.round();
    }
    expect(granted).toBeGreaterThan(0);
  });
}

/** Until the reconcilers have nothing left to do. */
function quieten({ world }: Apps): void {
  while (world.do({ type: "wake" }).changes.length > 0);
}

/** All that the newest revision names is there and belongs to the app; the same input again changes nothing. */
function checkApp(apps: Apps, command: Extract<Command, { type: "putApp" | "rollbackApp" }>): void {
  const { state } = apps;
  const { members, revision } = state.record("app", command.name);
  const wanted = state.record("appRevision", `${command.name}.${revision}`);
  const ids = wanted.services.map(({ name }) => state.serviceNamed(name)?.serviceId as string | undefined);
  expect(members.services).toEqual(ids as string[]);
  expect(members.schedules).toEqual(wanted.schedules.map(({ name }) => state.scheduleNamed(name)!.scheduleId));
  for (const { name } of wanted.volumes) expect(members.volumes).toContain(name);
  for (const kind of ["config", "secret"] as const)
    for (const { name, version } of wanted[`${kind}s`]) {
      expect(members[`${kind}s`]).toContain(name);
      expect(state.versionsOf(kind, name)).toContain(version);
    }
  if (command.type === "putApp") {
    quieten(apps);
    // What could not be removed before may be removed now; nothing else may change.
    const again = apps.world.tick(command);
    const types = new Set(again.changes.map(({ type }) => type));
    for (const type of types) expect(type).toBeOneOf(["config.removed", "secret.removed", "app.updated"]);
    expect(apps.world.tick(command).changes).toEqual([]);
  }
}
