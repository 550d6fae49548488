// The cluster as it is: a table of immutable records for each kind, and the indexes that decisions need. It changes only
// through apply() and revert(), which the tick, start-up, history and the simulation share.

import { assert } from "../../lib/assert.ts";
import { type Change, parseChangeType } from "../../model/change.ts";
import type { Cluster } from "../../model/cluster/cluster.ts";
import { clusterRecordId } from "../../model/cluster/kind.ts";
import type { ContentKind } from "../../model/config/config.ts";
import type { NodeId, ServiceId, TaskId } from "../../model/ids.ts";
import type { Job } from "../../model/job/job.ts";
import type { Shared } from "../../model/kinds/kind.ts";
import { type KindName, kindNames, kinds, type RecordOf } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import type { Schedule } from "../../model/schedule/schedule.ts";
import type { Service } from "../../model/service/service.ts";
import type { TaskStatus } from "../../model/task/reason.ts";
import type { Idempotency, Task } from "../../model/task/task.ts";
import type { Volume } from "../../model/volume/volume.ts";
import { ScheduleIndex } from "../schedule/index/schedule-index.ts";
import type { Delta, DeltaOf, Index } from "./delta.ts";
import { AddressBook } from "./indexes/address-book.ts";
import { DampedNodes } from "./indexes/damped-nodes.ts";
import { Dependents } from "./indexes/dependents.ts";
import { DrainingNodes } from "./indexes/draining-nodes.ts";
import { FinishedTasks } from "./indexes/finished-tasks.ts";
import { JobTasks } from "./indexes/job-tasks.ts";
import { NodeNames } from "./indexes/node-names.ts";
import { PendingTasks } from "./indexes/pending.ts";
import { PlacedTasks } from "./indexes/placed-tasks.ts";
import { Preemptions } from "./indexes/preemptions.ts";
import { ScheduleJobs } from "./indexes/schedule-jobs.ts";
import { SelectedTasks } from "./indexes/selected-tasks.ts";
import { RevisionNumbers, ServiceNames } from "./indexes/service-names.ts";
import { ServiceTasks } from "./indexes/service-tasks.ts";
import { SlotHistory } from "./indexes/slot-history.ts";
import { StatusCounts } from "./indexes/status-counts.ts";
import { TaskNames } from "./indexes/task-names.ts";
import { TaskOrder } from "./indexes/task-order.ts";
import { UniqueNames } from "./indexes/unique-names.ts";
import { VersionNumbers } from "./indexes/versions.ts";
import { TasksWithoutWorker } from "./indexes/without-worker.ts";
import { Sharing } from "./sharing.ts";

/** Positions that decisions continue from, and that no record holds. */
export interface Cursors {
  /** The node that round-robin chose last. */
  lastNodeId: NodeId | null;
  /** The newest id ever given, also when its task is gone: ids are never given twice. */
  lastTaskId: TaskId | null;
}

type Tables = { readonly [K in KindName]: Map<string, RecordOf<K>> };
type Indexes = { readonly [K in KindName]: Index<RecordOf<K>>[] };

export class ClusterState {
  /** The revision of the last batch applied. */
  revision = 0;
  cursors: Cursors = { lastNodeId: null, lastTaskId: null };

  /** The order of a map has no meaning: sort where the order has an effect. */
  readonly tables = Object.fromEntries(kindNames.map((kind) => [kind, new Map()])) as unknown as Tables;
  readonly tasks = this.tables.task as ReadonlyMap<string, Task> as ReadonlyMap<TaskId, Task>;
  readonly nodes = this.tables.node as ReadonlyMap<string, NodeRecord> as ReadonlyMap<NodeId, NodeRecord>;

