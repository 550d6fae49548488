// Makes the engine match what is assigned for one container: asks step() for an action, performs it, passes the outcome to
// reduce(), and asks again until there is nothing to do. One action at a time per container. It decides nothing itself.

import { InvariantError } from "../../lib/assert.ts";
import type { CancelTimer } from "../../lib/clock.ts";
import { containerLabels, containerName } from "../../model/cluster/cluster.ts";
import { hasContents } from "../../model/task/content-fields.ts";
import { type ContainerSpec, namedVolumes } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import { RuntimeError } from "../../runtime/runtime-error.ts";
import { ContainerFiles } from "../contents/container-files.ts";
import { ContainerProbes } from "../probes/container-probes.ts";
import { hasProbes } from "../probes/health.ts";
import { type ContainerAssignment, isToRun } from "./assignment.ts";
import { type ActionType, type Attempts, newProgress, type Progress } from "./attempts.ts";
import { checkData, checkVolumes } from "./check-volumes.ts";
import type { ContainerOwner } from "./container-owner.ts";
import { readLastLog } from "./last-log.ts";
import { pullImage } from "./pull-image.ts";
import { type Outcome, reduce, waitsForPort } from "./reduce.ts";
import type { RunnerContext } from "./runner-context.ts";
import { withSharedFolders } from "./shared-folders.ts";
import { type Action, mustWait, step, waiting, wantsLog } from "./step.ts";

export class ContainerRunner {
  /** Within its task. */
  readonly name: string;
  readonly #owner: ContainerOwner;
  readonly #context: RunnerContext;
  #progress: Progress;
  #working = false;
  /** True when nothing may be begun any more: the worker ends, or belongs to another cluster now. */
  #stopped = false;
  /** True when something has changed since the last step. */
  #again = false;
  /** True when the container may have changed since the engine was last asked. */
  #stale = false;
  #doing: ActionType | null = null;
  /** Seconds, of the stop that is under way; null while there is none. */
  #stopGraceSeconds: number | null = null;
  #cancelWait: CancelTimer = () => {};
  /** Null until there is something to probe. */
  #probes: ContainerProbes | null = null;
  readonly #files: ContainerFiles;
  /** Ends a pull when the container is no longer to run. */
  #pullEnded = new AbortController();

  constructor(
    name: string,
    owner: ContainerOwner,
    assignment: ContainerAssignment | null,
    found: ContainerState | null,
    context: RunnerContext,
  ) {
    this.name = name;
    this.#owner = owner;
    this.#context = context;
    this.#files = new ContainerFiles(context, owner.taskId, name);
    this.#progress = newProgress(assignment);
    this.#apply({ type: "observed", found });
  }

  get progress(): Progress {
    return this.#progress;
  }

  get found(): ContainerState | null {
    return this.#progress.found;
  }

  /** True while an action is under way, or follows. */
  get isWorking(): boolean {
    return this.#working;
  }

