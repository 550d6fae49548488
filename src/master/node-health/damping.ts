// Lets damped nodes go when they have been steady for as long as they had to. The record says how long; here only the
// time is kept, by the clock that never jumps.

import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type CancelTimer, type Clock, fromTimestamp } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { systemOrigin } from "../../model/origin.ts";
import type { TickLoop } from "../loop/tick-loop.ts";

export interface DampingOptions {
  state: ClusterState;
  clock: Clock;
  log: Log;
  loop: TickLoop;
}

interface Watch {
  /** As the record says it: another one is another damping. */
  steadyUntil: string;
  cancel: CancelTimer;
}

export class Damping {
  readonly #options: DampingOptions;
  readonly #watches = new Map<NodeId, Watch>();

  constructor(options: DampingOptions) {
    this.#options = options;
    for (const nodeId of options.state.nodes.keys()) this.watch(nodeId);
  }

  stop(): void {
    for (const { cancel } of this.#watches.values()) cancel();
    this.#watches.clear();
  }

  /** To be told whenever the node has come back. */
  watch(nodeId: NodeId): void {
    const { state, clock, log } = this.#options;
    const node = state.nodes.get(nodeId);
    const flapping = node?.flapping ?? null;
    const steadyUntil = flapping?.steadyUntil ?? null;
    const before = this.#watches.get(nodeId);
    if (!flapping || steadyUntil === null || before?.steadyUntil === steadyUntil) return;
    before?.cancel();
    // Never longer than the whole time, however the wall clock was set meanwhile.
    const leftMs = Math.min(Math.max(0, fromTimestamp(steadyUntil) - clock.now()), flapping.steadyMs);
    log.warn("a node was lost too often; nothing is placed on it until it has been steady", {
      node: node!.hostname,
      nodeId,
      losses: flapping.losses,
      ms: Math.round(leftMs),
    });
    this.#watches.set(nodeId, { steadyUntil, cancel: clock.timer(leftMs, () => this.#release(nodeId, steadyUntil)) });
  }

  #release(nodeId: NodeId, steadyUntil: string): void {
    const { state, loop, clock } = this.#options;
    this.#watches.delete(nodeId);
    if (state.nodes.get(nodeId)?.flapping?.steadyUntil !== steadyUntil) return; // it was opened by hand meanwhile
    void loop.submit({ type: "releaseNode", nodeId, steadyUntil }, systemOrigin("timer")).then((outcome) => {
      if (outcome.ok || outcome.refusal.code !== "journal-unavailable") return;
      const cancel = clock.timer(limits.heartbeatMinMs, () => this.#release(nodeId, steadyUntil));
      this.#watches.set(nodeId, { steadyUntil, cancel });
    });
  }
}
