// What a worker survives: its own restart, a lost connection to the master, an engine that is away, a move to another
// cluster. A real master and a real worker, a simulated engine, and a connection that can be cut.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { TaskId } from "../../src/model/ids.ts";
import { limits } from "../../src/model/limits.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, TestClock } from "../master/in-process.ts";
import { World } from "./in-process.ts";
import { assigned, createRequest } from "./samples.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.down());

describe("a worker that starts again", () => {
  test("is the same node, and adopts what runs without touching it", async () => {
    const first = await world.started();
    const task = await world.running("web");
    first.stop();
    world.runtime.calls.length = 0;
    const second = await world.started();
    expect(second.nodeId).toBe(first.nodeId);
    await until("the container to be known", () => second.holdings()[0]?.found?.containerId === task.containerId);
    await breathe();
    for (const call of ["create", "start", "stop", "remove"]) expect(world.runtime.calls).not.toContain(call);
  });

  test("reports what ended meanwhile, with the true exit code", async () => {
    const first = await world.started();
    const [good, bad] = await Promise.all([world.running("good"), world.running("bad")]);
    first.stop();
    world.runtime.end(good.taskId, 0);
    world.runtime.end(bad.taskId, 9);
    await world.started();
    expect((await world.reached(good, "completed")).exitCode).toBe(0);
    expect((await world.reached(bad, "failed", "exited")).exitCode).toBe(9);
  });

  test("sees what ends while it lists the containers", async () => {
    const first = await world.started();
    const task = await world.running("web");
    first.stop();
    const list = world.runtime.containers.list.bind(world.runtime.containers);
    world.runtime.containers.list = async (clusterId, nodeId) => {
      const found = await list(clusterId, nodeId);
      world.runtime.end(task.taskId, 8);
      return found;
    };
    await world.started();
    expect((await world.reached(task, "failed", "exited")).exitCode).toBe(8);
  });

  test("applies the restart policy to a run that ended meanwhile", async () => {
    const first = await world.started();
    const task = await world.running("web", { restartPolicy: { mode: "always", backoffInitialMs: 10 } });
    first.stop();
    world.runtime.end(task.taskId, 1);
    await world.started();
    await until("the restart", async () => (await world.master.task(task.taskId)).restarts === 1);
    await world.reached(task, "running", "running");
  });

  test("finds the container of a create whose answer it never got", async () => {
    const first = await world.started();
    const create = world.runtime.containers.create.bind(world.runtime.containers);
    world.runtime.containers.create = async (request) => {
      const created = await create(request);
      first.stop(); // kill -9, as far as anybody can see
      return created;
    };
    const task = await world.run("web", ["forever"]);
    await until("the container", () => world.container(task) !== undefined);
    world.runtime.containers.create = create;
    const { containerId } = world.container(task)!;
    await world.started();
    expect((await world.reached(task, "running")).containerId).toBe(containerId);
    expect(world.runtime.all()).toHaveLength(1);
  });

  test("stops a container that is no longer assigned, keeps it for its logs, and leaves other clusters' containers alone", async () => {
    const first = await world.started();
    const task = await world.running("web");
    const others = assigned({ taskId: "20250101000000-other000" as TaskId, image: "demo", args: ["forever"] });
    const request = createRequest(others, { clusterId: "another", nodeId: first.nodeId });
    const foreign = (await world.runtime.containers.create(request)) as { containerId: string };
    await world.runtime.containers.start(foreign.containerId);
    first.stop();
    // As when its node counts as lost: it is over, and its record stays.
    await world.master.do("PUT", `/api/v1/tasks/${task.taskId}/status`, { status: "failed", nodeId: first.nodeId });
    await world.started();
    await until("it to be stopped", () => world.container(task)?.status === "exited");
    expect((await world.runtime.containers.inspect(foreign.containerId))?.status).toBe("running");
  });
});

