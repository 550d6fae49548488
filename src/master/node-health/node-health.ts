// Hears heartbeats, notices silence and broken streams, and judges: suspect, held, or lost. One timer for all nodes, set
// to the earliest lease, and no later than a pulse: a pulse that comes late means that it was this process that slept.

import type { Heartbeat, HeartbeatAnswer } from "../../api/schemas/schemas.ts";
import type { LossCause } from "../../core/commands/command.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type CancelTimer, type Clock, toTimestamp } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { ok } from "../../lib/result.ts";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord, Suspicion } from "../../model/node/node.ts";
import { type Origin, systemOrigin } from "../../model/origin.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { AssignmentStreamListener, AssignmentStreams } from "./assignment-streams.ts";
import { Damping } from "./damping.ts";
import { isMassLoss, type Leases, type Pace, paceOf, type Silence } from "./leases.ts";

export interface NodeHealthOptions {
  state: ClusterState;
  leases: Leases;
  clock: Clock;
  log: Log;
  loop: TickLoop;
  /** Which nodes have an open assignment stream. */
  streams: AssignmentStreams;
  /** More than this share of the workers silent at once is not believed; 1: all is believed. */
  massLossFraction: number;
}

export class NodeHealth implements AssignmentStreamListener {
  readonly #options: NodeHealthOptions;
  readonly #damping: Damping;
  #dueAt: number;
  #cancel: CancelTimer = () => {};
  #stopped = false;
  /** Until then it listens after it slept, and no grace ends sooner. */
  #listeningUntil = Number.NEGATIVE_INFINITY;
  /** Most fell silent at once: none of them is lost until more are heard. */
  #holding = false;
  heartbeats = 0;
  readonly lost: Record<LossCause, number> = { silent: 0, "connection-broken": 0, "by-hand": 0 };

  constructor(options: NodeHealthOptions) {
    this.#options = options;
    this.#damping = new Damping(options);
    const { state, leases, clock, streams } = options;
    streams.listen(this);
    // Whoever was online when the last master stopped has a whole lease to be heard by this one.
    const at = clock.elapsed();
    for (const node of state.nodes.values()) {
      if (node.status !== "online") continue;
      leases.renew(node.nodeId, at, clock.now(), this.#pace(node).leaseMs, this.#byHand(node), false);
    }
    this.#dueAt = at;
    this.#await(this.#options.leases.review(at).nextAt);
  }

  /** Does it hold, because most nodes fell silent at once? */
  get holding(): boolean {
    return this.#holding;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
    this.#damping.stop();
  }

  // ---- signs of life

  /** A registration is as good as a heartbeat. */
  registered(node: NodeRecord): void {
    this.#renew(node);
    this.#damping.watch(node.nodeId);
  }

  /** It has left the cluster. */
  forget(nodeId: NodeId): void {
    this.#options.leases.forget(nodeId);
  }

  async heartbeat(node: NodeRecord, said: Heartbeat, origin: Origin): Promise<Outcome<HeartbeatAnswer>> {
    this.heartbeats++;
    const news =
      node.status === "offline" ||
      node.suspect !== null ||
      this.#options.leases.isBroken(node.nodeId) ||
      (said.engineError !== undefined && said.engineError !== node.engineError) ||
      (said.engine !== undefined && JSON.stringify(said.engine) !== JSON.stringify(node.engine));
    // Renewed at once: it is heard, whatever the journal takes for the news.
    let pace = this.#renew(node);
    if (news) {
      const { engine, engineError } = said;
      const outcome = await this.#options.loop.submit(
        {
          type: "refreshNode",
          nodeId: node.nodeId,
          ...(engine === undefined ? {} : { engine }),
          ...(engineError === undefined ? {} : { engineError }),
        },
        origin,
      );
      if (!outcome.ok) return outcome;
      pace = this.#renew(node);
      this.#damping.watch(node.nodeId);
    }
    const { intervalMs, leaseMs, reconnectWithinMs } = pace;
    const { engineError = null } = this.#options.state.nodes.get(node.nodeId) ?? {};
    const streamOpen = this.#options.streams.isOpen(node.nodeId);
    return ok({
      nodeId: node.nodeId,
      nextHeartbeatMs: intervalMs,
      leaseMs,
      reconnectWithinMs,
      engineError,
      streamOpen,
    });
  }

