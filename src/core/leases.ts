// Who was heard of, and until when that is good. Heartbeats are not remembered by the journal: only that a node was
// lost, or came back, is a change.

import type { NodeId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";

export interface Pace {
  /** When the next heartbeat is due, in ms from now. */
  intervalMs: number;
  /** Silent for this long, the node counts as lost. */
  leaseMs: number;
}

/** One second in small clusters; longer as nodes grow, so that the master hears at most so many a second. */
export function paceOf(nodeCount: number, byHand: boolean): Pace {
  const intervalMs = Math.max(limits.heartbeatMinMs, Math.ceil((nodeCount / limits.heartbeatsPerSecond) * 1000));
  const leaseMs = intervalMs * limits.heartbeatsMissed;
  return byHand ? { intervalMs, leaseMs: Math.max(limits.handLeaseMs, leaseMs) } : { intervalMs, leaseMs };
}

interface Lease {
  heardAt: number;
  /** false: since this master started it is only known from the journal. */
  heardFrom: boolean;
  expiresAt: number;
}

export class Leases {
  readonly #leases = new Map<NodeId, Lease>();

  renew(nodeId: NodeId, now: number, leaseMs: number, heardFrom = true): void {
    const lease = this.#leases.get(nodeId);
    if (lease) {
      lease.heardAt = now;
      lease.expiresAt = now + leaseMs;
      lease.heardFrom ||= heardFrom;
    } else {
      this.#leases.set(nodeId, { heardAt: now, heardFrom, expiresAt: now + leaseMs });
    }
  }

  /** Has it a lease that can run out? */
  holds(nodeId: NodeId): boolean {
    return Number.isFinite(this.#leases.get(nodeId)?.expiresAt);
  }

  /** It has run out: nobody waits for it any more, but when the node was last heard of is still known. */
  end(nodeId: NodeId): void {
    const lease = this.#leases.get(nodeId);
    if (lease) lease.expiresAt = Number.POSITIVE_INFINITY;
  }

  /** The node is gone. */
  forget(nodeId: NodeId): void {
    this.#leases.delete(nodeId);
  }

  /** When it was last heard of, in ms since the epoch; null: not since the master started. */
  lastHeard(nodeId: NodeId): number | null {
    const lease = this.#leases.get(nodeId);
    return lease?.heardFrom ? lease.heardAt : null;
  }

  /** Gives everybody `ms` more: it was the listener that slept. */
  extend(ms: number): void {
    for (const lease of this.#leases.values()) lease.expiresAt += ms;
  }

  /** The leases that have run out, and when the next will (ms since the epoch, null: none). */
  review(now: number): { expired: { nodeId: NodeId; silentMs: number }[]; nextAt: number | null } {
    const expired: { nodeId: NodeId; silentMs: number }[] = [];
    let nextAt: number | null = null;
    for (const [nodeId, lease] of this.#leases) {
      if (lease.expiresAt <= now) expired.push({ nodeId, silentMs: now - lease.heardAt });
      else if (lease.expiresAt < (nextAt ?? Number.POSITIVE_INFINITY)) nextAt = lease.expiresAt;
    }
    return { expired, nextAt };
  }
}
