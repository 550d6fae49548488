// Ten thousand of everything once, over the real socket: the answers stay right and come within seconds; the bounds are
// far above what is measured, so that only a fall by an order of magnitude fails.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Explanation } from "../../src/model/explanation.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";
import { type EventTap, TestMaster } from "./in-process.ts";

const nodeCount = 1000;
const taskCount = 10_000;
const generousMs = 60_000;

let podling: TestMaster;
let watching: EventTap;
let assigned: EventTap;
let nodes: Node[] = [];
let tasks: TaskView[] = [];

beforeAll(async () => {
  podling = new TestMaster({ strategy: "spread" });
  watching = await podling.stream("/api/v1/watch");
});
afterAll(() => podling.stop());

test(
  `${nodeCount} nodes register, ${taskCount} tasks are created, and every one has a place`,
  async () => {
    for (let i = 0; i < nodeCount; i += 250) {
      nodes.push(
        ...(await Promise.all(
          Array.from({ length: 250 }, (_, j) => podling.register(`n${i + j}`, { labels: { zone: `z${(i + j) % 3}` } })),
        )),
      );
    }
    assigned = await podling.stream(`/api/v1/nodes/${nodes[0]!.nodeId}/assignments`);
    tasks = await podling.fill(taskCount, (i) => ({ labels: { app: `app-${i % 10}` } }));
    expect(new Set(tasks.map(({ taskId }) => taskId)).size).toBe(taskCount);
    expect(tasks.every(({ status }) => status === "scheduled")).toBe(true);
    nodes = await podling.do<Node[]>("GET", "/api/v1/nodes");
    expect(nodes).toHaveLength(nodeCount);
    expect(nodes.every(({ runningTasks }) => runningTasks === 10)).toBe(true);
  },
  generousMs,
);

test(
  "all are listed on one page, and followed from one sync that stays open",
  async () => {
    const listed = await podling.do<TaskView[]>("GET", `/api/v1/tasks?limit=${taskCount}`);
    expect(listed.map(({ taskId }) => taskId)).toEqual(tasks.map(({ taskId }) => taskId).sort());
    expect(await podling.do<TaskView[]>("GET", `/api/v1/tasks?label=app=app-3&limit=${taskCount}`)).toHaveLength(1000);
    const tap = await podling.stream("/api/v1/tasks?watch");
    const sync = await tap.next("the sync", ({ event }) => event === "sync");
    expect(sync.data.tasks).toHaveLength(taskCount);
    const extra = await podling.create("extra");
    await tap.next("what comes next", ({ event, data }) => event === "task" && data.taskId === extra.taskId);
    expect(tap.ended).toBe(false);
    tap.close();
    await podling.do("DELETE", `/api/v1/tasks/${extra.taskId}?force=true`);
  },
  generousMs,
);

test(
  "all run and end, and a watcher receives all of it",
  async () => {
    const report = (task: TaskView, status: string, more: object) =>
      podling.master.fetch(
        new Request(`${podling.url}/api/v1/tasks/${task.taskId}/status`, {
          method: "PUT",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ status, nodeId: task.nodeId, ...more }),
        }),
      );
    for (const [status, more] of [
      ["running", { containerId: "c" }],
      ["completed", { exitCode: 0 }],
    ] as const) {
      for (let i = 0; i < taskCount; i += 1000) {
        const answers = await Promise.all(tasks.slice(i, i + 1000).map((task) => report(task, status, more)));
        expect(answers.every((answer) => answer.status === 200)).toBe(true);
      }
    }
    const done = await podling.do<TaskView[]>("GET", `/api/v1/tasks?status=completed&limit=${taskCount}`);
    expect(done).toHaveLength(taskCount);
    const ended = () => watching.events.filter(({ data }) => data.task?.status === "completed").length;
    await until("the watcher to have received all", () => ended() === taskCount, generousMs);
    expect(watching.events.filter(({ data }) => data.type === "task.created")).toHaveLength(taskCount + 1);
    const gone = () => assigned.events.filter(({ event, data }) => event === "gone" && !data.deleted).length;
    await until("a worker to have received its ten", () => gone() === 10);
    watching.close();
    assigned.close();
  },
  generousMs,
);

test(
  "of the whole cluster one is explained, with a thousand verdicts",
  async () => {
    const explanation = await podling.do<Explanation>("GET", `/api/v1/tasks/${tasks[5000]!.taskId}/explanation`);
    expect(explanation).toMatchObject({ basis: "decision", chosenNodeId: tasks[5000]!.nodeId });
    expect(explanation.nodes).toHaveLength(nodeCount);
  },
  generousMs,
);
