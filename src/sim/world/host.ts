// A simulated machine: whether it has power, and what its clock shows.

import type { World } from "./world.ts";

/** When every simulation begins, by a clock that is right. */
export const worldEpochMs = Date.UTC(2025, 0, 19, 12, 0, 0);

export class Host {
  readonly name: string;
  readonly #world: World;
  up = true;
  /** Programs started on it so far. */
  lives = 0;
  /** How far its clock is ahead of the right time, in ms. */
  clockOffsetMs = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  /** ms since the Unix epoch, as its clock has it. */
  wallMs(): number {
    return worldEpochMs + this.#world.now + this.clockOffsetMs;
  }
}
