// A task's life on a worker, from its assignment to its end: a real master and a real worker, a simulated engine.

import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { limits } from "../../src/model/limits.ts";
import { RuntimeError } from "../../src/runtime/runtime-error.ts";
import type { WireAssignment } from "../../src/worker/task/assignment.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./in-process.ts";
import { assigned, createRequest } from "./samples.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.down());

describe("a task", () => {
  test("runs and completes, with no call to the engine more than needed", async () => {
    await world.started();
    world.runtime.calls.length = 0;
    const task = await world.run("job", ["forever"]);
    const running = await world.reached(task, "running");
    expect(running.containerId).toBe(world.container(task)!.containerId);
    expect(running.startedAt).toBe(world.container(task)!.startedAt);
    expect(world.runtime.calls.slice(0, 3)).toEqual(["create", "start", "inspect"]);
    world.runtime.end(task.taskId, 0);
    const completed = await world.reached(task, "completed", "exited");
    expect(completed).toMatchObject({ exitCode: 0, restarts: 0, oomKilled: false, error: null });
  });

  test("has the labels of its task, node and cluster", async () => {
    const worker = await world.started();
    const task = await world.run("web", ["forever"]);
    await world.reached(task, "running");
    expect(world.container(task)).toMatchObject({ taskId: task.taskId, nodeId: worker.nodeId });
  });

  test("is created with every field that its record has", async () => {
    await world.started();
    const create = spyOn(world.runtime.containers, "create");
    const more = {
      platform: "linux/amd64",
      labels: { team: "sales" },
      stopGraceSeconds: 7,
      user: "1000",
      workingDir: "/w",
    };
    const task = await world.run("web", ["forever"], more);
    await world.reached(task, "running");
    const [request] = create.mock.calls[0]!;
    expect(request).toMatchObject({ platform: "linux/amd64", taskLabels: { team: "sales" }, stopGraceSeconds: 7 });
    expect(request.spec).toMatchObject({ user: "1000", workingDir: "/w", args: ["forever"] });
  });

  test("that ends at once is still reported in order: running, then its end", async () => {
    await world.started();
    const tap = await world.master.stream("/api/v1/watch");
    const task = await world.run("job", ["exit", "3"]);
    const failed = await world.reached(task, "failed", "exited");
    expect(failed).toMatchObject({ exitCode: 3, reason: { message: "exited with code 3" } });
    const seen = tap.events.map(({ data }) => data.task?.status).filter((status) => status !== undefined);
    expect([...new Set(seen)]).toEqual(["scheduled", "running", "failed"]);
    tap.close();
  });

  test("killed for memory says so", async () => {
    await world.started();
    const task = await world.run("job", ["forever"]);
    await world.reached(task, "running");
    world.runtime.end(task.taskId, 137, true);
    expect((await world.reached(task, "failed", "oom-killed")).oomKilled).toBe(true);
  });

  test("gets the ports that the engine chose", async () => {
    await world.started();
    const task = await world.run("web", ["forever"], { ports: [{ containerPort: 80 }] });
    const { publishedPorts } = await world.reached(task, "running");
    expect(publishedPorts).toEqual(world.container(task)!.publishedPorts);
    expect(publishedPorts[0]!.hostPort).toBeGreaterThan(0);
  });

  test("stops with its grace, with the true exit code; the container stays for its logs", async () => {
    await world.started();
    const task = await world.run("web", ["forever"]);
    await world.reached(task, "running");
    await world.master.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    const stopped = await world.reached(task, "stopped", "stopped");
    expect(stopped.exitCode).toBe(143);
    expect(world.container(task)?.status).toBe("exited");
  });

  test("that ignores the stop signal is killed after its grace", async () => {
    await world.started();
    const task = await world.run("web", ["stubborn"], { stopGraceSeconds: 0 });
    await world.reached(task, "running");
    await world.master.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    expect((await world.reached(task, "stopped")).exitCode).toBe(137);
  });

  test("that is deleted loses its container; a running one is stopped first", async () => {
    await world.started();
    const over = await world.run("job", ["exit", "0"]);
    const live = await world.run("web", ["forever"]);
    await Promise.all([world.reached(over, "completed"), world.reached(live, "running")]);
    await world.master.do("DELETE", `/api/v1/tasks/${over.taskId}`);
    await world.master.do("DELETE", `/api/v1/tasks/${live.taskId}?force=true`);
    await until("the containers to go", () => world.runtime.all().length === 0);
    expect(world.runtime.calls).toContain("stop");
  });
});

