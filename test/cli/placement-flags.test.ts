// podling service with flags that say where replicas run, with a real master. The test acts as the worker.

import { describe, expect, test } from "bun:test";
import { playedCluster, quick, serviceLines } from "./playing-worker.ts";

const { ok, podling } = playedCluster();
const { inspect } = serviceLines(ok);

describe("service create --mode global", () => {
  test("one replica on each node, named like the node", async () => {
    await ok(`service create agent --image app:1 --mode global ${quick}`);
    expect(await inspect("agent")).toMatchObject({ mode: { type: "global" }, replicas: { wanted: 1, serving: 1 } });
    expect(await ok("service ps agent -o name")).toBe("agent.n1\n");
    await ok("service update agent --image app:2");
    expect(await inspect("agent")).toMatchObject({ mode: { type: "global" }, stable: 2 });
  });

  test.each([
    ["service create x --image app:1 --mode everywhere", 64, "replicated, global"],
    ["service create x --image app:1 --mode global --replicas 2", 1, "Leave replicas out"],
    ["service scale agent=3", 1, "one replica on each node"],
  ])("podling %s ends with %i", async (line, status, says) => {
    const { code, out, err } = await podling(line);
    expect({ code, out }).toEqual({ code: status, out: "" });
    expect(err).toContain(says);
  });
});

test("service scale says that it is scaled only when it is", async () => {
  await ok(`service create slowly --image slow ${quick} -d`);
  const { code, out, err } = await podling("service scale slowly=2 --timeout 300ms");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("0/2 serve");
});

test("service diff shows each changed line where it stands, with those around it", async () => {
  await ok(`service create differs --image app:1 ${quick} -e A=1 -e B=1`);
  await ok("service update differs -e B=2");
  const lines = (await ok("service diff differs 1 2")).split("\n");
  expect(lines.filter((line) => /^[-+]/.test(line))).toEqual([
    expect.stringMatching(/^- +"B": "1"/),
    expect.stringMatching(/^\+ +"B": "2"/),
  ]);
  expect(lines.join("\n")).toMatch(/\n {2} +"A": "1",\n- /);
  expect(await ok("service diff differs 1 1")).toBe("");
});

describe("flags of placement", () => {
  test("of run, service create and service update, with docker's names", async () => {
    const flags =
      "--placement-pref spread=node.labels.zone --replicas-max-per-node 5 --prefer disk=ssd:3 --apart other";
    await ok(`service create placed --image app:1 ${quick} ${flags}`);
    const placement = {
      spread: ["zone"],
      maxPerNode: 5,
      prefer: [{ key: "disk", value: "ssd", weight: 3 }],
      apart: ["other"],
    };
    expect((await inspect("placed")).template.placement).toEqual(placement);
    await ok("service update placed --max-per-node 2");
    expect((await inspect("placed")).template.placement).toEqual({ ...placement, maxPerNode: 2 });
    await ok("service update placed --max-per-node 0");
    const { maxPerNode: _, ...rest } = placement;
    expect((await inspect("placed")).template.placement).toEqual(rest);
    const { out } = await podling("run alone --image app:1 --spread rack --near placed -d -o json");
    expect(JSON.parse(out)).toMatchObject({ placement: { spread: ["rack"], near: ["placed"] } });
  });

  test("--near a service that is not there: a warning in a pipe, too", async () => {
    const warning = "warning: there is no service nowhere: with --near nowhere, no node fits until it has a replica\n";
    for (const line of [
      "run lonely --image app:1 --near nowhere -d",
      `service create lonely-service --image app:1 --near nowhere ${quick} -d`,
      "service update lonely-service --near nowhere --near placed -d",
      "job create lonely-job --image app:1 --near nowhere",
    ])
      expect((await podling(line)).err).toContain(warning);
    expect((await podling("run beside --image app:1 --near placed -d")).err).not.toContain("warning");
  });

  test("--priority, of run, service and job; 0 is the default", async () => {
    const { out } = await podling("run first --image app:1 --priority 5 -d -o json");
    expect(JSON.parse(out)).toMatchObject({ priority: 5 });
    await ok(`service create ranked --image app:1 --priority=-3 ${quick} -d`);
    expect((await inspect("ranked")).template).toMatchObject({ priority: -3 });
    await ok("service update ranked --priority 0 -d");
    expect((await inspect("ranked")).template).not.toHaveProperty("priority");
    const { code, err } = await podling("run odd --image app:1 --priority high");
    expect(code).toBe(64);
    expect(err).toContain("--priority");
  });

  test("explain says what a rule refuses", async () => {
    await ok(`service create single --image app:1 --max-per-node 1 --replicas 2 ${quick} -d`);
    const { out } = await podling("explain single.2");
    expect(out).toContain("1 node already has 1 of single, which is the maximum");
  });
});
