// A task of several containers on a worker: a real master and a real worker, a simulated engine.

import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./in-process.ts";

let world: World;
/** Containers in the order in which the engine was asked to start and to stop them: "+app", "-app". */
let order: string[];

beforeEach(() => {
  world = new World();
  order = [];
  const { containers } = world.runtime;
  const nameOf = (id: string) => world.runtime.all().find(({ containerId }) => containerId === id)!.container;
  for (const [verb, sign] of [
    ["start", "+"],
    ["stop", "-"],
  ] as const) {
    const real = containers[verb].bind(containers) as (id: string, grace: number) => Promise<void>;
    spyOn(containers, verb).mockImplementation((id: string, grace = 0) => {
      order.push(`${sign}${nameOf(id)}`);
      return real(id, grace);
    });
  }
});
afterEach(() => world.down());

const app = { name: "app", image: "demo", args: ["forever"] };
const side = { name: "side", image: "demo", args: ["forever"], sidecar: true };

function create(containers: object[], more: object = {}): Promise<TaskView> {
  return world.master.create("pod", { image: undefined, containers, ...more });
}

async function running(containers: object[], more: object = {}): Promise<TaskView> {
  return world.reached(await create(containers, more), "running", "running");
}

/** The containers of the task as the engine has them, by name. */
const found = (task: TaskView) =>
  Object.fromEntries(
    world.runtime
      .all()
      .filter(({ taskId }) => taskId === task.taskId)
      .map((state) => [state.container, state]),
  );
const statuses = (task: TaskView) =>
  Object.fromEntries(Object.entries(found(task)).map(([name, { status }]) => [name, status]));
/** True when every container that runs has the network that there is now. */
const haveNetwork = (task: TaskView) =>
  Object.values(found(task)).every(
    ({ containerId, status }) => status !== "running" || world.runtime.containers.hasNetwork(containerId),
  );

