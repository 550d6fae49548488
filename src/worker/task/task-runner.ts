// Makes the engine match the wish for one task: asks step() what to do, does it, and asks again until there is nothing
// to do. One at a time per task; many tasks side by side, within the worker's bounds.

import { InvariantError } from "../../lib/assert.ts";
import type { CancelTimer } from "../../lib/clock.ts";
import { containerLabels, containerName } from "../../model/cluster.ts";
import type { TaskId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { isFinished, type ReasonCode } from "../../model/task/task.ts";
import { type ContainerState, RuntimeError } from "../../runtime/runtime.ts";
import type { Reporter } from "../link/reporter.ts";
import type { Assignment } from "./assignment.ts";
import { readLastLog } from "./last-log.ts";
import { pullImage } from "./pull-image.ts";
import type { RunnerContext } from "./runner-context.ts";
import {
  type Action,
  type Attempts,
  backoffMs,
  keepClock,
  noAttempts,
  restartsLeft,
  runsWell,
  step,
  streakAfter,
  streakOf,
  waitingObservation,
  wantsLog,
} from "./step.ts";

export class TaskRunner {
  readonly taskId: TaskId;
  readonly #context: RunnerContext;
  readonly #reporter: Reporter;
  wish: Assignment | null;
  found: ContainerState | null;
  readonly attempts: Attempts;
  /** Has the master said what it wants of it? Before that, nothing may be concluded from its saying nothing. */
  knowsWish = false;
  #working = false;
  /** For good: another cluster has come, or the worker goes. What is under way ends, and nothing follows it. */
  #stopped = false;
  #again = false;
  #doing: Action["type"] | null = null;
  /** The start under way was counted as a restart. */
  #counted = false;
  /** Starts that found their port held by what is being stopped. */
  #heldStarts = 0;
  /** `found` may be out of date. */
  #stale = false;
  #cancelWait: CancelTimer = () => {};
  /** Ends a pull when the wish changes. */
  #changedMind = new AbortController();
  /** Calls in a row that the engine did not answer. */
  #troubles = 0;

  constructor(
    taskId: TaskId,
    wish: Assignment | null,
    found: ContainerState | null,
    context: RunnerContext,
    reporter: Reporter,
  ) {
    this.taskId = taskId;
    this.wish = wish;
    this.found = null;
    this.#context = context;
    this.#reporter = reporter;
    this.attempts = noAttempts(wish);
    this.#learn(found);
  }

  /** The master's wish has changed; null: it wants nothing of this task here any more. */
  want(wish: Assignment | null, deleted = false): void {
    if (wish) {
      this.#reporter.heard(wish.status);
      this.attempts.graceSeconds = wish.stopGraceSeconds;
      // A task that came to be known by its container alone: what was before is in the record.
      if (this.wish === null && this.attempts.restarts < wish.restarts) {
        this.attempts.restarts = wish.restarts;
        this.attempts.streak = streakOf(wish);
      }
      this.attempts.lastFailure ??= wish.lastFailure ?? null;
      this.#forgetOldRestarts(wish, this.found);
      this.attempts.hadContainer ||= wish.containerId !== null;
      this.attempts.hasRun ||= wish.status === "running";
    }
    if (this.wish?.desired !== wish?.desired) this.#changedMind.abort();
    this.wish = wish;
    this.knowsWish = true;
    this.attempts.deleted ||= deleted;
    this.look(false);
  }

  /** What the engine has of it, from a list of all. */
  adopt(found: ContainerState | null): void {
    if (this.#working) this.#stale = true;
    else this.#learn(found);
  }

  /** Something may have happened to the container: look again. */
  look(stale = true): void {
    this.#stale ||= stale;
    this.#again = true;
    this.#cancelWait();
    if (this.#working || this.#stopped) return;
    this.#working = true;
    void this.#work().finally(() => {
      this.#working = false;
      if (this.#again && this.#goesOn) this.look(false);
    });
  }

  /** Reports that wait for the master are sent now. */
  hurry(): void {
    this.#reporter.hurry();
  }

  /** Nothing is wanted, nothing runs, and the master knows: only the logs are left. */
  get isOver(): boolean {
    if (!this.knowsWish) return false;
    const settled = this.wish === null || (this.#reporter.settled && isFinished(this.wish.status));
    return settled && !this.#working && (this.found === null || this.found.status === "exited");
  }

  /** It runs, and is not to. */
  get isGoing(): boolean {
    return this.knowsWish && this.wish?.desired !== "running" && this.found?.status === "running";
  }

  /** A call is under way, or follows. */
  get isWorking(): boolean {
    return this.#working;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelWait();
    this.#changedMind.abort();
  }

  /** While the engine is away, in a drain and after a stop nothing begins, also not what waited for its turn. */
  get #goesOn(): boolean {
    const { signal, engineReady } = this.#context;
    return !this.#stopped && !signal.aborted && engineReady() && this.knowsWish;
  }

  /** Until there is nothing to do, or the engine does not answer. */
  async #work(): Promise<void> {
    const { clock, signal, onEnded } = this.#context;
    while (this.#goesOn) {
      this.#again = false;
      this.#doing = null;
      try {
        await this.#refresh();
        keepClock(this.wish, this.found, this.attempts, clock.now());
        if (wantsLog(this.wish, this.found, this.attempts, clock.now())) await this.#readLog(this.found!);
        const { action, report } = step(this.wish, this.found, this.attempts, clock.now());
        if (report) this.#reporter.report(report);
        if (action.type === "none" || action.type === "wait") {
          if (action.type === "wait") this.#wakeAt(action.until);
          if (!this.#again && !this.#stale) return onEnded();
        } else {
          this.#doing = action.type;
          await this.#do(action);
        }
        this.#troubles = 0;
      } catch (error) {
        if (signal.aborted || this.#stopped) return;
        if (error instanceof InvariantError) throw error;
        // What is no RuntimeError is an answer that broke off in the middle.
        if (!(error instanceof RuntimeError) || error.code === "engine-unavailable") return this.#trouble(error);
        this.#failed(error);
      }
    }
  }

  #wakeAt(ms: number): void {
    if (this.#stopped) return;
    const { clock } = this.#context;
    this.#cancelWait();
    this.#cancelWait = clock.timer(Math.max(1, ms - clock.now()), () => this.look(false));
  }

  async #refresh(): Promise<void> {
    if (!this.#stale) return;
    this.#stale = false;
    try {
      const state = await this.#context.runtime.inspect(this.found?.containerId ?? containerName(this.taskId));
      this.#learn(state?.taskId === this.taskId ? state : null);
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  /** Before the end is told, because nothing is added to what has been told; and never for long. */
  async #readLog({ containerId, finishedAt, exitCode }: ContainerState): Promise<void> {
    const { attempts } = this;
    attempts.logReadAt = this.#context.clock.now();
    attempts.lastFailure = { finishedAt, exitCode, log: await readLastLog(this.#context, containerId) };
  }

  #learn(found: ContainerState | null): void {
    const { attempts } = this;
    this.#forgetOldRestarts(this.wish, found ?? this.found);
    if (found) {
      attempts.hadContainer = true;
      attempts.hasRun ||= found.startedAt !== null;
      attempts.lostAt = null;
      if (found.status === "exited") attempts.lastExitCode = found.exitCode;
    } else if (this.found) {
      attempts.lostAt = this.#context.clock.now();
    }
    this.found = found;
  }

  #forgetOldRestarts(wish: Assignment | null, found: ContainerState | null): void {
    if (wish && found && runsWell(wish.restartPolicy, found, this.#context.clock.now())) this.attempts.streak = 0;
  }

  async #do(action: Exclude<Action, { type: "none" | "wait" }>): Promise<void> {
    const { runtime, starts, pulls, stops } = this.#context;
    switch (action.type) {
      case "pull":
        return pulls.run(() => this.#pull());
      case "create":
        // Create and start hold one place: what was created is started before another is begun.
        return starts.run(() => this.#create());
      case "start":
        return starts.run(() => this.#start(action.containerId, action.restart));
      case "stop":
        this.#stale = true;
        return stops.run(async () => {
          if (this.#goesOn) await runtime.stop(action.containerId, action.graceSeconds);
        });
      case "remove":
        this.#stale = true;
        return stops.run(async () => {
          if (this.#goesOn) await runtime.remove(action.containerId);
        });
    }
  }

  async #create(): Promise<void> {
    const { runtime, identity } = this.#context;
    const { wish } = this;
    if (wish?.desired !== "running" || !this.#goesOn) return; // it waited for its turn, and is no longer wanted
    const { nodeId, clusterId } = identity();
    const labels = {
      [containerLabels.task]: this.taskId,
      [containerLabels.node]: nodeId,
      [containerLabels.cluster]: clusterId,
    };
    const created = await runtime.create({ name: containerName(this.taskId), labels, spec: wish });
    if (created === "image-missing") {
      if (wish.pullPolicy === "never") {
        const message = `${wish.image} is not on this node, and its pull policy is never`;
        throw new RuntimeError("image-not-present", message, false);
      }
      this.attempts.imageMissing = true; // the next step pulls, outside of this place
      return;
    }
    this.#context.onUsed(wish.image);
    const restart = this.attempts.hadContainer;
    this.attempts.hadContainer = true;
    this.attempts.unusable = false;
    this.#stale = true; // until it runs, or if it does not
    await this.#start(created.containerId, restart);
  }

  async #start(containerId: string, restart: boolean): Promise<void> {
    const { runtime, counters } = this.#context;
    const { attempts, wish } = this;
    this.#stale = true;
    if (wish?.desired !== "running" || !this.#goesOn) return;
    this.#counted = restart;
    if (restart) {
      if (this.found) attempts.streak = streakAfter(wish.restartPolicy, this.found, attempts);
      attempts.countedRun = this.found?.startedAt ?? null;
      attempts.streak++;
      attempts.restarts++;
      counters.restarts++;
    }
    await runtime.start(containerId);
    counters.starts++;
    if (this.#stopped) return;
    this.#stale = false; // an event from here on may be newer than what the look sees
    this.#learn(await runtime.inspect(containerId));
  }

  async #pull(): Promise<void> {
    const { counters, signal } = this.#context;
    const { attempts, wish } = this;
    if (wish?.desired !== "running" || !this.#goesOn) return;
    if (attempts.pulls >= limits.pullAttempts) {
      const message = `${wish.image} is still missing after ${attempts.pulls} pulls`;
      throw new RuntimeError("image-not-found", message, false);
    }
    attempts.pulls++;
    counters.pulls++;
    this.#changedMind = new AbortController();
    const ended = AbortSignal.any([signal, this.#changedMind.signal]);
    try {
      await pullImage(this.#context, wish, attempts, (message) => this.#say("pulling", message), ended);
    } catch (error) {
      if (ended.aborted) return;
      const again = error instanceof RuntimeError && error.temporary && error.code !== "engine-unavailable";
      if (!again || attempts.pulls >= limits.pullAttempts) throw error;
      const tries = `attempt ${attempts.pulls} of ${limits.pullAttempts} failed`;
      this.#retryIn(retryPauseMs(attempts.pulls - 1), "pull-retry", tries, error.message);
    }
  }

  // ---- failures

  #failed(error: RuntimeError): void {
    this.#stale = true;
    if (error.code === "container-lost") return;
    // Nobody wants it any more: what failed is no news, and must not count should it be wanted again.
    if (this.wish?.desired !== "running" && this.#doing !== "stop" && this.#doing !== "remove") return;
    const { attempts, wish } = this;
    const { log, counters } = this.#context;
    log.warn("a task cannot go on", { taskId: this.taskId, code: error.code, why: error.message });
    if (error.code === "port-in-use" && this.#context.somethingGoes()) {
      this.#waitForPort(error.message);
      return;
    }
    const starting = error.code === "start-failed" || error.code === "port-in-use" || error.code === "create-failed";
    const { mode } = wish?.restartPolicy ?? { mode: "never" };
    if (wish && error.unusable && restartsLeft(wish.restartPolicy, attempts)) {
      attempts.unusable = true; // the next step removes it
      return;
    }
    if (wish && starting && attempts.hasRun && mode !== "never") {
      // A restart that fails is a run that failed: the policy says whether and when there is another.
      this.#holdFor(backoffMs(wish.restartPolicy, attempts.streak));
      return;
    }
    if (wish && starting && error.temporary) {
      attempts.failedStarts++;
      const beyond = attempts.failedStarts - limits.startAttempts;
      if (beyond < 0) {
        const tries = `attempt ${attempts.failedStarts} of ${limits.startAttempts} failed`;
        this.#retryIn(retryPauseMs(attempts.failedStarts - 1), error.code, tries, error.message);
        return;
      }
      if (restartsLeft(wish.restartPolicy, { streak: beyond })) {
        const pauseMs = backoffMs(wish.restartPolicy, beyond);
        this.#retryIn(pauseMs, error.code, `attempt ${attempts.failedStarts} failed`, error.message);
        return;
      }
    }
    counters.failures++;
    attempts.failure = { reason: { code: error.code, message: error.message }, error: error.message };
  }

  /** It is let go of when the other one's grace is over, however long that is: no attempt of this task's. */
  #waitForPort(why: string): void {
    const { attempts } = this;
    if (this.#counted) {
      this.#counted = false;
      attempts.streak--;
      attempts.restarts--;
      this.#context.counters.restarts--;
    }
    const held = "it may be held by a container that is being stopped";
    this.#retryIn(retryPauseMs(this.#heldStarts++), "port-in-use", held, why);
  }

  /** Tried again by itself, in case it is only this container that the engine cannot manage. */
  #trouble(error: unknown): void {
    const { log, onEngineTrouble } = this.#context;
    const pauseMs = Math.min(retryPauseMs(this.#troubles++), limits.retryMaxMs);
    this.#holdFor(pauseMs);
    this.#stale = true;
    this.#wakeAt(this.attempts.retryAt);
    log.warn("the engine gave no answer", { taskId: this.taskId, why: (error as Error).message, againInMs: pauseMs });
    onEngineTrouble(error);
  }

  #holdFor(pauseMs: number): void {
    this.attempts.retryAt = this.#context.clock.now() + pauseMs;
    this.attempts.failedAction = this.#doing;
  }

  #retryIn(pauseMs: number, code: ReasonCode, tries: string, why: string): void {
    this.#holdFor(pauseMs);
    this.#say(code, `${tries}, again in ${pauseMs / 1000} s: ${why}`);
  }

  #say(code: ReasonCode, message: string): void {
    if (!this.#stopped) this.#reporter.report(waitingObservation(this.attempts, this.found, { code, message }));
  }
}

/** 0.5 s, 1 s, 2 s, ... */
function retryPauseMs(failures: number): number {
  return Math.min(limits.retryInitialMs * 2 ** failures, limits.retryMaxMs);
}
