// A command that expects the outcome of its plan: carried out if it does the same, refused with the differences if not.

import { describe, expect, test } from "bun:test";
import type { NodeId } from "../../../model/ids.ts";
import type { PlanOutcome } from "../../../model/plan/plan.ts";
import type { Command } from "../../commands/command.ts";
import { Services } from "../../reconcile/service/test-services.ts";
import { writeSnapshot } from "../../state/snapshot.ts";
import { retention } from "../../test-world.ts";
import { runTick } from "../../tick.ts";
import { diffOutcomes } from "./diff-outcomes.ts";
import { planAtOnce } from "./plan-commands.ts";

const origin = { kind: "user", name: "anna" } as const;
const put = (input: object, by = "anna"): Command => ({
  type: "putService",
  input: { name: "web", image: "app:1", ...input } as never,
  by,
});

function running(): Services {
  const services = new Services(3);
  services.put({ replicas: 2 });
  services.settle();
  return services;
}

function outcomeOf({ world }: Services, command: Command): PlanOutcome {
  const context = { now: world.now, seed: 5, retention };
  const planned = planAtOnce(world.state, [{ command, origin }], context, { until: "placed" });
  if (!planned.ok) throw new Error(planned.refusal.message);
  return planned.value.outcome;
}

const anyNode = ({ placements: _, ...outcome }: PlanOutcome): PlanOutcome => outcome;

/** The differences, or "done". */
function carryOut({ world }: Services, command: Command, expected: PlanOutcome): readonly string[] | "done" {
  const before = JSON.stringify([...writeSnapshot(world.state)]);
  const context = { now: world.now, seed: 77, retention };
  const [outcome] = runTick(world.state, [{ command, origin, expected }], context).outcomes;
  if (outcome!.ok) return "done";
  expect(outcome!.refusal.code).toBe("plan-drifted");
  expect(JSON.stringify([...writeSnapshot(world.state)])).toBe(before);
  return outcome!.refusal.details!.differences as string[];
}

describe("carried out", () => {
  test("when nothing has changed, with the nodes of the plan", () => {
    const services = running();
    const command = put({ replicas: 5, image: "app:2" });
    expect(carryOut(services, command, outcomeOf(services, command))).toBe("done");
  });

  test("when something else has changed", () => {
    const services = running();
    const command = put({ image: "app:2" });
    const expected = anyNode(outcomeOf(services, command));
    services.put({ name: "other", image: "else:1", replicas: 4 });
    services.do({ type: "setSchedulable", nodeId: [...services.world.state.nodesNamed("n2")][0]!, schedulable: false });
    services.settle();
    expect(carryOut(services, command, expected)).toBe("done");
  });
});

describe("refused", () => {
  test("when the service has another revision, with who made it", () => {
    const services = running();
    const command = put({ image: "app:2" });
    const expected = anyNode(outcomeOf(services, command));
    services.do(put({ image: "app:3" }, "berta"));
    expect(carryOut(services, command, expected)).toEqual([
      "service web is at revision 2 now, made by berta; the plan is for 1",
      "service web: containers[0].image would change from app:3 to app:2, in the plan from app:1 to app:2",
    ]);
  });

  test("when it would do more, less, or something else", () => {
    const services = running();
    const both = put({ image: "app:2", replicas: 4 });
    const expected = anyNode(outcomeOf(services, both));
    services.do({ type: "scaleService", serviceId: services.service.serviceId, replicas: 4 });
    expect(carryOut(services, both, expected)).toEqual([
      "service web: replicas would not change to 4: it is so already",
    ]);
    const fresh = put({ name: "api" });
    const created = anyNode(outcomeOf(services, fresh));
    services.put({ name: "api", image: "old:1" });
    expect(carryOut(services, fresh, created)[0]).toBe("service api would be changed now, and created in the plan");
    expect(carryOut(services, put({ name: "api", image: "old:1" }), created)[0]).toBe(
      "service api would not be created: it is so already",
    );
    expect(carryOut(services, fresh, { digest: "0".repeat(16), records: [] })[0]).toBe(
      "service api would be changed too, which the plan does not say",
    );
  });

  test("when tasks would get other nodes, with the reason, and the other commands of the tick are carried out", () => {
    const services = running();
    const { world } = services;
    const command: Command = { type: "scaleService", serviceId: services.service.serviceId, replicas: 3 };
    const expected = outcomeOf(services, command);
    const { node } = expected.placements![0]!;
    const nodeId = [...world.state.nodesNamed(node)][0] as NodeId;
    world.do({ type: "setSchedulable", nodeId, schedulable: false });
    const differences = carryOut(services, command, expected);
    expect(differences[0]).toMatch(new RegExp(`^web\\.3 would go to n\\d now, and to ${node} in the plan$`));
    expect(differences).toContain(`${node} is cordoned`);
    const submissions = [
      { command, origin, expected },
      { command: put({ name: "other" }), origin },
    ];
    const { outcomes, deltas } = runTick(world.state, submissions, { now: world.now, seed: 9, retention });
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
    expect(deltas.filter(({ kind, before }) => kind === "task" && before === null).length).toBe(1);
    expect(carryOut(services, command, anyNode(expected))).toBe("done");
  });
});

test("the same outcomes differ in nothing", () => {
  const services = running();
  const outcome = outcomeOf(services, put({ image: "app:2" }));
  expect(diffOutcomes(outcome, outcome)).toEqual([]);
  expect(outcomeOf(services, put({ image: "app:2" })).digest).toBe(outcome.digest);
  expect(outcomeOf(services, put({ image: "app:3" })).digest).not.toBe(outcome.digest);
});
