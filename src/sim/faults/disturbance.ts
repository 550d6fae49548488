// Who was disturbed, and for how long nothing has happened to them: what checkers excuse, and what they do not.

import type { World } from "../world/world.ts";

/** For everybody: the master, its disk, the whole network. */
export const everybody = "";
/** Paused, the master hears nobody: it is late, and no excuse for what it says of others. */
export const masterPauses = "the master pauses";
/** A clock that jumps must not move a lease. */
export const clocks = "clocks";

export class Disturbance {
  readonly #world: World;
  readonly #under = new Map<string, number>();
  readonly #endedAt = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  begin(name: string): void {
    this.#under.set(name, (this.#under.get(name) ?? 0) + 1);
  }

  end(name: string): void {
    this.#under.set(name, this.#under.get(name)! - 1);
    this.#endedAt.set(name, this.#world.now);
  }

  /** For so many ms nothing has happened to it; Infinity: never did. */
  calmMs(name: string): number {
    if ((this.#under.get(name) ?? 0) > 0) return 0;
    return this.#world.now - (this.#endedAt.get(name) ?? Number.NEGATIVE_INFINITY);
  }
}
