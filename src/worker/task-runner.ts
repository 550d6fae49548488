// Makes the engine match the wish for one task: asks step() what to do, does it, and asks again until there is nothing
// to do. One at a time per task; many tasks side by side, within the worker's bounds.

import { InvariantError } from "../lib/assert.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Semaphore } from "../lib/semaphore.ts";
import { containerLabels, containerName } from "../model/cluster.ts";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import { isFinished, type Reason, type Task } from "../model/task.ts";
import { type ContainerState, type Runtime, RuntimeError } from "../runtime/runtime.ts";
import type { Reporter } from "./reporter.ts";
import { type Action, type Attempts, lastRunMs, noAttempts, step, waitingObservation } from "./step.ts";

export interface RunnerContext {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  identity: () => { nodeId: string; clusterId: string };
  starts: Semaphore;
  pulls: Semaphore;
  signal: AbortSignal;
  counters: { starts: number; restarts: number; failures: number; pulls: number };
  /** The engine went away in the middle: everything waits until it is back, and is then looked at anew. */
  onEngineLost: (error: RuntimeError) => void;
  /** Something ended, or is no longer wanted: retention may have work. */
  onEnded: () => void;
}

export class TaskRunner {
  readonly taskId: TaskId;
  readonly #context: RunnerContext;
  readonly #reporter: Reporter;
  wish: Task | null;
  found: ContainerState | null = null;
  attempts: Attempts;
  /** The record was deleted: the container goes too. */
  #deleted = false;
  #working = false;
  #again = false;
  /** `found` may be out of date. */
  #stale = false;
  #cancelWait: CancelTimer = () => {};
  /** A pull or stop that a change of mind ends. */
  #abort = new AbortController();
  #lastProgressAt = 0;

  constructor(
    taskId: TaskId,
    wish: Task | null,
    found: ContainerState | null,
    context: RunnerContext,
    reporter: Reporter,
  ) {
    this.taskId = taskId;
    this.wish = wish;
    this.found = found;
    this.#context = context;
    this.#reporter = reporter;
    this.attempts = noAttempts(wish);
    if (found) this.attempts.hadContainer = true;
  }

  /** The master's wish has changed; null: it wants nothing of this task here any more. */
  want(wish: Task | null, deleted = false): void {
    if (wish) this.#reporter.heard(wish.status);
    if (this.wish?.desired !== wish?.desired) this.#abort.abort();
    this.wish = wish;
    this.#deleted ||= deleted;
    this.look(false);
  }

  /** Something may have happened to the container: look again. */
  look(stale = true): void {
    this.#stale ||= stale;
    this.#again = true;
    this.#cancelWait();
    if (this.#working) return;
    this.#working = true;
    void this.#work().finally(() => {
      this.#working = false;
      if (this.#again) this.look(false);
    });
  }

