// Where the data of named volumes is, and which tasks use it. A task follows its data: it may run on the node that its volumes
// are bound to, and only while no other task writes to a volume that has one writer. A task
// that waits until others have left a node counts as placed there.

import type { NodeId, TaskId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import { requirementsOf, type VolumeUse } from "../../../model/task/requirements.ts";
import { holdingNode, type Task } from "../../../model/task/task.ts";
import { placeOfData, type Volume, workSentence } from "../../../model/volume/volume.ts";

/** A named volume as one task would use it now. */
export interface VolumeSituation {
  name: string;
  /** The node that has its data, or will have it; null if any node will do. */
  nodeId: NodeId | null;
  hasData: boolean;
  /** Where its data is, as a sentence. */
  place: string;
  /** Why the task cannot have it now, whatever the node; null if it can. */
  taken: string | null;
}

interface Holder {
  name: string;
  writes: boolean;
  /** The node that others leave for it; null if it is placed. */
  awaits: NodeId | null;
}

const noTasks: ReadonlySet<TaskId> = new Set();
const noSituations: readonly VolumeSituation[] = [];

export class VolumeBook {
  readonly #nodeOf: (nodeId: NodeId) => NodeRecord | undefined;
  /** Called when a task leaves a volume whose data is not on the task's node: the next one may fit another node. */
  onFreed: (name: string) => void = () => {};
  readonly #volumes = new Map<string, Volume>();
  /** Tasks whose records mount the volume, whatever their status. */
  readonly #users = new Map<string, Set<TaskId>>();
  /** Those of them that take capacity of a node: they may have a container. */
  readonly #holders = new Map<string, Map<TaskId, Holder>>();
  /** Tasks for which capacity is held on a node: they get the volume there. */
  readonly #awaiting = new Map<string, Map<TaskId, Holder>>();
  /** Volumes that tasks mount, and that have no record yet. */
  readonly #unrecorded = new Set<string>();

  constructor(nodeOf: (nodeId: NodeId) => NodeRecord | undefined) {
    this.#nodeOf = nodeOf;
  }

  /** In order of their names. */
  get unrecorded(): string[] {
    return this.#unrecorded.size === 0 ? [] : [...this.#unrecorded].sort();
  }

  /** Tasks whose records mount the volume, in no order. */
  users(name: string): ReadonlySet<TaskId> {
    return this.#users.get(name) ?? noTasks;
  }

  /** Tasks with it that take capacity of a node, in no order. */
  holders(name: string): TaskId[] {
    return [...(this.#holders.get(name)?.keys() ?? [])];
  }

  /** The name of the oldest task that may write to it; null if there is none. */
  firstWriter(name: string): string | null {
    return firstWriterOf(this.#holders.get(name))?.name ?? null;
  }

  /** How many tasks that take capacity may write to it. */
  writers(name: string): number {
    let count = 0;
    for (const { writes } of this.#holders.get(name)?.values() ?? []) if (writes) count++;
    return count;
  }

  moved(before: Task | null, after: Task | null): void {
    const { taskId, name, spec } = (after ?? before)!;
    const { volumes } = requirementsOf(spec);
    if (volumes.length === 0) return;
    const from = before && holdingNode(before);
    const wasHolder = from !== null;
    const isHolder = after !== null && holdingNode(after) !== null;
    for (const { name: volume, writes } of volumes) {
      if (before === null) this.#addUser(volume, taskId);
      if (isHolder && !wasHolder)
        entryOf(this.#holders, volume, () => new Map()).set(taskId, { name, writes, awaits: null });
      if (wasHolder && !isHolder) {
        removeFrom(this.#holders, volume, taskId);
        if (this.#volumes.get(volume)?.nodeId !== from) this.onFreed(volume);
      }
      if (after === null) this.#removeUser(volume, taskId);
    }
  }

  /** Keeps the volumes for a task that waits until others have left the node. */
  hold({ taskId, name }: Pick<Task, "taskId" | "name">, uses: readonly VolumeUse[], nodeId: NodeId): void {
    for (const { name: volume, writes } of uses)
      entryOf(this.#awaiting, volume, () => new Map()).set(taskId, { name, writes, awaits: nodeId });
  }

  endHold(taskId: TaskId, uses: readonly VolumeUse[]): void {
    for (const { name: volume } of uses) {
      const held = this.#awaiting.get(volume)?.get(taskId);
      if (held === undefined) continue;
      removeFrom(this.#awaiting, volume, taskId);
      if (this.#volumes.get(volume)?.nodeId !== held.awaits) this.onFreed(volume);
    }
  }

  volumeMoved(before: Volume | null, after: Volume | null): void {
    const { name } = (after ?? before)!;
    if (after) {
      this.#volumes.set(name, after);
      this.#unrecorded.delete(name);
      return;
    }
    this.#volumes.delete(name);
    if (this.#users.has(name)) this.#unrecorded.add(name);
  }

  /** The one node that a task with these volumes may run on, or whether any or none will do. */
  placeFor(uses: readonly VolumeUse[]): NodeId | "any" | "none" {
    let place: NodeId | "any" = "any";
    for (const use of uses) {
      const volume = this.#volumes.get(use.name);
      if ((volume?.work ?? null) !== null || this.#writerInTheWay(use, volume) !== null) return "none";
      const nodeId = volume?.nodeId ?? this.#firstAwaiting(use.name)?.awaits ?? null;
      if (nodeId === null || nodeId === place) continue;
      if (place !== "any") return "none";
      place = nodeId;
    }
    return place;
  }

  /** True when a task with these volumes may run on the node now. */
  allows(uses: readonly VolumeUse[], nodeId: NodeId): boolean {
    if (uses.length === 0) return true;
    const place = this.placeFor(uses);
    return place === "any" || place === nodeId;
  }

  situations(uses: readonly VolumeUse[]): readonly VolumeSituation[] {
    return uses.length === 0 ? noSituations : uses.map((use) => this.#situation(use));
  }

  copy(nodeOf: (nodeId: NodeId) => NodeRecord | undefined): VolumeBook {
    const copy = new VolumeBook(nodeOf);
    for (const [name, volume] of this.#volumes) copy.#volumes.set(name, volume);
    for (const [name, users] of this.#users) copy.#users.set(name, new Set(users));
    for (const [name, holders] of this.#holders) copy.#holders.set(name, new Map(holders));
    for (const [name, awaiting] of this.#awaiting) copy.#awaiting.set(name, new Map(awaiting));
    for (const name of this.#unrecorded) copy.#unrecorded.add(name);
    return copy;
  }

  #situation(use: VolumeUse): VolumeSituation {
    const volume = this.#volumes.get(use.name);
    const hasData = (volume?.nodeId ?? null) !== null;
    const first = hasData ? null : this.#firstAwaiting(use.name);
    const nodeId = volume?.nodeId ?? first?.awaits ?? null;
    const node = nodeId === null ? undefined : this.#nodeOf(nodeId);
    const place = first ? this.#awaitedBy(first) : volume ? placeOfData(volume, node) : "it has no data yet";
    return { name: use.name, nodeId, hasData, place, taken: this.#taken(use, volume) };
  }

  /** As a sentence. */
  #awaitedBy({ name, awaits }: Holder): string {
    return `${name} gets it on ${this.#nodeOf(awaits!)?.hostname ?? awaits} when other tasks have left`;
  }

  #taken(use: VolumeUse, volume: Volume | undefined): string | null {
    if (volume?.work) return workSentence(volume.work);
    const writer = this.#writerInTheWay(use, volume);
    if (writer === null) return null;
    const does = writer.awaits === null ? `${writer.name} writes to it` : this.#awaitedBy(writer);
    return `${does}, and it has one writer at a time`;
  }

  #writerInTheWay({ name, writes }: VolumeUse, volume: Volume | undefined): Holder | null {
    if (!writes || volume?.writers === "many") return null;
    return firstWriterOf(this.#holders.get(name)) ?? firstWriterOf(this.#awaiting.get(name));
  }

  #firstAwaiting(name: string): Holder | null {
    return firstOf(this.#awaiting.get(name), () => true);
  }

  #addUser(volume: string, taskId: TaskId): void {
    entryOf(this.#users, volume, () => new Set()).add(taskId);
    if (!this.#volumes.has(volume)) this.#unrecorded.add(volume);
  }

  #removeUser(volume: string, taskId: TaskId): void {
    removeFrom(this.#users, volume, taskId);
    if (!this.#users.has(volume)) this.#unrecorded.delete(volume);
  }
}

function firstWriterOf(holders: ReadonlyMap<TaskId, Holder> | undefined): Holder | null {
  return firstOf(holders, ({ writes }) => writes);
}

/** The one with the oldest task; null if there is none. */
function firstOf(
  holders: ReadonlyMap<TaskId, Holder> | undefined,
  matches: (holder: Holder) => boolean,
): Holder | null {
  if (holders === undefined) return null;
  let first: TaskId | null = null;
  for (const [taskId, holder] of holders) if (matches(holder) && (first === null || taskId < first)) first = taskId;
  return first === null ? null : holders.get(first)!;
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  let found = map.get(key);
  if (found === undefined) {
    found = make();
    map.set(key, found);
  }
  return found;
}

function removeFrom(map: Map<string, Set<TaskId> | Map<TaskId, unknown>>, key: string, taskId: TaskId): void {
  const entries = map.get(key);
  entries?.delete(taskId);
  if (entries?.size === 0) map.delete(key);
}
