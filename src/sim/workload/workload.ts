// The clients: they create, stop, remove, list and wait over the network, and repeat a request with the same key until it is
// answered. They record the answers in the ledger.

import { Client, UnreachableError } from "../../api/client.ts";
import type { TaskView } from "../../api/views/task.ts";
import { type Random, randomInteger } from "../../lib/random.ts";
import type { TaskId } from "../../model/ids.ts";
import type { Outcome } from "../../model/refusal.ts";
import { isFinished } from "../../model/task/reason.ts";
import { foreignReport } from "../checkers/strangers-are-refused.ts";
import type { Plan } from "../faults/plan.ts";
import { masterUrl } from "../machines/master-machine.ts";
import { drawTaskInput, optionsOf } from "../machines/programs.ts";
import type { RunContext } from "../run/context.ts";
import { Host } from "../world/host.ts";
import { Process } from "../world/process.ts";

const patienceMs = 5000;
const retryMs = 700;

/** Refusals after which a client tries again later. */
const later = new Set(["journal-unavailable", "not-ready", "too-many", "internal", "node-unreachable"]);

export class Workload {
  readonly #context: RunContext;
  readonly #pauseMs: number;
  /** Without the record of n1, its twin would get its name. */
  readonly #hasTwin: boolean;
  readonly #options: boolean;
  readonly #random: Random;
  readonly #live: TaskId[] = [];
  readonly #room: number;
  #serial = 0;
  #stopped = false;
  /** Requests that are still tried. */
  #underWay = 0;
  readonly host: Host;

  constructor(
    context: RunContext,
    { clients, pauseMs, twin, options = false }: Pick<Plan, "clients" | "pauseMs" | "twin" | "options">,
  ) {
    this.#context = context;
    this.#hasTwin = twin !== "none";
    this.#pauseMs = pauseMs;
    this.#options = options;
    this.#random = context.world.random("workload");
    this.#room = context.workers.reduce((sum, { capacity }) => sum + capacity, 0);
    this.host = new Host(context.world, "clients");
    context.network.addHost(this.host);
    for (let i = 0; i < clients; i++) this.#begin(new Process(context.world, this.host, `client-${i}`));
  }

  get idle(): boolean {
    return this.#underWay === 0;
  }

  /** Sends no new requests. Those already sent are repeated until they are answered. */
  stop(): void {
    this.#stopped = true;
  }

  #begin(process: Process): void {
    const client = new Client({
      baseUrl: masterUrl,
      fetch: this.#context.network.fetchFor(process),
      clock: process.clock,
    });
    const next = () => {
      if (this.#stopped) return;
      this.#underWay++;
      void this.#act(client, process).finally(() => {
        this.#underWay--;
        process.clock.timer(this.#random.next() * 2 * this.#pauseMs, next);
      });
    };
    process.clock.timer(this.#random.next() * this.#pauseMs, next);
  }

