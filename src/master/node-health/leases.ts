// When each node last sent a heartbeat, and until when that keeps it online. The journal does not record heartbeats, only
// that a node is suspect, was lost, or is back. Times are by Clock.elapsed(), so that setting a clock moves no lease.

import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";

export interface Pace {
  /** When the next heartbeat is due, in ms from now. */
  intervalMs: number;
  /** A node that is silent for this long is lost. */
  leaseMs: number;
  /** Workers whose connections broke come back spread over this time: as many a second as there are heartbeats. */
  reconnectWithinMs: number;
  /** A worker whose stream broke has this time to come back. */
  graceMs: number;
}

/**
 * One second in small clusters; longer with more nodes, so that the master gets at most `heartbeatsPerSecond`. The lease is
 * an interval, a stall and the transit, and at least three intervals. So when nodes are cut off together, each has been
 * silent for more than half a lease when the first lease ends, which is how a mass loss is detected.
 */
export function paceOf(nodeCount: number, byHand: boolean): Pace {
  const reconnectWithinMs = Math.ceil((nodeCount / limits.heartbeatsPerSecond) * 1000);
  const intervalMs = Math.max(limits.heartbeatMinMs, reconnectWithinMs);
  const stalled = intervalMs + limits.heartbeatStallMs + limits.heartbeatTransitMs;
  const leaseMs = Math.max(stalled, intervalMs * limits.heartbeatsMissed);
  const graceMs = Math.min(limits.suspectGraceMs + reconnectWithinMs, leaseMs);
  return { intervalMs, leaseMs: byHand ? Math.max(limits.handLeaseMs, leaseMs) : leaseMs, reconnectWithinMs, graceMs };
}

/** The pace of workers, and of nodes whose heartbeats a person sends, in a cluster of so many nodes. */
export function pacesOf(nodeCount: number): { nodeCount: number; worker: Pace; byHand: Pace } {
  return { nodeCount, worker: paceOf(nodeCount, false), byHand: paceOf(nodeCount, true) };
}

/** True when so many nodes are silent at once that the master's own network may be the cause. Never for one node. */
export function isMassLoss(silent: number, online: number, fraction: number): boolean {
  return silent >= 2 && silent > online * fraction;
}

interface Lease {
  lastBeatAt: number;
  /** The same by the wall clock. */
  lastBeatTime: number;
  /** False while this master knows the node from the journal alone. */
  beatSeen: boolean;
  leaseMs: number;
  /** Infinity after it has run out. */
  expiresAt: number;
  /** True when the node's last stream broke and no sign of life came since. */
  broken: boolean;
  /** True when a person sends its heartbeats: its silence says nothing about the network. */
  byHand: boolean;
}

export interface Silence {
  nodeId: NodeId;
  silentMs: number;
  broken: boolean;
  byHand: boolean;
}

export interface Review {
  /** Nodes whose lease has run out. */
  expired: Silence[];
  /** Workers that are silent for clearly more than an interval, or whose stream broke. */
  silent: Silence[];
  /** How many workers are online. */
  online: number;
}

export class Leases {
  readonly #leases = new Map<NodeId, Lease>();
  /** No lease runs out before this time. Renewals leave it behind; `due` finds it again when it has come. */
  #noneBefore = Number.POSITIVE_INFINITY;

