// The replicas of a service that leave their node, because it is being drained or a user moves them: their slots count as
// empty, and get another replica elsewhere.

import type { NodeId } from "../../../model/ids.ts";
import type { Task } from "../../../model/task/task.ts";
import type { Departure } from "../departures.ts";
import type { Replica } from "./replica.ts";

interface Leaver {
  readonly why: string;
  /** Null for any node. */
  readonly to: NodeId | null;
  /** True when the time to drain the node is over: the replica is stopped whatever the floor is. */
  readonly isOver: boolean;
}

export class Leaving {
  /** When a deadline comes next, in ms since the epoch; null if none does. */
  readonly dueAt: number | null;
  readonly #leavers = new Map<Replica, Leaver>();

  constructor(replicas: readonly Replica[], departureOf: (replica: Replica) => Departure | null, now: number) {
    let dueAt: number | null = null;
    for (const replica of replicas) {
      const departure = replica.stage === "live" ? departureOf(replica) : null;
      if (departure === null) continue;
      const { deadline, hasLocalData, why, to } = departure;
      const isOver = deadline !== null && now >= deadline;
      if (!isOver && deadline !== null && (dueAt === null || deadline < dueAt)) dueAt = deadline;
      // Its data lies there: it stays for as long as it may.
      if (isOver || !hasLocalData) this.#leavers.set(replica, { why, to, isOver });
    }
    this.dueAt = dueAt;
  }

  get isEmpty(): boolean {
    return this.#leavers.size === 0;
  }

  has(replica: Replica): boolean {
    return this.#leavers.has(replica);
  }

  /** The replica of the slot that is moved to a node of its own; null if there is none. */
  movedFrom(slot: string): { task: Task; to: NodeId } | null {
    for (const [{ slot: name, task }, { to }] of this.#leavers) if (name === slot && to !== null) return { task, to };
    return null;
  }

  all(): Iterable<[Replica, Leaver]> {
    return this.#leavers;
  }
}