describe("cut off from its master", () => {
  test("it keeps containers running, and reports afterwards what ended, in order", async () => {
    const worker = await world.started();
    const [web, job] = await Promise.all([world.running("web"), world.running("job")]);
    world.cutLink();
    await until("it to notice", () => !worker.masterUp);
    world.runtime.end(job.taskId, 5);
    expect(world.container(web)?.status).toBe("running");
    world.cut = null;
    expect((await world.reached(job, "failed", "exited")).exitCode).toBe(5);
    expect((await world.master.task(web.taskId)).status).toBe("running");
    await until("it to notice that too", () => worker.masterUp);
  });

  test("a task that started and ended while cut off is reported as running first, then as ended", async () => {
    await world.started();
    world.cut = (path, { method }) => method === "PUT" && path.endsWith("/status");
    const task = await world.run("job", ["exit", "6"]);
    await until("its end", () => world.container(task)?.status === "exited");
    expect((await world.master.task(task.taskId)).status).toBe("scheduled");
    const tap = await world.master.stream("/api/v1/watch");
    world.cut = null;
    const failed = await world.reached(task, "failed", "exited");
    expect(failed.exitCode).toBe(6);
    const moves = tap.events.flatMap(({ data }) => data.task?.status ?? []);
    expect(moves).toEqual(["running", "failed"]);
    tap.close();
  });

  test("reports do not pile up: of many changes the master gets the newest", async () => {
    await world.started();
    const task = await world.running("web", {
      restartPolicy: { mode: "always", backoffInitialMs: 10, backoffMaxMs: 10 },
    });
    world.cut = (path, { method }) => method === "PUT" && path.endsWith("/status");
    for (let run = 1; run <= 5; run++) {
      world.runtime.end(task.taskId, run);
      await until("the next run", () => world.runtime.calls.filter((call) => call === "start").length === run + 1);
      await until("it to run", () => world.container(task)?.status === "running");
    }
    world.requests.length = 0;
    world.cut = null;
    await until("the news", async () => (await world.master.task(task.taskId)).restarts === 5);
    const reports = world.requests.filter(({ method, path }) => method === "PUT" && path.endsWith("/status"));
    expect(reports.length).toBeLessThanOrEqual(2);
  });

  test("a lost node that returns stops tasks that were replaced elsewhere", async () => {
    const clock = new TestClock();
    await world.down();
    world = new World({ clock });
    const worker = await world.started();
    const task = await world.running("web", { restartPolicy: "always" });
    world.cutLink();
    await clock.advance(10_000);
    expect((await world.master.task(task.taskId)).reason.code).toBe("node-lost");
    expect(world.container(task)?.status).toBe("running");
    world.cut = null;
    await clock.advance(2_000);
    await until("its return", async () => {
      await clock.advance(500);
      return worker.masterUp && world.container(task)?.status === "exited";
    });
    const tasks = await world.master.do<TaskView[]>("GET", "/api/v1/tasks");
    const replacement = tasks.find(({ replaces }) => replaces === task.taskId)!;
    await until("the replacement", async () => {
      await clock.advance(500);
      return (await world.master.task(replacement.taskId)).status === "running";
    });
  });

  test("the worker registers again with a master that does not know the node", async () => {
    const worker = await world.started();
    await world.master.do("POST", `/api/v1/nodes/${worker.nodeId}/deregister`);
    await until("the node", () => world.master.node(worker.nodeId));
    const task = await world.running("web");
    expect(task.nodeId as string).toBe(worker.nodeId);
  });
});

describe("when its engine is away", () => {
  test("it reports that, concludes nothing about its tasks, and continues when the engine is back", async () => {
    const worker = await world.started();
    const before = await world.running("before");
    world.runtime.goAway();
    await until("the node to say so", async () => (await world.master.node(worker.nodeId)).engineError !== null);
    world.runtime.end(before.taskId, 7);
    expect((await world.master.task(before.taskId)).status).toBe("running");
    world.runtime.comeBack();
    expect((await world.reached(before, "failed", "exited")).exitCode).toBe(7);
    await until("the node to be well", async () => (await world.master.node(worker.nodeId)).engineError === null);
    await world.running("after");
  });

  test("no container counts as lost when the worker starts without its engine", async () => {
    const first = await world.started();
    const task = await world.running("web");
    first.stop();
    world.runtime.goAway();
    const second = await world.started();
    expect(second.engineError).not.toBeNull();
    await breathe();
    expect((await world.master.task(task.taskId)).status).toBe("running");
    world.runtime.comeBack();
    await until("the engine", () => second.engineError === null);
    await until("the container", () => second.holdings()[0]?.found?.status === "running");
    expect((await world.master.task(task.taskId)).containerId).toBe(task.containerId);
    expect(world.runtime.calls.filter((call) => call === "create")).toHaveLength(1);
  });

  test("after a first start without the engine, the master gets cores and memory as soon as the engine answers", async () => {
    world.runtime.goAway();
    const worker = await world.started();
    expect(await world.master.node(worker.nodeId)).toMatchObject({ cpu: 0, memory: 0, engine: null });
    world.runtime.comeBack();
    await until("the numbers", async () => (await world.master.node(worker.nodeId)).cpu === 4);
    expect((await world.master.node(worker.nodeId)).engine?.name).toBe("simulated");
  });

  test("containers that end with the engine have failed, or start again by their policy", async () => {
    await world.started();
    const once = await world.running("once");
    const always = await world.running("always", { restartPolicy: { mode: "always", backoffInitialMs: 10 } });
    world.runtime.goAway({ killContainers: true });
    world.runtime.comeBack();
    expect((await world.reached(once, "failed", "exited")).exitCode).toBe(137);
    await until("the restart", async () => (await world.master.task(always.taskId)).restarts === 1);
    await world.reached(always, "running", "running");
  });

  test("an engine that hangs is noticed by pings", async () => {
    const clock = new TestClock();
    await world.down();
    world = new World({ clock });
    const worker = await world.started();
    world.runtime.goAway({ hang: true });
    await clock.advance(limits.enginePingMs + limits.enginePingPatienceMs + 1000);
    expect(worker.engineError).toContain("does not answer");
    world.runtime.comeBack();
    await until("it to be well", async () => {
      await clock.advance(1000);
      return worker.engineError === null;
    });
  });

  test("one container that cannot be stopped does not mean that the engine is away", async () => {
    const worker = await world.started();
    const [stuck, other] = await Promise.all([world.running("stuck"), world.running("other")]);
    const stop = world.runtime.containers.stop.bind(world.runtime.containers);
    let refusals = 2;
    world.runtime.containers.stop = async (containerId, grace) => {
      if (containerId === stuck.containerId && refusals-- > 0) throw new Error("device busy");
      return stop(containerId, grace);
    };
    await world.master.do("POST", `/api/v1/tasks/${stuck.taskId}/stop`);
    await world.master.do("POST", `/api/v1/tasks/${other.taskId}/stop`);
    await world.reached(other, "stopped");
    expect(worker.engineError).toBeNull();
    await world.reached(stuck, "stopped");
  });
});