  async #act(client: Client, process: Process): Promise<void> {
    const draw = randomInteger(this.#random, 100);
    const crowded = this.#live.length > this.#room * 0.9;
    if (draw < (crowded ? 10 : 48)) return this.#create(client, process);
    if (draw < 68) return this.#stop(client, process);
    if (draw < 80) return this.#remove(client, process);
    if (draw < 86) return this.#getTask(client, process);
    if (draw < 92) return this.#list(client, process);
    if (draw === 92) return this.#restart(client, process);
    if (draw === 99) return this.#label(client, process);
    // Expensive: it replays the log.
    if (draw === 93 && randomInteger(this.#random, 4) === 0) return this.#explain(client, process);
    if (draw < 97) return this.#cordon(client, process);
    if (draw === 97) return this.#reportAsAnotherNode(client, process);
    if (draw === 98 && !this.#hasTwin && randomInteger(this.#random, 4) === 0) return this.#deregister(client, process);
    await this.#try(process, () => client.call("listNodes", { timeoutMs: patienceMs }));
  }

  async #create(client: Client, process: Process): Promise<void> {
    const { ledger, world } = this.#context;
    const serial = this.#serial++;
    const drawn = drawTaskInput(this.#random, serial);
    const input = this.#options ? { ...drawn, ...optionsOf(serial) } : drawn;
    // No ports are published in the network of the node.
    if (input.network?.mode === "host") delete input.ports;
    const key = `key-${serial}`;
    const wait = randomInteger(this.#random, 8) === 0;
    ledger.asked.add(key);
    const outcome = await this.#try(process, () =>
      client.call("createTask", {
        body: input as never,
        headers: { "idempotency-key": key },
        ...(wait ? { query: { wait: "running" as const, timeout: "3s" } } : {}),
        timeoutMs: patienceMs,
      }),
    );
    if (!outcome?.ok) return;
    const task = outcome.value as TaskView;
    const before = ledger.created.get(key);
    if (before !== undefined && before !== task.taskId) {
      const message = `${key} was answered with ${before}, then with ${task.taskId}`;
      this.#context.fail({ class: "safety", checker: "asked-once-made-once", message });
    }
    ledger.created.set(key, task.taskId);
    ledger.known.set(task.taskId, task);
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

  async #stop(client: Client, process: Process): Promise<void> {
    const taskId = this.#pick();
    if (taskId === undefined) return;
    const outcome = await this.#try(process, () => client.call("stopTask", { id: taskId, timeoutMs: patienceMs }));
    if (outcome?.ok) this.#context.ledger.stopped.add(taskId);
  }

  async #remove(client: Client, process: Process): Promise<void> {
    // Often the newest: people remove what they have just made.
    const taskId = randomInteger(this.#random, 3) === 0 ? this.#live.at(-1) : this.#pick();
    if (taskId === undefined) return;
    const force = randomInteger(this.#random, 2) === 0;
    if (force) this.#context.ledger.forced.add(taskId);
    const outcome = await this.#try(process, () =>
      client.call("deleteTask", { id: taskId, query: { force }, timeoutMs: patienceMs }),
    );
    if (outcome?.ok) this.#context.ledger.removed.add(taskId);
  }

  async #getTask(client: Client, process: Process): Promise<void> {
    const taskId = this.#pick();
    if (taskId === undefined) return;
    const query = randomInteger(this.#random, 2) === 0 ? { wait: "finished" as const, timeout: "2s" } : {};
    await this.#try(process, () => client.call("getTask", { id: taskId, query, timeoutMs: patienceMs }));
  }

  async #list(client: Client, process: Process): Promise<void> {
    // The newest, which change most: from the first that this client knows.
    const cursor = this.#live[0];
    const query = { limit: 50, ...(cursor === undefined ? {} : { cursor }) };
    await this.#try(process, () => client.call("listTasks", { query, timeoutMs: patienceMs }));
  }

  async #explain(client: Client, process: Process): Promise<void> {
    const taskId = this.#pick();
    if (taskId === undefined) return;
    await this.#try(process, () => client.call("explainTask", { id: taskId, timeoutMs: patienceMs }));
  }

  async #cordon(client: Client, process: Process): Promise<void> {
    const { workers } = this.#context;
    const { name } = workers[randomInteger(this.#random, workers.length)]!;
    const operation = randomInteger(this.#random, 3) === 0 ? "cordonNode" : "uncordonNode";
    await this.#try(process, () => client.call(operation, { id: name, timeoutMs: patienceMs }));
  }

  async #restart(client: Client, process: Process): Promise<void> {
    const taskId = this.#pick();
    if (taskId === undefined) return;
    const graceSeconds = randomInteger(this.#random, 3);
    await this.#try(process, () =>
      client.call("restartTask", { id: taskId, query: { graceSeconds }, timeoutMs: patienceMs }),
    );
  }

  async #label(client: Client, process: Process): Promise<void> {
    const { workers } = this.#context;
    const { name } = workers[randomInteger(this.#random, workers.length)]!;
    const body = randomInteger(this.#random, 2) === 0 ? { set: { rack: "a" } } : { remove: ["rack"] };
    await this.#try(process, () => client.call("labelNode", { id: name, body, timeoutMs: patienceMs }));
  }

  /** A report in the name of a node that the task is not on: it must be refused. */
  async #reportAsAnotherNode(client: Client, process: Process): Promise<void> {
    const { truth } = this.#context;
    const taskId = this.#pick();
    const task = taskId && truth.tasks.get(taskId);
    const stranger = task?.nodeId && [...truth.state.nodes.keys()].find((nodeId) => nodeId !== task.nodeId);
    if (!stranger) return;
    const reason = { code: "exited" as const, message: foreignReport };
    const body = { status: "failed" as const, nodeId: stranger, reason };
    await this.#try(process, () => client.call("reportTask", { id: task.taskId, body, timeoutMs: patienceMs }));
  }

  /** Deregisters a node. If its worker still runs, it registers again. */
  async #deregister(client: Client, process: Process): Promise<void> {
    const { workers } = this.#context;
    const { name } = workers[randomInteger(this.#random, workers.length)]!;
    await this.#try(process, () => client.call("deregisterNode", { id: name, timeoutMs: patienceMs }));
  }

  /** Repeats the request until it is answered. Null if the run ended first. */
  async #try<T>(process: Process, call: () => Promise<Outcome<T>>): Promise<Outcome<T> | null> {
    const { ledger } = this.#context;
    for (;;) {
      ledger.requests++;
      try {
        const outcome = await call();
        if (outcome.ok || !later.has(outcome.refusal.code)) return outcome;
        ledger.refused++;
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        ledger.unanswered++;
      }
      await new Promise<void>((resolve) => process.clock.timer(retryMs, resolve));
    }
  }
}
