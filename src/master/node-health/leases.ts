// Who was heard of, and until when that is good. Heartbeats are not remembered by the journal: only that a node is
// suspect, was lost, or came back is a change. Times are of Clock.elapsed(), so that no clock that is set moves a lease.

import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";

export interface Pace {
  /** When the next heartbeat is due, in ms from now. */
  intervalMs: number;
  /** Silent for this long, the node counts as lost. */
  leaseMs: number;
  /** After a break, workers come back spread over so long: as many a second as there are heartbeats. */
  reconnectWithinMs: number;
  /** A worker whose stream broke has so long to come back. */
  graceMs: number;
}

/**
 * One second in small clusters; longer as nodes grow, so that the master hears at most so many a second. The lease is
 * a beat, a stall and the transit; and never less than three beats, so that of nodes that are cut off together each has
 * been silent for more than half a lease when the first lease ends: that is how a mass loss is seen.
 */
export function paceOf(nodeCount: number, byHand: boolean): Pace {
  const reconnectWithinMs = Math.ceil((nodeCount / limits.heartbeatsPerSecond) * 1000);
  const intervalMs = Math.max(limits.heartbeatMinMs, reconnectWithinMs);
  const stalled = intervalMs + limits.heartbeatStallMs + limits.heartbeatTransitMs;
  const leaseMs = Math.max(stalled, intervalMs * limits.heartbeatsMissed);
  const graceMs = Math.min(limits.suspectGraceMs + reconnectWithinMs, leaseMs);
  return { intervalMs, leaseMs: byHand ? Math.max(limits.handLeaseMs, leaseMs) : leaseMs, reconnectWithinMs, graceMs };
}

/** Are so many silent at once that the fault is rather here? One silent node is never that. */
export function isMassLoss(silent: number, online: number, fraction: number): boolean {
  return silent >= 2 && silent > online * fraction;
}

interface Lease {
  heardAt: number;
  /** The same by the wall clock. */
  heardAtTime: number;
  /** false: since this master started it is only known from the journal. */
  heardFrom: boolean;
  leaseMs: number;
  /** Infinity: it has run out, and nobody waits for it. */
  expiresAt: number;
  /** Its last stream broke, and nothing was heard since. */
  broken: boolean;
  /** It beats by hand: its silence says nothing of the network. */
  byHand: boolean;
}

export interface Silence {
  nodeId: NodeId;
  silentMs: number;
  broken: boolean;
  byHand: boolean;
}

export interface Review {
  /** Whose lease has run out. */
  expired: Silence[];
  /** Workers that are silent for clearly more than a beat, or whose stream broke; and how many workers there are. */
  silent: Silence[];
  online: number;
  /** When the next lease runs out; null: none. */
  nextAt: number | null;
}

export class Leases {
  readonly #leases = new Map<NodeId, Lease>();

  /** `at`: elapsed; `time`: of the wall clock. */
  renew(nodeId: NodeId, at: number, time: number, leaseMs: number, byHand: boolean, heardFrom = true): void {
    const lease = this.#leases.get(nodeId);
    if (lease) {
      lease.heardAt = at;
      lease.heardAtTime = time;
      lease.leaseMs = leaseMs;
      lease.expiresAt = at + leaseMs;
      lease.heardFrom ||= heardFrom;
      lease.broken = false;
      lease.byHand = byHand;
    } else {
      const expiresAt = at + leaseMs;
      this.#leases.set(nodeId, {
        ...{ heardAt: at, heardAtTime: time, heardFrom, leaseMs, expiresAt, broken: false, byHand },
      });
    }
  }

  /** Has it a lease that can run out? */
  holds(nodeId: NodeId): boolean {
    return Number.isFinite(this.#leases.get(nodeId)?.expiresAt);
  }

  /** Its last stream broke: it has until `until` at most. */
  break(nodeId: NodeId, until: number): void {
    const lease = this.#leases.get(nodeId);
    if (!lease || !Number.isFinite(lease.expiresAt)) return;
    lease.broken = true;
    lease.expiresAt = Math.min(lease.expiresAt, until);
  }

  isBroken(nodeId: NodeId): boolean {
    return this.#leases.get(nodeId)?.broken === true;
  }

  /** It has run out: nobody waits for it any more, but when the node was last heard of is still known. */
  end(nodeId: NodeId): void {
    const lease = this.#leases.get(nodeId);
    if (lease) lease.expiresAt = Number.POSITIVE_INFINITY;
  }

  /** Another chance until `until`, without having been heard. */
  prolong(nodeId: NodeId, until: number): void {
    const lease = this.#leases.get(nodeId);
    if (lease) lease.expiresAt = until;
  }

  /** The node is gone. */
  forget(nodeId: NodeId): void {
    this.#leases.delete(nodeId);
  }

  /** When it was last heard of, in ms since the epoch; null: not since the master started. */
  lastHeard(nodeId: NodeId): number | null {
    const lease = this.#leases.get(nodeId);
    return lease?.heardFrom ? lease.heardAtTime : null;
  }

  /** Null: it has no lease. */
  silence(nodeId: NodeId, at: number): Silence | null {
    const lease = this.#leases.get(nodeId);
    return lease ? silenceOf(nodeId, lease, at) : null;
  }

  /** Silent for clearly more than a beat, or its stream broke. */
  isSilent(nodeId: NodeId, at: number): boolean {
    const lease = this.#leases.get(nodeId);
    return !lease || isSilent(lease, at);
  }

  /** It was the listener that was held up: everybody has `ms` more, but no more than a whole lease from `at`. */
  extend(ms: number, at: number): void {
    for (const lease of this.#leases.values()) {
      if (!Number.isFinite(lease.expiresAt)) continue;
      lease.expiresAt = Math.max(lease.expiresAt, Math.min(lease.expiresAt + ms, at + lease.leaseMs));
    }
  }

  review(at: number): Review {
    const expired: Silence[] = [];
    const silent: Silence[] = [];
    let online = 0;
    let nextAt = Number.POSITIVE_INFINITY;
    for (const [nodeId, lease] of this.#leases) {
      if (lease.expiresAt === Number.POSITIVE_INFINITY) continue;
      if (!lease.byHand) {
        online++;
        if (isSilent(lease, at)) silent.push(silenceOf(nodeId, lease, at));
      }
      if (lease.expiresAt <= at) expired.push(silenceOf(nodeId, lease, at));
      else if (lease.expiresAt < nextAt) nextAt = lease.expiresAt;
    }
    return { expired, silent, online, nextAt: Number.isFinite(nextAt) ? nextAt : null };
  }
}

function isSilent({ broken, heardAt, leaseMs }: Lease, at: number): boolean {
  return broken || at - heardAt > leaseMs / 2;
}

function silenceOf(nodeId: NodeId, { heardAt, broken, byHand }: Lease, at: number): Silence {
  return { nodeId, silentMs: at - heardAt, broken, byHand };
}
