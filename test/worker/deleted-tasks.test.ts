// Tasks that are removed while their node or worker is away: their containers are removed when it is back, and those of
// tasks that only ended stay for their logs.

import { afterEach, beforeEach, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { until } from "../../tools/lab/until.ts";
import { World } from "./in-process.ts";

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.down());

const remove = ({ taskId }: TaskView) => world.master.do("DELETE", `/api/v1/tasks/${taskId}?force=true`);
const names = (tasks: TaskView[]) => tasks.filter((task) => world.container(task)).map(({ name }) => name);

/** One that has ended and one that runs, both to be removed; and one that has ended and is kept. */
async function threeTasks(): Promise<TaskView[]> {
  const ended = await world.run("ended", ["exit", "0"]);
  const live = await world.run("live", ["forever"]);
  const kept = await world.run("kept", ["exit", "3"]);
  await Promise.all([world.reached(ended, "completed"), world.reached(live, "running"), world.reached(kept, "failed")]);
  return [ended, live, kept];
}

test("while the worker is down", async () => {
  const worker = await world.started();
  const [ended, live, kept] = (await threeTasks()) as [TaskView, TaskView, TaskView];
  worker.stop();
  await remove(ended);
  await remove(live);
  expect(names([ended, live, kept])).toEqual(["ended", "live", "kept"]);
  await world.started();
  await until("the removed ones to go", () => names([ended, live, kept]).join() === "kept");
  expect((await world.master.task(kept.taskId)).status).toBe("failed");
});

test("while the node is cut off", async () => {
  await world.started();
  const [ended, live, kept] = (await threeTasks()) as [TaskView, TaskView, TaskView];
  world.cutLink();
  await remove(ended);
  await remove(live);
  world.cut = null;
  await until("the removed ones to go", () => names([ended, live, kept]).join() === "kept", 30_000);
});

test("while the worker is down, and then its engine is away: when the engine is back", async () => {
  const worker = await world.started();
  const [ended, live, kept] = (await threeTasks()) as [TaskView, TaskView, TaskView];
  worker.stop();
  await remove(ended);
  await remove(live);
  world.runtime.goAway();
  await world.started();
  world.runtime.comeBack();
  await until("the removed ones to go", () => names([ended, live, kept]).join() === "kept", 30_000);
});

test("a lost answer is asked for again", async () => {
  const worker = await world.started();
  const [ended, live, kept] = (await threeTasks()) as [TaskView, TaskView, TaskView];
  worker.stop();
  await remove(ended);
  let asked = 0;
  world.cut = (path, { method }) => method !== "POST" && path === `/api/v1/tasks/${ended.taskId}` && ++asked <= 2;
  await world.started();
  await until("the removed one to go", () => names([ended, live, kept]).join() === "live,kept");
  expect(asked).toBeGreaterThan(2);
});

test("while its start is under way: the container that is created then is removed, too", async () => {
  await world.started();
  const { promise: mayStart, resolve: goOn } = Promise.withResolvers<void>();
  const create = world.runtime.containers.create.bind(world.runtime.containers);
  let creating = false;
  world.runtime.containers.create = async (request) => {
    creating = true;
    await mayStart;
    return create(request);
  };
  const task = await world.run("slow", ["exit", "0"]);
  await until("the start to be under way", () => creating);
  world.cutLink();
  await remove(task);
  world.cut = null;
  const asked = () => world.requests.some(({ method, path }) => method === "GET" && path.endsWith(task.taskId));
  await until("it to ask", asked, 30_000);
  goOn();
  await until("the container to have come and gone", () => {
    return world.runtime.calls.includes("remove") && world.container(task) === undefined;
  });
});
