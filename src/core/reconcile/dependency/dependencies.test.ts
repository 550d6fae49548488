// What waits for what, and until when: services and jobs that depend on one another, and workers that are played.

import { describe, expect, test } from "bun:test";
import type { ParsedJobInput } from "../../../model/job/job-input.ts";
import type { ParsedServiceInput } from "../../../model/service/service-input.ts";
import type { Task } from "../../../model/task/task.ts";
import { readSnapshot, writeSnapshot } from "../../state/snapshot.ts";
import { World } from "../../test-world.ts";

class Cluster {
  world = new World();

  constructor() {
    for (const hostname of ["n1", "n2"]) this.node(hostname, hostname);
  }

  node(hostname: string, instance: string): void {
    this.world.node(hostname, { capacity: 20, cpu: 0, memory: 0, version: "1", instance });
  }

  put(name: string, more: Partial<ParsedServiceInput> = {}): void {
    const input = { name, image: "app:1", ...more } as ParsedServiceInput;
    this.world.do({ type: "putService", input, by: "test" });
  }

  job(name: string, more: Partial<ParsedJobInput> = {}, again = false): void {
    const input = { name, image: "app:1", backoffLimit: 0, ...more } as ParsedJobInput;
    this.world.do({ type: "putJob", input, by: "test", ...(again ? { again } : {}) });
  }

  /** The newest unfinished task, else the newest. */
  task(name: string): Task {
    const all = [...this.world.state.named(name)].sort().map((id) => this.world.state.task(id));
    return all.findLast(({ observed }) => observed.finishedAt === null && observed.status !== "failed") ?? all.at(-1)!;
  }

  says(name: string, report: object): void {
    this.world.do(this.world.report(this.task(name).taskId, report as never));
    this.world.do({ type: "wake" });
  }

  runs(name: string, ready = true): void {
    this.says(name, { status: "running", ready, startedAt: new Date(this.world.now).toISOString() });
  }

  /** "pending waiting-for-dependency" */
  state(name: string): string {
    const { status, reason } = this.task(name).observed;
    return status === "pending" ? `${status} ${reason.code}` : status;
  }

  why(name: string): string {
    return this.task(name).observed.reason.message;
  }

  /** Time passes, and the timer comes. */
  later(ms: number): void {
    this.world.now += ms;
    for (let tick = 0; tick < 8; tick++) this.world.do({ type: "wake" });
  }

  /** Workers do what they are asked until nothing changes any more. Images with "bad" in their name fail. */
  settle(): void {
    for (let round = 0; round < 40; round++) {
      for (const { taskId, observed, desired, spec } of [...this.world.state.tasks.values()]) {
        const fails = spec.containers[0]!.image.includes("bad");
        const report =
          desired === "stopped" && (observed.status === "running" || observed.status === "scheduled")
            ? { status: "stopped" }
            : observed.status !== "scheduled"
              ? null
              : fails
                ? { status: "failed", reason: { code: "image-not-found", message: "no image" } }
                : { status: "running", ready: true };
        if (report) this.world.do(this.world.report(taskId, report as never));
      }
      this.later(100);
    }
  }

  id(name: string) {
    return this.world.state.serviceNamed(name)!.serviceId;
  }
}

const on = (name: string, condition: "started" | "healthy" | "completed", more: object = {}) => ({
  dependsOn: [{ name, condition, ...more }],
});

