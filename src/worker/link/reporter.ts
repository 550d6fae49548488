// Tells the master what is true of one task, until it has heard. Only the newest truth is kept, so that nothing piles
// up while the master is away; moves that must come in order are made up from it.

import type { Client } from "../../api/client.ts";
import { UnreachableError } from "../../api/client.ts";
import type { BodyInput } from "../../api/operations/operations.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { RefusalCode } from "../../model/refusal.ts";
import { isFinished, type TaskStatus } from "../../model/task/reason.ts";
import type { Observation } from "../task/step.ts";

export interface ReporterOptions {
  client: Client;
  clock: Clock;
  log: Log;
  taskId: TaskId;
  nodeId: () => string;
  signal: AbortSignal;
  /** Bounds the reports of all tasks together. */
  gate: Semaphore;
  /** The master has heard of the end, or will not hear of this task any more. */
  onSettled: () => void;
}

/** The master knows better; its wish comes with the stream. */
const knowsBetter: ReadonlySet<RefusalCode> = new Set(["task-not-found", "illegal-move", "not-your-task"]);
/** Another version of Podling, or a bug: saying it again does not help. */
const misunderstood: ReadonlySet<RefusalCode> = new Set([
  "invalid-json",
  "invalid-field",
  "unknown-field",
  "unprocessable",
  "body-too-large",
]);

export class Reporter {
  readonly #options: ReporterOptions;
  #wanted: Observation | null = null;
  #acknowledged = "";
  /** What the master believes; from its own record, then from what it acknowledged. */
  #known: TaskStatus;
  #sending = false;
  #settled = false;
  /** Ends a pause, or a request that may never be answered. */
  #hurry = new AbortController();

  constructor(options: ReporterOptions, known: TaskStatus) {
    this.#options = options;
    this.#known = known;
  }

  /** The master's record says so. Where that is not what it has acknowledged (an old backup?), it is told anew. */
  heard(status: TaskStatus): void {
    if (status !== this.#known) this.#acknowledged = "";
    if (!isFinished(status)) this.#settled = false;
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
      // What was reported after the last word was said, and before the sender was done, waits for nobody else.
      if (this.#wanted && !this.#options.signal.aborted) this.report(this.#wanted);
    });
  }

  /** The master answers again: what waits is said now. */
  hurry(): void {
    this.#hurry.abort();
  }

  async #send(): Promise<void> {
    const { clock, signal, gate } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    while (!signal.aborted && this.#wanted && !this.#settled) {
      this.#hurry = new AbortController();
      const either = AbortSignal.any([signal, this.#hurry.signal]);
      const said = await gate.run(() => this.#tell(either));
      if (said === "all") return;
      if (said === "more") {
        pauseMs = limits.retryInitialMs;
        continue;
      }
      await delay(clock, pauseMs, either);
      pauseMs = this.#hurry.signal.aborted ? limits.retryInitialMs : Math.min(pauseMs * 2, limits.retryMaxMs);
    }
  }

  /** Says the next thing that the master does not know. */
  async #tell(signal: AbortSignal): Promise<"all" | "more" | "again"> {
    const wanted = this.#wanted!; // what is newest now that it is our turn
    const text = JSON.stringify(wanted);
    if (text === this.#acknowledged) return "all";
    const skipped = this.#skips(wanted);
    const body = skipped ? asRunning(wanted) : wanted;
    const told = await this.#put(body, signal);
    if (told === "again") return "again";
    if (told === "refused") {
      this.#acknowledged = text;
      if (isFinished(wanted.status)) this.#settle();
      return "all";
    }
    this.#known = body.status;
    if (!skipped) this.#acknowledged = text;
    if (isFinished(body.status)) this.#settle();
    return "more";
  }

  /** It ran and ended before the master heard that it ran: a status goes forward one move at a time. */
  #skips({ status, startedAt }: Observation): boolean {
    return this.#known === "scheduled" && isFinished(status) && status !== "stopped" && startedAt !== null;
  }

  #settle(): void {
    this.#settled = true;
    this.#options.onSettled();
  }

  async #put(observation: Observation, signal: AbortSignal): Promise<"told" | "refused" | "again"> {
    const { client, taskId, nodeId, log } = this.#options;
    try {
      const answer = await client.call("reportTask", {
        id: taskId,
        body: bodyOf(observation, nodeId()),
        signal,
        timeoutMs: limits.reportPatienceMs,
      });
      if (answer.ok) return "told";
      const { code, message } = answer.refusal;
      if (knowsBetter.has(code)) return "refused";
      if (!misunderstood.has(code)) return "again";
      // An older master knows nothing of it, and what matters more must reach it all the same.
      if (observation.lastFailure) return this.#put({ ...observation, lastFailure: null }, signal);
      log.error("the master does not understand a report", { taskId, why: message });
      return "refused";
    } catch (error) {
      if (!signal.aborted && !(error instanceof UnreachableError)) {
        log.warn("a report failed", { taskId, why: (error as Error).message });
      }
      return "again";
    }
  }
}

function bodyOf({ lastFailure, publishedPorts, ...rest }: Observation, nodeId: string): BodyInput<"reportTask"> {
  const failure = lastFailure && { ...lastFailure, log: [...lastFailure.log] };
  return { ...rest, nodeId, publishedPorts: [...publishedPorts], ...(failure ? { lastFailure: failure } : {}) };
}

function asRunning(observation: Observation): Observation {
  const reason = { code: "running" as const, message: "running" };
  return { ...observation, status: "running", reason, exitCode: null, finishedAt: null, oomKilled: false, error: null };
}
