// podling plan, and apply of what was planned, with a real master. The test acts as the worker.

import { describe, expect, test } from "bun:test";
import type { Plan } from "../../src/model/plan/plan.ts";
import { knownFeatures } from "../../src/model/task/needs.ts";
import { playedCluster } from "./playing-worker.ts";

const { ok, podling, cluster } = playedCluster({ features: knownFeatures });
let serial = 0;
const fresh = () => `planned${serial++}`;
const web = (name: string, image = "app:1", replicas = 2) => ({
  "compose.yaml": `name: ${name}
services:
  web: {image: "${image}", restart: always, deploy: {replicas: ${replicas}, update_config: {monitor: 0s}}, x-podling: {min_ready: 0s, drain: 0s}}
volumes: {data: {}}
`,
});

describe("podling plan", () => {
  test("of a new app: what is created, and where it runs; nothing is made", async () => {
    const name = fresh();
    const { code, out } = await podling("plan", { files: web(name) });
    expect(code).toBe(2);
    expect(out).toContain(`${name}_web`);
    expect(out).toContain("create, 2 replicas; serves after about");
    expect(out).toMatch(new RegExp(`\\nn1 +\\+${name}_web\\.1 \\+${name}_web\\.2\\n`));
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect((await podling(`app inspect ${name}`)).code).toBe(1);
  });

  test("of an app that is as it should be: nothing to do, exit code 0", async () => {
    const name = fresh();
    await ok("apply -y", { files: web(name) });
    const { code, out } = await podling("plan", { files: web(name) });
    expect({ code, out }).toEqual({ code: 0, out: `${name}_web  unchanged\n\nnothing to do\n` });
  });

  test("of files with errors is an error", async () => {
    expect((await podling("plan", { files: { "compose.yaml": "services: {web: {imge: a}}\n" } })).code).toBe(1);
  });
});

describe("podling apply", () => {
  test("on a terminal shows where everything would run before it asks", async () => {
    const name = fresh();
    const { code, err } = await podling("apply -d", { files: web(name), terminal: 80, typed: ["y"] });
    expect(code).toBe(0);
    expect(err).toMatch(new RegExp(`\\nn1 +\\+${name}_web\\.1 \\+${name}_web\\.2\\n`));
    expect(err).toMatch(/\d+ steps in about [\d.]+ s\n+Apply this to /);
  });

  test("--plan carries out what was planned, also when something else has changed", async () => {
    const name = fresh();
    const plan = (await podling("plan -o json", { files: web(name) })).out;
    await ok("apply -y", { files: web(fresh()) });
    const files = { ...web(name), "plan.json": plan };
    expect((await podling("apply --plan plan.json -y", { files })).code).toBe(0);
    const again = await podling("apply --plan plan.json -y", { files });
    expect(again.code).toBe(3);
    expect(again.err).toContain("would not be created: it is so already");
  });

  test("--plan refuses files that do something else: exit code 3, with the difference, and nothing is changed", async () => {
    const name = fresh();
    await ok("apply -y", { files: web(name) });
    const plan = (await podling("plan -o json", { files: web(name, "app:2") })).out;
    const others = { ...web(name, "app:3"), "plan.json": plan };
    const { code, err } = await podling("apply --plan plan.json -y", { files: others });
    expect(code).toBe(3);
    expect(err).toContain("containers[0].image would change from app:1 to app:3, in the plan from app:1 to app:2");
    expect((JSON.parse(plan) as Plan).hasChanges).toBe(true);
    expect(JSON.parse(await ok(`app inspect ${name}`)).revision).toBe(1);
    await ok("apply -y", { files: others });
    const late = await podling("apply --plan plan.json -y", { files: { ...web(name, "app:2"), "plan.json": plan } });
    expect(late.code).toBe(3);
    expect(late.err).toContain(`service ${name}_web is at revision 2 now, made by`);
  });

  test("--exact also refuses other nodes", async () => {
    const name = fresh();
    const plan = (await podling("plan -o json", { files: web(name) })).out;
    const { nodeId } = await cluster().node("n9", { capacity: 1000, version: "1", features: [...knownFeatures] });
    const files = { ...web(name), "plan.json": plan };
    const { code, err } = await podling("apply --plan plan.json --exact -y", { files });
    expect(code).toBe(3);
    expect(err).toMatch(/_web\.\d would go to n9 now, and to n1 in the plan/);
    await cluster().client.call("deregisterNode", { id: nodeId });
    expect((await podling("apply --plan plan.json --exact -y", { files })).code).toBe(0);
  });

  test.each([["{}"], ["no json"]])("refuses a file that is no plan: %s", async (text) => {
    const { code, err } = await podling("apply --plan plan.json -y", { files: { ...web(fresh()), "plan.json": text } });
    expect(code).toBe(1);
    expect(err).toContain("podling plan -o json >plan.json");
  });
});