describe("the first start", () => {
  test("waits for the first replica that is ready", () => {
    const cluster = new Cluster();
    cluster.put("web", { ...on("db", "healthy"), replicas: 2 });
    expect(cluster.state("web.1")).toBe("pending waiting-for-dependency");
    expect(cluster.why("web.2")).toBe("waits for db: there is no service or job of this name");
    cluster.put("db");
    expect(cluster.state("db.1")).toBe("scheduled");
    expect(cluster.why("web.1")).toBe("waits for db: not started yet");
    cluster.runs("db.1", false);
    expect(cluster.why("web.1")).toBe("waits for db: unhealthy");
    const { waitsFor } = cluster.world.state.serviceNamed("web")!;
    expect(waitsFor).toEqual({
      ...{ name: "db", why: "unhealthy", scope: "all" },
      since: new Date(cluster.world.now).toISOString(),
    });
    cluster.runs("db.1");
    expect([cluster.state("web.1"), cluster.state("web.2")]).toEqual(["scheduled", "scheduled"]);
    expect(cluster.world.state.serviceNamed("web")!.waitsFor).toBeNull();
  });

  test("started is enough where no more is asked for", () => {
    const cluster = new Cluster();
    cluster.put("db");
    cluster.put("web", on("db", "started"));
    expect(cluster.state("web.1")).toBe("pending waiting-for-dependency");
    cluster.runs("db.1", false);
    expect(cluster.state("web.1")).toBe("scheduled");
  });

  test("waits for a job, and says why it has failed", () => {
    const cluster = new Cluster();
    cluster.job("migrate");
    cluster.put("web", on("migrate", "completed"));
    expect(cluster.why("web.1")).toBe("waits for migrate: its job has not completed yet");
    cluster.runs("migrate.1");
    cluster.says("migrate.1", { status: "failed", exitCode: 3 });
    expect(cluster.why("web.1")).toStartWith("waits for migrate: its job has failed: migrate.1: exited with code 3");
    cluster.job("migrate", {}, true);
    cluster.runs("migrate.1");
    cluster.says("migrate.1", { status: "completed", exitCode: 0 });
    expect(cluster.state("web.1")).toBe("scheduled");
  });

  test("waits for a service whose replicas do their work once", () => {
    const cluster = new Cluster();
    const restartPolicy = { mode: "never", maxRestarts: null, backoffInitialMs: 1, backoffMaxMs: 1, resetAfterMs: 1 };
    cluster.put("init", { replicas: 2, restartPolicy } as never);
    cluster.put("web", on("init", "completed"));
    for (const name of ["init.1", "init.2"]) {
      expect(cluster.why("web.1")).toBe("waits for init: not completed yet");
      cluster.runs(name);
      cluster.says(name, { status: "completed", exitCode: 0 });
    }
    expect(cluster.state("web.1")).toBe("scheduled");
  });

  test("an optional dependency is waited for only where it is there", () => {
    const cluster = new Cluster();
    cluster.put("web", on("cache", "started", { required: false }));
    expect(cluster.state("web.1")).toBe("scheduled");
    cluster.put("cache");
    cluster.put("api", on("cache", "started", { required: false }));
    expect(cluster.state("api.1")).toBe("pending waiting-for-dependency");
    cluster.put("none", { replicas: 0 });
    cluster.put("last", on("none", "healthy"));
    expect(cluster.state("last.1")).toBe("scheduled");
  });

  test("the tasks of a job wait as well", () => {
    const cluster = new Cluster();
    cluster.put("db");
    cluster.job("import", on("db", "healthy"));
    cluster.later(0);
    const job = () => cluster.world.state.jobNamed("import")!;
    expect([job().status, job().reason.code]).toEqual(["waiting", "waiting-for-dependency"]);
    expect(job().reason.message).toBe("waits for db: not started yet");
    cluster.runs("db.1");
    expect(cluster.state("import.1")).toBe("scheduled");
    cluster.runs("import.1");
    cluster.later(0);
    expect(job().reason.code).toBe("running");
  });

  test("a task that waits takes no capacity, and stops no other one", () => {
    const cluster = new Cluster();
    cluster.world.node("n3", { capacity: 1, cpu: 0, memory: 0, labels: { only: "one" } });
    const constraints = [{ type: "label", key: "only", operator: "equals", value: "one" }] as never;
    cluster.put("low", { constraints });
    expect(cluster.state("low.1")).toBe("scheduled");
    cluster.put("high", { constraints, priority: 10, ...on("db", "started") } as never);
    expect(cluster.state("high.1")).toBe("pending waiting-for-dependency");
    expect(cluster.task("low.1").desired).toBe("running");
    cluster.put("db");
    cluster.runs("db.1");
    expect(cluster.state("high.1")).toBe("pending preempting");
  });
});

