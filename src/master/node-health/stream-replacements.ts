// Notices two workers with one node id: each heartbeat stream that one of them opens replaces that of the other. Writes a log
// line about it, because both nodes seem healthy and their containers are started and stopped in turn.

import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { NodeId } from "../../model/ids.ts";
import type { NodeRecord } from "../../model/node/node.ts";

/** Two workers replace each other's stream about once a second: one line in this time is enough. */
const quietMs = 60_000;

interface Replaced {
  /** When a stream of this node was replaced last; ms of the monotonic clock. */
  at: number;
  /** Null until a line was written. */
  warnedAt: number | null;
}

export class StreamReplacements {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #replaced = new Map<NodeId, Replaced>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** A stream from `address` has replaced an open one from `earlier`. Null: the address is not known. */
  note({ nodeId, hostname }: NodeRecord, earlier: string | null, address: string | null): void {
    const now = this.#clock.elapsed();
    for (const [id, { at }] of this.#replaced) if (now - at >= quietMs) this.#replaced.delete(id);
    const before = this.#replaced.get(nodeId);
    // A worker whose connection broke unnoticed replaces its own stream, once and from the same address.
    const suspicious = before !== undefined || earlier !== address;
    const warns = suspicious && (before?.warnedAt == null || now - before.warnedAt >= quietMs);
    this.#replaced.set(nodeId, { at: now, warnedAt: warns ? now : (before?.warnedAt ?? null) });
    if (!warns) return;
    this.#log.warn(
      "another worker has taken over the heartbeats of a node; if two workers run with one node id, stop one of them and start it with a --data-dir and a --hostname of its own",
      { node: hostname, nodeId, address, earlierAddress: earlier },
    );
  }
}
