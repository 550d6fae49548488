// What clients do with tasks of their own: create, stop, remove, restart, read, list, explain, and report in the name of another
// node.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { TaskId } from "../../model/ids.ts";
import { isFinished } from "../../model/task/reason.ts";
import { foreignReport } from "../checkers/strangers-are-refused.ts";
import type { Plan } from "../faults/plan.ts";
import { drawProbes } from "../machines/probed.ts";
import { drawPriority, drawTaskInput, optionsOf } from "../machines/programs.ts";
import type { RunContext } from "../run/context.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

export class TaskWorkload {
  readonly #context: RunContext;
  readonly #random: Random;
  readonly #options: boolean;
  /** Null if tasks have no probes. */
  readonly #probes: Random | null;
  /** Null if tasks have no priorities. */
  readonly #priorities: Random | null;
  /** Tasks that were created and that may still run, the oldest first. */
  readonly #live: TaskId[] = [];
  /** With more live tasks than this, clients create few. */
  readonly #crowd: number;
  #serial = 0;

  constructor(
    context: RunContext,
    random: Random,
    { options = false, services = false, probes = false, priorities = false }: Partial<Plan>,
  ) {
    this.#context = context;
    this.#random = random;
    this.#options = options;
    this.#priorities = priorities ? context.world.random("priorities of tasks") : null;
    this.#probes = probes ? context.world.random("probes of tasks") : null;
    const capacity = context.workers.reduce((sum, machine) => sum + machine.capacity, 0);
    // Services get their share of the nodes.
    this.#crowd = capacity * (services ? 0.5 : 0.9);
  }

  /** The action of this draw (of 0 to 99). Null if the draw stands for no action on tasks. */
  draw(draw: number, client: SimClient): Promise<void> | null {
    const crowded = this.#live.length > this.#crowd;
    if (draw < (crowded ? 10 : 48)) return this.#create(client);
    if (draw < 68) return this.#stop(client);
    if (draw < 80) return this.#remove(client);
    if (draw < 86) return this.#get(client);
    if (draw < 92) return this.#list(client);
    if (draw === 92) return this.#restart(client);
    // Expensive: it replays the log.
    if (draw === 93 && randomInteger(this.#random, 4) === 0) return this.#explain(client);
    return draw === 97 ? this.#reportAsAnotherNode(client) : null;
  }

  async #create(client: SimClient): Promise<void> {
    const { world } = this.#context;
    const serial = this.#serial++;
    const drawn = drawTaskInput(this.#random, serial);
    const probed = this.#probes && drawn.args?.[0] === "service" ? drawProbes(this.#probes) : null;
    const input = this.#options ? { ...drawn, ...optionsOf(serial), ...probed } : { ...drawn, ...probed };
    if (this.#priorities) Object.assign(input, drawPriority(this.#priorities));
    // No ports are published in the network of the node.
    if (input.network?.mode === "host") delete input.ports;
    const key = `key-${serial}`;
    const wait = randomInteger(this.#random, 8) === 0;
    const query = wait ? { wait: "running", timeout: "3s" } : {};
    const task = await client.createTask(key, input, query);
    if (task === null) return;
    world.remark(() => `client was answered with ${task.taskId}: ${task.status}`);
    this.#live.push(task.taskId);
  }

  #pick(): TaskId | undefined {
    const { truth } = this.#context;
    // Sometimes picks a task that has finished meanwhile: the master must answer that correctly, too.
    for (let tries = 0; tries < 4 && this.#live.length > 0; tries++) {
      const at = randomInteger(this.#random, this.#live.length);
      const taskId = this.#live[at]!;
      const task = truth.tasks.get(taskId);
      if (task && !isFinished(task.status)) return taskId;
      this.#live.splice(at, 1);
      if (randomInteger(this.#random, 3) === 0) return taskId;
    }
    return undefined;
  }

  async #stop(client: SimClient): Promise<void> {
    const taskId = this.#pick();
    if (taskId !== undefined) await client.stopTask(taskId);
  }

  async #remove(client: SimClient): Promise<void> {
    // Often the newest: people remove what they have just made.
    const taskId = randomInteger(this.#random, 3) === 0 ? this.#live.at(-1) : this.#pick();
    if (taskId === undefined) return;
    const force = randomInteger(this.#random, 2) === 0;
    if (force) this.#context.ledger.forced.add(taskId);
    const outcome = await client.try(() =>
      client.api.call("deleteTask", { id: taskId, query: { force }, timeoutMs: patienceMs }),
    );
    if (outcome.ok) this.#context.ledger.removed.add(taskId);
  }

  async #get(client: SimClient): Promise<void> {
    const taskId = this.#pick();
    if (taskId === undefined) return;
    const query = randomInteger(this.#random, 2) === 0 ? { wait: "finished" as const, timeout: "2s" } : {};
    await client.try(() => client.api.call("getTask", { id: taskId, query, timeoutMs: patienceMs }));
  }

  async #list(client: SimClient): Promise<void> {
    // The newest, which change most: from the first that this client knows.
    const cursor = this.#live[0];
    const query = { limit: 50, ...(cursor === undefined ? {} : { cursor }) };
    await client.try(() => client.api.call("listTasks", { query, timeoutMs: patienceMs }));
  }

  async #explain(client: SimClient): Promise<void> {
    const taskId = this.#pick();
    if (taskId === undefined) return;
    await client.try(() => client.api.call("explainTask", { id: taskId, timeoutMs: patienceMs }));
  }

  async #restart(client: SimClient): Promise<void> {
    const taskId = this.#pick();
    if (taskId === undefined) return;
    const graceSeconds = randomInteger(this.#random, 3);
    await client.try(() =>
      client.api.call("restartTask", { id: taskId, query: { graceSeconds }, timeoutMs: patienceMs }),
    );
  }

  /** A report in the name of a node that the task is not on: it must be refused. */
  async #reportAsAnotherNode(client: SimClient): Promise<void> {
    const { truth } = this.#context;
    const taskId = this.#pick();
    const task = taskId && truth.tasks.get(taskId);
    const stranger = task?.nodeId && [...truth.state.nodes.keys()].find((nodeId) => nodeId !== task.nodeId);
    if (!stranger) return;
    const reason = { code: "exited" as const, message: foreignReport };
    const body = { status: "failed" as const, nodeId: stranger, reason };
    await client.try(() => client.api.call("reportTask", { id: task.taskId, body, timeoutMs: patienceMs }));
  }
}
