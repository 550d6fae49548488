// A worker that leaves for good, and one that only ends. A real master and a real worker, a simulated engine.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { limits } from "../../src/model/limits.ts";
import { isFinished } from "../../src/model/task/reason.ts";
import { until } from "../../tools/lab/until.ts";
import { breathe, TestClock } from "../master/in-process.ts";
import { World } from "./in-process.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.down());

describe("a worker that drains", () => {
  test("stops its containers, reports how each ended, and deregisters; tasks with a restart policy wait for another node", async () => {
    const worker = await world.started();
    const once = await world.running("once");
    const always = await world.running("always", { restartPolicy: "always" });
    await worker.drain();
    expect(world.runtime.all().every(({ status }) => status === "exited")).toBe(true);
    const failed = await world.master.task(once.taskId);
    expect(failed).toMatchObject({ status: "failed", exitCode: 143, reason: { code: "node-deregistered" } });
    const tasks = await world.master.do<TaskView[]>("GET", "/api/v1/tasks");
    const replacement = tasks.find(({ replaces }) => replaces === always.taskId);
    expect(replacement?.status).toBe("pending");
    expect(tasks.filter(({ status }) => !isFinished(status))).toHaveLength(1);
    expect(await world.master.do<unknown[]>("GET", "/api/v1/nodes")).toEqual([]);
  });

  test("waits for starts that are under way, and begins no others", async () => {
    const worker = await world.started();
    const start = world.runtime.containers.start.bind(world.runtime.containers);
    const open = Promise.withResolvers<void>();
    let begun = 0;
    world.runtime.containers.start = async (containerId) => {
      begun++;
      await open.promise;
      await start(containerId);
    };
    const names = Array.from({ length: limits.concurrentStarts + 3 }, (_, index) => `web${index}`);
    await Promise.all(names.map((name) => world.run(name, ["forever"])));
    await until("the starts", () => begun === limits.concurrentStarts);
    const looks = () => world.runtime.calls.filter((call) => call === "list").length;
    const before = looks();
    const drained = worker.drain();
    await until("some empty looks", () => looks() >= before + 3);
    expect(await world.master.do<unknown[]>("GET", "/api/v1/nodes")).toHaveLength(1);
    open.resolve();
    await drained;
    expect(begun).toBe(limits.concurrentStarts);
    expect(world.runtime.all().some(({ status }) => status === "running")).toBe(false);
    expect(await world.master.do<unknown[]>("GET", "/api/v1/nodes")).toEqual([]);
  });

  test("stays registered while a container still runs", async () => {
    const clock = new TestClock();
    await world.down();
    world = new World({ clock });
    const worker = await world.started();
    await world.running("web");
    world.runtime.containers.stop = async () => {};
    let over = false;
    const drained = worker.drain().finally(() => {
      over = true;
    });
    await until("it to give up", async () => {
      await clock.advance(500);
      return over;
    });
    await drained;
    expect(await world.master.do<unknown[]>("GET", "/api/v1/nodes")).toHaveLength(1);
  });

  test("without a drain, it leaves them running", async () => {
    const worker = await world.started();
    const task = await world.running("web");
    worker.stop();
    await breathe();
    expect(world.container(task)?.status).toBe("running");
  });
});
