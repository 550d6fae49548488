// All nodes, updated with every placement, and two queries: `choose` finds the node for a task quickly, `explain` evaluates
// every node. Both give the same answer: the fitting node with the highest score, the first in order among equals.

import { assert } from "../../../lib/assert.ts";
import type { Strategy } from "../../../model/cluster/cluster.ts";
import type { NodeVerdict } from "../../../model/explanation.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Reason, ReasonCode } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { describeFailure } from "../explain/failure.ts";
import { evaluate, requestOf } from "../filters.ts";
import { keysOf } from "../scheduling-class.ts";
import { binpackScore, roundRobinScore, scoreMessage, spreadScore } from "../score.ts";
import { LabelIndex } from "./label-index.ts";
import { type Demand, demandOf, eligible, NodeInfo } from "./node-info.ts";
import type { Found, Sequence, SequenceRules } from "./sequence.ts";
import { Sequences } from "./sequences.ts";

export interface Usage {
  runningTasks: number;
  cpuMillis: number;
  memoryBytes: number;
}

/** None of these changes an answer, only how fast it is: tests make them small, so that few nodes take every path. */
export interface Tuning {
  /** Candidates that are compared one by one rather than through a sequence of their own. */
  fewCandidates: number;
  /** Nodes that are large enough and may be refused (constraints, platform, ports) before the query gets its own sequence. */
  refusalsAllowed: number;
  /** Nodes in a block of a sequence: some dozens, the root of the largest cluster. */
  blockSize: number;
  /** Sequences at once: reading the notes costs each some tens of nanoseconds a placement, building one milliseconds. */
  sequencesKept: number;
  /** Notes of changed nodes kept for sequences that were not used lately; at least as many as there are nodes. */
  notesKept: number;
}

const defaultTuning: Tuning = {
  fewCandidates: 128,
  refusalsAllowed: 64,
  blockSize: 64,
  sequencesKept: 256,
  notesKept: 1024,
};
/** Between neighbours in a new order: halved with each node that comes between. */
const orderGap = 2 ** 20;

/** The scores that sequences are sorted by. Round-robin searches in the order of nodes. */
const sequenceScores: Record<Strategy, (node: NodeInfo) => number> = {
  "round-robin": () => 0,
  spread: spreadScore,
  binpack: binpackScore,
};
/** The keys of the sequences of damped nodes begin with these, those of the others with the strategy. */
const dampedPrefix: Record<Strategy, string> = {
  "round-robin": "damped round-robin",
  spread: "damped spread",
  binpack: "damped binpack",
};

export class ScheduleIndex {
  readonly #nodes = new Map<NodeId, NodeInfo>();
  /** By hostname, then id. */
  #order: NodeInfo[] = [];
  #online = 0;
  readonly #damped = new Set<NodeInfo>();
  readonly #labels = new LabelIndex();
  readonly #sequences: Sequences;
  readonly #tuning: Tuning;

  constructor(tuning: Tuning = defaultTuning) {
    this.#tuning = tuning;
    this.#sequences = new Sequences(tuning);
  }

  /** A node joins, or its record changes; what is placed on it stays. */
  upsertNode(record: NodeRecord): void {
    const before = this.#nodes.get(record.nodeId);
    const node = before?.copy(record) ?? new NodeInfo(record);
    if (before) this.#retire(before);
    if (before?.record.hostname === record.hostname) this.#order[this.#positionOf(before)] = node;
    else {
      if (before) this.#order.splice(this.#positionOf(before), 1);
      this.#insert(node);
    }
    this.#enter(node);
    this.#labels.add(node);
    this.#note(node);
  }

  removeNode(nodeId: NodeId): void {
    const node = this.#nodes.get(nodeId);
    if (!node) return;
    this.#nodes.delete(nodeId);
    this.#order.splice(this.#positionOf(node), 1);
    this.#retire(node);
  }

  place(nodeId: NodeId, requirements: Requirements): void {
    const node = this.nodeInfo(nodeId);
    node.reserve(demandOf(requirements));
    this.#note(node);
  }

  release(nodeId: NodeId, requirements: Requirements): void {
    const node = this.nodeInfo(nodeId);
    node.release(demandOf(requirements));
    this.#note(node);
  }

  usage(nodeId: NodeId): Usage {
    const { tasks, cpuMillis, memoryBytes } = this.nodeInfo(nodeId);
    return { runningTasks: tasks, cpuMillis, memoryBytes };
  }

  /** Valid until the record of the node changes. */
  nodeInfo(nodeId: NodeId): NodeInfo {
    const node = this.#nodes.get(nodeId);
    if (!node) assert(false, `node ${nodeId} is not known to the scheduler`);
    return node;
  }