  /** `at`: elapsed; `time`: of the wall clock. */
  renew(nodeId: NodeId, at: number, time: number, leaseMs: number, byHand: boolean, beatSeen = true): void {
    const lease = this.#leases.get(nodeId);
    this.#endsAt(at + leaseMs);
    if (lease) {
      lease.lastBeatAt = at;
      lease.lastBeatTime = time;
      lease.leaseMs = leaseMs;
      lease.expiresAt = at + leaseMs;
      lease.beatSeen ||= beatSeen;
      lease.broken = false;
      lease.byHand = byHand;
    } else {
      const expiresAt = at + leaseMs;
      this.#leases.set(nodeId, {
        ...{ lastBeatAt: at, lastBeatTime: time, beatSeen, leaseMs, expiresAt, broken: false, byHand },
      });
    }
  }

  /** True when the node has a lease that can run out. */
  holds(nodeId: NodeId): boolean {
    return Number.isFinite(this.#leases.get(nodeId)?.expiresAt);
  }

  /** The node's last stream broke: its lease ends at `until` at the latest. */
  break(nodeId: NodeId, until: number): void {
    const lease = this.#leases.get(nodeId);
    if (!lease || !Number.isFinite(lease.expiresAt)) return;
    lease.broken = true;
    lease.expiresAt = Math.min(lease.expiresAt, until);
    this.#endsAt(lease.expiresAt);
  }

  isBroken(nodeId: NodeId): boolean {
    return this.#leases.get(nodeId)?.broken === true;
  }

  /** True when the lease has run out, or there is none. */
  isOver(nodeId: NodeId, at: number): boolean {
    const lease = this.#leases.get(nodeId);
    return !lease || lease.expiresAt === Number.POSITIVE_INFINITY || lease.expiresAt <= at;
  }

  /** The lease has run out. The time of the last heartbeat is kept. */
  end(nodeId: NodeId): void {
    const lease = this.#leases.get(nodeId);
    if (lease) lease.expiresAt = Number.POSITIVE_INFINITY;
  }

  /** The lease ends at `until`, although no heartbeat came. */
  prolong(nodeId: NodeId, until: number): void {
    const lease = this.#leases.get(nodeId);
    if (!lease) return;
    lease.expiresAt = until;
    this.#endsAt(until);
  }

  /** The node has left the cluster. */
  forget(nodeId: NodeId): void {
    this.#leases.delete(nodeId);
  }

  /** When the node last sent a heartbeat, in ms since the epoch. Null if it has not since the master started. */
  lastBeat(nodeId: NodeId): number | null {
    const lease = this.#leases.get(nodeId);
    return lease?.beatSeen ? lease.lastBeatTime : null;
  }

  /** Null if the node has no lease. */
  silence(nodeId: NodeId, at: number): Silence | null {
    const lease = this.#leases.get(nodeId);
    return lease ? silenceOf(nodeId, lease, at) : null;
  }

  /** True when the node is silent for clearly more than an interval, or its stream broke. */
  isSilent(nodeId: NodeId, at: number): boolean {
    const lease = this.#leases.get(nodeId);
    return !lease || isSilent(lease, at);
  }

  /** The master itself was held up: every lease gets `ms` more, and ends at most a whole lease after `at`. */
  extend(ms: number, at: number): void {
    for (const lease of this.#leases.values()) {
      if (!Number.isFinite(lease.expiresAt)) continue;
      lease.expiresAt = Math.max(lease.expiresAt, Math.min(lease.expiresAt + ms, at + lease.leaseMs));
    }
  }

  #endsAt(at: number): void {
    if (at < this.#noneBefore) this.#noneBefore = at;
  }

  /**
   * Whether a lease has run out, and before which time no other will; null: none ever will. Asked several times a second:
   * it looks at the leases only when the earliest that was known last has come.
   */
  due(at: number): { expired: boolean; nextAt: number | null } {
    let nextAt = this.#noneBefore;
    if (nextAt <= at) {
      this.#noneBefore = Number.POSITIVE_INFINITY;
      nextAt = Number.POSITIVE_INFINITY;
      for (const { expiresAt } of this.#leases.values()) {
        this.#endsAt(expiresAt);
        if (expiresAt > at) nextAt = Math.min(nextAt, expiresAt);
      }
    }
    return { expired: this.#noneBefore <= at, nextAt: Number.isFinite(nextAt) ? nextAt : null };
  }

  review(at: number): Review {
    const expired: Silence[] = [];
    const silent: Silence[] = [];
    let online = 0;
    for (const [nodeId, lease] of this.#leases) {
      if (lease.expiresAt === Number.POSITIVE_INFINITY) continue;
      if (!lease.byHand) {
        online++;
        if (isSilent(lease, at)) silent.push(silenceOf(nodeId, lease, at));
      }
      if (lease.expiresAt <= at) expired.push(silenceOf(nodeId, lease, at));
    }
    return { expired, silent, online };
  }
}

function isSilent({ broken, lastBeatAt, leaseMs }: Lease, at: number): boolean {
  return broken || at - lastBeatAt > leaseMs / 2;
}

function silenceOf(nodeId: NodeId, { lastBeatAt, broken, byHand }: Lease, at: number): Silence {
  return { nodeId, silentMs: at - lastBeatAt, broken, byHand };
}
