// Reports the state of one task to the master, until the master acknowledges it. Only the newest report is kept, so that
// none pile up while the master is away; a transition that must be reported first is derived from it.

import type { Client } from "../../api/client.ts";
import { UnreachableError } from "../../api/client.ts";
import type { BodyInput } from "../../api/operations/operations.ts";
import { reportNumberHeader } from "../../api/report-number-header.ts";
import { type Clock, delay } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { RefusalCode } from "../../model/refusal.ts";
import { isFinished, type ReasonCode, type TaskStatus } from "../../model/task/reason.ts";
import type { Observation } from "../task/step.ts";

/** The worker that reports. */
export interface ReportSource {
  /** The id of the node now: it changes when the worker registers as another node. */
  readonly nodeId: string;
  /** Each higher than the one before, for the reports of all tasks. */
  nextReportNumber(): number;
  /** Called when the master has acknowledged the end of a task, or refuses every report of it. */
  onReportsDone(): void;
}

export interface ReporterOptions {
  client: Client;
  clock: Clock;
  log: Log;
  taskId: TaskId;
  source: ReportSource;
  signal: AbortSignal;
  /** Bounds the reports of all tasks of the worker. */
  gate: Semaphore;
}

/** The master's record has moved on; what it wants comes with the stream. */
const isOutdated: ReadonlySet<RefusalCode> = new Set(["task-not-found", "illegal-move", "not-your-task"]);
/** Another version of Podling, or a bug: the same report would be refused again. */
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
  /** The status in the master's record, as it sent or acknowledged it last. */
  #known: TaskStatus;
  #sending = false;
  /** True when the master may still get an earlier report, because its answer never came. */
  #unanswered = false;
  /** True in the pause before a report is sent once more. */
  #confirming = false;
  #done = false;
  /** Why the master could not read the last report, so that it is logged once. */
  #unreadable = "";
  /** Aborts a pause, or a request that may never be answered. */
  #waiting = new AbortController();

  constructor(options: ReporterOptions, known: TaskStatus) {
    this.#options = options;
    this.#known = known;
  }

  /** The status in the master's record. If it is not the one that was acknowledged (an old backup?), the report is sent again. */
  recorded(status: TaskStatus): void {
    if (status !== this.#known) this.#acknowledged = "";
    if (!isFinished(status)) this.#done = false;
    this.#known = status;
  }

  /** True when nothing is left to report: the end is acknowledged, or every report is refused. */
  get isDone(): boolean {
    return this.#done;
  }

  /** True when the master has acknowledged what was reported last, or nothing was. */
  get isIdle(): boolean {
    return !this.#sending;
  }

  report(observation: Observation): void {
    this.#wanted = observation;
    if (this.#confirming) this.#waiting.abort();
    if (this.#sending || this.#done || JSON.stringify(observation) === this.#acknowledged) return;
    this.#sending = true;
    void this.#send().finally(() => {
      this.#sending = false;
      // A report that came after the last request, and before the sender ended, is sent now.
      if (this.#wanted && !this.#options.signal.aborted) this.report(this.#wanted);
    });
  }

  /** The master wants to know nothing more of the task, because its record has an end, another node, or is gone. */
  unwanted(): void {
    this.#done = true;
    this.#waiting.abort();
  }

  /** The master answers again: what waits is sent now. */
  sendNow(): void {
    this.#waiting.abort();
  }

  async #send(): Promise<void> {
    const { clock, signal, gate } = this.#options;
    let pauseMs: number = limits.retryInitialMs;
    while (!signal.aborted && this.#wanted && !this.#done) {
      this.#waiting = new AbortController();
      const either = AbortSignal.any([signal, this.#waiting.signal]);
      const sent = await gate.run(() => this.#sendNext(either));
      if (sent === "all") return;
      if (sent === "more") {
        pauseMs = limits.retryInitialMs;
        continue;
      }
      if (sent === "confirm") {
        this.#confirming = true;
        await delay(clock, limits.reportConfirmMs, either);
        this.#confirming = false;
        continue;
      }
      await delay(clock, pauseMs, either);
      pauseMs = this.#waiting.signal.aborted ? limits.retryInitialMs : Math.min(pauseMs * 2, limits.retryMaxMs);
    }
  }

  /** Sends what the master does not know yet. */
  async #sendNext(signal: AbortSignal): Promise<"all" | "more" | "again" | "confirm"> {
    const wanted = this.#wanted!; // the newest one, after the wait for its turn
    const text = JSON.stringify(wanted);
    if (text === this.#acknowledged) return "all";
    const skipped = this.#skips(wanted);
    const body = skipped ? asRunning(wanted) : wanted;
    const answer = await this.#put(formsOf(body, this.#options.source.nodeId), signal);
    if (answer === "again") return "again";
    // The end of a task must not be lost: a later master may be able to read it.
    if (answer === "unreadable" && isFinished(wanted.status)) return "again";
    if (answer === "refused" || answer === "unreadable") {
      this.#acknowledged = text;
      if (isFinished(wanted.status)) this.#end();
      return "all";
    }
    this.#known = body.status;
    if (isFinished(body.status)) this.#end();
    // A master that stood still takes what had reached it in any order: the newest is sent once more, when the others are through.
    const isSure = !this.#unanswered || isFinished(body.status);
    this.#unanswered = false;
    if (!isSure && !skipped) return "confirm";
    if (!skipped) this.#acknowledged = text;
    return "more";
  }

  /** It ran and ended before that it ran was reported: the status must become running first. */
  #skips({ status, startedAt }: Observation): boolean {
    return this.#known === "scheduled" && isFinished(status) && status !== "stopped" && startedAt !== null;
  }

  #end(): void {
    this.#done = true;
    this.#options.source.onReportsDone();
  }

  #logUnreadable(why: string): void {
    const { log, taskId } = this.#options;
    if (why !== this.#unreadable) log.error("the master cannot read a report", { taskId, why });
    this.#unreadable = why;
  }

  /** Sends the first form of a report, and the next one if the master does not understand it. */
  async #put(forms: readonly Report[], signal: AbortSignal): Promise<"accepted" | "refused" | "unreadable" | "again"> {
    const { client, taskId, log, source } = this.#options;
    const headers = { [reportNumberHeader]: String(source.nextReportNumber()) };
    let why = "";
    try {
      for (const body of forms) {
        const request = { id: taskId, body, headers, signal, timeoutMs: limits.reportPatienceMs };
        const answer = await client.call("reportTask", request);
        if (answer.ok) return "accepted";
        const { code, message } = answer.refusal;
        if (isOutdated.has(code)) return "refused";
        if (!misunderstood.has(code)) return "again";
        why = message;
      }
    } catch (error) {
      if (!signal.aborted && !(error instanceof UnreachableError)) {
        log.warn("a report failed", { taskId, why: (error as Error).message });
      }
      // The master may have it, or get it later: what it acknowledged before says nothing any more.
      this.#unanswered = true;
      this.#acknowledged = "";
      return "again";
    }
    this.#logUnreadable(why);
    return "unreadable";
  }
}