  /** The node for a task, or null if none fits. `lastNodeId`: the node chosen last, after which round-robin goes on. */
  choose(requirements: Requirements, strategy: Strategy, lastNodeId: NodeId | null): NodeId | null {
    const demand = demandOf(requirements);
    const after = this.#after(strategy, lastNodeId);
    let found = this.#find(requirements, demand, strategy, after, false);
    if (found === null && this.#damped.size > 0) found = this.#find(requirements, demand, strategy, after, true);
    assert(found !== "gave-up", "a search without a limit of refusals cannot give up");
    return found === null ? null : found.record.nodeId;
  }

  /** As `choose` if only these nodes were in the cluster, by a comparison of each: for few nodes. */
  chooseAmong(
    nodes: readonly NodeInfo[],
    requirements: Requirements,
    strategy: Strategy,
    lastNodeId: NodeId | null,
  ): NodeId | null {
    const after = this.#after(strategy, lastNodeId);
    return bestOf(nodes, requirements, demandOf(requirements), strategy, after)?.record.nodeId ?? null;
  }

  /** Every node, in order, with every filter's verdict, and the score of those that fit. */
  explain(requirements: Requirements, strategy: Strategy, lastNodeId: NodeId | null): NodeVerdict[] {
    const count = this.#order.length;
    const last = this.#lastPosition(lastNodeId);
    const request = requestOf(requirements);
    const verdicts = this.#order.map((node, position): NodeVerdict => {
      const { nodeId, hostname } = node.record;
      const filters = evaluate(request, node);
      const fits = filters.every(({ passed }) => passed);
      const score = fits ? scoreOf(strategy, node, roundRobinScore(node, position, last, count)) : null;
      const message = score === null ? null : scoreMessage(strategy, node, score, count);
      return { nodeId, hostname, fits, filters, score, scoreMessage: message, chosen: false };
    });
    let best: NodeVerdict | null = null;
    for (const verdict of verdicts) {
      if (verdict.score !== null && (best === null || verdict.score > best.score!)) best = verdict;
    }
    if (best) best.chosen = true;
    return verdicts;
  }

  /** The code of the reason of every task that fits no node. */
  get codeOfNone(): ReasonCode {
    return this.#online === 0 ? "no-nodes" : "no-node-fits";
  }

  /** Why a task fits no node: what `summarise` says of the verdicts of `explain`, without computing them. */
  whyNone(requirements: Requirements): Reason {
    return describeFailure(requestOf(requirements), this.#order);
  }

  /** A copy to try things on. It shares nothing that changes; what searches need is built by the first search. */
  clone(): ScheduleIndex {
    const copy = new ScheduleIndex(this.#tuning);
    copy.#order = this.#order.map((node) => node.copy());
    for (const node of copy.#order) copy.#enter(node);
    return copy;
  }

  /** Searches the nodes that are damped, or those that are not. */
  #find(requirements: Requirements, demand: Demand, strategy: Strategy, after: number, damped: boolean): Found {
    if (damped && this.#damped.size <= this.#tuning.fewCandidates)
      return bestOf([...this.#damped], requirements, demand, strategy, after);
    const prefix = damped ? dampedPrefix[strategy] : strategy;
    if (isPlain(requirements, demand))
      return this.#search(this.#sequenceOfAll(prefix, strategy, damped), strategy, after, demand, null);
    const { eligibility, ports } = keysOf(requirements);
    const key = `${prefix} ${eligibility} ${ports}`;
    const own = this.#sequences.get(key);
    if (own) return this.#search(own, strategy, after, demand, null);

    const candidates = this.#candidates(requirements);
    if (candidates.length <= this.#tuning.fewCandidates)
      return bestOf(candidates, requirements, demand, strategy, after);

    const accepts = (node: NodeInfo) =>
      node.damped === damped &&
      (eligibility === "" || eligible(requirements, node.record)) &&
      (demand.ports.length === 0 || node.conflict(demand.ports) === null);
    const general =
      (demand.ports.length > 0 && eligibility !== "" && this.#sequences.get(`${prefix} ${eligibility} `)) ||
      this.#sequenceOfAll(prefix, strategy, damped);
    const found = this.#search(general, strategy, after, demand, accepts);
    if (found !== "gave-up") return found;
    const sorted = candidates === this.#order ? candidates : [...candidates].sort((a, b) => a.order - b.order);
    const built = this.#sequences.build(key, sorted, this.#order.length, this.#rules(strategy, accepts));
    return this.#search(built, strategy, after, demand, null);
  }

  #rules(strategy: Strategy, accepts: (node: NodeInfo) => boolean): SequenceRules {
    return { accepts, score: sequenceScores[strategy], blockSize: this.#tuning.blockSize };
  }

  #search(
    sequence: Sequence,
    strategy: Strategy,
    after: number,
    demand: Demand,
    accepts: ((node: NodeInfo) => boolean) | null,
  ): Found {
    const acceptance = accepts && { test: accepts, budget: this.#tuning.refusalsAllowed };
    return strategy === "round-robin"
      ? sequence.firstAfter(after, demand, acceptance)
      : sequence.first(demand, acceptance);
  }

  #sequenceOfAll(key: string, strategy: Strategy, damped: boolean): Sequence {
    const known = this.#sequences.get(key);
    if (known) return known;
    const rules = this.#rules(strategy, damped ? (node) => node.damped : (node) => !node.damped);
    return this.#sequences.build(key, this.#order, this.#order.length, rules);
  }

  /** A set with all nodes that the constraints allow, as small as the indexes can tell; sorted only if it is all nodes. */
  #candidates({ constraints }: Requirements): readonly NodeInfo[] {
    let smallest: readonly NodeInfo[] = this.#order;
    for (const constraint of constraints) {
      const left =
        constraint.type === "node" && constraint.operator === "equals"
          ? this.#named(constraint.value)
          : this.#labels.having(constraint, this.#order);
      if (left && left.length < smallest.length) smallest = left;
    }
    return smallest;
  }

  /** By hostname or id. */
  #named(name: string): readonly NodeInfo[] {
    const named: NodeInfo[] = [];
    const byId = this.#nodes.get(name as NodeId);
    if (byId) named.push(byId);
    for (let at = this.#firstAtOrAfter(name, ""); this.#order[at]?.record.hostname === name; at++) {
      if (this.#order[at] !== byId) named.push(this.#order[at]!);
    }
    return named;
  }

  /** The order after which round-robin goes on: before all nodes if none was chosen yet, or the last one is gone. */
  #after(strategy: Strategy, lastNodeId: NodeId | null): number {
    if (lastNodeId === null || strategy !== "round-robin") return Number.NEGATIVE_INFINITY;
    return this.#nodes.get(lastNodeId)?.order ?? Number.NEGATIVE_INFINITY;
  }

  #lastPosition(lastNodeId: NodeId | null): number {
    const node = lastNodeId === null ? undefined : this.#nodes.get(lastNodeId);
    return node ? this.#positionOf(node) : -1;
  }

  #note(node: NodeInfo): void {
    this.#sequences.note(node, this.#order.length);
  }

  #enter(node: NodeInfo): void {
    this.#nodes.set(node.record.nodeId, node);
    if (node.record.status === "online") this.#online++;
    if (node.damped) this.#damped.add(node);
  }

  #retire(node: NodeInfo): void {
    node.gone = true;
    if (node.record.status === "online") this.#online--;
    this.#damped.delete(node);
    this.#labels.remove(node);
    this.#note(node);
  }

  #insert(node: NodeInfo): void {
    const { hostname, nodeId } = node.record;
    const at = this.#firstAtOrAfter(hostname, nodeId);
    const before = this.#order[at - 1]?.order;
    const after = this.#order[at]?.order;
    this.#order.splice(at, 0, node);
    if (before !== undefined && after !== undefined) node.order = (before + after) / 2;
    else node.order = before !== undefined ? before + orderGap : (after ?? orderGap) - orderGap;
    if (node.order !== before && node.order !== after) return;
    this.#order.forEach((each, position) => {
      each.order = position * orderGap;
    });
    this.#sequences.clear();
  }

  #positionOf({ record }: NodeInfo): number {
    return this.#firstAtOrAfter(record.hostname, record.nodeId);
  }

  #firstAtOrAfter(hostname: string, nodeId: string): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { record } = this.#order[middle]!;
      const before = record.hostname === hostname ? record.nodeId < nodeId : record.hostname < hostname;
      if (before) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isPlain({ constraints, platform }: Requirements, { ports }: Demand): boolean {
  return constraints.length === 0 && ports.length === 0 && platform === null;
}

/** `turn`: the score by round-robin. */
function scoreOf(strategy: Strategy, node: NodeInfo, turn: number): number {
  if (strategy === "spread") return spreadScore(node);
  return strategy === "binpack" ? binpackScore(node) : turn;
}

/** Compares each: for few candidates, in any order, damped or not. */
function bestOf(
  candidates: readonly NodeInfo[],
  requirements: Requirements,
  demand: Demand,
  strategy: Strategy,
  after: number,
): NodeInfo | null {
  let best: NodeInfo | null = null;
  let bestScore = 0;
  for (const node of candidates) {
    if (!node.hasCapacityFor(demand)) continue;
    const turn = (node.order > after ? 1 : 0) - (node.damped ? 2 : 0);
    const score = scoreOf(strategy, node, turn);
    const better = best === null || score > bestScore || (score === bestScore && node.order < best.order);
    // Labels last: they are the slowest to compare.
    if (!better || !eligible(requirements, node.record)) continue;
    best = node;
    bestScore = score;
  }
  return best;
}
