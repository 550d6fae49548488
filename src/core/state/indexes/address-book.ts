// Which addresses are given, to whom, and who lacks one: the lowest free address is found without a look at the others.

import { fromTimestamp } from "../../../lib/clock.ts";
import {
  type Address,
  type AddressId,
  type AddressOwner,
  type AddressSpace,
  addressSpaces,
  type OwnerKind,
} from "../../../model/address/address.ts";
import type { NodeId, TaskId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Service } from "../../../model/service/service.ts";
import { networkApp } from "../../../model/task/cluster-network.ts";
import type { Task } from "../../../model/task/task.ts";
import { DueTimes } from "./due-times.ts";

type Spaces = Readonly<Record<OwnerKind, AddressSpace>>;

export class AddressBook {
  readonly #spaces: Spaces;
  readonly #given: Readonly<Record<OwnerKind, Numbers>>;
  /** By owner: the address that it has, without those that rest. */
  readonly #owned = new Map<string, AddressId>();
  /** Owners that are to have an address: services with a network, and nodes with a task of one. */
  readonly #wanting = new Map<string, AddressOwner>();
  /** Tasks with a network on each node. */
  readonly #tasks = new Map<NodeId, Set<TaskId>>();
  readonly #nodes = new Set<NodeId>();
  readonly #services = new Set<string>();
  /** Owners that want an address and have none. */
  readonly #lacking = new Map<string, AddressOwner>();
  /** Addresses whose owners do not want them any more. */
  readonly #orphans = new Map<string, AddressId>();
  readonly resting = new DueTimes<AddressId>();

  /** `spaces`: smaller ones in tests. */
  constructor(spaces: Spaces = addressSpaces) {
    this.#spaces = spaces;
    this.#given = { service: new Numbers(spaces.service), node: new Numbers(spaces.node) };
  }

  /** The address of an owner; undefined if it has none. */
  of(kind: OwnerKind, id: string): AddressId | undefined {
    return this.#owned.get(keyOf({ kind, id }));
  }

  /** In order of kind and id. */
  get lacking(): AddressOwner[] {
    return [...this.#lacking.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, owner]) => owner);
  }

  get orphans(): AddressId[] {
    return [...this.#orphans.values()].sort();
  }

  /** True when an owner lacks an address that could be given now, or has one that it does not want. */
  get hasWork(): boolean {
    if (this.#orphans.size > 0) return true;
    for (const { kind } of this.#lacking.values()) if (this.#given[kind].lowestFree() !== null) return true;
    return false;
  }

  /** True when an owner lacks an address. */
  get isShort(): boolean {
    return this.#lacking.size > 0;
  }

  /** The lowest one that is neither given nor rests; null if there is none. */
  free(kind: OwnerKind): AddressId | null {
    const number = this.#given[kind].lowestFree();
    return number === null ? null : this.#spaces[kind].at(number);
  }

  addressMoved(before: Address | null, after: Address | null): void {
    const { address, owner } = (after ?? before)!;
    const numbers = this.#given[owner.kind];
    if (before === null) numbers.add(address);
    else if (after === null) numbers.remove(address);
    const key = keyOf(owner);
    const id = address as AddressId;
    if (before?.restsUntil === null && this.#owned.get(key) === id) this.#owned.delete(key);
    if (after?.restsUntil === null) this.#owned.set(key, id);
    this.resting.set(id, after?.restsUntil ? fromTimestamp(after.restsUntil) : null);
    this.#look(key, owner);
  }

  serviceMoved(before: Service | null, after: Service | null): void {
    if (!before?.network && !after?.network) return;
    const { serviceId } = (after ?? before)!;
    if (after?.network) this.#services.add(serviceId);
    else this.#services.delete(serviceId);
    this.#want({ kind: "service", id: serviceId }, this.#services.has(serviceId));
  }

  nodeMoved(before: NodeRecord | null, after: NodeRecord | null): void {
    if ((before === null) === (after === null)) return;
    const { nodeId } = (after ?? before)!;
    if (after) this.#nodes.add(nodeId);
    else this.#nodes.delete(nodeId);
    this.#wantOf(nodeId);
  }

  taskMoved(before: Task | null, after: Task | null): void {
    const [left, joined] = [nodeOf(before), nodeOf(after)];
    if (left === joined) return;
    const { taskId, spec } = (after ?? before)!;
    if (networkApp(spec.containers) === null) return;
    if (left !== null) {
      const tasks = this.#tasks.get(left);
      tasks?.delete(taskId);
      if (tasks?.size === 0) this.#tasks.delete(left);
      this.#wantOf(left);
    }
    if (joined !== null) {
      this.#tasks.set(joined, (this.#tasks.get(joined) ?? new Set<TaskId>()).add(taskId));
      this.#wantOf(joined);
    }
  }

  #wantOf(nodeId: NodeId): void {
    this.#want({ kind: "node", id: nodeId }, this.#nodes.has(nodeId) && this.#tasks.has(nodeId));
  }

  #want(owner: AddressOwner, isWanted: boolean): void {
    const key = keyOf(owner);
    if (isWanted) this.#wanting.set(key, owner);
    else this.#wanting.delete(key);
    this.#look(key, owner);
  }

  #look(key: string, owner: AddressOwner): void {
    const address = this.#owned.get(key);
    // A node keeps its range as long as it is there: rules of other nodes name it.
    const isNode = owner.kind === "node" && address !== undefined && this.#nodes.has(owner.id as NodeId);
    const isWanted = this.#wanting.has(key) || isNode;
    if (isWanted && address === undefined) this.#lacking.set(key, owner);
    else this.#lacking.delete(key);
    if (!isWanted && address !== undefined) this.#orphans.set(key, address);
    else this.#orphans.delete(key);
  }
}

function keyOf({ kind, id }: AddressOwner): string {
  return `${kind} ${id}`;
}

function nodeOf(task: Task | null): NodeId | null {
  return task?.placement?.nodeId ?? null;
}

/** The numbers of a space that are taken. */
class Numbers {
  readonly #space: AddressSpace;
  readonly #taken: Uint8Array;
  /** Every number below is taken. */
  #from = 0;

  constructor(space: AddressSpace) {
    this.#space = space;
    this.#taken = new Uint8Array(space.size);
  }

  add(address: string): void {
    const number = this.#space.numberOf(address);
    if (number >= 0) this.#taken[number] = 1;
  }

  remove(address: string): void {
    const number = this.#space.numberOf(address);
    if (number < 0) return;
    this.#taken[number] = 0;
    this.#from = Math.min(this.#from, number);
  }

  lowestFree(): number | null {
    while (this.#from < this.#taken.length && this.#taken[this.#from] === 1) this.#from += 1;
    return this.#from < this.#taken.length ? this.#from : null;
  }
}
