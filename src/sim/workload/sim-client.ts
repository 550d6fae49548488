// One simulated client: a program that sends requests over the network, and repeats each one until it is answered.

import { Client, UnreachableError } from "../../api/client.ts";
import type { TaskView } from "../../api/views/task.ts";
import type { TaskId } from "../../model/ids.ts";
import type { Outcome } from "../../model/refusal.ts";
import { masterUrl } from "../machines/master-machine.ts";
import type { RunContext } from "../run/context.ts";
import type { Process } from "../world/process.ts";

/** How long a client waits for an answer. */
export const patienceMs = 5000;
const retryMs = 700;

/** Refusals after which a client tries again later. */
const later = new Set(["journal-unavailable", "not-ready", "too-many", "internal", "node-unreachable"]);

export class SimClient {
  readonly api: Client;
  readonly process: Process;
  readonly #context: RunContext;

  constructor(context: RunContext, process: Process) {
    this.process = process;
    this.#context = context;
    this.api = new Client({ baseUrl: masterUrl, fetch: context.network.fetchFor(process), clock: process.clock });
  }

  /** Repeats the request until it is answered. */
  async try<T>(call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
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
      await new Promise<void>((resolve) => this.process.clock.timer(retryMs, resolve));
    }
  }

  /** Creates a task that has this key alone, and records the answer. Null if it was refused. */
  async createTask(key: string, body: object, query: object = {}): Promise<TaskView | null> {
    const { ledger } = this.#context;
    ledger.asked.add(key);
    const headers = { "idempotency-key": key };
    const request = { body: body as never, headers, query, timeoutMs: patienceMs };
    const outcome = await this.try(() => this.api.call("createTask", request));
    if (!outcome.ok) return null;
    const task = outcome.value as TaskView;
    const before = ledger.created.get(key);
    if (before !== undefined && before !== task.taskId) {
      const message = `${key} was answered with ${before}, then with ${task.taskId}`;
      this.#context.fail({ class: "safety", checker: "asked-once-made-once", message });
    }
    ledger.created.set(key, task.taskId);
    ledger.known.set(task.taskId, task);
    return task;
  }

  /** Stops a task of this workload, and records the answer. */
  async stopTask(id: TaskId): Promise<void> {
    const outcome = await this.try(() => this.api.call("stopTask", { id, timeoutMs: patienceMs }));
    if (outcome.ok) this.#context.ledger.stopped.add(id);
  }
}
