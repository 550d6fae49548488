// A new version of a content with onChange signal: replicas get the new revision while they run, step by step, and the one before if
// a program does not bear it.

import { beforeEach, expect, test } from "bun:test";
import { encodedOf } from "../../../model/config/config.ts";
import { knownFeatures } from "../../../model/task/needs.ts";
import { Services } from "./test-services.ts";

const by = "anna";
const configs = [{ name: "a", onChange: "signal" as const }];
let services: Services;

beforeEach(() => {
  services = new Services(0);
  for (const name of ["n1", "n2"])
    services.world.node(name, {
      capacity: 100,
      cpu: 0,
      memory: 0,
      version: "1",
      instance: name,
      features: knownFeatures,
    });
  update("one", true);
  services.put({ replicas: 2, configs, rollout: { monitorMs: 5_000 } });
  services.settle();
});

function update(text: string, mustBeNew = false): void {
  services.do({ type: "putConfig", name: "a", ...encodedOf(Buffer.from(text)), by, mustBeNew });
}

/** Task, revision and version of each replica. */
function seen(): string[] {
  return services.tasks.map(
    ({ taskId, owner, spec }) => `${taskId} ${owner!.revision} ${spec.containers[0]!.configs![0]!.resolved}`,
  );
}

const restarted = () => {
  const { taskId } = services.tasks[0]!;
  const reason = { code: "restarting" as const, message: "exited with code 1" };
  services.do(services.world.report(taskId, { status: "running", restarts: 1, reason } as never));
};

test("replicas go on running with the new version, one after the other, and the rollout is watched", () => {
  const ids = services.tasks.map(({ taskId }) => taskId);
  update("two");
  expect(services.service).toMatchObject({ target: 2, rollout: { from: 1, to: 2 } });
  expect(seen()).toEqual([`${ids[0]} 2 2`, `${ids[1]} 1 1`]);
  services.settle();
  expect(seen()).toEqual([`${ids[0]} 2 2`, `${ids[1]} 2 2`]);
  expect(services.service).toMatchObject({ stable: 2, rollout: null, reason: { code: "steady" } });
  expect(services.most).toBe(2);
});

test("a replica that ends after the signal takes the rollout back, and the others get the version before", () => {
  const ids = services.tasks.map(({ taskId }) => taskId);
  update("two");
  for (let round = 0; round < 25; round++) services.round();
  expect(seen()).toEqual([`${ids[0]} 2 2`, `${ids[1]} 2 2`]);
  restarted();
  expect(services.service).toMatchObject({ target: 1, reason: { code: "rolled-back" } });
  services.settle();
  expect(
    services.serving.map(({ owner, spec }) => [owner!.revision, spec.containers[0]!.configs![0]!.resolved]),
  ).toEqual([
    [1, 1],
    [1, 1],
  ]);
  expect(services.serving.map(({ taskId }) => taskId)).toContain(ids[1]!);
  expect(services.service).toMatchObject({ stable: 1, rollout: null });
});

test("restarts before a new version do not count for it", () => {
  restarted();
  const { taskId } = services.tasks[0]!;
  const reason = { code: "running" as const, message: "running, after 1 restart" };
  services.do(services.world.report(taskId, { status: "running", restarts: 1, reason } as never));
  expect(services.serving.length).toBe(2);
  update("two");
  services.settle();
  expect(services.service).toMatchObject({ stable: 2, rollout: null });
  expect(services.tasks.map(({ owner }) => owner!.restarts)).toEqual([1, undefined]);
});

test("another template, and a restart, replace the replicas", () => {
  const ids = services.tasks.map(({ taskId }) => taskId);
  const { serviceId } = services.service;
  services.do({ type: "restartService", serviceId, by });
  update("two");
  services.settle();
  const next = services.tasks.map(({ taskId }) => taskId);
  expect(next.filter((id) => ids.includes(id))).toEqual([]);
  expect(services.service).toMatchObject({ target: 3, stable: 3 });
  services.do({ type: "rollbackService", serviceId, to: 2 });
  services.settle();
  expect(services.tasks.map(({ taskId }) => taskId)).toEqual(next);
  services.put({ replicas: 2, configs, env: { A: "b" } });
  services.settle();
  expect(services.tasks.filter(({ taskId }) => next.includes(taskId))).toEqual([]);
});