describe("a restart policy", () => {
  const quick = { backoffInitialMs: 100, backoffMaxMs: 200 };

  test("on-failure starts the same container again until it succeeds", async () => {
    await world.started();
    const task = await world.run("web", ["flaky", "3"], { restartPolicy: { mode: "on-failure", ...quick } });
    await until("three restarts", () => world.container(task)?.status === "running" && startsOf() === 4);
    const running = await world.reached(task, "running", "running");
    await until("the count", async () => (await world.master.task(task.taskId)).restarts === 3);
    expect(running.containerId).toBe(world.container(task)!.containerId);
    expect(world.runtime.calls.filter((call) => call === "create")).toHaveLength(1);
  });

  test("on-failure with a maximum gives up with the last exit code", async () => {
    await world.started();
    const restartPolicy = { mode: "on-failure", maxRestarts: 2, ...quick };
    const task = await world.run("web", ["exit", "4"], { restartPolicy });
    const failed = await world.reached(task, "failed", "exited");
    expect(failed).toMatchObject({ exitCode: 4, restarts: 2 });
    expect(failed.reason.message).toContain("given up after 2 restarts");
    expect(startsOf()).toBe(3);
  });

  test("between two runs the reason says when the next one is, and why", async () => {
    await world.started();
    const restartPolicy = { mode: "always", backoffInitialMs: 60_000 };
    const task = await world.run("web", ["exit", "0"], { restartPolicy });
    const waiting = await world.reached(task, "running", "restarting");
    expect(waiting.reason.message).toMatch(/^exited with code 0; restart 1 in \d+ s$/);
    await world.master.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    await world.reached(task, "stopped", "stopped");
  });

  test("a restart that fails is a run that failed: the next one has its pause", async () => {
    await world.started();
    const task = await world.run("web", ["hiccup"], { restartPolicy: { mode: "always", ...quick } });
    const waiting = await world.reached(task, "running", "restarting");
    expect(waiting.restarts).toBeLessThanOrEqual(1);
    await until(
      "the restart after the one that failed",
      async () => (await world.master.task(task.taskId)).restarts === 2,
    );
    await world.reached(task, "running", "running");
    expect(startsOf()).toBe(3);
  });

  const startsOf = () => world.runtime.calls.filter((call) => call === "start").length;
});

describe("a container that someone else removes", () => {
  test("is lost if the policy is never", async () => {
    await world.started();
    const task = await world.run("web", ["forever"]);
    await world.reached(task, "running");
    world.runtime.removeBehindBack(task.taskId);
    const failed = await world.reached(task, "failed", "container-lost");
    expect(failed.reason.message).toContain("removed");
  });

  test("is created again if the policy says so, and that counts as a restart", async () => {
    await world.started();
    const task = await world.run("web", ["forever"], { restartPolicy: { mode: "always", backoffInitialMs: 100 } });
    const first = await world.reached(task, "running", "running");
    world.runtime.removeBehindBack(task.taskId);
    await until(
      "a new container",
      () => (world.container(task)?.containerId ?? first.containerId) !== first.containerId,
    );
    await until("the count", async () => (await world.master.task(task.taskId)).restarts === 1);
  });
});

describe("what cannot be started", () => {
  test("an image that no registry has fails at once", async () => {
    await world.started();
    const task = await world.run("web", ["forever"], { image: "missing:none" });
    const failed = await world.reached(task, "failed", "image-not-found");
    expect(failed.reason.message).toContain("missing:none");
    expect(failed.error).toContain("missing:none");
  });

  test("with pull policy never the reason says that the image is not on this node", async () => {
    await world.started();
    const task = await world.run("web", ["forever"], { image: "missing:none", pullPolicy: "never" });
    await world.reached(task, "failed", "image-not-present");
    expect(world.runtime.calls).not.toContain("pull");
  });

  test("a program that is not there: the container leaves nothing behind", async () => {
    await world.started();
    const task = await world.run("web", ["unstartable"]);
    const failed = await world.reached(task, "failed", "start-failed");
    expect(failed).toMatchObject({ exitCode: 127, error: "no such program" });
    await until("the container to go", () => world.container(task) === undefined);
  });

  describe("a container that its engine cannot start any more", () => {
    /** As after a crash of the engine in the middle of its start. */
    const breakFirst = () => {
      const start = world.runtime.containers.start.bind(world.runtime.containers);
      const broken = new Set<string>();
      world.runtime.containers.start = async (containerId) => {
        if (broken.size === 0) broken.add(containerId);
        if (broken.has(containerId))
          throw new RuntimeError("start-failed", "task 1: already exists", true, { unusable: true });
        return start(containerId);
      };
      return broken;
    };

    test("is replaced if the policy allows another run", async () => {
      await world.started();
      const broken = breakFirst();
      const restartPolicy = { mode: "always", backoffInitialMs: 10 };
      const running = await world.reached(await world.run("web", ["forever"], { restartPolicy }), "running", "running");
      expect(broken.has(running.containerId!)).toBe(false);
      expect(running.restarts).toBe(1);
      expect(world.runtime.all()).toHaveLength(1);
    });

    test("ends the task if the policy does not, because it may have run", async () => {
      await world.started();
      breakFirst();
      const failed = await world.reached(await world.run("job", ["exit", "0"]), "failed", "start-failed");
      expect(failed.error).toBe("task 1: already exists");
      expect(world.runtime.calls.filter((call) => call === "create")).toHaveLength(1);
    });
  });

  test("a start with a port that is taken is tried some times, since the port may be free soon", async () => {
    await world.started();
    const ports = [{ containerPort: 80, hostPort: 8080 }];
    const first = await world.run("first", ["forever"], { ports });
    const { containerId } = await world.reached(first, "running");
    // The scheduler would not place a second task with this port here, so a foreign container takes it.
    await world.master.do("DELETE", `/api/v1/tasks/${first.taskId}?force=true`);
    await until("it to go", () => world.container(first) === undefined);
    const created = await createForeign("other", { ports: first.ports });
    await world.runtime.containers.start(created.containerId);
    const second = await world.run("second", ["forever"], { ports });
    const waiting = await world.reached(second, "scheduled", "port-in-use");
    expect(waiting.reason.message).toMatch(/^attempt 1 of \d+ failed, again in 0.5 s: /);
    await world.runtime.containers.remove(created.containerId);
    expect((await world.reached(second, "running")).containerId).not.toBe(containerId);
  });
});

