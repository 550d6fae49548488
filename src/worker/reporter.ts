// Tells the master what is true of one task, until it has heard. Only the newest truth is kept, so that nothing piles
// up while the master is away; moves that must come in order are made up from it.

import type { Client } from "../api/client.ts";
import { UnreachableError } from "../api/client.ts";
import { type Clock, delay } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import { isFinished, type TaskStatus } from "../model/task.ts";
import type { Observation } from "./step.ts";

export interface ReporterOptions {
  client: Client;
  clock: Clock;
  log: Log;
  taskId: TaskId;
  nodeId: () => string;
  signal: AbortSignal;
  /** The master has heard of the end, or will not hear of this task any more. */
  onSettled: () => void;
}

export class Reporter {
  readonly #options: ReporterOptions;
  #wanted: Observation | null = null;
  #acknowledged = "";
  /** What the master believes; from its own record, then from what it acknowledged. */
  #known: TaskStatus;
  #sending = false;
  #settled = false;

  constructor(options: ReporterOptions, known: TaskStatus) {
    this.#options = options;
    this.#known = known;
  }

  /** The master's record says so. */
  heard(status: TaskStatus): void {
    this.#known = status;
  }

  get settled(): boolean {
    return this.#settled;
  }

  report(observation: Observation): void {
    this.#wanted = observation;
    if (this.#sending || this.#settled || JSON.stringify(observation) === this.#acknowledged) return;
    this.#sending = true;
    void this.#send().finally(() => {
      this.#sending = false;
    });
  }

  async #send(): Promise<void> {
    const { clock, signal } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    while (!signal.aborted && this.#wanted && !this.#settled) {
      const wanted = this.#wanted;
      const text = JSON.stringify(wanted);
      if (text === this.#acknowledged) return;
      // It ran and ended before the master heard that it ran: a status goes forward one move at a time.
      const skipped =
        this.#known === "scheduled" &&
        isFinished(wanted.status) &&
        wanted.startedAt !== null &&
        wanted.status !== "stopped";
      const body: Observation = skipped
        ? {
            ...wanted,
            status: "running",
            reason: { code: "running", message: "running" },
            exitCode: null,
            finishedAt: null,
            oomKilled: false,
          }
        : wanted;
      const told = await this.#tell(body);
      if (told === "again") {
        await delay(clock, pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, limits.retryMaxMs);
        continue;
      }
      pauseMs = limits.retryInitialMs;
      if (told === "refused") {
        // The master knows better: the next sync or event brings its wish.
        this.#acknowledged = text;
        if (isFinished(wanted.status)) this.#settle();
        return;
      }
      this.#known = body.status;
      if (!skipped) this.#acknowledged = text;
      if (isFinished(body.status)) this.#settle();
    }
  }

  #settle(): void {
    this.#settled = true;
    this.#options.onSettled();
  }

  async #tell(observation: Observation): Promise<"told" | "refused" | "again"> {
    const { client, taskId, nodeId, signal, log } = this.#options;
    try {
      const answer = await client.call("reportTask", {
        id: taskId,
        body: { ...observation, nodeId: nodeId(), publishedPorts: [...observation.publishedPorts] },
        signal,
        timeoutMs: limits.retryMaxMs,
      });
      if (answer.ok) return "told";
      const { code, message } = answer.refusal;
      if (code === "task-not-found" || code === "illegal-move" || code === "not-your-task") return "refused";
      if (code === "invalid-field" || code === "unknown-field" || code === "unprocessable") {
        log.error("the master does not understand a report", { taskId, why: message });
        return "refused";
      }
      return "again";
    } catch (error) {
      if (!signal.aborted && !(error instanceof UnreachableError)) {
        log.warn("a report failed", { taskId, why: (error as Error).message });
      }
      return "again";
    }
  }
}