describe("what has served", () => {
  function served(condition: "started" | "healthy" | "completed" = "healthy"): Cluster {
    const cluster = new Cluster();
    cluster.put("db", { rollout: { monitorMs: 0, minReadyMs: 0 } });
    cluster.runs("db.1");
    cluster.put("web", { ...on("db", condition), rollout: { monitorMs: 0, minReadyMs: 0, drainMs: 0 } });
    cluster.runs("web.1");
    cluster.later(0);
    expect(cluster.world.state.serviceNamed("web")!.stable).toBe(1);
    return cluster;
  }

  test("runs on, and another task in its place waits", () => {
    const cluster = served();
    cluster.says("db.1", { status: "running", ready: false });
    expect(cluster.state("web.1")).toBe("running");
    cluster.says("web.1", { status: "failed", exitCode: 1 });
    cluster.later(2_000);
    expect(cluster.state("web.1")).toBe("pending waiting-for-dependency");
    cluster.runs("db.1");
    expect(cluster.state("web.1")).toBe("scheduled");
  });

  test("a node that does not answer counts for nothing", () => {
    const cluster = served();
    const { nodeId } = cluster.task("db.1").placement!;
    const code = "connection-broken" as const;
    cluster.world.do({ type: "suspectNode", nodeId, code, message: "its stream ended" } as never);
    cluster.world.do({ type: "scaleService", serviceId: cluster.id("web"), replicas: 2 });
    expect(cluster.state("web.2")).toBe("pending waiting-for-dependency");
    cluster.world.do({ type: "refreshNode", nodeId });
    cluster.world.do({ type: "wake" });
    expect(cluster.state("web.2")).toBe("scheduled");
  });

  test("does not wait for a service that was removed, or for a job that is run again", () => {
    const cluster = served();
    cluster.world.do({ type: "removeService", serviceId: cluster.id("db") });
    cluster.says("web.1", { status: "failed", exitCode: 1 });
    cluster.later(2_000);
    expect(cluster.state("web.1")).toBe("scheduled");

    const other = new Cluster();
    other.job("migrate");
    other.runs("migrate.1");
    other.says("migrate.1", { status: "completed", exitCode: 0 });
    other.put("web", { ...on("migrate", "completed"), rollout: { monitorMs: 0, minReadyMs: 0, drainMs: 0 } });
    other.runs("web.1");
    other.later(0);
    other.job("migrate", {}, true);
    other.says("web.1", { status: "failed", exitCode: 1 });
    other.later(2_000);
    expect(other.state("web.1")).toBe("scheduled");
  });

  test("no step of a rollout is made before the other service serves with its own change", () => {
    const cluster = served();
    cluster.put("db", { env: { V: "2" } });
    cluster.put("web", { env: { V: "2" } });
    cluster.later(1_000);
    const tasksOf = (name: string) => [...cluster.world.state.named(name)].map((id) => cluster.world.state.task(id));
    expect(tasksOf("web.1").length).toBe(1);
    expect(cluster.world.state.serviceNamed("web")!.waitsFor).toMatchObject({
      ...{ name: "db", why: "its revision 2 is not started yet", scope: "changes" },
    });
    expect(tasksOf("db.1").map(({ owner }) => owner!.revision)).toEqual([1, 2]);
    cluster.runs("db.1");
    cluster.later(0);
    expect(tasksOf("web.1").map(({ owner, observed }) => `${owner!.revision} ${observed.status}`)).toEqual([
      "1 running",
      "2 scheduled",
    ]);
  });

  test("a rollout that waits until its deadline says for what", () => {
    const cluster = served();
    cluster.put("web", { image: "app:2", ...on("migrate", "completed"), rollout: { deadlineMs: 5_000 } });
    cluster.later(5_000);
    expect(cluster.world.state.serviceNamed("web")!.reason.message).toStartWith(
      "revision 2 was not there by its deadline: it waits for migrate: there is no service or job of this name",
    );
  });

  test("a replica that ends while its rollout waits is replaced by one of the revision that served", () => {
    const cluster = served();
    cluster.put("web", { image: "app:2", ...on("migrate", "completed") });
    cluster.later(0);
    cluster.says("web.1", { status: "failed", exitCode: 1 });
    cluster.later(2_000);
    expect(cluster.task("web.1").owner!.revision).toBe(1);
    expect(cluster.state("web.1")).toBe("scheduled");
  });
});

