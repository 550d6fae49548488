// Workers that claim a node whose holder may be alive, and what the holder has sent since each came. Two heartbeats prove
// that it is alive: the second was sent after the answer to the first, and so after the claim. A single one may have been
// on its way when the holder ended.

import type { NodeRegistrationFields } from "../../core/commands/command.ts";
import type { Clock } from "../../lib/clock.ts";
import type { NodeId } from "../../model/ids.ts";

const proof = 2;
/** A claimant that has not come again for this long has given up: it comes at least every five seconds. */
const forgottenAfterMs = 60_000;
/** A fleet made from one image, started at once. Beyond this the oldest claim is dropped, and its proof starts again. */
const mostClaims = 1000;

interface Claim {
  nodeId: NodeId;
  /** By Clock.elapsed(). */
  lastAt: number;
  /** Heartbeats of the holder since the claimant came. */
  beats: number;
}

export class Claims {
  readonly #clock: Clock;
  /** By node and claimant, in the order of the last attempts. */
  readonly #claims = new Map<string, Claim>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The holder of the node has sent a heartbeat. */
  holderBeats(nodeId: NodeId): void {
    if (this.#claims.size === 0) return;
    this.#forget(mostClaims);
    for (const claim of this.#claims.values()) if (claim.nodeId === nodeId) claim.beats++;
  }

  /** Notes the claim. True when the holder has been proved alive since the claimant came first. */
  isProvedAlive(nodeId: NodeId, { instance, address, port }: NodeRegistrationFields): boolean {
    const now = this.#forget(mostClaims - 1);
    const key = `${nodeId} ${instance ?? `${address}:${port}`}`;
    const claim = this.#claims.get(key) ?? { nodeId, lastAt: now, beats: 0 };
    this.#claims.delete(key);
    this.#claims.set(key, { ...claim, lastAt: now });
    return claim.beats >= proof;
  }

  /** Forgets claimants that have given up, and the oldest if there are more than `most`. Returns the time. */
  #forget(most: number): number {
    const now = this.#clock.elapsed();
    for (const [key, { lastAt }] of this.#claims) {
      if (now - lastAt < forgottenAfterMs && this.#claims.size <= most) break;
      this.#claims.delete(key);
    }
    return now;
  }
}