describe("its containers", () => {
  test("share the network of a sandbox, which publishes all ports", async () => {
    await world.started();
    const ports = [{ containerPort: 80, hostPort: 8080 }];
    const task = await running([{ ...app, ports }, side]);
    const { sandbox, app: one, side: other } = found(task);
    expect([one!.joined, other!.joined]).toEqual([sandbox!.containerId, sandbox!.containerId]);
    expect(sandbox!.publishedPorts).toMatchObject([{ hostPort: 8080, containerPort: 80 }]);
    expect(task).toMatchObject({ ready: true, publishedPorts: [{ hostPort: 8080 }], image: "demo" });
    expect(task.reason.message).toBe("running: 2 containers (app, side)");
    expect(task.containers).toMatchObject([
      {
        name: "app",
        status: "running",
        ready: true,
        containerId: one!.containerId,
        publishedPorts: [{ hostPort: 8080 }],
      },
      { name: "side", status: "running", sidecar: true, publishedPorts: [] },
    ]);
  });

  test("start after the init containers, which run one after the other", async () => {
    await world.started();
    const init = [1, 2].map((at) => ({ name: `init${at}`, image: "demo", args: ["exit", "0"] }));
    const task = await running([app], { initContainers: init });
    expect(order).toEqual(["+sandbox", "+init1", "+init2", "+app"]);
    expect(task.initContainers).toMatchObject([
      { name: "init1", status: "completed", exitCode: 0 },
      { name: "init2", status: "completed" },
    ]);
  });

  test("wait for those that they depend on", async () => {
    await world.started();
    await running([
      { ...app, dependsOn: { migrate: "completed", side: "started" } },
      { name: "migrate", image: "demo", args: ["exit", "0"], dependsOn: ["side"] },
      side,
    ]);
    expect(order).toEqual(["+sandbox", "+side", "+migrate", "+app"]);
  });

  test("are said to wait, with what for, and the task is not running before all have started", async () => {
    await world.started();
    const slow = { name: "slow", image: "demo", args: ["forever"] };
    const task = await create([{ ...app, dependsOn: { slow: "completed" } }, slow]);
    const waiting = await until("the report", async () => {
      const now = await world.master.task(task.taskId);
      return now.reason.message === "app waits for slow to complete" && now;
    });
    expect(waiting).toMatchObject({ status: "scheduled", reason: { code: "starting" } });
    expect(waiting.containers).toMatchObject([{ status: "scheduled" }, { name: "slow", status: "running" }]);
  });

  test("share a folder, which goes with them", async () => {
    await world.started();
    const mounts = [{ type: "shared", source: "cache", target: "/cache" }];
    const task = await running([
      { ...app, mounts },
      { ...side, mounts },
    ]);
    const volume = `podling-${task.taskId}-cache`;
    expect(world.runtime.storage.volumes(false).map(({ name }) => name)).toEqual([volume]);
    await world.master.do("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
    await until("the folder to go", () => world.runtime.storage.volumes(false).length === 0);
    expect(world.runtime.all()).toEqual([]);
  });
});

describe("one fate", () => {
  test("a main container that fails ends the task; sidecars are stopped after the others, and the network last", async () => {
    await world.started();
    const task = await running([app, { ...app, name: "other" }, side]);
    order = [];
    await world.runtime.containers.kill(found(task).other!.containerId, "KILL");
    const failed = await world.reached(task, "failed", "exited");
    expect(failed.reason.message).toBe("other: exited with code 137");
    expect(failed).toMatchObject({ exitCode: 137, ready: false });
    expect(order).toEqual(["-app", "-side", "-sandbox"]);
    expect(failed.containers).toMatchObject([
      { name: "app", status: "stopped" },
      { name: "other", status: "failed", exitCode: 137 },
      { name: "side", status: "stopped" },
    ]);
  });

  test("an init container that fails ends the task before the others start", async () => {
    await world.started();
    const task = await create([app], { initContainers: [{ name: "init", image: "demo", args: ["exit", "4"] }] });
    const failed = await world.reached(task, "failed", "exited");
    expect(failed.reason.message).toBe("init container init: exited with code 4");
    expect(order).toEqual(["+sandbox", "+init", "-sandbox"]);
  });

  test("it completes when the main containers have; the sidecar is stopped then", async () => {
    await world.started();
    const task = await create([{ ...app, args: ["exit", "0"] }, side]);
    const completed = await world.reached(task, "completed", "exited");
    expect(completed.containers).toMatchObject([{ status: "completed" }, { status: "stopped" }]);
    expect(statuses(task)).toEqual({ sandbox: "exited", app: "exited", side: "exited" });
  });

  test("a container whose image is not there ends the task", async () => {
    await world.started();
    const task = await create([app, { ...app, name: "other", image: "none" }]);
    const failed = await world.reached(task, "failed", "image-not-found");
    expect(failed.reason.message).toBe("other: none: manifest unknown");
    await until("the end of all", () => Object.values(statuses(task)).every((status) => status === "exited"));
  });

  test("a stop that is asked for stops main containers first", async () => {
    await world.started();
    const task = await running([side, app]);
    order = [];
    await world.master.do("POST", `/api/v1/tasks/${task.taskId}/stop`);
    await world.reached(task, "stopped", "stopped");
    expect(order).toEqual(["-app", "-side", "-sandbox"]);
  });
});

describe("restarts", () => {
  test("a main container that fails is started again alone, by the policy", async () => {
    await world.started();
    const restartPolicy = { mode: "always", backoffInitialMs: 10 };
    const task = await running([app, { ...app, name: "other" }], { restartPolicy });
    order = [];
    await world.runtime.containers.kill(found(task).other!.containerId, "KILL");
    await until("the restart", () => order.includes("+other"));
    const again = await until("the report", async () => {
      const now = await world.master.task(task.taskId);
      return now.restarts === 1 && now.reason.code === "running" && now;
    });
    expect(order).toEqual(["+other"]);
    expect(again.containers).toMatchObject([{ restarts: 0 }, { restarts: 1, lastFailure: { exitCode: 137 } }]);
  });

  test("on request, every container but those of the beginning is started again", async () => {
    await world.started();
    const init = { name: "init", image: "demo", args: ["exit", "0"] };
    const task = await running([app, side], { initContainers: [init] });
    order = [];
    const path = `/api/v1/tasks/${task.taskId}/restart?wait=done`;
    const restarted = await world.master.do<TaskView>("POST", path);
    expect(restarted.containers).toMatchObject([{ requestedRestarts: 1 }, { requestedRestarts: 1 }]);
    expect(order.toSorted()).toEqual(["+app", "+side", "-app", "-side"]);
  });
});

describe("a sandbox", () => {
  test("that is killed is started again, and then each container in its network", async () => {
    await world.started();
    const task = await running([app, side]);
    order = [];
    const before = found(task);
    await world.runtime.containers.kill(before.sandbox!.containerId, "KILL");
    await until("the new network", () => order.includes("+app") && order.includes("+side") && haveNetwork(task));
    expect(order[0]).toBe("+sandbox");
    await until("the report", async () =>
      (await world.master.task(task.taskId)).containers?.every(({ restarts, ready }) => restarts === 1 && ready),
    );
    expect(found(task).app!.containerId).toBe(before.app!.containerId);
  });

  test("that is removed is made again, and each container with it", async () => {
    await world.started();
    const task = await running([app, side]);
    const before = found(task);
    await world.runtime.containers.remove(before.sandbox!.containerId);
    await until("all to be others", () => {
      const after = found(task);
      return ["sandbox", "app", "side"].every(
        (name) => after[name]?.status === "running" && after[name].containerId !== before[name]!.containerId,
      );
    });
    expect(haveNetwork(task)).toBe(true);
    await world.reached(task, "running", "running");
  });

  const init = { name: "init", image: "demo", args: ["exit", "0"] };

  test("that is made again gets its init containers first, and the containers of the old network end before them", async () => {
    await world.started();
    const task = await running([app, side], { initContainers: [init], restartPolicy: "never" });
    order = [];
    await world.runtime.containers.remove(found(task).sandbox!.containerId);
    await until("all to run", () => order.includes("+app") && order.includes("+side") && haveNetwork(task));
    expect(order.indexOf("+init")).toBeGreaterThan(Math.max(order.indexOf("-app"), order.indexOf("-side")));
    expect(order.slice(order.indexOf("+init")).toSorted()).toEqual(["+app", "+init", "+side"]);
    const { initContainers } = await world.reached(task, "running", "running");
    expect(initContainers).toMatchObject([{ status: "completed", restarts: 0 }]);
  });

  test("that is gone with all that the task had: its init containers run again, what had completed does not", async () => {
    const worker = await world.started();
    const once = { name: "once", image: "demo", args: ["exit", "0"] };
    const task = await running([app, once], { initContainers: [init], restartPolicy: "on-failure" });
    await until("the end of one", async () => {
      const { containers = [] } = await world.master.task(task.taskId);
      return containers.some(({ name, status }) => name === "once" && status === "completed");
    });
    worker.stop();
    for (const { containerId } of Object.values(found(task))) await world.runtime.containers.remove(containerId);
    order = [];
    await world.started();
    await until("app to run", () => order.includes("+app"));
    expect(order).toEqual(["+sandbox", "+init", "+app"]);
    await world.reached(task, "running", "running");
  });

  test("that is killed does not start again what had completed", async () => {
    await world.started();
    const once = { name: "once", image: "demo", args: ["exit", "0"] };
    const task = await running([app, once], { initContainers: [init] });
    await until("the end of one", () => statuses(task).once === "exited");
    order = [];
    await world.runtime.containers.kill(found(task).sandbox!.containerId, "KILL");
    await until("the new network", () => order.includes("+app") && haveNetwork(task));
    expect(order).toEqual(["+sandbox", "-app", "+app"]);
    await world.reached(task, "running", "running");
  });
});

describe("a worker", () => {
  test("that starts again adopts what runs", async () => {
    const first = await world.started();
    const task = await running([app, side], { initContainers: [{ name: "init", image: "demo", args: ["exit", "0"] }] });
    first.stop();
    order = [];
    world.runtime.calls.length = 0;
    await world.started();
    await world.reached(task, "running", "running");
    for (const call of ["create", "start", "stop", "remove"]) expect(world.runtime.calls).not.toContain(call);
  });

  test("starts all again in their order when the engine was away and they ended with it", async () => {
    await world.started();
    const restartPolicy = { mode: "always", backoffInitialMs: 10 };
    const task = await running([{ ...app, dependsOn: { side: "started" } }, side], { restartPolicy });
    order = [];
    world.runtime.goAway({ killContainers: true });
    world.runtime.comeBack();
    await until("the restart", () => order.includes("+app"), 20_000);
    expect(order.filter((one) => one.startsWith("+"))).toEqual(["+sandbox", "+side", "+app"]);
    await world.reached(task, "running", "running");
    expect(haveNetwork(task)).toBe(true);
  });

  test("goes on with the end of a task that had begun before it started", async () => {
    const first = await world.started();
    const task = await running([app, side]);
    first.stop();
    await world.runtime.containers.kill(found(task).app!.containerId, "KILL");
    await world.started();
    const failed = await world.reached(task, "failed", "exited");
    expect(failed.reason.message).toBe("app: exited with code 137");
    expect(Object.values(statuses(task))).toEqual(["exited", "exited", "exited"]);
  });

  test("stops all that a task has when it is not assigned any more", async () => {
    const first = await world.started();
    const task = await running([app, side]);
    first.stop();
    await world.master.do("DELETE", `/api/v1/tasks/${task.taskId}?force=true`);
    order = [];
    await world.started();
    await until("the end", () => world.runtime.all().length === 0);
    expect(order.at(-1)).toBe("-sandbox");
  });
});

test("the log of a container that the task does not have is refused, with the names of those that it has", async () => {
  await world.started();
  const print = (name: string) => ({ name, image: "demo", args: ["print", `from ${name}\n`] });
  const task = await running([print("app"), print("other")]);
  const answer = async (query: string) => {
    const response = await fetch(`${world.master.url}/api/v1/tasks/${task.taskId}/logs${query}`);
    return { status: response.status, text: await response.text() };
  };
  expect((await answer("?container=none")).status).toBe(422);
  expect((await answer("?container=none")).text).toContain("Its containers: app, other.");
});
