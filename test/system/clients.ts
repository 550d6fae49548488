// Clients that create, report, stop and delete tasks as fast as they get answers, and keep what the master acknowledged; and
// the comparison of that with a master that was killed and started again. Test support.

import { expect } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import type { Node } from "../../src/model/node/node.ts";
import { isFinished, isPlaced, type TaskStatus } from "../../src/model/task/reason.ts";
import type { MasterProcess } from "../../tools/lab/cluster.ts";

const rank: Record<TaskStatus, number> = { pending: 0, scheduled: 1, running: 2, completed: 3, failed: 3, stopped: 3 };
type Known = { status: TaskStatus; desired: string; name: string; exitCode: number | null };

export class Clients {
  /** The newest acknowledged state of each task. */
  readonly known = new Map<string, Known>();
  readonly deleted = new Set<string>();
  /** Deletes without an answer when the master was killed: the task may exist or not. */
  readonly #deleting = new Set<string>();
  readonly #sentNames = new Set<string>();
  #names = 0;
  acknowledged = 0;
  /** Writes that were refused because the journal could not write, and the names of tasks that therefore must not exist. */
  refused = 0;
  readonly #refusedNames = new Set<string>();
  readonly #master: MasterProcess;
  readonly #pick: () => number;

  constructor(master: MasterProcess, pick: () => number) {
    this.#master = master;
    this.#pick = pick;
  }

  /** Runs `count` clients until the master is gone. */
  async work(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#client()));
  }

  async #client(): Promise<void> {
    const mine: string[] = [];
    for (;;) {
      try {
        await this.#next(mine);
      } catch (error) {
        if (error instanceof Gone) return;
        // A client ends when the master is killed, and waits when the disk is full. Any other refusal is a fault.
        if (!(error instanceof NotKept)) throw error;
        await Bun.sleep(10);
      }
    }
  }

  async #next(mine: string[]): Promise<void> {
    const draw = this.#pick();
    const taskId = mine[Math.floor(this.#pick() * mine.length)];
    if (taskId === undefined || draw < 0.4) mine.push(await this.#create());
    else if (draw < 0.9) await this.#transition(taskId);
    else {
      await this.#delete(taskId);
      mine.splice(mine.indexOf(taskId), 1);
    }
  }

  async #create(): Promise<string> {
    const name = `t-${this.#names++}`;
    this.#sentNames.add(name);
    try {
      const task = await this.#send("POST", "/api/v1/tasks", { name, image: "nginx", env: { FOR: name } });
      this.#note(task);
      return task.taskId;
    } catch (error) {
      if (error instanceof NotKept) this.#refusedNames.add(name);
      throw error;
    }
  }

  async #transition(taskId: string): Promise<void> {
    const before = this.known.get(taskId);
    if (!before) return;
    const path = `/api/v1/tasks/${taskId}`;
    if (before.status === "scheduled") this.#note(await this.#send("PUT", `${path}/status`, { status: "running" }));
    else if (before.status === "running" && before.desired === "running" && this.#pick() < 0.3) {
      this.#note(await this.#send("POST", `${path}/stop`));
    } else if (before.status === "running") {
      const status = before.desired === "stopped" ? "stopped" : "failed";
      this.#note(await this.#send("PUT", `${path}/status`, { status, exitCode: 7 }));
    }
  }

  async #delete(taskId: string): Promise<void> {
    this.#deleting.add(taskId);
    try {
      await this.#send("DELETE", `/api/v1/tasks/${taskId}?force=true`);
    } catch (error) {
      if (error instanceof NotKept) this.#deleting.delete(taskId);
      throw error;
    }
    this.#deleting.delete(taskId);
    this.deleted.add(taskId);
    this.known.delete(taskId);
  }

  #note({ taskId, status, desired, name, exitCode }: TaskView): void {
    this.known.set(taskId, { status, desired, name, exitCode });
  }

  async #send(method: string, path: string, body?: object): Promise<TaskView> {
    let status: number;
    let text: string;
    try {
      const answer = await this.#master.fetch(path, {
        method,
        ...(body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}),
      });
      ({ status } = answer);
      text = await answer.text();
    } catch {
      throw new Gone();
    }
    if (status === 503 && text.includes('"journal-unavailable"')) {
      this.refused++;
      throw new NotKept();
    }
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    this.acknowledged++;
    return (text === "" ? {} : JSON.parse(text)) as TaskView;
  }

  /** Every acknowledged task exists, with the acknowledged status or a later one, and every record is complete. */
  async check(): Promise<void> {
    const tasks = await allTasks(this.#master);
    const found = new Map(tasks.map((task) => [task.taskId as string, task]));
    const lost: string[] = [];
    for (const [taskId, known] of this.known) {
      const task = found.get(taskId);
      if (!task) {
        if (!this.#deleting.has(taskId)) lost.push(`${taskId} is gone; it was ${known.status}`);
        else this.known.delete(taskId);
        continue;
      }
      const back = rank[task.status] < rank[known.status] || (isFinished(known.status) && task.status !== known.status);
      const unasked = known.desired === "stopped" && task.desired !== "stopped";
      if (
        back ||
        unasked ||
        (known.exitCode !== null && task.exitCode !== known.exitCode) ||
        task.name !== known.name
      ) {
        lost.push(`${taskId} was ${JSON.stringify(known)} and is ${task.status}, wanted ${task.desired}`);
      }
      this.#note(task);
    }
    for (const taskId of this.deleted) if (found.has(taskId)) lost.push(`${taskId} was deleted and is back`);
    expect(lost).toEqual([]);
    this.#deleting.clear();
    expect(tasks.filter(({ name }) => this.#refusedNames.has(name))).toEqual([]);
    const half = tasks.flatMap((task) =>
      isWhole(task) && this.#sentNames.has(task.name) ? [] : [JSON.stringify(task)],
    );
    expect(half).toEqual([]);
    expect(new Set(tasks.map(({ name }) => name)).size).toBe(tasks.length);
    const nodes = await this.#master.json<Node[]>("GET", "/api/v1/nodes");
    const placed = nodes.map(
      ({ nodeId }) => tasks.filter((task) => task.nodeId === nodeId && isPlaced(task.status)).length,
    );
    expect(nodes.map(({ runningTasks }) => runningTasks)).toEqual(placed);
  }
}

class Gone extends Error {}
class NotKept extends Error {}

/** True when the task has all fields that its status requires. */
function isWhole(task: TaskView): boolean {
  if (task.env.FOR !== task.name || !task.createdAt || !task.reason.code) return false;
  if (isPlaced(task.status) && !(task.nodeId && task.scheduledAt && task.scheduledRevision)) return false;
  if (task.status === "running" && !task.startedAt) return false;
  return isFinished(task.status) === (task.finishedAt !== null);
}

export async function allTasks(master: MasterProcess): Promise<TaskView[]> {
  const tasks: TaskView[] = [];
  let path: string | null = "/api/v1/tasks?limit=10000";
  while (path !== null) {
    const answer: Response = await master.fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    tasks.push(...((await answer.json()) as TaskView[]));
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1] ?? null;
  }
  return tasks;
}
