// All nodes, kept up with every placement, and the two questions asked of them: which one (choose, fast), and why
// (explain, whole). Both answer the same: the fitting node with the highest score, the first in order among equals.

import { assert } from "../../../lib/assert.ts";
import type { Strategy } from "../../../model/cluster/cluster.ts";
import type { NodeVerdict } from "../../../model/explanation.ts";
import type { NodeId } from "../../../model/ids.ts";
import type { NodeRecord } from "../../../model/node/node.ts";
import type { Reason } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { describeFailure } from "../explain/failure.ts";
import { evaluate, wishOf } from "../filters.ts";
import { eligibilityKey, portsKey } from "../scheduling-class.ts";
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

/** None of these changes an answer, only how soon it comes: tests make them small, so that few nodes take every path. */
export interface Tuning {
  /** Candidates that are looked at one by one, rather than through a sequence of their own. */
  fewCandidates: number;
  /** Nodes with room that may be refused (constraints, platform, ports) before the wish gets its own sequence. */
  refusalsAllowed: number;
  /** Nodes in a block of a sequence: some dozens, the root of the largest cluster. */
  blockSize: number;
  /** Sequences at once: reading the notes costs each some tens of nanoseconds a placement, building one milliseconds. */
  sequencesKept: number;
  /** Notes of changed nodes kept for sequences that have not been asked lately, or as many as there are nodes. */
  notesKept: number;
}

const defaultTuning: Tuning = {
  fewCandidates: 128,
  refusalsAllowed: 64,
  blockSize: 64,
  sequencesKept: 256,
  notesKept: 1024,
};
/** Between neighbours in a fresh order: halved with each node that comes between. */
const orderGap = 2 ** 20;

export class ScheduleIndex {
  readonly #slots = new Map<NodeId, NodeInfo>();
  /** By hostname, then id. */
  #order: NodeInfo[] = [];
  readonly #labels = new LabelIndex();
  readonly #sequences: Sequences;
  readonly #tuning: Tuning;

  constructor(tuning: Tuning = defaultTuning) {
    this.#tuning = tuning;
    this.#sequences = new Sequences(tuning);
  }

  /** A node joins, or is described anew; what is placed on it stays. */
  upsertNode(record: NodeRecord): void {
    const before = this.#slots.get(record.nodeId);
    const slot = before?.copy(record) ?? new NodeInfo(record);
    this.#slots.set(record.nodeId, slot);
    if (before) this.#retire(before);
    if (before?.record.hostname === record.hostname) this.#order[this.#positionOf(before)] = slot;
    else {
      if (before) this.#order.splice(this.#positionOf(before), 1);
      this.#insert(slot);
    }
    this.#labels.add(slot);
    this.#note(slot);
  }

  removeNode(nodeId: NodeId): void {
    const slot = this.#slots.get(nodeId);
    if (!slot) return;
    this.#slots.delete(nodeId);
    this.#order.splice(this.#positionOf(slot), 1);
    this.#retire(slot);
  }

  place(nodeId: NodeId, task: Requirements): void {
    const slot = this.#slot(nodeId);
    slot.take(demandOf(task));
    this.#note(slot);
  }

  release(nodeId: NodeId, task: Requirements): void {
    const slot = this.#slot(nodeId);
    slot.give(demandOf(task));
    this.#note(slot);
  }

  usage(nodeId: NodeId): Usage {
    const { tasks, cpuMillis, memoryBytes } = this.#slot(nodeId);
    return { runningTasks: tasks, cpuMillis, memoryBytes };
  }

  /** The node for a task, or null where none fits. `lastNodeId`: the one chosen last, where round-robin stands. */
  choose(spec: Requirements, strategy: Strategy, lastNodeId: NodeId | null): NodeId | null {
    const demand = demandOf(spec);
    const after = this.#orderOf(lastNodeId);
    const found = isPlain(spec, demand)
      ? this.#search(this.#sequenceOfAll(strategy), strategy, after, demand, null)
      : this.#chooseParticular(spec, demand, strategy, after);
    assert(found !== "gave-up", "a search without a budget cannot give up");
    return found === null ? null : found.record.nodeId;
  }