type Report = BodyInput<"reportTask">;

/** Codes that masters of 0.1.0 do not have, and what is sent to them instead. */
const earlierCodes: Partial<Record<ReasonCode, ReasonCode>> = {
  "policy-forbidden": "create-failed",
  "restart-requested": "running",
  "not-ready": "running",
  "waiting-for-dependency": "restarting",
  unhealthy: "exited",
};

/**
 * A report in several forms. The first has everything; then without what masters of 0.1.0 do not know, with less and less,
 * down to the status, which every master can read.
 */
export function formsOf(observation: Observation, nodeId: string): Report[] {
  if (observation.several) return formsOfSeveral(observation, observation.several, nodeId);
  const { lastFailure, publishedPorts, requestedRestarts, ready, several: _, ...rest } = observation;
  const { status, reason, containerId, exitCode, startedAt, finishedAt } = observation;
  const ports = [...publishedPorts];
  const failure = lastFailure ? { lastFailure: { ...lastFailure, log: [...lastFailure.log] } } : {};
  const message = reason.message.slice(0, limits.messageLength);
  const earlierReason = { code: earlierCodes[reason.code] ?? reason.code, message };
  const earlier = {
    ...{ ...rest, nodeId, reason: earlierReason },
    publishedPorts: ports.filter(({ protocol }) => protocol !== "sctp"),
  };
  const later = {
    ...(requestedRestarts === undefined ? {} : { requestedRestarts }),
    ...(ready === undefined ? {} : { ready }),
  };
  const forms = [
    { ...rest, ...later, nodeId, publishedPorts: ports, ...failure },
    // Without it, a master takes what runs for ready.
    { ...earlier, ...failure, ...(ready === undefined ? {} : { ready }) },
    { ...earlier, ...failure },
    earlier,
    { status, nodeId, containerId, exitCode, startedAt, finishedAt },
    { status, nodeId },
  ];
  // What a master has not understood is not sent again.
  return forms.filter((form, index) => index === 0 || !Bun.deepEquals(form, forms[index - 1]));
}

/** Masters that give such a task understand all of it. */
function formsOfSeveral(
  { status, reason, finishedAt }: Observation,
  { ready, containers }: NonNullable<Observation["several"]>,
  nodeId: string,
): Report[] {
  const each = containers.map(({ lastFailure, requestedRestarts, publishedPorts, ...rest }) => ({
    ...rest,
    publishedPorts: [...publishedPorts],
    ...(requestedRestarts > 0 ? { requestedRestarts } : {}),
    ...(lastFailure ? { lastFailure: { ...lastFailure, log: [...lastFailure.log] } } : {}),
  }));
  return [
    { status, nodeId, reason, ready, finishedAt, containers: each },
    { status, nodeId },
  ];
}

function asRunning(observation: Observation): Observation {
  const reason = { code: "running" as const, message: "running" };
  const { ready, ...rest } = observation;
  return {
    ...rest,
    ...(ready === undefined ? {} : { ready: false }),
    status: "running",
    reason,
    exitCode: null,
    finishedAt: null,
    oomKilled: false,
    error: null,
  };
}
