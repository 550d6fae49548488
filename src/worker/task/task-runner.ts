// Runs one assigned task: holds a runner for each of its containers, by name, and reports to the master. Containers that
// the task does not have (any more) are stopped by their own runners. It decides nothing about a single container.

import type { TaskId } from "../../model/ids.ts";
import { isFinished } from "../../model/task/reason.ts";
import type { ContainerState } from "../../runtime/containers.ts";
import type { Reporter } from "../link/reporter.ts";
import { type Assignment, containerAssignment, unsupported } from "./assignment.ts";
import { newProgress } from "./attempts.ts";
import { type ContainerOwner, ContainerRunner } from "./container-runner.ts";
import type { RunnerContext } from "./runner-context.ts";
import { type Observation, refused } from "./step.ts";

export class TaskRunner implements ContainerOwner {
  readonly taskId: TaskId;
  readonly #context: RunnerContext;
  readonly #reporter: Reporter;
  readonly #containers = new Map<string, ContainerRunner>();
  #assignment: Assignment | null;
  #knowsAssignment = false;
  #deleted = false;
  #stopped = false;

  constructor(
    taskId: TaskId,
    assignment: Assignment | null,
    found: readonly ContainerState[],
    context: RunnerContext,
    reporter: Reporter,
  ) {
    this.taskId = taskId;
    this.#assignment = assignment;
    this.#context = context;
    this.#reporter = reporter;
    this.#addContainers();
    for (const state of found) this.#container(state.container, state);
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

  /** By name, as the engine has them. */
  get found(): ContainerState[] {
    return [...this.#containers.values()].flatMap(({ found }) => (found ? [found] : []));
  }

  /** The master's assignment; null: it wants nothing of this task here any more. */
  assign(assignment: Assignment | null, deleted = false): void {
    if (assignment) this.#reporter.recorded(assignment.status);
    else this.#reporter.unwanted();
    this.#assignment = assignment;
    this.#knowsAssignment = true;
    this.#deleted ||= deleted;
    this.#addContainers();
    for (const container of this.#containers.values()) {
      container.assign(this.#assigned(container.name), this.#deleted);
    }
    const why = assignment && unsupported(assignment);
    if (assignment === null || why === null) return;
    const [first] = this.#containers.values();
    this.#reporter.report(refused(first?.progress ?? newProgress(null), assignment.desired, why));
  }

  /** What the engine has of the task, from a list of all containers. */
  adopt(found: readonly ContainerState[]): void {
    const states = new Map(found.map((state) => [state.container, state]));
    for (const container of this.#containers.values()) container.adopt(states.get(container.name) ?? null);
    for (const state of found) this.#container(state.container, state);
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
    for (const container of this.#containers.values()) container.reconcile(stale);
  }

  /** See ContainerRunner.portFreed. */
  portFreed(): void {
    for (const container of this.#containers.values()) container.portFreed();
  }

  /** A content that some tasks name has come from the master. */
  contentCame(): void {
    for (const container of this.#containers.values()) container.contentCame();
  }

  report(observation: Observation): void {
    this.#reporter.report(observation);
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

  /** True while an action is under way, or follows. */
  get isWorking(): boolean {
    return [...this.#containers.values()].some(({ isWorking }) => isWorking);
  }

  /** Ends what is under way; nothing follows it. Containers run on. */
  stop(): void {
    this.#stopped = true;
    for (const container of this.#containers.values()) container.stop();
  }

  /** All or none: of a task that this version cannot run no container is started. */
  #assigned(name: string) {
    const assignment = this.#assignment;
    return assignment && unsupported(assignment) === null ? containerAssignment(assignment, name) : null;
  }

  #addContainers(): void {
    const assignment = this.#assignment;
    if (assignment === null || unsupported(assignment) !== null) return;
    for (const { name } of assignment.spec.containers) this.#container(name);
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
