// Hears heartbeats and notices silence. One timer for all nodes, set to the earliest lease that can run out.

import type { Heartbeat, HeartbeatAnswer } from "../api/schemas.ts";
import { type Leases, type Pace, paceOf } from "../core/leases.ts";
import type { ClusterState } from "../core/state.ts";
import type { CancelTimer, Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { ok } from "../lib/result.ts";
import type { NodeId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { NodeRecord } from "../model/node.ts";
import type { Outcome } from "../model/refusal.ts";
import type { TickLoop } from "./tick-loop.ts";

export interface LivenessOptions {
  state: ClusterState;
  leases: Leases;
  clock: Clock;
  log: Log;
  loop: TickLoop;
  /** Is an assignment stream of this node open? */
  holdsStream: (nodeId: NodeId) => boolean;
}

export class Liveness {
  readonly #options: LivenessOptions;
  #dueAt: number | null = null;
  #cancel: CancelTimer = () => {};
  #stopped = false;
  heartbeats = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
    // Whoever was online when the last master stopped has a whole lease to be heard by this one.
    const now = options.clock.now();
    for (const node of options.state.nodes.values()) {
      if (node.status === "online") this.#options.leases.renew(node.nodeId, now, this.#pace(node).leaseMs, false);
    }
    this.#review();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** A registration is as good as a heartbeat. */
  registered(node: NodeRecord): void {
    this.#renew(node);
  }

  /** It has left the cluster. */
  forget(nodeId: NodeId): void {
    this.#options.leases.forget(nodeId);
  }

  async heartbeat(node: NodeRecord, said: Heartbeat): Promise<Outcome<HeartbeatAnswer>> {
    this.heartbeats++;
    const news =
      node.status === "offline" ||
      (said.engineError !== undefined && said.engineError !== node.engineError) ||
      (said.engine !== undefined && JSON.stringify(said.engine) !== JSON.stringify(node.engine));
    if (news) {
      const { engine, engineError } = said;
      const outcome = await this.#options.loop.submit({
        type: "refreshNode",
        nodeId: node.nodeId,
        ...(engine === undefined ? {} : { engine }),
        ...(engineError === undefined ? {} : { engineError }),
      });
      if (!outcome.ok) return outcome;
    }
    const { intervalMs, leaseMs } = this.#renew(node);
    return ok({ nodeId: node.nodeId, nextHeartbeatMs: intervalMs, leaseMs });
  }

  #pace(node: NodeRecord): Pace {
    // A worker says its version, and follows its assignments; a hand with curl does neither.
    const byHand = node.version === "" && !this.#options.holdsStream(node.nodeId);
    return paceOf(this.#options.state.nodes.size, byHand);
  }

  #renew(node: NodeRecord): Pace {
    const pace = this.#pace(node);
    const now = this.#options.clock.now();
    this.#options.leases.renew(node.nodeId, now, pace.leaseMs);
    if (this.#dueAt === null || now + pace.leaseMs < this.#dueAt) this.#reviewAt(now + pace.leaseMs);
    return pace;
  }

  #reviewAt(dueAt: number): void {
    this.#cancel();
    if (this.#stopped) return;
    this.#dueAt = dueAt;
    this.#cancel = this.#options.clock.timer(dueAt - this.#options.clock.now(), () => this.#review());
  }

  #review(): void {
    const { clock, state, loop, log } = this.#options;
    const now = clock.now();
    const late = this.#dueAt === null ? 0 : now - this.#dueAt;
    this.#dueAt = null;
    if (late > limits.heartbeatMinMs) {
      // It was this process that slept (a slow disk, a suspended machine): heartbeats wait in its sockets.
      log.warn("the master was held up; nodes get that much longer to be heard", { ms: late });
      this.#options.leases.extend(late);
    }
    const { expired, nextAt } = this.#options.leases.review(now);
    for (const { nodeId, silentMs } of expired) {
      this.#options.leases.end(nodeId);
      const node = state.nodes.get(nodeId);
      if (!node) this.forget(nodeId);
      if (node?.status !== "online") continue;
      log.warn("a node is silent and counts as lost", { node: node.hostname, nodeId, silentMs });
      void loop.submit({ type: "loseNode", nodeId, silentMs }).then((outcome) => {
        // The journal could not write: the node stays online until it can, so look again.
        const unheard = !this.#options.leases.holds(nodeId); // since it was found silent
        if (!outcome.ok && unheard && state.nodes.get(nodeId)?.status === "online") {
          this.#options.leases.renew(nodeId, now - silentMs, silentMs + limits.heartbeatMinMs, false);
          this.#reviewAt(clock.now() + limits.heartbeatMinMs);
        }
      });
    }
    if (nextAt !== null) this.#reviewAt(nextAt);
  }
}
