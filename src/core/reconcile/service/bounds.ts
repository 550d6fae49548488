// How many replicas of a service live and serve while a plan is made, and how many there may be: the ceiling and the floor of a
// rollout, a drain and a move. A replica that has just started counts as one that serves, and not yet in the place of another.

import { assert } from "../../../lib/assert.ts";
import type { Service } from "../../../model/service/service.ts";
import type { Replica } from "./replica.ts";

export class Bounds {
  readonly #service: Service;
  /** How many replicas are wanted. */
  readonly #wanted: number;
  /** True while a replica leaves its node: another one may start before. */
  readonly #isAnyLeaving: boolean;
  readonly #now: number;
  /** Called with the time at which a replica will have run for long enough. */
  readonly #wakeAt: (at: number) => void;
  /** Those that are live and count: the replicas of nodes that keep theirs do not. */
  readonly counted: readonly Replica[];
  /** Replicas that are live, with those that the plan starts and without those that it ends. */
  #live: number;
  #available: number;
  readonly #availableBefore: number;
  /** Those of them that have run for long enough to count for others; null until that is asked. */
  #proved: Set<Replica> | null = null;

  constructor(
    service: Service,
    counted: readonly Replica[],
    at: { wanted: number; isAnyLeaving: boolean; now: number; wakeAt: (at: number) => void },
  ) {
    this.#service = service;
    this.counted = counted;
    this.#wanted = at.wanted;
    this.#isAnyLeaving = at.isAnyLeaving;
    this.#now = at.now;
    this.#wakeAt = at.wakeAt;
    this.#live = counted.length;
    this.#available = counted.filter(({ available }) => available).length;
    this.#availableBefore = this.#available;
  }

  get ceiling(): number {
    const { policy, rollout } = this.#service;
    const mayExceed = rollout?.order === "start-first" || this.#isAnyLeaving;
    return this.#wanted + (mayExceed ? policy.maxSurge : 0);
  }

  get floor(): number {
    const { policy, rollout } = this.#service;
    return Math.max(0, this.#wanted - (policy.maxUnavailable ?? (rollout?.order === "stop-first" ? 1 : 0)));
  }

  /** True when another replica may start. */
  get mayStart(): boolean {
    return this.#live < this.ceiling;
  }

  started(): void {
    this.#live++;
  }

  ended(replica: Replica): void {
    this.#live--;
    if (replica.available) this.#available--;
    this.#proved?.delete(replica);
  }

  /** True when enough other replicas serve, and have for a while: one that has just started may end at once. */
  isSpare(replica: Replica): boolean {
    if (!replica.available || this.floor === 0) return true;
    this.#proved ??= new Set(this.counted.filter((one) => this.hasProved(one)));
    return this.#proved.size - Number(this.#proved.has(replica)) >= this.floor;
  }

  /** A program with a mistake often ends soon after its start: only what has run for a while takes the place of another. */
  hasProved(replica: Replica): boolean {
    if (!replica.available) return false;
    const at = replica.runningSince(this.#now) + this.#service.policy.minReadyMs;
    if (at <= this.#now) return true;
    this.#wakeAt(at);
    return false;
  }

  /** `mayBreakFloor`: the plan has ended a replica whatever the floor is. */
  assertHeld(mayBreakFloor: boolean): void {
    const { name } = this.#service;
    assert(
      this.#live <= Math.max(this.ceiling, this.counted.length),
      `${name} would have ${this.#live} replicas, and may have ${this.ceiling}`,
    );
    if (mayBreakFloor) return;
    const least = Math.min(this.#availableBefore, this.floor);
    assert(this.#available >= least, `${name} would have ${this.#available} replicas that serve, and needs ${least}`);
  }
}