describe("what it keeps", () => {
  test("ended containers up to a count, the newest", async () => {
    await world.started({ retention: { count: 2, ageMs: 3_600_000 } });
    const tasks: TaskView[] = [];
    for (let i = 0; i < 4; i++) {
      const task = await world.run(`job${i}`, ["exit", "0"]);
      tasks.push(await world.reached(task, "completed"));
    }
    await until("two to be left", () => world.runtime.all().length === 2);
    expect(world.runtime.all().map(({ taskId }) => taskId)).toEqual(tasks.slice(2).map(({ taskId }) => taskId));
  });

  test("ended containers up to an age, also when nothing else happens", async () => {
    const clock = new TestClock();
    await world.down();
    world = new World({ clock });
    await world.started({ retention: { count: 50, ageMs: 60_000 } });
    const task = await world.run("web", ["forever"]);
    await world.reached(task, "running");
    world.runtime.end(task.taskId, 0);
    await world.reached(task, "completed");
    await clock.advance(30_000);
    expect(world.runtime.all()).toHaveLength(1);
    await clock.advance(31_000);
    await until("it to go", () => world.runtime.all().length === 0);
  });

  test("no containers of another cluster: under a new master those of the old cluster are left alone", async () => {
    const first = await world.started();
    const task = await world.running("web");
    first.stop();
    const old = world.master;
    const next = new World({ seed: 8 });
    next.identity = world.identity;
    const worker = next.worker({ runtime: world.runtime });
    await worker.start();
    await until("the first set", () => worker.counters.syncs > 0);
    expect(worker.holdings()).toEqual([]);
    expect(world.container(task)?.status).toBe("running");
    await next.down();
    expect(old.fatal).toEqual([]);
  });
});

test("under another master, actions that were under way for the old cluster end", async () => {
  const worker = await world.started();
  const { runtime } = world;
  const [create, pull] = [runtime.containers.create.bind(runtime.containers), runtime.images.pull.bind(runtime.images)];
  const open = Promise.withResolvers<void>();
  const made: string[] = [];
  const pulls: AbortSignal[] = [];
  runtime.containers.create = async (request) => {
    if (request.spec.image === "big") return create(request);
    made.push(request.labels["podling.cluster"]!);
    await open.promise;
    return create(request);
  };
  runtime.images.pull = (image, policy, platform, progress, signal) => {
    pulls.push(signal);
    return pull(image, policy, platform, progress, signal);
  };
  world.images.set("big", { present: false, pullMs: 600_000, sizeBytes: 9 });
  const pulling = await world.run("pulling", ["forever"], { image: "big" });
  await world.run("creating", ["forever"]);
  await world.reached(pulling, "scheduled", "pulling");
  await until("the create", () => made.length === 1);
  const oldMaster = world.master;
  const oldCluster = world.identity!.clusterId;
  Object.assign(world, { master: new World({ seed: 8 }).master });
  world.cutLink();
  await until("the cut", () => !worker.masterUp);
  world.cut = null;
  await until("the other cluster", () => world.identity!.clusterId !== oldCluster);
  expect(pulls.map(({ aborted }) => aborted)).toEqual([true]);
  open.resolve();
  await until("the container", () => runtime.all().length === 1);
  await breathe();
  expect(runtime.calls).not.toContain("start");
  expect(made).toEqual([oldCluster]);
  await oldMaster.stop();
});
