// Which machine a fault has disturbed, and for how long it has been undisturbed: what checkers excuse, and what not.

import type { World } from "../world/world.ts";

/** All machines: the master, its disk, the whole network. */
export const everybody = "";
/** While the master is paused it takes no request. That makes it late, and must not make it lose a node. */
export const masterPauses = "the master pauses";
/** A clock that jumps must not move a lease. */
export const clocks = "clocks";

/** Faults of a node's engine: no reason for the node to be lost, and so counted apart from its other faults. */
export function engineOf(name: string): string {
  return `engine of ${name}`;
}

export class Disturbance {
  readonly #world: World;
  readonly #under = new Map<string, number>();
  readonly #endedAt = new Map<string, number>();
  /** Begin of the master's last pause. */
  #pausedAt = Number.POSITIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  begin(name: string): void {
    if (name === masterPauses && !this.#under.get(name)) this.#pausedAt = this.#world.now;
    this.#under.set(name, (this.#under.get(name) ?? 0) + 1);
  }

  end(name: string): void {
    this.#under.set(name, this.#under.get(name)! - 1);
    this.#endedAt.set(name, this.#world.now);
    if (name === masterPauses) this.#masterGoesOn();
  }

  /** The master sees only now what the faults have done that ended during its pause. */
  #masterGoesOn(): void {
    for (const [name, at] of this.#endedAt) if (at > this.#pausedAt) this.#endedAt.set(name, this.#world.now);
  }

  /** For so many ms no fault has disturbed the machine or its engine. Infinity if none ever did. */
  undisturbedMs(name: string): number {
    return Math.min(this.reachableMs(name), this.#undisturbedMs(engineOf(name)));
  }

  /** For so many ms no fault has kept the machine from reaching the master; faults of its engine do not count. */
  reachableMs(name: string): number {
    return this.#undisturbedMs(name);
  }

  #undisturbedMs(name: string): number {
    if ((this.#under.get(name) ?? 0) > 0) return 0;
    return this.#world.now - (this.#endedAt.get(name) ?? Number.NEGATIVE_INFINITY);
  }
}
