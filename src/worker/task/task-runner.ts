// Runs one assigned task: holds a runner for each of its containers, by name, and reports to the master. Containers that
// the task does not have (any more) are stopped by their own runners. It decides nothing about a single container; for a
// task of several, step-pod.ts says what each is to do.

import type { TaskId } from "../../model/ids.ts";
import { isFinished } from "../../model/task/reason.ts";
import { isPod, mainContainer, sandboxContainer } from "../../model/task/spec.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Reporter } from "../link/reporter.ts";
import { type Assignment, type ContainerAssignment, containerAssignment, isToRun } from "./assignment.ts";
import type { ContainerOwner } from "./container-owner.ts";
import { ContainerRunner } from "./container-runner.ts";
import {
  type Directive,
  type Fate,
  isHealthy,
  type Member,
  memberAssignment,
  memberNames,
  partOf,
} from "./pod/members.ts";
import { stepPod } from "./pod/step-pod.ts";
import type { RunnerContext } from "./runner-context.ts";
import type { Observation } from "./step.ts";

/** Before anything is known of the others, none is started or stopped. */
const idle: Directive = { act: "idle", hold: null, sandbox: null, repeats: false };

export class TaskRunner implements ContainerOwner {
  readonly taskId: TaskId;
  readonly #context: RunnerContext;
  readonly #reporter: Reporter;
  readonly #containers = new Map<string, ContainerRunner>();
  #assignment: Assignment | null;
  /** The last assignment that was not null: it says which container is a sidecar. */
  #known: Assignment | null;
  #knowsAssignment = false;
  /** What keeps it from being started. Null if it may be. */
  #waitsFor: string | null = null;
  #deleted = false;
  #stopped = false;
  /** What each container of several is to do. */
  readonly #directives = new Map<string, Directive>();
  /** What each of them has said last. */
  readonly #said = new Map<string, Observation>();
  /** How a task of several ends. Null until that is decided. */
  #fate: Fate | null = null;
  /** True while several containers change at once: what follows is decided once, afterwards. */
  #changing = false;
  #changed = false;
  /** True when the master's assignment has not reached the containers yet. */
  #reassigned = false;