  /** Nothing is wanted, nothing runs, and the master knows: only the logs are left. */
  get isOver(): boolean {
    const settled = this.wish === null || (this.#reporter.settled && isFinished(this.wish.status));
    return settled && !this.#working && (this.found === null || this.found.status === "exited");
  }

  stop(): void {
    this.#cancelWait();
  }

  async #work(): Promise<void> {
    const { clock, signal, onEngineLost, log, onEnded } = this.#context;
    while (!signal.aborted) {
      this.#again = false;
      try {
        await this.#refresh();
        if (this.#deleted && this.found) {
          await this.#do({ type: "remove", containerId: this.found.containerId });
          continue;
        }
        const { action, report } = step(this.wish, this.found, this.attempts, clock.now());
        if (report) this.#reporter.report(report);
        if (action.type === "none" || action.type === "wait") {
          if (action.type === "wait")
            this.#cancelWait = clock.timer(Math.max(1, action.until - clock.now()), () => this.look(false));
          if (!this.#again) return onEnded();
        } else {
          await this.#do(action);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof InvariantError) throw error;
        // What is no RuntimeError is an answer that broke off in the middle: the engine went away.
        if (!(error instanceof RuntimeError)) return onEngineLost(engineLost(error));
        if (error.code === "engine-unavailable") return onEngineLost(error);
        log.warn("a task cannot go on", { taskId: this.taskId, code: error.code, why: error.message });
        this.#fail(error);
      }
    }
  }

  async #refresh(): Promise<void> {
    if (!this.#stale) return;
    this.#stale = false;
    const reference = this.found?.containerId ?? containerName(this.taskId);
    const state = await this.#context.runtime.inspect(reference);
    this.found = state?.taskId === this.taskId ? state : null;
  }

  async #do(action: Exclude<Action, { type: "none" | "wait" }>): Promise<void> {
    const { runtime, starts, pulls } = this.#context;
    switch (action.type) {
      case "pull":
        return pulls.run(() => this.#pull());
      case "create":
        // Create and start hold one place: what was created is started before another is begun.
        return starts.run(() => this.#create());
      case "start":
        return starts.run(() => this.#start(action.containerId, action.restart));
      case "stop":
        await runtime.stop(action.containerId, action.graceSeconds);
        this.#stale = true;
        return;
      case "remove":
        await runtime.remove(action.containerId);
        this.found = null;
        return;
    }
  }

  async #create(): Promise<void> {
    const { runtime, identity } = this.#context;
    const { wish } = this;
    if (wish?.desired !== "running") return; // it waited for its turn, and is no longer wanted
    const { nodeId, clusterId } = identity();
    const created = await runtime.create({
      name: containerName(this.taskId),
      labels: {
        [containerLabels.task]: this.taskId,
        [containerLabels.node]: nodeId,
        [containerLabels.cluster]: clusterId,
      },
      spec: wish,
    });
    if (created === "image-missing") {
      if (wish.pullPolicy === "never") {
        throw new RuntimeError(
          "image-not-present",
          `${wish.image} is not on this node, and its pull policy is never`,
          false,
        );
      }
      this.attempts.imageMissing = true; // the next step pulls, outside of this place
      return;
    }
    const restart = this.attempts.hadContainer;
    this.attempts.hadContainer = true;
    await this.#start(created.containerId, restart);
  }

  async #start(containerId: string, restart: boolean): Promise<void> {
    const { runtime, counters } = this.#context;
    if (this.wish?.desired !== "running") {
      this.#stale = true;
      return;
    }
    if (restart) {
      const healthy = this.found !== null && lastRunMs(this.found) >= this.wish.restartPolicy.resetAfterMs;
      this.attempts.streak = healthy ? 1 : this.attempts.streak + 1;
      this.attempts.restarts++;
      counters.restarts++;
    }
    await runtime.start(containerId);
    counters.starts++;
    this.found = await runtime.inspect(containerId);
  }

  async #pull(): Promise<void> {
    const { runtime, clock, counters, signal } = this.#context;
    const { wish } = this;
    if (wish?.desired !== "running") return;
    if (this.attempts.pulls >= limits.pullAttempts) {
      throw new RuntimeError(
        "image-not-found",
        `${wish.image} is still missing after ${this.attempts.pulls} pulls`,
        false,
      );
    }
    this.attempts.pulls++;
    counters.pulls++;
    this.#abort = new AbortController();
    this.#progress({ code: "pulling", message: `pulling ${wish.image}` });
    const progress = (message: string) => {
      if (clock.now() - this.#lastProgressAt < limits.progressIntervalMs) return;
      this.#lastProgressAt = clock.now();
      this.#progress({ code: "pulling", message });
    };
    const ended = AbortSignal.any([signal, this.#abort.signal]);
    try {
      // Where a create has just found it missing there is no need to look again.
      const policy = this.attempts.imageMissing ? "always" : wish.pullPolicy;
      await runtime.pull(wish.image, policy, wish.platform, progress, ended);
      this.attempts.imageReady = true;
      this.attempts.imageMissing = false;
    } catch (error) {
      if (ended.aborted) return;
      if (!(error instanceof RuntimeError) || !error.temporary || error.code === "engine-unavailable") throw error;
      if (this.attempts.pulls >= limits.pullAttempts) throw error;
      const pauseMs = Math.min(limits.retryInitialMs * 2 ** this.attempts.pulls, limits.retryMaxMs);
      this.attempts.retryAt = clock.now() + pauseMs;
      const tries = `attempt ${this.attempts.pulls} of ${limits.pullAttempts} failed`;
      this.#progress({ code: "pull-retry", message: `${tries}, again in ${pauseMs / 1000} s: ${error.message}` });
    }
  }

  #progress(reason: Reason): void {
    const status = this.wish?.status === "running" ? "running" : "scheduled";
    this.#reporter.report(waitingObservation(status, reason, this.attempts));
  }

  #fail(error: RuntimeError): void {
    this.#context.counters.failures++;
    this.attempts.failure = { reason: { code: error.code, message: error.message }, error: error.message };
    this.#stale = true;
    this.#again = true;
  }
}

function engineLost(error: unknown): RuntimeError {
  return new RuntimeError("engine-unavailable", `the engine broke off: ${(error as Error).message}`, true);
}