  // ---- indexes over the tables
  readonly schedule = new ScheduleIndex();
  /** Ids in order of creation. */
  readonly order = new TaskOrder();
  readonly pending = new PendingTasks(this.schedule.volumes);
  readonly damped = new DampedNodes();
  readonly withoutWorker = new TasksWithoutWorker((nodeId) => this.#tasksOn(nodeId));
  readonly serviceTasks = new ServiceTasks();
  readonly selected = new SelectedTasks(() => this.tasks.values());
  readonly slotHistory = new SlotHistory(limits.finishedTasksOfSlot);
  readonly jobTasks = new JobTasks();
  readonly #draining = new DrainingNodes();
  readonly scheduleJobs = new ScheduleJobs();
  readonly dependents = new Dependents(({ kind, id }) => this.tables[kind === "job" ? "job" : "service"].get(id)?.name);
  readonly addresses = new AddressBook();
  readonly #nodeNames = new NodeNames();
  readonly #serviceNames = new ServiceNames();
  readonly #jobNames = new UniqueNames<Job>();
  readonly #scheduleNames = new UniqueNames<Schedule>();
  readonly #revisions = new RevisionNumbers();
  readonly #versions = {
    config: new VersionNumbers<RecordOf<"config">>(),
    secret: new VersionNumbers<RecordOf<"secret">>(),
  };
  readonly #names = new TaskNames();
  readonly #counts = new StatusCounts();
  readonly #finished = new FinishedTasks();
  readonly #placed = new PlacedTasks(
    this.schedule,
    (nodeId) => this.pending.nodeGained(nodeId),
    (group, nodeId) => this.pending.neighbourPlaced(group, nodeId),
  );
  /** Tasks that are being stopped to free capacity for others, and the capacity that is held. */
  readonly preemptions = new Preemptions(this.schedule, (taskId) => this.tasks.get(taskId), {
    held: (task) => this.pending.hold(task),
    ended: (taskId, nodeId) => this.pending.endHold(taskId, this.tasks.get(taskId), nodeId),
  });
  readonly #indexes: Indexes;
  readonly sharing = new Sharing();

  constructor() {
    const indexes = Object.fromEntries(kindNames.map((kind) => [kind, []])) as unknown as Indexes;
    indexes.task.push(this.order, this.#names, this.#counts, this.pending, this.#placed, this.#finished);
    indexes.task.push(this.withoutWorker, this.serviceTasks, this.slotHistory, this.jobTasks, this.selected);
    indexes.task.push(this.schedule.volumes, this.preemptions, this.dependents);
    this.schedule.volumes.onFreed = (name) => this.pending.volumeGained(name);
    indexes.volume.push({ moved: (before, after) => this.#volumeMoved(before, after) });
    indexes.job.push(this.#jobNames, this.scheduleJobs, {
      moved: (before, after) => {
        this.jobTasks.jobMoved(before, after);
        this.dependents.jobMoved(before, after);
      },
    });
    indexes.schedule.push(this.#scheduleNames, {
      moved: (before, after) => this.scheduleJobs.scheduleMoved(before, after),
    });
    indexes.address.push({ moved: (before, after) => this.addresses.addressMoved(before, after) });
    indexes.task.push({ moved: (before, after) => this.addresses.taskMoved(before, after) });
    indexes.service.push(this.#serviceNames, {
      moved: (before, after) => {
        this.addresses.serviceMoved(before, after);
        this.serviceTasks.serviceMoved(before, after);
        this.selected.serviceMoved(before, after);
        this.dependents.serviceMoved(before, after);
      },
    });
    indexes.revision.push(this.#revisions);
    indexes.config.push(this.#versions.config);
    indexes.secret.push(this.#versions.secret);
    indexes.node.push(this.damped, this.#draining, this.#nodeNames, {
      moved: (before, after) => this.#nodeMoved(before, after),
    });
    this.#indexes = indexes;
    this.tables.cluster.set(clusterRecordId, { clusterId: "", epoch: 0, strategy: "round-robin" });
  }

  get cluster(): Cluster {
    return this.tables.cluster.get(clusterRecordId)!;
  }

  get counts(): Readonly<Record<TaskStatus, number>> {
    return this.#counts.of;
  }

  /** Tasks that run and are not ready. */
  get notReady(): number {
    return this.#counts.notReady;
  }

  /** Finished tasks in the order in which their ends became known. */
  get finished() {
    return this.#finished.inOrder;
  }

  /** Lost tasks that need a replacement, oldest first. */
  get toReplace() {
    return this.#finished.toReplace;
  }

  /** Nodes that are being drained, in no order. */
  get draining(): ReadonlySet<NodeId> {
    return this.#draining.ids;
  }

  /** Finished tasks of services that nothing has replaced yet, in no order. */
  get undecided(): ReadonlySet<TaskId> {
    return this.#finished.undecided;
  }

  /** Tasks that take capacity of a node, in no order. */
  placedOn(nodeId: NodeId): ReadonlySet<TaskId> {
    return this.#placed.on(nodeId);
  }

  named(name: string): ReadonlySet<TaskId> {
    return this.#names.named(name);
  }

  serviceNamed(name: string): Service | undefined {
    const serviceId = this.#serviceNames.named(name);
    return serviceId && this.record("service", serviceId);
  }

  jobNamed(name: string): Job | undefined {
    return this.#jobNames.named(name);
  }

  scheduleNamed(name: string): Schedule | undefined {
    return this.#scheduleNames.named(name);
  }

  /** Replicas that all services together want; of a global service, one on each node. */
  get wantedReplicas(): number {
    return this.#serviceNames.wanted(this.nodes.size);
  }

  /** The numbers of the service's revisions, the oldest first. */
  revisionsOf(serviceId: ServiceId): number[] {
    return this.#revisions.of(serviceId);
  }

  /** The versions of a content that are kept, the oldest first. */
  versionsOf(kind: ContentKind, name: string): readonly number[] {
    return this.#versions[kind].of(name);
  }

  /** In no order. */
  contentNames(kind: ContentKind): IterableIterator<string> {
    return this.#versions[kind].names;
  }

  /** Nodes that have this host name, or whose workers asked for it, in no order. */
  nodesNamed(hostname: string): ReadonlySet<NodeId> {
    return this.#nodeNames.of(hostname);
  }

  /** The task that was created with this Idempotency-Key. */
  withKey(key: string): (Idempotency & { taskId: TaskId }) | undefined {
    return this.#names.withKey(key);
  }

  task(taskId: TaskId): Task {
    return this.record("task", taskId);
  }

  node(nodeId: NodeId): NodeRecord {
    return this.record("node", nodeId);
  }

  /** Throws an InvariantError if there is none. */
  record<K extends KindName>(kind: K, id: string): RecordOf<K> {
    const record = (this.tables[kind] as Map<string, RecordOf<K>>).get(id);
    if (record === undefined) assert(false, `${kind} ${id} is not in the state`);
    return record;
  }

  /** Throws an InvariantError if the change does not fit the state. */
  apply(change: Change): Delta {
    const parsed = parseChangeType(change.type);
    if (!parsed) assert(false, `a change of the unknown type ${change.type}`);
    const delta = this.#deltaOf(parsed.kind, change);
    this.#move(delta);
    this.#advanceCursors(delta);
    return delta;
  }

  /**
   * Adds a record of a snapshot, whose header has the cursors. `common`: it holds already the one copy of all that records
   * have in common.
   */
  load(kind: KindName, packed: object, shared: Shared, common: boolean): void {
    const { unpack, idOf } = kinds[kind];
    const unpacked = unpack(packed, shared);
    const record = common ? unpacked : this.sharing.within(kind, unpacked, null);
    const table = this.tables[kind] as Map<string, object>;
    const { size } = table;
    table.set(idOf(record), record);
    if (table.size === size) assert(false, `${kind} ${idOf(record)} exists already`);
    for (const index of this.#indexes[kind] as Index<object>[]) index.moved(null, record);
  }

  /** Adds a record of another state, which both share from then on. */
  adopt(kind: KindName, id: string, record: object): void {
    const table = this.tables[kind] as Map<string, object>;
    const before = table.get(id) ?? null;
    table.set(id, record);
    for (const index of this.#indexes[kind] as Index<object>[]) index.moved(before, record);
  }

  /** Undoes an apply. Revert deltas newest first; the caller restores the cursors. */
  revert({ kind, before, after }: Delta): void {
    this.#move({ kind, before: after, after: before } as Delta);
  }

  #deltaOf(kind: KindName, change: Change): Delta {
    const { unpack, update, idOf, assertTransition } = kinds[kind];
    if ("record" in change) {
      const after = this.sharing.within(kind, unpack(change.record, this.sharing), null);
      const id = idOf(after);
      if (this.tables[kind].has(id)) assert(false, `${kind} ${id} exists already`);
      return { kind, before: null, after } as Delta;
    }
    const before = this.record(kind, change.id);
    if (!("set" in change)) return { kind, before, after: null } as Delta;
    const after = this.sharing.within(kind, update(before, change.set, this.sharing), before);
    assertTransition?.(before, after);
    return { kind, before, after } as Delta;
  }

  #move(delta: Delta): void {
    this.#moveOf(delta as DeltaOf<"task">);
  }

  #moveOf<K extends KindName>({ kind, before, after }: DeltaOf<K>): void {
    const table = this.tables[kind] as Map<string, RecordOf<K>>;
    const id = kinds[kind].idOf((after ?? before) as never);
    if (after === null) table.delete(id);
    else table.set(id, after);
    for (const index of this.#indexes[kind] as Index<RecordOf<K>>[]) index.moved(before, after);
  }

  #advanceCursors({ kind, before, after }: Delta): void {
    if (kind !== "task" || after === null) return;
    const { taskId, placement } = after;
    const { cursors } = this;
    if (before === null && (cursors.lastTaskId === null || taskId > cursors.lastTaskId))
      this.cursors = { ...cursors, lastTaskId: taskId };
    if (placement !== null && (before === null || before.placement === null))
      this.cursors = { ...this.cursors, lastNodeId: placement.nodeId };
  }

  #tasksOn(nodeId: NodeId): Task[] {
    return [...this.placedOn(nodeId)].map((id) => this.task(id));
  }

  #volumeMoved(before: Volume | null, after: Volume | null): void {
    this.schedule.volumes.volumeMoved(before, after);
    // A volume that is bound to its first node leaves fewer nodes; any other change may bring some.
    const isBinding = before?.nodeId === null && before.work === null && after !== null && after.nodeId !== null;
    if (!isBinding) this.pending.volumeGained((after ?? before)!.name);
  }

  #nodeMoved(before: NodeRecord | null, after: NodeRecord | null): void {
    this.withoutWorker.nodeMoved(before, after);
    this.addresses.nodeMoved(before, after);
    if (before?.draining !== after?.draining) this.serviceTasks.nodeChanged(this.#tasksOn((after ?? before)!.nodeId));
    this.serviceTasks.nodeMoved(before, after);
    this.dependents.nodeMoved(before, after, () => this.#tasksOn((after ?? before)!.nodeId));
    if (after) {
      this.schedule.upsertNode(after);
      this.pending.nodeGained(after.nodeId);
      return;
    }
    const { nodeId } = before!;
    assert(this.placedOn(nodeId).size === 0, `node ${nodeId} is removed while tasks are placed on it`);
    this.schedule.removeNode(nodeId);
    this.pending.nodeRemoved(nodeId);
  }
}