  constructor(
    taskId: TaskId,
    assignment: Assignment | null,
    found: readonly ContainerState[],
    context: RunnerContext,
    reporter: Reporter,
  ) {
    this.taskId = taskId;
    this.#assignment = assignment;
    this.#known = assignment;
    this.#context = context;
    this.#reporter = reporter;
    this.#waitsFor = context.holds.waitsFor(assignment);
    this.#together(() => {
      this.#addContainers();
      for (const state of found) this.#container(state.container, state);
    });
  }

  /** Null if the master wants nothing of the task here, or has not said yet. */
  get assignment(): Assignment | null {
    return this.#assignment;
  }

  get knowsAssignment(): boolean {
    return this.#knowsAssignment;
  }

  /** True when the master has deleted the record. */
  get isDeleted(): boolean {
    return this.#deleted;
  }

  /** True when its containers share folders that are removed with them. */
  get hasSharedFolders(): boolean {
    const { init = [], containers = [] } = this.#known?.spec ?? {};
    return [...init, ...containers].some(({ mounts }) => mounts.some(({ type }) => type === "shared"));
  }

  /** By name, as the engine has them. */
  get found(): ContainerState[] {
    return [...this.#containers.values()].flatMap(({ found }) => (found ? [found] : []));
  }

  /** The master's assignment; null: it wants nothing of this task here any more. */
  assign(assignment: Assignment | null, deleted = false): void {
    if (assignment) this.#reporter.recorded(assignment.status);
    else this.#reporter.unwanted();
    this.#assignment = assignment;
    this.#known = assignment ?? this.#known;
    if (assignment === null) this.#fate = null;
    this.#knowsAssignment = true;
    this.#deleted ||= deleted;
    this.#together(() => this.#assignAgain());
  }

  /** Each container gets what is to become of it now. */
  #assignAgain(): void {
    this.#waitsFor = this.#context.holds.waitsFor(this.#assignment);
    this.#addContainers();
    this.#reassigned = true;
    this.#changed = true;
    for (const container of this.#containers.values()) {
      // One of several that is known from the engine alone: nothing is concluded before it has what the record says of it.
      const isUnknown = container.progress.assignment === null && this.#assignment !== null;
      if (!this.#isPod || isUnknown) container.assign(this.#assigned(container.name), this.#deleted);
    }
  }

  /** See DependencyHolds: what keeps it from being started may be another thing now. */
  holdChanged(): void {
    if (this.#stopped || this.#assignment === null || this.#context.holds.waitsFor(this.#assignment) === this.#waitsFor)
      return;
    this.#together(() => this.#assignAgain());
  }

  /** True when the master may have it for running, and how it is now is not known here, or not acknowledged there. */
  get isNews(): boolean {
    if (this.#assignment === null || !isToRun(this.#assignment)) return false;
    const hasRun = [...this.#containers.values()].some(({ progress }) => progress.attempts.hasRun);
    return hasRun && (this.isWorking || !this.#reporter.isIdle);
  }

  /** What the engine has of the task, from a list of all containers. */
  adopt(found: readonly ContainerState[]): void {
    const states = new Map(found.map((state) => [state.container, state]));
    this.#together(() => {
      for (const container of this.#containers.values()) container.adopt(states.get(container.name) ?? null);
      for (const state of found) this.#container(state.container, state);
    });
  }

  /** As adopt(), from a list that may be older than what events said: asks the engine wherever the two differ. */
  compare(found: readonly ContainerState[]): void {
    const states = new Map(found.map((state) => [state.container, state]));
    for (const name of states.keys()) this.#container(name);
    for (const container of this.#containers.values()) {
      const [listed, known] = [states.get(container.name), container.found];
      const isSame = listed?.status === known?.status && listed?.startedAt === known?.startedAt;
      if (!isSame || listed?.health?.status !== known?.health?.status) container.reconcile();
    }
  }

  /** `stale`: the containers may have changed, so the engine is asked. */
  reconcile(stale = true): void {
    this.#together(() => {
      for (const container of this.#containers.values()) container.reconcile(stale);
      this.#changed = true;
    });
  }

  /** See ContainerRunner.portFreed. */
  portFreed(): void {
    for (const container of this.#containers.values()) container.portFreed();
  }

  /** A content that some tasks name has come from the master. */
  contentCame(): void {
    for (const container of this.#containers.values()) container.contentCame();
  }

  /** Reports that wait for the master are sent now. */
  sendReports(): void {
    this.#reporter.sendNow();
  }

  /** True when nothing is wanted of the task, nothing runs, and the master knows: only its logs are left. */
  get isOver(): boolean {
    if (!this.#knowsAssignment) return false;
    const assignment = this.#assignment;
    const acknowledged = assignment === null || (this.#reporter.isDone && isFinished(assignment.status));
    return acknowledged && !this.isWorking && this.found.every(({ status }) => status === "exited");
  }

  /** True while a container runs that is not to. */
  get isStopping(): boolean {
    return this.#knowsAssignment && [...this.#containers.values()].some(({ isStopping }) => isStopping);
  }

  /** Those that run and are not to, also before the master has said what is assigned. */
  get unwantedContainers(): string[] {
    return [...this.#containers.values()].flatMap(({ isStopping, found }) =>
      isStopping && found ? [found.containerId] : [],
    );
  }

  /** True while an action is under way, or follows. */
  get isWorking(): boolean {
    return [...this.#containers.values()].some(({ isWorking }) => isWorking);
  }

  /** Ends what is under way; nothing follows it. Containers run on. */
  stop(): void {
    this.#stopped = true;
    for (const container of this.#containers.values()) container.stop();
  }

  // ---- for its containers

  report(container: string, observation: Observation): void {
    if (this.#isPod) {
      this.#said.set(container, observation);
      this.onChange();
    } else this.#reporter.report(observation);
  }

  mayAct(container: string): boolean {
    return !this.#isPod || (this.#directives.get(container) ?? idle).act !== "idle";
  }

  onChange(): void {
    if (!this.#isPod) return;
    this.#changed = true;
    this.#together(() => {});
  }

  onSandboxLost(): void {
    this.#containers.get(sandboxContainer)?.reconcile();
  }

  // ---- inside

  /** True when it has several containers, or had: then they are stopped in their order. */
  get #isPod(): boolean {
    const known = this.#known;
    return known ? isPod(known.spec) : this.#containers.has(sandboxContainer);
  }

  /** Changes several containers, and decides what follows when all have changed. */
  #together(change: () => void): void {
    if (this.#changing) {
      change();
      return;
    }
    this.#changing = true;
    try {
      change();
      while (this.#changed && this.#isPod) {
        this.#changed = false;
        this.#stepPod();
      }
    } finally {
      this.#changing = false;
    }
  }

  /** Nothing is concluded from what may be out of date. */
  #stepPod(): void {
    const { signal, engine, clock } = this.#context;
    if (!this.#knowsAssignment || this.#stopped || signal.aborted || !engine.ready) return;
    const pod = { assignment: this.#assignment, members: this.#members(), fate: this.#fate };
    const { directives, fate, report } = stepPod(pod, clock.now());
    this.#fate = fate;
    const before = new Map(this.#directives);
    // All of them first: what one is to do may depend on what another one is left at.
    for (const [name, directive] of directives) this.#directives.set(name, directive);
    const isNew = this.#reassigned;
    this.#reassigned = false;
    for (const [name, directive] of directives) {
      if (isNew || !Bun.deepEquals(before.get(name), directive)) this.#direct(name, directive);
    }
    if (report) this.#reporter.report(report);
  }

  /** One that is left as it is keeps what it was to do. */
  #direct(name: string, { act }: Directive): void {
    if (act === "idle" && this.#assignment !== null) return;
    this.#containers.get(name)?.assign(this.#assigned(name), this.#deleted);
  }

  #members(): Member[] {
    const spec = this.#known?.spec ?? null;
    const names = spec ? memberNames(spec) : [];
    const others = [...this.#containers.keys()].filter((name) => !names.includes(name));
    return [...names, ...others].flatMap((name) => {
      const container = this.#containers.get(name);
      if (!container) return [];
      const part = (spec && partOf(spec, name)) ?? (name === sandboxContainer ? "sandbox" : "main");
      const own = spec && [...spec.init, ...spec.containers].find((one) => one.name === name);
      const { progress, isWorking } = container;
      const said = this.#said.get(name) ?? null;
      return [{ name, part, spec: own ?? null, progress, busy: isWorking, healthy: isHealthy(progress), said }];
    });
  }

  #assigned(name: string): ContainerAssignment | null {
    const assignment = this.#assignment;
    if (assignment === null) return null;
    if (!isPod(assignment.spec)) return containerAssignment(assignment, name, this.#waitsFor);
    return memberAssignment(assignment, name, this.#directives.get(name) ?? idle, this.#waitsFor);
  }

  #addContainers(): void {
    if (this.#assignment === null) return;
    const { spec } = this.#assignment;
    for (const name of isPod(spec) ? memberNames(spec) : [spec.containers[0]?.name ?? mainContainer])
      this.#container(name);
  }

  #container(name: string, found: ContainerState | null = null): ContainerRunner {
    const existing = this.#containers.get(name);
    if (existing) return existing;
    const container = new ContainerRunner(name, this, this.#assigned(name), found, this.#context);
    if (this.#stopped) container.stop();
    this.#containers.set(name, container);
    return container;
  }
}