describe("restart", () => {
  function following(): Cluster {
    const cluster = new Cluster();
    const rollout = { monitorMs: 0, minReadyMs: 0, drainMs: 0 };
    cluster.put("db", { rollout });
    cluster.settle();
    cluster.put("web", { ...on("db", "healthy", { restart: true }), rollout });
    cluster.settle();
    return cluster;
  }
  const revisions = (cluster: Cluster) =>
    ["db", "web"].map((name) => {
      const { target, stable, newest } = cluster.world.state.serviceNamed(name)!;
      return `${name} ${target} ${stable} ${newest}`;
    });

  test("follows a change, a restart and a way back of the other service, once each", () => {
    const cluster = following();
    expect(revisions(cluster)).toEqual(["db 1 1 1", "web 1 1 1"]);
    cluster.put("db", { image: "db:2" });
    cluster.later(0);
    expect(revisions(cluster)).toEqual(["db 2 1 2", "web 1 1 1"]);
    cluster.settle();
    expect(revisions(cluster)).toEqual(["db 2 2 2", "web 2 2 2"]);
    const { note, by } = cluster.world.state.record("revision", `${cluster.id("web")}.2`);
    expect([note, by]).toEqual(["restart: db has changed", "podling"]);
    cluster.world.do({ type: "restartService", serviceId: cluster.id("db"), by: "test" });
    cluster.settle();
    expect(revisions(cluster)).toEqual(["db 3 3 3", "web 3 3 3"]);
    cluster.world.do({ type: "rollbackService", serviceId: cluster.id("db"), to: 1 });
    cluster.settle();
    expect(revisions(cluster)).toEqual(["db 1 1 3", "web 4 4 4"]);
  });

  test("one change of both is no further restart", () => {
    const cluster = following();
    cluster.put("db", { image: "db:2" });
    cluster.put("web", { image: "web:2" });
    cluster.settle();
    expect(revisions(cluster)).toEqual(["db 2 2 2", "web 2 2 2"]);
  });

  test("a change that fails and is taken back restarts nothing", () => {
    const cluster = following();
    cluster.put("db", { image: "db:bad" });
    cluster.settle();
    expect(revisions(cluster)).toEqual(["db 1 1 2", "web 1 1 1"]);
  });
});

describe("the field", () => {
  test("is no part of the template: a change of it replaces nothing, and left out it stays", () => {
    const cluster = new Cluster();
    cluster.put("web");
    cluster.runs("web.1");
    const service = () => cluster.world.state.serviceNamed("web")!;
    cluster.put("web", on("db", "healthy"));
    expect([service().newest, service().dependsOn]).toEqual([1, [{ name: "db", condition: "healthy" }]]);
    expect(cluster.state("web.1")).toBe("running");
    cluster.put("web");
    expect(service().dependsOn?.length).toBe(1);
    cluster.put("web", { dependsOn: [] });
    expect([service().dependsOn, service().waitsFor, service().newest]).toEqual([[], null, 1]);
  });

  test("a cycle is refused, and says which", () => {
    const cluster = new Cluster();
    const put = (name: string, other: string) =>
      cluster.world.tick({
        type: "putService",
        input: { name, image: "app", ...on(other, "started") } as unknown as ParsedServiceInput,
        by: "test",
      }).outcomes[0]!;
    const message = (outcome: ReturnType<typeof put>) => (outcome.ok ? "granted" : outcome.refusal.message);
    expect(message(put("web", "web"))).toBe("dependsOn: web would wait for itself");
    expect(message(put("web", "api"))).toBe("granted");
    cluster.job("api", on("db", "completed"));
    expect(message(put("db", "web"))).toBe(
      "dependsOn: db would wait for itself: db waits for web, which waits for api, which waits for db",
    );
  });

  test("a snapshot goes on with it", () => {
    const cluster = new Cluster();
    cluster.put("web", on("db", "healthy"));
    cluster.put("db");
    const copy = new Cluster();
    copy.world = Object.assign(new World(), {
      state: readSnapshot([...writeSnapshot(cluster.world.state)]),
      now: cluster.world.now,
    });
    expect(copy.state("web.1")).toBe("pending waiting-for-dependency");
    copy.runs("db.1");
    expect(copy.state("web.1")).toBe("scheduled");
  });

  test("undo gives back what waited", () => {
    const cluster = new Cluster();
    cluster.put("db");
    cluster.put("web", on("db", "healthy"));
    const before = [...writeSnapshot(cluster.world.state)].join("");
    const report = { status: "running", ready: true } as never;
    cluster.world.tick(cluster.world.report(cluster.task("db.1").taskId, report)).undo();
    expect([...writeSnapshot(cluster.world.state)].join("")).toBe(before);
    cluster.runs("db.1");
    expect(cluster.state("web.1")).toBe("scheduled");
  });
});
