// Plans over the API, on a master in this process: what they say, what is refused, and that nothing is changed.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Plan } from "../../src/model/plan/plan.ts";
import { expectRefusal, TestMaster } from "./in-process.ts";
import { get, input, reaches, services, tasksOf } from "./service-worker.ts";

let podling: TestMaster;
beforeAll(async () => {
  podling = new TestMaster();
  for (const hostname of ["n1", "n2"]) await podling.register(hostname, { capacity: 100, version: "1" });
  await podling.do("POST", services, input("web", { replicas: 2 }));
  await reaches(podling, "web");
});
afterAll(() => podling.stop());

const plan = (body: object) => podling.do<Plan>("POST", "/api/v1/plan", body);

describe("a plan", () => {
  test("of a scale says what comes to which node, and changes nothing", async () => {
    const before = await get(podling, "web");
    const answer = await plan({ scale: { service: "web", replicas: 4 } });
    expect(answer).toMatchObject({ hasChanges: true, isComplete: true, warnings: [] });
    expect(answer.services).toMatchObject([
      { name: "web", action: "update", changes: ["replicas: 2 -> 4"], starts: 2, end: "serves" },
    ]);
    expect(answer.nodes.map(({ hostname, add }) => [hostname, add])).toEqual([
      ["n1", ["web.3"]],
      ["n2", ["web.4"]],
    ]);
    expect(await get(podling, "web")).toEqual(before);
    expect((await tasksOf(podling, "web")).length).toBe(2);
  });

  test("of each change has the record that changes", async () => {
    const records = async (body: object) =>
      (await plan(body)).outcome.records.map(({ kind, name, change }) => `${kind} ${name} ${change}`);
    expect(await records({ putService: input("api") })).toEqual(["service api create"]);
    expect(await records({ putService: input("web", { image: "app:2" }) })).toEqual(["service web update"]);
    expect(await records({ putService: input("web") })).toEqual([]);
    expect(await records({ restart: { service: "web" } })).toEqual(["service web update"]);
    expect(await records({ removeService: { service: "web" } })).toEqual(["service web remove"]);
    expect(await records({ drain: { node: "n1" } })).toEqual(["node n1 update"]);
    expect(await records({ removeNode: { node: "n2" } })).toEqual(["node n2 remove"]);
  });

  test("until placed is the first decision alone", async () => {
    const answer = await plan({ putService: input("web", { image: "app:2" }), until: "placed" });
    expect(answer).toMatchObject({ until: "placed", estimatedMs: null });
    expect(answer.outcome.placements!.length).toBe(1);
  });

  test("made by several clients at once is the same for each", async () => {
    const body = { putService: input("web", { image: "app:3" }) };
    const [first, ...others] = await Promise.all([plan(body), plan(body), plan(body)]);
    for (const other of others) expect(other.outcome).toEqual(first.outcome);
  });
});

describe("with the outcome of its plan, a request", () => {
  const outcomeOf = async (body: object) => (await plan({ putService: body })).outcome;
  const put = (body: { name: string }, expectedOutcome: object) =>
    podling.ask<{ details: { differences: string[] } }>("PUT", `${services}/${body.name}`, {
      body: { ...body, expectedOutcome },
    });

  test("is carried out as long as it does the same, whatever else has changed", async () => {
    const body = input("shop", { replicas: 1 });
    const { placements: _, ...outcome } = await outcomeOf(body);
    await podling.do("POST", services, input("beside", { replicas: 1 }));
    expect((await put(body, outcome)).status).toBe(200);
  });

  test("is refused once another client was faster, and nothing is changed", async () => {
    const body = input("shop", { replicas: 1, image: "app:2" });
    const { placements: _, ...outcome } = await outcomeOf(body);
    await podling.do("PUT", `${services}/shop`, { ...body, image: "app:3" });
    const refused = await put(body, outcome);
    expectRefusal(refused, 409, "plan-drifted");
    expect(refused.body.details.differences[0]).toMatch(
      /^service shop is at revision 2 now, made by .*; the plan is for 1$/,
    );
    expect((await get(podling, "shop")).target).toBe(2);
  });

  test("is refused if the outcome is none", async () => {
    expectRefusal(await put(input("shop"), { digest: "x" }), 400, "invalid-field");
    expectRefusal(
      await podling.ask("PUT", `${services}/sel`, { body: { name: "sel", selector: { a: "b" }, expectedOutcome: {} } }),
      422,
      "unprocessable",
    );
  });
});

describe("refused", () => {
  test.each([
    [{}, 400, "invalid-field"],
    [{ scale: { service: "web", replicas: 1 }, drain: { node: "n1" } }, 400, "invalid-field"],
    [{ scale: { service: "web" } }, 400, "invalid-field"],
    [{ scale: { service: "nothing", replicas: 1 } }, 404, "service-not-found"],
    [{ drain: { node: "n9" } }, 404, "node-not-found"],
    [{ rollback: { service: "web", to: 7 } }, 422, "unprocessable"],
    [{ putService: input("web", { image: "" }) }, 400, "invalid-field"],
  ] as const)("%j", async (body, status, code) => {
    expectRefusal(await podling.ask("POST", "/api/v1/plan", { body }), status, code);
  });
});