/** A container on the engine that is not Podling's. */
async function createForeign(name: string, more: Partial<WireAssignment>): Promise<{ containerId: string }> {
  const task = assigned({ image: "demo", args: ["forever"], ...more });
  const request = createRequest(task, { clusterId: "", nodeId: "" }, { name, labels: {} });
  return (await world.runtime.containers.create(request)) as { containerId: string };
}

describe("a port that is taken", () => {
  const ports = [{ containerPort: 80, hostPort: 8080 }];

  test("by a container that is being stopped is waited for, however long its grace", async () => {
    await world.started();
    const first = await world.run("first", ["stubborn"], { ports, stopGraceSeconds: 4 });
    await world.reached(first, "running");
    await world.master.do("DELETE", `/api/v1/tasks/${first.taskId}?force=true`);
    const second = await world.run("second", ["forever"], { ports });
    const waiting = await world.reached(second, "scheduled", "port-in-use");
    expect(waiting.reason.message).toMatch(/being stopped: again when that has ended, or in [\d.]+ s: /);
    const starts = () => world.runtime.calls.filter((call) => call === "start").length;
    await until("more tries than an attempt has", () => starts() > limits.startAttempts + 1);
    expect((await world.reached(second, "running", "running")).restarts).toBe(0);
  }, 20_000);

  test("by a foreign container is tried for as long as the restart policy says", async () => {
    await world.started();
    const spec = await world.run("holder", ["forever"], { ports });
    await world.reached(spec, "running");
    await world.master.do("DELETE", `/api/v1/tasks/${spec.taskId}?force=true`);
    await until("it to go", () => world.container(spec) === undefined);
    const other = await createForeign("other", { ports: spec.ports });
    await world.runtime.containers.start(other.containerId);
    const quick = { backoffInitialMs: 20, backoffMaxMs: 40 };
    const always = await world.run("always", ["forever"], { ports, restartPolicy: { mode: "always", ...quick } });
    await until("many tries", async () =>
      /attempt \d\d failed/.test((await world.master.task(always.taskId)).reason.message),
    );
    await world.runtime.containers.remove(other.containerId);
    await world.reached(always, "running", "running");
  }, 20_000);
});

describe("a pull", () => {
  const slow = (more: object = {}) => world.images.set("big", { present: false, pullMs: 20, sizeBytes: 9, ...more });

  test("comes before the container, and the reason says that it is under way", async () => {
    slow();
    await world.started();
    const tap = await world.master.stream("/api/v1/watch");
    const task = await world.run("web", ["forever"], { image: "big" });
    await world.reached(task, "running");
    const reasons = tap.events.map(({ data }) => data.task?.reason.code);
    expect(reasons).toContain("pulling");
    tap.close();
  });

  test("from a registry that cannot be reached is tried again, with numbers", async () => {
    let failures = 1;
    slow({
      failure: () => (failures-- > 0 ? new RuntimeError("registry-unreachable", "connection refused", true) : null),
    });
    await world.started();
    const task = await world.run("web", ["forever"], { image: "big" });
    const waiting = await world.reached(task, "scheduled", "pull-retry");
    expect(waiting.reason.message).toContain(`attempt 1 of ${limits.pullAttempts} failed, again in 0.5 s: `);
    await world.reached(task, "running");
  });

  test("that a registry refuses is final", async () => {
    slow({ failure: () => new RuntimeError("registry-denied", "big: unauthorized", false) });
    await world.started();
    const task = await world.run("web", ["forever"], { image: "big" });
    await world.reached(task, "failed", "registry-denied");
    expect(world.runtime.calls.filter((call) => call === "pull")).toHaveLength(1);
  });

  test("ends when the task is stopped meanwhile", async () => {
    slow({ pullMs: 600_000 });
    await world.started();
    const task = await world.run("web", ["forever"], { image: "big" });
    await world.reached(task, "scheduled", "pulling");
    await world.master.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    await world.reached(task, "stopped");
    expect(world.container(task)).toBeUndefined();
  });
});