  /** Every node, in order, with every filter's verdict, and the score of those that fit. */
  explain(spec: Requirements, strategy: Strategy, lastNodeId: NodeId | null): NodeVerdict[] {
    const count = this.#order.length;
    const last = this.#lastPosition(lastNodeId);
    const wish = wishOf(spec);
    const verdicts = this.#order.map((slot, position): NodeVerdict => {
      const { nodeId, hostname } = slot.record;
      const filters = evaluate(wish, slot);
      const fits = filters.every(({ passed }) => passed);
      const score = fits ? scoreOf(strategy, slot, roundRobinScore(position, last, count)) : null;
      const message = score === null ? null : scoreMessage(strategy, slot, score, count);
      return { nodeId, hostname, fits, filters, score, scoreMessage: message, chosen: false };
    });
    let best: NodeVerdict | null = null;
    for (const verdict of verdicts) {
      if (verdict.score !== null && (best === null || verdict.score > best.score!)) best = verdict;
    }
    if (best) best.chosen = true;
    return verdicts;
  }

  /** What summarise() says of the matrix, without building it: a count over the nodes, and one sentence. */
  whyNone(spec: Requirements): Reason {
    return describeFailure(wishOf(spec), this.#order);
  }

  /** A copy to try things on. It shares nothing that changes; what searches need is built when first asked for. */
  clone(): ScheduleIndex {
    const copy = new ScheduleIndex(this.#tuning);
    copy.#order = this.#order.map((slot) => slot.copy());
    for (const slot of copy.#order) copy.#slots.set(slot.record.nodeId, slot);
    return copy;
  }

  #chooseParticular(spec: Requirements, demand: Demand, strategy: Strategy, after: number): Found {
    const { constraints, platform } = spec;
    const eligibility = eligibilityKey(spec);
    const key = `${strategy} ${eligibility} ${portsKey(spec)}`;
    const own = this.#sequences.get(key);
    if (own) return this.#search(own, strategy, after, demand, null);

    const candidates = this.#candidates(spec);
    if (candidates.length <= this.#tuning.fewCandidates) return bestOf(candidates, spec, demand, strategy, after);

    const accepts = (slot: NodeInfo) =>
      (eligibility === "" || eligible({ constraints, platform }, slot.record)) &&
      (demand.ports.length === 0 || slot.conflict(demand.ports) === null);
    const general =
      (demand.ports.length > 0 && eligibility !== "" && this.#sequences.get(`${strategy} ${eligibility} `)) ||
      this.#sequenceOfAll(strategy);
    const found = this.#search(general, strategy, after, demand, accepts);
    if (found !== "gave-up") return found;
    const sorted = candidates === this.#order ? candidates : [...candidates].sort((a, b) => a.order - b.order);
    const built = this.#sequences.build(key, sorted, this.#order.length, this.#rules(strategy, accepts));
    return this.#search(built, strategy, after, demand, null);
  }

  #rules(strategy: Strategy, accepts: (slot: NodeInfo) => boolean): SequenceRules {
    return { accepts, score: (slot) => scoreOf(strategy, slot, 0), blockSize: this.#tuning.blockSize };
  }

  #search(
    sequence: Sequence,
    strategy: Strategy,
    after: number,
    demand: Demand,
    accepts: ((slot: NodeInfo) => boolean) | null,
  ): Found {
    const acceptance = accepts && { test: accepts, budget: this.#tuning.refusalsAllowed };
    return strategy === "round-robin"
      ? sequence.firstAfter(after, demand, acceptance)
      : sequence.first(demand, acceptance);
  }

  #sequenceOfAll(strategy: Strategy): Sequence {
    return (
      this.#sequences.get(strategy) ??
      this.#sequences.build(
        strategy,
        this.#order,
        this.#order.length,
        this.#rules(strategy, () => true),
      )
    );
  }

  /** A set with all that the constraints leave, as small as the indexes can tell; in no order unless it is all nodes. */
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
    const byId = this.#slots.get(name as NodeId);
    if (byId) named.push(byId);
    for (let at = this.#firstAtOrAfter(name, ""); this.#order[at]?.record.hostname === name; at++) {
      if (this.#order[at] !== byId) named.push(this.#order[at]!);
    }
    return named;
  }

  #slot(nodeId: NodeId): NodeInfo {
    const slot = this.#slots.get(nodeId);
    if (!slot) assert(false, `node ${nodeId} is not known to the scheduler`);
    return slot;
  }

  /** Before all where round-robin has not begun, or the node it stood at is gone: then it begins with the first. */
  #orderOf(lastNodeId: NodeId | null): number {
    return (lastNodeId === null ? undefined : this.#slots.get(lastNodeId))?.order ?? Number.NEGATIVE_INFINITY;
  }

  #lastPosition(lastNodeId: NodeId | null): number {
    const slot = lastNodeId === null ? undefined : this.#slots.get(lastNodeId);
    return slot ? this.#positionOf(slot) : -1;
  }

  #note(slot: NodeInfo): void {
    this.#sequences.note(slot, this.#order.length);
  }

  #retire(slot: NodeInfo): void {
    slot.gone = true;
    this.#labels.remove(slot);
    this.#note(slot);
  }

  #insert(slot: NodeInfo): void {
    const { hostname, nodeId } = slot.record;
    const at = this.#firstAtOrAfter(hostname, nodeId);
    const before = this.#order[at - 1]?.order;
    const after = this.#order[at]?.order;
    this.#order.splice(at, 0, slot);
    if (before !== undefined && after !== undefined) slot.order = (before + after) / 2;
    else slot.order = before !== undefined ? before + orderGap : (after ?? orderGap) - orderGap;
    if (slot.order !== before && slot.order !== after) return;
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
function scoreOf(strategy: Strategy, slot: NodeInfo, turn: number): number {
  if (strategy === "spread") return spreadScore(slot);
  return strategy === "binpack" ? binpackScore(slot) : turn;
}

/** One look at each: for few candidates, in any order. */
function bestOf(
  candidates: readonly NodeInfo[],
  spec: Requirements,
  demand: Demand,
  strategy: Strategy,
  after: number,
): NodeInfo | null {
  let best: NodeInfo | null = null;
  let bestScore = 0;
  for (const slot of candidates) {
    if (!slot.hasRoom(demand)) continue;
    const score = scoreOf(strategy, slot, slot.order > after ? 1 : 0);
    const better = best === null || score > bestScore || (score === bestScore && slot.order < best.order);
    // Labels last: they cost most to look at.
    if (!better || !eligible(spec, slot.record)) continue;
    best = slot;
    bestScore = score;
  }
  return best;
}
