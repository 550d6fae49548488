// Decides which nodes are suspect and which are lost: takes heartbeats, notices broken streams, and checks the leases. One
// timer serves all nodes. It is set to the earliest lease and at most one pulse away: a pulse that comes late means that
// this process was stopped, and not that its nodes were silent.

import type { Heartbeat } from "../../api/schemas/bodies.ts";
import type { HeartbeatAnswer } from "../../api/views/heartbeat-answer.ts";
import type { HolderEvidence, LossCause, NodeRegistrationFields } from "../../core/commands/command.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { type CancelTimer, type Clock, toTimestamp } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { ok } from "../../lib/result.ts";
import type { NodeId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { hasWorker, type NodeRecord, type Suspicion } from "../../model/node/node.ts";
import { type Origin, systemOrigin } from "../../model/origin.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { TickLoop } from "../loop/tick-loop.ts";
import type { AssignmentStreamListener, AssignmentStreams } from "./assignment-streams.ts";
import { answerOf, type BeatAnswer } from "./beat-answer.ts";
import { Claims } from "./claims.ts";
import { logIdentity } from "./identity-log.ts";
import { isMassLoss, type Leases, type Pace, paceOf, pacesOf, type Silence } from "./leases.ts";

export interface NodeHealthOptions {
  state: ClusterState;
  leases: Leases;
  clock: Clock;
  log: Log;
  loop: TickLoop;
  /** Which nodes have an open assignment stream. */
  streams: AssignmentStreams;
  /** While more than this share of the workers is silent at once, none is declared lost; 1: no such protection. */
  massLossFraction: number;
}

export class NodeHealth implements AssignmentStreamListener {
  readonly #options: NodeHealthOptions;
  #dueAt: number;
  #cancel: CancelTimer = () => {};
  #stopped = false;
  /** After this process was stopped, no grace ends before this time. */
  #listeningUntil = Number.NEGATIVE_INFINITY;
  /** True while the mass-loss protection is active: too many nodes stopped sending heartbeats at once, so none is declared lost. */
  #massLossHold = false;
  heartbeats = 0;
  /** The last answer to a heartbeat of each node, as text. */
  readonly #answers = new Map<NodeId, BeatAnswer>();
  /** Workers that claim a node whose holder may be alive. */
  readonly #claims: Claims;
  /** The pace of workers, and of nodes whose heartbeats a person sends, for this many nodes. */
  #paces = pacesOf(0);
  readonly lost: Record<LossCause, number> = { silent: 0, "connection-broken": 0, "by-hand": 0 };

  constructor(options: NodeHealthOptions) {
    this.#options = options;
    const { state, leases, clock, streams } = options;
    this.#claims = new Claims(clock);
    streams.listen(this);
    // A node that was online when the last master stopped has a whole lease to send its first heartbeat to this one.
    const at = clock.elapsed();
    for (const node of state.nodes.values()) {
      if (node.status !== "online") continue;
      leases.renew(node.nodeId, at, clock.now(), this.#pace(node).leaseMs, this.#byHand(node), false);
    }
    this.#dueAt = at;
    this.#wakeAt(leases.due(at).nextAt);
  }

  /** True while the mass-loss protection is active. */
  get holding(): boolean {
    return this.#massLossHold;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  // ---- signs of life

  /** What is known of the worker that has this node, when a registration claims it. */
  holder(node: NodeRecord, claimant: NodeRegistrationFields): HolderEvidence {
    const { leases, streams, clock } = this.#options;
    const { nodeId, instance } = node;
    const at = clock.elapsed();
    this.#noticeSleep(at);
    const hasNone = node.status !== "online" || node.unconfirmed || (!hasWorker(node) && !streams.isOpen(nodeId));
    if (hasNone || leases.isOver(nodeId, at)) return { nodeId, instance, is: "gone" };
    if (leases.isBroken(nodeId) && !streams.isOpen(nodeId)) return { nodeId, instance, is: "disconnected" };
    return { nodeId, instance, is: this.#claims.isProvedAlive(nodeId, claimant) ? "alive" : "unknown" };
  }

  /** A registration renews the lease, as a heartbeat does. `claimed`: the node that it was for; null if there was none. */
  registered(node: NodeRecord, claimed: NodeRecord | null): void {
    this.#renew(node);
    this.#logDamping(node.nodeId);
    logIdentity(this.#options.log, node, claimed);
  }

  /** The node has left the cluster. */
  forget(nodeId: NodeId): void {
    this.#options.leases.forget(nodeId);
    this.#answers.delete(nodeId);
  }

  /**
   * A heartbeat that carries nothing, of a node that is well: renews the lease and gives the answer as JSON. Null if the
   * heartbeat needs more than that, or comes from another process than the node's; then nothing was done, and `heartbeat`
   * must be called.
   */
  beat(nodeId: NodeId, instance: string | null): string | null {
    const node = this.#well(nodeId);
    if (node === null || node.instance !== instance) return null;
    this.heartbeats++;
    this.#claims.holderBeats(nodeId);
    const pace = this.#renew(node);
    return this.#answerText(node, pace);
  }

  /** What `beat` answers now; it renews nothing. */
  answer(nodeId: NodeId): string | null {
    const node = this.#well(nodeId);
    return node && this.#answerText(node, this.#pace(node));
  }

  /** The node, if a heartbeat of it only renews its lease. */
  #well(nodeId: NodeId): NodeRecord | null {
    const { state, leases } = this.#options;
    const node = state.nodes.get(nodeId);
    const well = node?.status === "online" && node.suspect === null && !node.unconfirmed && !leases.isBroken(nodeId);
    return well ? node : null;
  }

  #answerText(node: NodeRecord, pace: Pace): string {
    const { nodeId } = node;
    const streamOpen = this.#options.streams.isOpen(nodeId);
    const last = this.#answers.get(nodeId);
    // Records are never changed in place: the same record gives the same answer.
    if (last?.node === node && last.pace === pace && last.streamOpen === streamOpen) return last.text;
    const text = JSON.stringify(answerOf(node, pace, streamOpen));
    this.#answers.set(nodeId, { node, pace, streamOpen, text });
    return text;
  }

  async heartbeat(node: NodeRecord, said: Heartbeat, origin: Origin): Promise<Outcome<HeartbeatAnswer>> {
    this.heartbeats++;
    this.#claims.holderBeats(node.nodeId);
    const news =
      node.status === "offline" ||
      node.suspect !== null ||
      this.#options.leases.isBroken(node.nodeId) ||
      (said.engineError !== undefined && said.engineError !== node.engineError) ||
      (said.engine !== undefined && JSON.stringify(said.engine) !== JSON.stringify(node.engine));
    // The lease is renewed at once, however long the journal takes for the news.
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
      if (node.status === "offline") this.#logDamping(node.nodeId);
    }
    const { state, streams } = this.#options;
    return ok(answerOf(state.nodes.get(node.nodeId) ?? node, pace, streams.isOpen(node.nodeId)));
  }

  /** A node that came back is damped if it was lost too often: its record says until when. */
  #logDamping(nodeId: NodeId): void {
    const node = this.#options.state.nodes.get(nodeId);
    const flapping = node?.flapping;
    if (!node || !flapping || flapping.steadyUntil === null) return;
    this.#options.log.warn(
      "a node was lost too often; steady nodes are preferred until it has been online for a while",
      {
        node: node.hostname,
        nodeId,
        losses: flapping.losses,
        steadyUntil: flapping.steadyUntil,
      },
    );
  }

  /** A worker that opens a stream is alive: its node is no longer suspect. */
  streamOpened(nodeId: NodeId): void {
    const node = this.#options.state.nodes.get(nodeId);
    if (this.#stopped || node?.status !== "online") return;
    if (node.suspect === null && !this.#options.leases.isBroken(nodeId)) return;
    this.#renew(node);
    void this.#options.loop.submit({ type: "refreshNode", nodeId }, { kind: "node", name: nodeId });
  }

  /** The node's last stream ended: it is suspect, and has a short grace to send a heartbeat or open a stream. */
  streamBroken(nodeId: NodeId): void {
    const { state, leases, clock, log } = this.#options;
    const node = state.nodes.get(nodeId);
    if (this.#stopped || node?.status !== "online" || !hasWorker(node)) return;
    this.#noticeSleep();
    const { graceMs } = this.#pace(node);
    leases.break(nodeId, Math.max(clock.elapsed() + graceMs, this.#listeningUntil));
    this.#wakeAt(clock.elapsed() + graceMs);
    log.info("a node's connection broke", { node: node.hostname, nodeId, graceMs });
    const at = toTimestamp(clock.now()).slice(11, 19);
    this.#suspect(
      nodeId,
      "connection-broken",
      `its connection broke at ${at} UTC; it has ${seconds(graceMs)} to come back`,
    );
  }

  // ---- by hand

  /** A user declares a node lost. Refused if its last heartbeat is recent, unless `force` is set. */
  async declareLost(node: NodeRecord, force: boolean, origin: Origin): Promise<Outcome<NodeId>> {
    const { leases, clock, loop } = this.#options;
    const { nodeId, hostname } = node;
    if (node.status === "offline") return ok(nodeId);
    const silentMs = leases.silence(nodeId, clock.elapsed())?.silentMs ?? 0;
    if (!force && !leases.isSilent(nodeId, clock.elapsed())) {
      return refuse("node-alive", `${hostname} (${nodeId}) sent its last heartbeat ${seconds(silentMs)} ago`, {
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
    // A worker sends its version and opens a stream of its assignments. A person with curl does neither.
    return !hasWorker(node) && !this.#options.streams.isOpen(node.nodeId);
  }

  #pace(node: NodeRecord): Pace {
    const { size } = this.#options.state.nodes;
    if (this.#paces.nodeCount !== size) this.#paces = pacesOf(size);
    return this.#byHand(node) ? this.#paces.byHand : this.#paces.worker;
  }

  #renew(node: NodeRecord): Pace {
    const { clock, leases } = this.#options;
    const pace = this.#pace(node);
    const at = clock.elapsed();
    this.#noticeSleep(at);
    leases.renew(node.nodeId, at, clock.now(), pace.leaseMs, this.#byHand(node));
    return pace;
  }

  // ---- checking the leases

  /** Sets the timer to `at` or to the next pulse, whichever is sooner. */
  #wakeAt(at: number | null): void {
    const { clock } = this.#options;
    const now = clock.elapsed();
    const soonestAt = Math.min(at ?? Number.POSITIVE_INFINITY, now + limits.pulseMs);
    // At least a millisecond: for less, a rounding error of the sum would set the timer again and again.
    const dueAt = Math.max(soonestAt, now + 1);
    if (this.#stopped || (this.#dueAt > now && this.#dueAt <= dueAt)) return;
    this.#cancel();
    if (this.#stopped) return;
    this.#dueAt = dueAt;
    this.#cancel = clock.timer(dueAt - now, this.#pulse);
  }

  readonly #pulse = (): void => {
    const { leases, clock } = this.#options;
    this.#noticeSleep();
    const at = clock.elapsed();
    const { expired, nextAt } = leases.due(at);
    this.#dueAt = at;
    this.#wakeAt(nextAt);
    // Requests that have arrived are served first: a heartbeat may wait in a socket that was not read yet.
    if (expired || this.#massLossHold) clock.soon(() => clock.soon(() => this.#checkLeases()));
  };

  /**
   * Extends the leases when this process was held up (stopped, suspended, a slow disk): heartbeats of that time could not
   * be taken. A pulse that is late shows it.
   */
  #noticeSleep(at = this.#options.clock.elapsed()): void {
    const lateMs = at - this.#dueAt;
    if (lateMs <= limits.pulseMs || this.#stopped) return;
    const slept = lateMs >= limits.masterSleptMs;
    if (lateMs >= limits.heartbeatMinMs) {
      this.#options.log.warn("the master was stopped for a while; no node is declared lost for the length of a lease", {
        ms: Math.round(lateMs),
      });
    }
    this.#options.leases.extend(slept ? Number.POSITIVE_INFINITY : lateMs, at);
    if (slept) this.#listeningUntil = at + paceOf(this.#options.state.nodes.size, false).leaseMs;
    this.#dueAt = at;
    this.#wakeAt(null);
  }

  #checkLeases(): void {
    if (this.#stopped) return;
    const { leases, clock, massLossFraction } = this.#options;
    const at = clock.elapsed();
    const { expired, silent, online } = leases.review(at);
    const mass = isMassLoss(silent.length, online, massLossFraction);
    if (this.#massLossHold && !mass) {
      this.#endMassLossHold(silent, at);
      return;
    }
    if (mass && (this.#massLossHold || expired.some(({ byHand }) => !byHand))) this.#holdMassLoss(silent, online);
    for (const one of expired) if (one.byHand || !this.#massLossHold) this.#lose(one);
  }

  /** Activates the mass-loss protection: marks every silent node suspect, and declares none lost. */
  #holdMassLoss(silent: readonly Silence[], online: number): void {
    const { state, log } = this.#options;
    if (!this.#massLossHold) {
      log.error(
        "mass-loss protection is active: too many nodes stopped sending heartbeats at once, so none is declared lost",
        {
          silent: silent.length,
          online,
          override: "podling node lost NODE",
        },
      );
    }
    this.#massLossHold = true;
    for (const { nodeId, silentMs } of silent) {
      if (state.nodes.get(nodeId)?.suspect?.code === "mass-silence") continue;
      const together = `nor from ${silent.length} of ${online} nodes in all`;
      const message = `no heartbeat for ${seconds(silentMs)}, ${together}: mass-loss protection keeps it from being declared lost`;
      this.#suspect(nodeId, "mass-silence", message);
    }
  }

  /** Ends the mass-loss protection: nodes that are still silent have one more lease from now. */
  #endMassLossHold(silent: readonly Silence[], at: number): void {
    const { leases, log, state } = this.#options;
    this.#massLossHold = false;
    log.warn("mass-loss protection has ended: enough nodes send heartbeats again", { silent: silent.length });
    const { leaseMs } = paceOf(state.nodes.size, false);
    for (const { nodeId, silentMs } of silent) {
      leases.prolong(nodeId, at + leaseMs);
      const message = `no heartbeat for ${seconds(silentMs)}; it is declared lost in ${seconds(leaseMs)} unless one arrives`;
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
    log.warn("a node sent no heartbeats and is declared lost", {
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
      // The journal could not write, so the node stays online: check its lease again soon.
      const stillSilent = !leases.holds(nodeId);
      if (stillSilent && state.nodes.get(nodeId)?.status === "online") {
        leases.prolong(nodeId, clock.elapsed() + limits.heartbeatMinMs);
      }
    });
  }
}

/** "2.5 s" */
function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
