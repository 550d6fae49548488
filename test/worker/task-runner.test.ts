// The runner of one task on a simulated engine: its containers by name, and what it does with tasks that it cannot run.

import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { Semaphore } from "../../src/lib/semaphore.ts";
import { SimulatedRuntime } from "../../src/runtime/simulated/simulated-runtime.ts";
import { ContentStore } from "../../src/worker/contents/content-store.ts";
import { FilesInMemory } from "../../src/worker/contents/files-in-memory.ts";
import { TaskFiles } from "../../src/worker/contents/task-files.ts";
import type { Reporter } from "../../src/worker/link/reporter.ts";
import { Prober } from "../../src/worker/probes/prober.ts";
import { parseAssignment, type WireAssignment } from "../../src/worker/task/assignment.ts";
import { PolicyGuard } from "../../src/worker/task/policy-guard.ts";
import { PublishAddress } from "../../src/worker/task/publish-address.ts";
import type { RunnerContext } from "../../src/worker/task/runner-context.ts";
import type { Observation } from "../../src/worker/task/step.ts";
import { TaskRunner } from "../../src/worker/task/task-runner.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, TestClock } from "../master/in-process.ts";
import { assigned, createRequest } from "./samples.ts";

const node = { nodeId: "node-aaaaaaaa", clusterId: "c1" };
const { taskId } = assigned();

let runtime: SimulatedRuntime;
let context: RunnerContext;
let reports: Observation[];

beforeEach(() => {
  const clock = new TestClock();
  runtime = new SimulatedRuntime({
    ...{ clock, random: seededRandom(1) },
    images: new Map([["demo", { present: true, pullMs: 1, sizeBytes: 1 }]]),
    program: () => ({ runsMs: null, exitCode: 0 }),
  });
  reports = [];
  context = {
    ...{ runtime, clock, log: silentLog, node, signal: new AbortController().signal },
    files: new TaskFiles(new FilesInMemory(), new ContentStore()),
    policy: new PolicyGuard(null, async (path) => path),
    publishAddress: new PublishAddress(null, async () => null),
    engine: { ready: true, suspect() {} },
    images: { used() {}, pulled() {} },
    neighbours: { areStopping: false, containerEnded() {} },
    ended: { sweepSoon() {} },
    bounds: {
      ...{ starts: new Semaphore(1), pulls: new Semaphore(1), stops: new Semaphore(1), logReads: new Semaphore(1) },
    },
    counters: { starts: 0, restarts: 0, failures: 0, pulls: 0 },
    prober: new Prober({ runtime, clock, random: seededRandom(2) }),
  };
});

function task(wire: Partial<WireAssignment> = { image: "demo" }) {
  return parseAssignment({ taskId, name: "web", ...wire });
}

function runner(wire?: Partial<WireAssignment>): TaskRunner {
  const report = (observation: Observation) => void reports.push(observation);
  const reporter = { report, recorded() {}, unwanted() {}, sendNow() {}, isDone: false } as unknown as Reporter;
  return new TaskRunner(taskId, task(wire), [], context, reporter);
}

/** A container of this task, as another worker has left it. */
async function left(name: string, labels?: Record<string, string>) {
  const { spec, ...rest } = assigned({ image: "demo" });
  const request = createRequest({ ...rest, spec: { ...spec, name } }, node, labels ? { labels } : {});
  const { containerId } = (await runtime.containers.create(request)) as { containerId: string };
  await runtime.containers.start(containerId);
  return containerId;
}

const last = () => reports.at(-1);
const statuses = () => Object.fromEntries(runtime.all().map(({ container, status }) => [container, status]));

test("runs the one container of a task, whatever its name", async () => {
  const one = runner({ containers: [{ name: "app", image: "demo" }] });
  one.assign(task({ containers: [{ name: "app", image: "demo" }] }));
  await until("the report", () => last()?.status === "running");
  expect(statuses()).toEqual({ app: "running" });
  expect((await runtime.containers.inspect(`podling-${taskId}-app`))?.containerId).toBe(last()!.containerId!);
});

test("keeps a draining task running, and does not start it again", async () => {
  const one = runner();
  one.assign(task());
  await until("the report", () => last()?.status === "running");
  runtime.calls.length = 0;
  one.assign(task({ image: "demo", desired: "draining", status: "running" }));
  await breathe();
  expect(statuses()).toEqual({ main: "running" });
  for (const call of ["create", "start", "stop", "remove"]) expect(runtime.calls).not.toContain(call);
  one.assign(task({ image: "demo", desired: "stopped", status: "running" }));
  await until("the end", () => last()?.status === "stopped");
});

test("adopts a container of 0.1.0, which has no name label", async () => {
  const { "podling.container": _, ...labels } = createRequest(assigned(), node).labels;
  const containerId = await left("main", labels);
  const one = runner();
  one.adopt(await runtime.containers.list(node.clusterId, node.nodeId));
  one.assign(task());
  await until("the report", () => last()?.status === "running");
  expect(last()!.containerId).toBe(containerId);
  expect(runtime.all()).toHaveLength(1);
});

test("stops a container that its task does not have, and runs the others", async () => {
  await left("side");
  const one = runner();
  one.adopt(await runtime.containers.list(node.clusterId, node.nodeId));
  one.assign(task());
  await until("both", () => statuses().side === "exited" && statuses().main === "running");
  expect(last()).toMatchObject({ status: "running" });
  expect(one.isOver).toBe(false);
});

test("finds a container that only the engine's list names", async () => {
  const one = runner();
  one.assign(null);
  await left("side");
  one.compare(await runtime.containers.list(node.clusterId, node.nodeId));
  await until("its end", () => statuses().side === "exited");
  await until("the runner to see it", () => one.found[0]?.status === "exited");
  expect(one.isOver).toBe(true);
});

describe("a task of several containers", () => {
  const pod = {
    containers: [
      { name: "main", image: "demo" },
      { name: "side", image: "demo" },
    ],
  };

  test("is refused with a reason, and none of its containers is started", async () => {
    runner(pod).assign(task(pod));
    await breathe();
    expect(last()).toMatchObject({ status: "failed", reason: { code: "create-failed" } });
    expect(last()!.reason.message).toContain("this worker runs tasks of one container; this task has 2");
    expect(runtime.calls).toEqual([]);
  });

  test("that runs already, from a later worker, is stopped as a whole", async () => {
    await left("main");
    await left("side");
    const one = runner(pod);
    one.adopt(await runtime.containers.list(node.clusterId, node.nodeId));
    one.assign(task(pod));
    await until("the end of both", () => one.found.every(({ status }) => status === "exited"));
    expect(one.found).toHaveLength(2);
  });

  test("that is to stop is reported as stopped", async () => {
    runner(pod).assign(task({ ...pod, desired: "stopped" }));
    expect(last()).toMatchObject({ status: "stopped", reason: { code: "stopped" } });
  });
});
