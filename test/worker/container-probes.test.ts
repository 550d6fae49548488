// Probes of a container on a simulated engine: what is reported, and when a container is stopped and started again.

import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { Semaphore } from "../../src/lib/semaphore.ts";
import type { TaskId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import type { SimulatedAnswer, SimulatedCheck } from "../../src/runtime/simulated/options.ts";
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
import { TestClock } from "../master/in-process.ts";

const taskId = "20250119120000-aaaaaaaa" as TaskId;
const always = {
  mode: "always" as const,
  maxRestarts: null,
  backoffInitialMs: 1000,
  backoffMaxMs: 60_000,
  resetAfterMs: 600_000,
};
const http = { http: { port: 80, path: "/ready" }, periodMs: 1000 };

class Node {
  readonly clock = new TestClock();
  readonly reports: Observation[] = [];
  readonly asked: SimulatedCheck[] = [];
  /** How the program answers; good unless a test says something else. */
  answers: (check: SimulatedCheck, ranMs: number) => SimulatedAnswer = () => ({ good: true });
  readonly runtime = new SimulatedRuntime({
    ...{ clock: this.clock, random: seededRandom(1) },
    images: new Map([["demo", { present: true, pullMs: 1, sizeBytes: 1 }]]),
    program: () => ({
      runsMs: null,
      exitCode: 0,
      answer: (check, ranMs) => {
        this.asked.push(check);
        return this.answers(check, ranMs);
      },
    }),
  });
  readonly prober = new Prober({ runtime: this.runtime, clock: this.clock, random: seededRandom(2) });
  engineReady = true;
  readonly #ended = new AbortController();

  runner(): TaskRunner {
    const report = (observation: Observation) => void this.reports.push(observation);
    const reporter = { report, recorded() {}, unwanted() {}, sendNow() {}, isDone: false } as unknown as Reporter;
    const node = this;
    const context: RunnerContext = {
      ...{ runtime: this.runtime, clock: this.clock, log: silentLog, signal: this.#ended.signal },
      node: { nodeId: "node-aaaaaaaa", clusterId: "cluster1" },
      files: new TaskFiles(new FilesInMemory(), new ContentStore()),
      policy: new PolicyGuard(null, async (path) => path),
      engine: {
        get ready() {
          return node.engineReady;
        },
        suspect() {},
      },
      images: { used() {}, pulled() {} },
      volumes: { prepare: async () => {} },
      neighbours: { areStopping: false, unwantedContainers: () => [], containerEnded() {} },
      ended: { sweepSoon() {} },
      bounds: {
        ...{ starts: new Semaphore(1), pulls: new Semaphore(1), stops: new Semaphore(1), logReads: new Semaphore(1) },
      },
      counters: { starts: 0, restarts: 0, failures: 0, pulls: 0 },
      prober: this.prober,
      publishAddress: new PublishAddress(null, async () => null),
      holds: { waitsFor: () => null },
    };
    const runner = new TaskRunner(taskId, null, [], context, reporter);
    const follow = () => runner.reconcile();
    // It ends when the engine goes away.
    void this.runtime.containers.events("cluster1", () => {}, follow, this.#ended.signal).catch(() => {});
    return runner;
  }

  /** Runs a task with these fields, and lets so much time pass. */
  async run(wire: Partial<WireAssignment>, ms = 100): Promise<TaskRunner> {
    const runner = this.runner();
    runner.assign(parseAssignment({ taskId, name: "web", image: "demo", restartPolicy: always, ...wire }));
    await this.pass(ms);
    return runner;
  }

  /** In small steps, so that calls that follow one another without a timer take no more time than they would. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) await this.clock.advance(Math.min(50, ms - passed));
  }

  /** Those reports that differ from the one before in what is shown: "running not-ready", "running running ready". */
  get story(): string[] {
    const lines = this.reports.map(({ status, reason, ready }) => `${status} ${reason.code}${ready ? " ready" : ""}`);
    return lines.filter((line, index) => line !== lines[index - 1]);
  }

  get last(): Observation {
    return this.reports.at(-1)!;
  }
}

let node: Node;
beforeEach(() => {
  node = new Node();
});

describe("readiness", () => {
  test("a container is ready when its probe passes, and not before", async () => {
    node.answers = (_, ranMs) => ({ good: ranMs >= 3000 });
    await node.run({ readinessProbe: http }, 500);
    expect(node.last).toMatchObject({ status: "running", ready: false, reason: { code: "not-ready" } });
    await node.pass(5000);
    expect(node.last).toMatchObject({ status: "running", ready: true, reason: { code: "running" } });
    expect(node.asked[0]).toEqual({ type: "http", port: 80, path: "/ready" });
  });

  test("only flips are reported, with the output of the check, and the container runs on", async () => {
    let good = true;
    node.answers = () => ({ good, output: "no database" });
    await node.run({ readinessProbe: http }, 5000);
    good = false;
    await node.pass(20_000);
    expect(node.last.reason.message).toBe(
      "running; not ready: its readiness probe failed 3 times in a row: GET http://10.1.0.2:80/ready answered 503: no database",
    );
    good = true;
    await node.pass(20_000);
    const changes = node.story.slice(node.story.indexOf("running running ready"));
    expect(changes).toEqual(["running running ready", "running not-ready", "running running ready"]);
    expect(new Set(node.reports.map(({ reason }) => reason.message)).size).toBeLessThanOrEqual(4);
    expect(node.last.restarts).toBe(0);
  });

  test("a task without probes reports nothing of it", async () => {
    await node.run({}, 5000);
    expect(node.last).toMatchObject({ status: "running", reason: { code: "running" } });
    expect(node.last).not.toHaveProperty("ready");
    expect(node.asked).toEqual([]);
  });

  test("is kept over a restart of the worker until the probe says something else", async () => {
    const first = await node.run({ readinessProbe: http }, 5000);
    first.stop();
    node.answers = () => ({ good: false });
    node.reports.length = 0;
    const { startedAt } = node.runtime.all()[0]!;
    const second = node.runner();
    second.adopt(await node.runtime.containers.list("cluster1", "node-aaaaaaaa"));
    const recorded = { status: "running", ready: true, startedAt } as const;
    second.assign(parseAssignment({ taskId, name: "web", image: "demo", readinessProbe: http, ...recorded }));
    await node.pass(20_000);
    expect(node.story).toEqual(["running running ready", "running not-ready"]);
  });

  test("of a run that has ended says nothing about the next one", async () => {
    await node.run({ readinessProbe: { ...http, initialDelayMs: 5000 } }, 8000);
    expect(node.last.ready).toBe(true);
    node.runtime.end(taskId, 1);
    await node.pass(3000);
    expect(node.last).toMatchObject({ ready: false, restarts: 1, reason: { code: "not-ready" } });
    await node.pass(6000);
    expect(node.last).toMatchObject({ ready: true, restarts: 1 });
  });

  test("output is bounded when a container goes back and forth", async () => {
    let good = true;
    node.answers = () => ({ good, output: "x".repeat(10_000) });
    await node.run({ readinessProbe: { ...http, failureThreshold: 1 } }, 2000);
    for (let flip = 0; flip < 10; flip++) {
      good = !good;
      await node.pass(1500);
    }
    const long = node.reports.filter(({ reason }) => reason.message.length > 1000);
    expect(new Set(long.map(({ reason }) => reason.message)).size).toBe(1);
    expect(long[0]!.reason.message.length).toBeLessThan(limits.probeOutputBytes + 200);
    expect(node.story.filter((line) => line === "running not-ready").length).toBeGreaterThan(3);
  });
});

describe("liveness", () => {
  test("a container that fails is stopped and started again after the policy's pause", async () => {
    node.answers = (_, ranMs) => ({ good: ranMs < 3000, output: "hangs" });
    await node.run({ livenessProbe: { ...http, failureThreshold: 2 }, stopGraceSeconds: 1 }, 20_000);
    expect(node.story.slice(0, 6)).toEqual([
      ...["running running ready", "running unhealthy", "running restarting", "running running ready"],
      ...["running unhealthy", "running restarting"],
    ]);
    const [unhealthy] = node.reports.filter(({ reason }) => reason.code === "unhealthy");
    expect(unhealthy!.reason.message).toBe(
      "unhealthy, and being stopped: its liveness probe failed 2 times in a row: GET http://10.1.0.2:80/ready answered 503: hangs",
    );
    const [pause] = node.reports.filter(({ reason }) => reason.code === "restarting");
    expect(pause!.reason.message).toContain("stopped with exit code 143: its liveness probe failed 2 times in a row");
    expect(pause!.reason.message).toEndWith("hangs; restart 1 in 1 s");
    const pauses = node.reports.flatMap(({ reason }) => /restart (\d+ in \d+ s)/.exec(reason.message)?.[1] ?? []);
    expect([...new Set(pauses)].slice(0, 2)).toEqual(["1 in 1 s", "2 in 2 s"]);
  });

  test("an unhealthy end is a failure, whatever its exit code and policy", async () => {
    for (const [mode, ended] of [
      ["never", "failed unhealthy"],
      ["on-failure", "running restarting"],
    ] as const) {
      node = new Node();
      node.answers = () => ({ good: false });
      await node.run({ livenessProbe: http, restartPolicy: { ...always, mode } }, 5200);
      expect(node.story).toContain(ended);
    }
  });

  test("begins after startup, whose failure restarts the container, too", async () => {
    node.answers = (check, ranMs) => ({ good: check.type === "tcp" ? ranMs >= 2500 : true });
    const probes = { startupProbe: { tcp: { port: 1 }, periodMs: 1000, failureThreshold: 5 }, livenessProbe: http };
    await node.run(probes, 2000);
    expect(node.asked.every(({ type }) => type === "tcp")).toBe(true);
    expect(node.last.reason.message).toBe("running; not ready: its startup probe has not passed yet");
    await node.pass(4000);
    expect(node.last).toMatchObject({ ready: true, restarts: 0 });
    expect(node.asked.at(-1)!.type).toBe("http");
    const before = node.asked.filter(({ type }) => type === "tcp").length;
    await node.pass(5000);
    expect(node.asked.filter(({ type }) => type === "tcp")).toHaveLength(before);

    node = new Node();
    node.answers = () => ({ good: false });
    await node.run(probes, 8000);
    expect(node.story).toContain("running unhealthy");
    expect(node.asked.every(({ type }) => type === "tcp")).toBe(true);
  });

  test("an earlier process began to stop it: the run has failed all the same", async () => {
    const first = await node.run({ livenessProbe: http });
    first.stop();
    const { containerId, startedAt } = node.runtime.all()[0]!;
    node.runtime.end(taskId, 0);
    node.reports.length = 0;
    const second = node.runner();
    second.adopt(await node.runtime.containers.list("cluster1", "node-aaaaaaaa"));
    const recorded = { status: "running", reason: { code: "unhealthy" }, containerId, startedAt } as const;
    const onFailure = { ...always, mode: "on-failure" } as const;
    const wire = { taskId, name: "web", image: "demo", livenessProbe: http, restartPolicy: onFailure };
    second.assign(parseAssignment({ ...wire, ...recorded }));
    await node.pass(3000);
    expect(node.last).toMatchObject({ status: "running", restarts: 1 });
  });
});

describe("checks", () => {
  test("a command fails by its exit code, or when its time is over; one that hangs is not started again", async () => {
    node.answers = () => ({ good: false, output: "no such table" });
    await node.run({ readinessProbe: { exec: { command: "psql -c x" }, periodMs: 1000, failureThreshold: 1 } }, 3000);
    expect(node.asked[0]).toEqual({ type: "exec", command: ["/bin/sh", "-c", "psql -c x"] });
    expect(node.last.reason.message).toEndWith("failed: exit code 1: no such table");

    node = new Node();
    node.answers = () => "silent";
    await node.run({ readinessProbe: { exec: { command: ["hang"] }, periodMs: 1000, failureThreshold: 1 } }, 9000);
    expect(node.asked).toHaveLength(1);
    expect(node.last.reason.message).toEndWith("its readiness probe failed: the command did not end in 1 s");
    expect(node.prober.counts.readiness.failed).toBeGreaterThan(3);
  });

  test("nothing is concluded while the engine does not answer", async () => {
    await node.run({ livenessProbe: { exec: { command: ["check"] }, periodMs: 1000 } }, 3000);
    node.runtime.goAway();
    node.engineReady = false;
    await node.pass(30_000);
    expect(node.prober.counts.liveness).toMatchObject({ failed: 0 });
    expect(node.prober.counts.liveness.unknown).toBeGreaterThan(10);
    node.runtime.comeBack();
    node.engineReady = true;
    await node.pass(3000);
    expect(node.last).toMatchObject({ status: "running", restarts: 0 });
  });

  test("no more run at once than allowed, and commands fewer", async () => {
    node.answers = () => "silent";
    const target = { containerId: "", address: null, hostNetwork: false, publishedPorts: [] };
    await node.run({});
    const { containerId } = node.runtime.all()[0]!;
    const check = (probe: object) =>
      node.prober.check("liveness", probe, { ...target, containerId }, { execId: null }, () => true);
    for (let i = 0; i < 100; i++) void check({ exec: { command: ["x"] } });
    await node.pass(10);
    expect(node.asked).toHaveLength(limits.execProbesAtOnce);
    for (let i = 0; i < 100; i++) void check({ tcp: { port: 1 } });
    await node.pass(10);
    expect(node.asked).toHaveLength(limits.probesAtOnce);
  });

  test("end with the container, and with the task", async () => {
    const runner = await node.run({ readinessProbe: http }, 3000);
    const wire = { taskId, name: "web", image: "demo", readinessProbe: http, status: "running" } as const;
    runner.assign(parseAssignment({ ...wire, desired: "stopped" }));
    await node.pass(100);
    expect(node.last).toMatchObject({ status: "stopped", ready: false });
    const before = node.asked.length;
    await node.pass(30_000);
    expect(node.asked).toHaveLength(before);
  });
});

describe("the engine's own health check", () => {
  const health = { command: "check", intervalMs: 1000, retries: 2 };
  const bad = (from: number, to: number) => (check: SimulatedCheck, ranMs: number) => ({
    good: check.type !== "health" || ranMs < from || ranMs >= to,
    output: "port closed",
  });

  test("says whether the container is ready, by the engine's events, and no second prober asks", async () => {
    node.answers = bad(3500, 8000);
    await node.run({ health, restartPolicy: { ...always, mode: "never" } }, 500);
    expect(node.last.reason.message).toBe("running; not ready: the engine's health check has not passed yet");
    await node.pass(15_000);
    expect(node.story.slice(-3)).toEqual(["running running ready", "running not-ready", "running running ready"]);
    const [notReady] = node.reports.filter(({ reason }) => reason.message.includes("port closed"));
    expect(notReady!.reason.message).toBe(
      "running; not ready: the engine's health check failed 2 times in a row: port closed",
    );
    expect(node.asked.every(({ type }) => type === "health")).toBe(true);
    expect(node.prober.counts.readiness).toEqual({ passed: 0, failed: 0, unknown: 0 });
  });

  test("restarts a container whose task asks for it, and one with a liveness probe that names it", async () => {
    node.answers = bad(2500, 600_000);
    await node.run({ health }, 6000);
    expect(node.story).toContain("running unhealthy");
    expect(node.runtime.calls).toContain("stop");
  });
});
