// Keeps one runner for each task: compares what the master assigns with what the engine has, as whole sets at a sync and
// when the engine is back, and task by task in between. Its runner decides what a single container needs.

import type { Client } from "../api/client.ts";
import type { ContentEvent, GoneEvent, SyncEvent } from "../api/views/stream-events.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { Semaphore } from "../lib/semaphore.ts";
import type { TaskId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import { contentsOf } from "../model/task/content-fields.ts";
import type { ContainerState } from "../runtime/containers.ts";
import type { ContentStore } from "./contents/content-store.ts";
import type { NodeFiles } from "./contents/node-files.ts";
import type { FormerNodes } from "./former-nodes.ts";
import type { DeletedTasks } from "./gc/deleted-tasks.ts";
import type { LeftContainers } from "./gc/left-containers.ts";
import type { EngineListener } from "./link/engine-link.ts";
import type { MasterListener } from "./link/master-listener.ts";
import { Reporter, type ReportSource } from "./link/reporter.ts";
import type { StoredIdentity } from "./node-identity.ts";
import { type Assignment, parseAssignment, type WireAssignment } from "./task/assignment.ts";
import type { DependencyHolds } from "./task/dependency-holds.ts";
import type { RunnerContext } from "./task/runner-context.ts";
import { TaskRunner } from "./task/task-runner.ts";
import type { TaskTable } from "./task/task-table.ts";

/** The engine, as a list of all containers. */
export interface ContainerLists {
  readonly ready: boolean;
  /** Lists all containers of this node and cluster, and follows their events from then on. */
  adopt(): Promise<void>;
}

export interface ReconcilerOptions {
  client: Client;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  identity: StoredIdentity;
  tasks: TaskTable;
  /** Not closed by a drain. */
  containers: ContainerLists;
  former: FormerNodes;
  deletedTasks: DeletedTasks;
  leftContainers: LeftContainers;
  context: RunnerContext;
  /** What the master has sent of the contents that tasks name. */
  contents: ContentStore;
  files: NodeFiles;
  holds: Pick<DependencyHolds, "started" | "synced">;
  counters: { syncs: number };
}

export class Reconciler implements MasterListener, EngineListener, ReportSource {
  readonly #options: ReconcilerOptions;
  readonly #reports = new Semaphore(limits.concurrentReports);
  #reportNumber = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  // ---- the master

  onRegistered(nodeId: string, address: string): void {
    const { identity, former, context } = this.#options;
    context.publishAddress.registeredWith(address);
    // Written first: after a crash in between the worker still knows which of its containers have the former label.
    if (identity.nodeId !== nodeId) former.leave(identity);
    identity.change({ nodeId });
  }

  /** An event of the assignment stream. */
  async onAssignmentEvent(event: string, data: string): Promise<void> {
    const { tasks } = this.#options;
    if (event === "sync") {
      await this.#onSync(JSON.parse(data) as Omit<SyncEvent, "tasks"> & { tasks: WireAssignment[] });
    } else if (event === "task") {
      this.#assign(JSON.parse(data) as WireAssignment);
    } else if (event === "gone") {
      const { taskId, deleted } = JSON.parse(data) as GoneEvent;
      tasks.get(taskId as TaskId)?.assign(null, deleted);
      this.#dropContents();
    } else if (event === "content") {
      this.#onContent(JSON.parse(data) as ContentEvent);
    }
  }

  #onContent(event: ContentEvent): void {
    const { tasks, contents } = this.#options;
    contents.put(event);
    for (const runner of tasks.all()) if (names(runner.assignment, event)) runner.contentCame();
  }

  /** What no assignment names is not kept. */
  #dropContents(): void {
    const { tasks, contents } = this.#options;
    contents.keepFor(tasks.all().flatMap(({ assignment }) => (assignment ? [assignment.spec] : [])));
  }

  /** The master answers again after a time without answers. */
  onMasterBack(): void {
    for (const runner of this.#options.tasks.all()) runner.sendReports();
  }

  /** Compares the whole set of assignments with all containers. */
  async #onSync({ clusterId, tasks: wire }: { clusterId: string; tasks: WireAssignment[] }): Promise<void> {
    const { tasks, identity, containers, deletedTasks, counters, files, holds } = this.#options;
    counters.syncs++;
    identity.confirm();
    const moved = identity.clusterId !== clusterId;
    if (moved) this.#joinCluster(clusterId);
    if (moved || !containers.ready) await containers.adopt();
    holds.synced(wire.some(({ dependencies }) => dependencies !== undefined));
    const assigned = new Set(wire.map(({ taskId }) => taskId));
    for (const task of wire) this.#assign(task);
    for (const runner of tasks.all()) {
      if (!assigned.has(runner.taskId)) runner.assign(null);
    }
    tasks.isComplete = true;
    this.#dropContents();
    files.keep((taskId) => tasks.has(taskId as TaskId));
    void deletedTasks.ask();
    this.#askForLeft();
  }

  /** Drops all runners. The containers of the previous cluster are left running. */
  #joinCluster(clusterId: string): void {
    const { tasks, identity, log } = this.#options;
    const before = identity.clusterId;
    if (before !== "") {
      log.warn("the master is of another cluster than before; containers of that cluster are left running", {
        ...{ before, now: clusterId },
        remove: `docker rm -f $(docker ps -aq --filter label=podling.cluster=${before})`,
      });
    }
    for (const runner of tasks.all()) runner.stop();
    tasks.clear();
    identity.change({ clusterId });
  }

  /** Takes one assignment. If it cannot be read, the containers of the task stay as they are. */
  #assign(wire: WireAssignment): void {
    try {
      const assignment = parseAssignment(wire);
      this.#runner(assignment.taskId, assignment).assign(assignment);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#options.log.error("the master sent an assignment that cannot be read", {
        ...{ taskId: wire.taskId, why: error.message },
      });
    }
  }

  #runner(taskId: TaskId, assignment: Assignment | null, found: readonly ContainerState[] = []): TaskRunner {
    const { tasks, signal, context, client, clock, log } = this.#options;
    const existing = tasks.get(taskId);
    if (existing) return existing;
    const reporter = new Reporter(
      { client, clock, log, signal, taskId, source: this, gate: this.#reports },
      assignment?.status ?? "scheduled",
    );
    const runner = new TaskRunner(taskId, assignment, found, context, reporter);
    tasks.add(runner);
    return runner;
  }

  // ---- the reports

  get nodeId(): string {
    return this.#options.identity.nodeId;
  }

  nextReportNumber(): number {
    return ++this.#reportNumber;
  }

  /** The container of a task whose end is known may be removed. */
  onReportsDone(): void {
    this.#options.context.ended.sweepSoon();
  }

  // ---- the engine

  /** Something happened to a container of this task. */
  onContainerEvent(taskId: string): void {
    this.#options.tasks.get(taskId as TaskId)?.reconcile();
  }

  /** All containers of this node, as they are now: at a start, and when the engine is back. */
  onAllContainers(found: readonly ContainerState[]): void {
    const { tasks, deletedTasks, holds } = this.#options;
    const states = byTask(found);
    for (const runner of tasks.all()) runner.adopt(states.get(runner.taskId) ?? []);
    // After that: a task looks at its containers again, and must not take those that it does not know yet for gone.
    holds.started();
    for (const [taskId, containers] of states) {
      const runner = this.#runner(taskId, null, containers);
      // Before the first sync the worker does not know what is assigned; after it, a task without a runner is not.
      if (tasks.isComplete && !runner.knowsAssignment) runner.assign(null);
    }
    for (const runner of tasks.all()) runner.reconcile(false);
    if (tasks.isComplete) void deletedTasks.ask();
    this.#askForLeft();
  }

  /** Containers that an earlier process has left under a former node are adopted, and then stopped. */
  #askForLeft(): void {
    const { leftContainers, containers } = this.#options;
    void leftContainers.ask(() => containers.adopt());
  }

  /** The same list while events go on. It may be older than what events said: it only says which containers to look at. */
  onContainerList(found: readonly ContainerState[]): void {
    const { tasks, leftContainers, containers } = this.#options;
    if (!tasks.isComplete) return;
    void leftContainers.askAgain(() => containers.adopt());
    const listed = byTask(found);
    for (const taskId of listed.keys()) if (!tasks.has(taskId)) this.#runner(taskId, null).assign(null);
    for (const runner of tasks.all()) runner.compare(listed.get(runner.taskId) ?? []);
  }
}

/** True if a container of the task has the content that came. */
function names(assignment: Assignment | null, { kind, name }: ContentEvent): boolean {
  if (assignment === null) return false;
  const { containers, init } = assignment.spec;
  return [...init, ...containers].some((container) =>
    [...contentsOf(container)].some((used) => used.kind === kind && used.reference.name === name),
  );
}

function byTask(found: readonly ContainerState[]): Map<TaskId, ContainerState[]> {
  const states = new Map<TaskId, ContainerState[]>();
  for (const state of found) {
    const taskId = state.taskId as TaskId;
    const containers = states.get(taskId);
    if (containers) containers.push(state);
    else states.set(taskId, [state]);
  }
  return states;
}