  /** A worker that follows its assignments lives. */
  streamOpened(nodeId: NodeId): void {
    const node = this.#options.state.nodes.get(nodeId);
    if (this.#stopped || node?.status !== "online") return;
    if (node.suspect === null && !this.#options.leases.isBroken(nodeId)) return;
    this.#renew(node);
    void this.#options.loop
      .submit({ type: "refreshNode", nodeId }, { kind: "node", name: nodeId })
      .then(() => this.#damping.watch(nodeId));
  }

  /** Its last stream ended: a hint. It has a short grace to show that it lives. */
  streamBroken(nodeId: NodeId): void {
    const { state, leases, clock, log } = this.#options;
    const node = state.nodes.get(nodeId);
    if (this.#stopped || node?.status !== "online" || isHand(node)) return;
    this.#noticeSleep();
    const { graceMs } = this.#pace(node);
    leases.break(nodeId, Math.max(clock.elapsed() + graceMs, this.#listeningUntil));
    this.#await(clock.elapsed() + graceMs);
    log.info("a node's connection broke", { node: node.hostname, nodeId, graceMs });
    const at = toTimestamp(clock.now()).slice(11, 19);
    this.#suspect(
      nodeId,
      "connection-broken",
      `its connection broke at ${at} UTC; it has ${seconds(graceMs)} to come back`,
    );
  }

  // ---- by hand

  /** Somebody says that a node is gone. Refused where it was just heard, unless `force` says that it is so all the same. */
  async declareLost(node: NodeRecord, force: boolean, origin: Origin): Promise<Outcome<NodeId>> {
    const { leases, clock, loop } = this.#options;
    const { nodeId, hostname } = node;
    if (node.status === "offline") return ok(nodeId);
    const silentMs = leases.silence(nodeId, clock.elapsed())?.silentMs ?? 0;
    if (!force && !leases.isSilent(nodeId, clock.elapsed())) {
      return refuse("node-alive", `${hostname} (${nodeId}) was heard ${seconds(silentMs)} ago`, {
        hint: `Stop its worker first; or place nothing more on it: podling node cordon ${hostname}. To fail its tasks all the same: podling node lost -f ${hostname} (over HTTP: ?force=true).`,
        details: { nodeId, silentMs: Math.round(silentMs) },
      });
    }
    const outcome = await loop.submit({ type: "loseNode", nodeId, silentMs, cause: "by-hand" }, origin);
    if (!outcome.ok) return outcome;
    leases.end(nodeId);
    this.lost["by-hand"]++;
    return ok(nodeId);
  }

  // ---- the pace

  #byHand(node: NodeRecord): boolean {
    // A worker says its version, and follows its assignments; a hand with curl does neither.
    return isHand(node) && !this.#options.streams.isOpen(node.nodeId);
  }

  #pace(node: NodeRecord): Pace {
    return paceOf(this.#options.state.nodes.size, this.#byHand(node));
  }

  #renew(node: NodeRecord): Pace {
    const { clock, leases } = this.#options;
    const pace = this.#pace(node);
    const at = clock.elapsed();
    this.#noticeSleep(at);
    leases.renew(node.nodeId, at, clock.now(), pace.leaseMs, this.#byHand(node));
    return pace;
  }

  // ---- judging

  /** Looks again at `at`, or at the next pulse, whichever is sooner. */
  #await(at: number | null): void {
    const { clock } = this.#options;
    const now = clock.elapsed();
    const soonestAt = Math.min(at ?? Number.POSITIVE_INFINITY, now + limits.pulseMs);
    // At least a millisecond: a rounding error of the sum would be waited for without end.
    const dueAt = Math.max(soonestAt, now + 1);
    if (this.#stopped || (this.#dueAt > now && this.#dueAt <= dueAt)) return;
    this.#cancel();
    if (this.#stopped) return;
    this.#dueAt = dueAt;
    this.#cancel = clock.timer(dueAt - now, () => this.#pulse());
  }

  #pulse(): void {
    const { leases, clock } = this.#options;
    this.#noticeSleep();
    const at = clock.elapsed();
    const { expired, nextAt } = leases.review(at);
    this.#dueAt = at;
    this.#await(nextAt);
    // What has come in is heard first: a heartbeat may lie in a socket that has not been read yet.
    if (expired.length > 0 || this.#holding) clock.soon(() => clock.soon(() => this.#judge()));
  }

  /** Was it this process that was held up (stopped, suspended, a slow disk)? Then others were not silent, but unheard. */
  #noticeSleep(at = this.#options.clock.elapsed()): void {
    const lateMs = at - this.#dueAt;
    if (lateMs <= limits.pulseMs || this.#stopped) return;
    const slept = lateMs >= limits.masterSleptMs;
    if (lateMs >= limits.heartbeatMinMs) {
      this.#options.log.warn("the master was held up; it listens before it judges", { ms: Math.round(lateMs) });
    }
    this.#options.leases.extend(slept ? Number.POSITIVE_INFINITY : lateMs, at);
    if (slept) this.#listeningUntil = at + paceOf(this.#options.state.nodes.size, false).leaseMs;
    this.#dueAt = at;
    this.#await(null);
  }

  #judge(): void {
    if (this.#stopped) return;
    const { leases, clock, massLossFraction } = this.#options;
    const at = clock.elapsed();
    const { expired, silent, online } = leases.review(at);
    const mass = isMassLoss(silent.length, online, massLossFraction);
    if (this.#holding && !mass) {
      this.#release(silent, at);
      return;
    }
    if (mass && (this.#holding || expired.some(({ byHand }) => !byHand))) this.#hold(silent, online);
    for (const one of expired) if (one.byHand || !this.#holding) this.#lose(one);
  }

  /** Takes the silence for its own network's, and says so at every silent node. */
  #hold(silent: readonly Silence[], online: number): void {
    const { state, log } = this.#options;
    if (!this.#holding) {
      log.error("most nodes fell silent at once: that may be the master's own network, so none counts as lost", {
        silent: silent.length,
        online,
        override: "podling node lost NODE",
      });
    }
    this.#holding = true;
    for (const { nodeId, silentMs } of silent) {
      if (state.nodes.get(nodeId)?.suspect?.code === "mass-silence") continue;
      const together = `as are ${silent.length} of ${online} nodes at once`;
      const message = `it is silent for ${seconds(silentMs)}, ${together}: taken for the master's own network, so not for a loss`;
      this.#suspect(nodeId, "mass-silence", message);
    }
  }

  /** Enough are heard: those that are still silent have a lease from now. */
  #release(silent: readonly Silence[], at: number): void {
    const { leases, log, state } = this.#options;
    this.#holding = false;
    log.warn("enough nodes are heard again; those still silent are judged as ever", { silent: silent.length });
    const { leaseMs } = paceOf(state.nodes.size, false);
    for (const { nodeId, silentMs } of silent) {
      leases.prolong(nodeId, at + leaseMs);
      const message = `it is silent for ${seconds(silentMs)}; it is lost in ${seconds(leaseMs)} unless it is heard`;
      this.#suspect(nodeId, "silent", message);
    }
  }

  #suspect(nodeId: NodeId, code: Suspicion["code"], message: string): void {
    void this.#options.loop.submit({ type: "suspectNode", nodeId, code, message }, systemOrigin("node-health"));
  }

  #lose({ nodeId, silentMs, broken }: Silence): void {
    const { state, leases, loop, log, clock } = this.#options;
    leases.end(nodeId);
    const node = state.nodes.get(nodeId);
    if (!node) this.forget(nodeId);
    if (node?.status !== "online") return;
    const cause = broken ? "connection-broken" : "silent";
    log.warn("a node is silent and counts as lost", {
      node: node.hostname,
      nodeId,
      cause,
      silentMs: Math.round(silentMs),
    });
    void loop.submit({ type: "loseNode", nodeId, silentMs, cause }, systemOrigin("node-health")).then((outcome) => {
      if (outcome.ok) {
        this.lost[cause]++;
        return;
      }
      // The journal could not write: the node stays online until it can, so look again.
      const unheard = !leases.holds(nodeId); // since it was found silent
      if (unheard && state.nodes.get(nodeId)?.status === "online") {
        leases.prolong(nodeId, clock.elapsed() + limits.heartbeatMinMs);
      }
    });
  }
}

function isHand({ version }: NodeRecord): boolean {
  return version === "";
}

/** "2.5 s" */
function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
