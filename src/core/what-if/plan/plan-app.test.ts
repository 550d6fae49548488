// Plans of apps: every member that changes, what waits for what, and nothing for an app that is as it should be.

import { expect, test } from "bun:test";
import type { AppBody } from "../../../model/app/app-input.ts";
import type { Plan } from "../../../model/plan/plan.ts";
import { Apps, contentOf, full } from "../../commands/app/test-apps.ts";
import { writeSnapshot } from "../../state/snapshot.ts";
import { retention } from "../../test-world.ts";
import { countedIn, placementsOf } from "./outcome.ts";
import { planAtOnce } from "./plan-commands.ts";

const by = "anna@laptop";
const put = (body: AppBody) => ({ type: "putApp", name: "shop", input: contentOf("shop", body), by }) as const;

function planOf({ world }: Apps, body: AppBody): Plan {
  const origin = { kind: "user", name: by } as const;
  const context = { now: world.now, seed: 5, retention };
  const planned = planAtOnce(world.state, [{ command: put(body), origin }], context, { until: "settled" });
  if (!planned.ok) throw new Error(planned.refusal.message);
  return planned.value;
}

const changes = ({ outcome }: Plan) => outcome.records.map(({ kind, name, change }) => `${kind} ${name} ${change}`);

test("a new app: all of its members, and where their tasks run", () => {
  const apps = new Apps();
  const before = JSON.stringify([...writeSnapshot(apps.world.state)]);
  const plan = planOf(apps, full);
  expect(JSON.stringify([...writeSnapshot(apps.world.state)])).toBe(before);
  expect(changes(plan)).toEqual([
    ...["app shop create", "config shop_env create", "job shop_migrate create", "schedule shop_nightly create"],
    ...["secret shop_password create", "service shop_db create", "service shop_web create", "volume shop_data create"],
  ]);
  expect(plan.services.map(({ name, action, end }) => [name, action, end])).toEqual([
    ["shop_db", "create", "serves"],
    ["shop_web", "create", "serves"],
  ]);
  const placed = plan.nodes.flatMap(({ add }) => add).filter((name) => !name.startsWith("shop_migrate"));
  expect(placed.sort()).toEqual(["shop_db.1", "shop_web.1", "shop_web.2"]);
  expect(JSON.stringify(plan)).not.toContain("hunter2");
  const tick = apps.world.tick(put(full));
  expect(placementsOf(apps.world.state, tick.deltas, countedIn(plan.outcome))).toEqual([...plan.outcome.placements!]);
});

test("the same app again: nothing to do, each service unchanged", () => {
  const apps = new Apps();
  apps.world.do(put(full));
  apps.settle();
  const plan = planOf(apps, full);
  expect(plan).toMatchObject({ hasChanges: false, nodes: [], warnings: [] });
  expect(plan.services.map(({ name, action }) => [name, action])).toEqual([
    ["shop_db", "unchanged"],
    ["shop_web", "unchanged"],
  ]);
});

test("a changed app: only what changes, with the version and the revision before", () => {
  const apps = new Apps();
  apps.world.do(put(full));
  apps.settle();
  const [web] = full.services!;
  const next: AppBody = {
    ...full,
    services: [{ ...web!, image: "nginx:1.28" }],
    configs: [{ name: "shop_env", data: "test" }],
  };
  const plan = planOf(apps, next);
  expect(changes(plan)).toEqual(["config shop_env update", "service shop_db remove", "service shop_web update"]);
  expect(plan.outcome.records.map(({ revision }) => revision)).toEqual([1, 1, 1]);
  expect(plan.outcome.records[0]).toMatchObject({ by, fields: [{ from: "version 1", to: "another version" }] });
  expect(plan.services.find(({ name }) => name === "shop_web")!.changes).toContain("image: nginx:1.27 -> nginx:1.28");
});

test("a service that waits for another one starts when that serves", () => {
  const apps = new Apps();
  const [web, db] = full.services!;
  const dependsOn = [{ name: "shop_db", condition: "healthy" }] as never;
  const plan = planOf(apps, { ...full, services: [{ ...web!, dependsOn }, db!] });
  const at = (text: string) => plan.steps.findIndex((step) => step.text.startsWith(text));
  expect(at("shop_db.1 on")).toBeLessThan(at("shop_web.1 is started"));
  expect(plan.services.map(({ end }) => end)).toEqual(["serves", "serves"]);
});