  /** True while it runs although it is not to. */
  get isStopping(): boolean {
    return !isToRun(this.#progress.assignment) && this.found?.status === "running";
  }

  assign(assignment: ContainerAssignment | null, deleted: boolean): void {
    if (this.#progress.assignment?.desired !== assignment?.desired) this.#pullEnded.abort();
    // It may name other versions.
    if (assignment && hasContents(assignment.spec)) this.#files.contentCame();
    this.#apply({ type: "assigned", assignment, deleted });
    this.#shortenStop();
    this.reconcile(false);
  }

  /** A container on this node has ended: a start that waits for its port is tried now. */
  portFreed(): void {
    if (!waitsForPort(this.#progress.attempts)) return;
    this.#apply({ type: "port-freed" });
    this.reconcile(false);
  }

  /** A content that it names has come from the master. */
  contentCame(): void {
    this.#files.contentCame();
    this.#apply({ type: "content-came" });
    this.reconcile(false);
  }

  /** A stop that waits for the container's own end is not waited for if another one gives it less time. */
  #shortenStop(): void {
    const { assignment, found } = this.#progress;
    if (assignment === null || found === null || this.#stopGraceSeconds === null) return;
    const { stopGraceSeconds } = assignment;
    if (stopGraceSeconds >= this.#stopGraceSeconds) return;
    this.#stopGraceSeconds = stopGraceSeconds;
    // If the engine refuses it, the stop under way ends the container later.
    this.#context.runtime.containers.stop(found.containerId, stopGraceSeconds).catch(() => {});
  }

  /** What the engine has of it, from a list of all containers. */
  adopt(found: ContainerState | null): void {
    if (this.#working) this.#stale = true;
    else this.#apply({ type: "observed", found });
  }

  /** Starts the loop of steps, if it does not run. `stale`: the container may have changed, so the engine is asked. */
  reconcile(stale = true): void {
    this.#stale ||= stale;
    this.#again = true;
    this.#cancelWait();
    if (this.#working || this.#stopped || !this.#owner.mayAct(this.name)) return;
    this.#working = true;
    void this.#work().finally(() => {
      this.#working = false;
      if (this.#again && this.#mayAct) this.reconcile(false);
      else this.#owner.onChange();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#probes?.end();
    this.#cancelWait();
    this.#pullEnded.abort();
  }

  /** False while the engine is away, in a drain and after a stop: then nothing is begun, also not what waited for its turn. */
  get #mayAct(): boolean {
    const { signal, engine } = this.#context;
    const { knowsAssignment } = this.#owner;
    return !this.#stopped && !signal.aborted && engine.ready && knowsAssignment && this.#owner.mayAct(this.name);
  }

  /** True when it is still to start, after a wait for its turn. */
  get #mayStart(): boolean {
    const { assignment, attempts } = this.#progress;
    if (assignment === null || !isToRun(assignment) || mustWait(assignment, attempts)) return false;
    return assignment.hold === null && this.#mayAct;
  }

  async #work(): Promise<void> {
    const { clock, signal, ended } = this.#context;
    while (this.#mayAct) {
      this.#again = false;
      this.#doing = null;
      try {
        await this.#refresh();
        this.#apply({ type: "time" });
        await this.#files.refresh(this.#progress);
        if (wantsLog(this.#progress, clock.now())) await this.#readLog();
        const { action, report } = step(this.#progress, clock.now());
        if (report) this.#owner.report(this.name, report);
        if (action.type === "none" || action.type === "wait") {
          if (action.type === "wait") this.#wakeAt(action.until);
          else this.#apply({ type: "answered" });
          if (!this.#again && !this.#stale) {
            this.#files.release(this.#progress);
            return ended.sweepSoon();
          }
        } else {
          this.#doing = action.type;
          await this.#perform(action);
          this.#apply({ type: "answered" });
        }
      } catch (error) {
        if (signal.aborted || this.#stopped) return;
        if (error instanceof InvariantError) throw error;
        this.#stale = true;
        // What is no RuntimeError is an answer that broke off in the middle.
        if (!(error instanceof RuntimeError) || error.code === "engine-unavailable") return this.#unanswered(error);
        this.#failed(error);
      }
    }
  }

  /** Passes an outcome to the reducer, and its report to the master. Returns the attempts as they were before. */
  #apply(outcome: Outcome): Attempts {
    const { attempts, found } = this.#progress;
    const { progress, report } = reduce(this.#progress, outcome, this.#context.clock.now());
    this.#progress = progress;
    if (found?.status === "running" && progress.found?.status !== "running") this.#context.neighbours.containerEnded();
    if (report && !this.#stopped) this.#owner.report(this.name, report);
    if (outcome.type !== "health") this.#probe();
    this.#owner.onChange();
    return attempts;
  }

  /** Has the container probed while it runs and is to run. */
  #probe(): void {
    const { assignment, found } = this.#progress;
    if (this.#probes === null) {
      const isProbed = found !== null && (found.health !== undefined || (assignment && hasProbes(assignment.spec)));
      if (!isProbed || this.#stopped) return;
      this.#probes = new ContainerProbes(this.#context.prober, (health) => {
        this.#apply({ type: "health", health });
        this.reconcile(false);
      });
    }
    const runs = !this.#stopped && found?.status === "running" && assignment !== null && isToRun(assignment);
    this.#probes.watch(runs ? { assignment, found } : null);
  }

  #wakeAt(ms: number): void {
    if (this.#stopped) return;
    const { clock } = this.#context;
    this.#cancelWait();
    this.#cancelWait = clock.timer(Math.max(1, ms - clock.now()), () => this.reconcile(false));
  }

  async #refresh(): Promise<void> {
    if (!this.#stale) return;
    this.#stale = false;
    const { taskId } = this.#owner;
    const state = await this.#context.runtime.containers.inspect(
      this.found?.containerId ?? containerName(taskId, this.name),
    );
    const isOurs = state?.taskId === taskId && state.container === this.name;
    this.#apply({ type: "observed", found: isOurs ? state : null });
  }

  /** Before the end is reported, because a finished task's record never changes again. Takes a second at most. */
  async #readLog(): Promise<void> {
    const readAt = this.#context.clock.now();
    const log = await readLastLog(this.#context, this.found!.containerId);
    this.#apply({ type: "log-read", log, readAt });
  }

  async #perform(action: Exclude<Action, { type: "none" | "wait" }>): Promise<void> {
    const { runtime, bounds } = this.#context;
    switch (action.type) {
      case "pull":
        return bounds.pulls.run(() => this.#pull());
      case "create":
        // Create and start hold one place together: a container that was created is started before the next is created.
        return bounds.starts.run(() => this.#create());
      case "start":
        return bounds.starts.run(() =>
          this.#start(action.containerId, action.restart, this.#files.usersBinds(this.found)),
        );
      case "stop":
        return this.#stop(action);
      case "remove":
        this.#stale = true;
        return bounds.stops.run(async () => {
          if (!this.#mayAct) return;
          if (action.rejoin) this.#apply({ type: "removing-to-join" });
          await runtime.containers.remove(action.containerId);
        });
    }
  }

  async #stop({ containerId, graceSeconds, restart, rejoin }: Extract<Action, { type: "stop" }>): Promise<void> {
    const { runtime, bounds } = this.#context;
    this.#stale = true;
    this.#stopGraceSeconds = graceSeconds;
    try {
      await bounds.stops.run(async () => {
        if (!this.#mayAct) return;
        if (restart) this.#apply({ type: "stopping-for-restart" });
        if (rejoin) this.#apply({ type: "stopping-to-join" });
        await runtime.containers.stop(containerId, this.#stopGraceSeconds ?? graceSeconds);
      });
    } finally {
      this.#stopGraceSeconds = null;
    }
  }

  async #pull(): Promise<void> {
    const { counters, signal } = this.#context;
    const { assignment, attempts } = this.#progress;
    if (assignment === null || !this.#mayStart) return;
    counters.pulls++;
    this.#pullEnded = new AbortController();
    const ended = AbortSignal.any([signal, this.#pullEnded.signal]);
    const say = (message: string) => {
      if (!this.#stopped) this.#owner.report(this.name, waiting(this.#progress, { code: "pulling", message }));
    };
    try {
      await pullImage(this.#context, assignment, attempts.imageMissing, say, ended);
    } catch (error) {
      if (ended.aborted) return;
      throw error;
    }
    this.#apply({ type: "pulled" });
  }

  async #create(): Promise<void> {
    const { runtime, node, images, policy, publishAddress } = this.#context;
    const { assignment } = this.#progress;
    if (assignment === null || !this.#mayStart) return;
    const { taskId, labels, stopGraceSeconds, platform } = assignment;
    const own = withSharedFolders(taskId, assignment.spec);
    const allowed = await publishAddress.filledIn(await policy.allowed(own));
    const spec = this.#files.added(assignment.spec, allowed);
    const joins = assignment.sandbox?.containerId;
    await this.#context.volumes.prepare(namedVolumes(assignment.spec), assignment.placedAt);
    await checkData(assignment, this.#context);
    const created = await runtime.containers.create({
      name: containerName(taskId, this.name),
      labels: {
        [containerLabels.task]: taskId,
        [containerLabels.container]: this.name,
        [containerLabels.node]: node.nodeId,
        [containerLabels.cluster]: node.clusterId,
      },
      taskLabels: labels,
      ...{ spec, stopGraceSeconds, platform },
      ...(joins === undefined ? {} : { joins }),
    });
    // The next step pulls it, outside of the place for starts.
    if (created === "image-missing") return this.#noteFailure(this.#apply({ type: "image-missing" }));
    images.used(spec.image);
    const { hadContainer } = this.#apply({ type: "created" });
    this.#stale = true; // until it runs, or if it does not
    const binds = allowed.mounts.flatMap(({ type, source }) => (type === "bind" ? [source] : []));
    await this.#start(created.containerId, hadContainer, binds);
  }

  /** `binds`: the paths on the node that the container was created with. */
  async #start(containerId: string, restart: boolean, binds: readonly string[]): Promise<void> {
    const { runtime, counters, policy } = this.#context;
    this.#stale = true;
    const spec = this.#progress.assignment?.spec;
    if (spec === undefined || !this.#mayStart) return;
    this.#files.refill(spec);
    await checkVolumes(spec, this.#context);
    await policy.checkStart(spec, binds);
    this.#apply({ type: "starting", restart });
    if (restart) counters.restarts++;
    await runtime.containers.start(containerId);
    await this.#checkStarted(containerId, spec, binds);
    counters.starts++;
    if (this.#stopped) return;
    this.#stale = false; // an event from here on may be newer than what the engine answers now
    this.#apply({ type: "observed", found: await runtime.containers.inspect(containerId) });
  }

  /** A path may have become a link after the check and before the engine followed it: then the container is killed. */
  async #checkStarted(containerId: string, spec: ContainerSpec, binds: readonly string[]): Promise<void> {
    const { runtime, policy } = this.#context;
    if (binds.length === 0) return;
    try {
      await policy.checkStart(spec, binds);
    } catch (error) {
      await runtime.containers.stop(containerId, 0);
      throw error;
    }
  }

  #failed(error: RuntimeError): void {
    const { neighbours, counters, log } = this.#context;
    const action = this.#doing;
    if (error.code === "container-lost") this.#owner.onSandboxLost();
    const before = this.#apply({ type: "failed", action, error, portMayBeFreed: neighbours.areStopping });
    if (before === this.#progress.attempts) return;
    log.warn("the engine refused an action", {
      ...{ taskId: this.#owner.taskId, container: this.name, action, code: error.code, why: error.message },
    });
    // A start that does not count, because another container held its port, was counted as a restart.
    if (this.#progress.attempts.restarts < before.restarts) counters.restarts--;
    this.#noteFailure(before);
  }

  #noteFailure(before: Attempts): void {
    const { failure } = this.#progress.attempts;
    if (failure !== null && failure !== before.failure) this.#context.counters.failures++;
  }

  /** The action is tried again after the pause, also without a sign from the engine: it may fail for this container alone. */
  #unanswered(error: unknown): void {
    const { log, engine, clock } = this.#context;
    this.#apply({ type: "unanswered", action: this.#doing });
    const { retryAt } = this.#progress.attempts;
    this.#wakeAt(retryAt);
    log.warn("the engine did not answer", {
      ...{ taskId: this.#owner.taskId, container: this.name, why: (error as Error).message },
      againInMs: retryAt - clock.now(),
    });
    engine.suspect();
  }
}
