// The runner of a task of one container on a simulated engine.

import { beforeEach, expect, test } from "bun:test";
import { seededRandom } from "../../src/lib/random.ts";
import { SimulatedRuntime } from "../../src/runtime/simulated/simulated-runtime.ts";
import type { Reporter } from "../../src/worker/link/reporter.ts";
import { parseAssignment, type WireAssignment } from "../../src/worker/task/assignment.ts";
import type { RunnerContext } from "../../src/worker/task/runner-context.ts";
import type { Observation } from "../../src/worker/task/step.ts";
import { TaskRunner } from "../../src/worker/task/task-runner.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, TestClock } from "../master/in-process.ts";
import { runnerContext } from "./runner-context.ts";
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
  context = runnerContext(runtime, clock, node);
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
