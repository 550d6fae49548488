// All nodes, updated with every placement, and two queries: `choose` finds the node for a task quickly, `explain` evaluates
// every node. Both give the same answer: the fitting node with the highest score, the first in order among equals.

import { assert } from "../../../lib/assert.ts";
import { firstIndex } from "../../../lib/binary-search.ts";
import type { Strategy } from "../../../model/cluster/cluster.ts";
import type { NodeVerdict } from "../../../model/explanation.ts";
import type { NodeId } from "../../../model/ids.ts";
import { hasWorker, type NodeRecord } from "../../../model/node/node.ts";
import type { Reason, ReasonCode } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { describeFailure, describeOwn } from "../explain/failure.ts";
import { evaluate, type PlacementRequest, requestOf } from "../filters.ts";
import { isRuled, keepsRules, type Preferences, preferencesOf } from "../rules.ts";
import { classOf, type SchedulingClass } from "../scheduling-class.ts";
import { roundRobinScore, scoreMessage } from "../score.ts";
import { bestOf, dampedKinds, isBetter, isPlain, rank, scoreOf, search, sequenceScores } from "./best.ts";
import { GroupIndex } from "./group-index.ts";
import { LabelIndex } from "./label-index.ts";
import { type Demand, demandOf, eligible, NodeInfo, type Usage } from "./node-info.ts";
import { PreferenceOrder } from "./preference-order.ts";
import { PriorityCounts } from "./priority-counts.ts";
import type { Found, Sequence } from "./sequence.ts";
import { Sequences } from "./sequences.ts";
import { VolumeBook } from "./volume-book.ts";

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

export class ScheduleIndex {
  /** Where the data of named volumes is. */
  readonly volumes: VolumeBook;
  /** Of the tasks that are placed. */
  priorities = new PriorityCounts();
  readonly #nodes = new Map<NodeId, NodeInfo>();
  /** By hostname, then id. */
  #order: NodeInfo[] = [];
  /** Numbers that removed nodes had. */
  #freeNumbers: number[] = [];
  #online = 0;
  #workers = 0;
  /** True while nodes without a worker come after the others. */
  #comeAfter = false;
  readonly #damped = new Set<NodeInfo>();
  /** What `choose` found last: most often the next node that is looked up. */
  #lastFound: NodeInfo | null = null;
  readonly #labels = new LabelIndex();
  #groups = new GroupIndex();
  readonly #preferred = new PreferenceOrder(
    () => this.#groups,
    (nodeId) => this.nodeInfo(nodeId),
  );
  readonly #sequences: Sequences;
  readonly #tuning: Tuning;

  constructor(tuning: Tuning = defaultTuning, volumes?: VolumeBook) {
    this.#tuning = tuning;
    this.#sequences = new Sequences(tuning);
    const nodeOf = (nodeId: NodeId) => this.#nodes.get(nodeId)?.record;
    this.volumes = volumes?.copy(nodeOf) ?? new VolumeBook(nodeOf);
  }

  /** A node joins, or its record changes; what is placed on it stays. */
  upsertNode(record: NodeRecord): void {
    this.#put(record);
    this.#orderWithoutWorkers();
  }

  /** Nodes without a worker come last while any node has one. */
  #orderWithoutWorkers(): void {
    if (this.#workers > 0 === this.#comeAfter) return;
    this.#comeAfter = this.#workers > 0;
    for (const { record } of [...this.#nodes.values()]) if (!hasWorker(record)) this.#put(record);
  }

  #put(record: NodeRecord): void {
    const before = this.#nodes.get(record.nodeId);
    const node = before?.copy(record, this.#comeAfter) ?? new NodeInfo(record, this.#comeAfter);
    if (before) this.#retire(before);
    else node.number = this.#freeNumbers.pop() ?? this.#nodes.size;
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
    this.#freeNumbers.push(node.number);
    this.#order.splice(this.#positionOf(node), 1);
    this.#retire(node);
    this.#orderWithoutWorkers();
  }

  place(nodeId: NodeId, requirements: Requirements): void {
    const node = this.nodeInfo(nodeId);
    node.reserve(demandOf(requirements), requirements.priority);
    this.priorities.add(requirements.priority);
    if (requirements.group !== null) this.#groups.place(requirements, nodeId);
    this.#note(node);
  }

  release(nodeId: NodeId, requirements: Requirements): void {
    const node = this.nodeInfo(nodeId);
    node.release(demandOf(requirements), requirements.priority);
    this.priorities.remove(requirements.priority);
    if (requirements.group !== null) this.#groups.release(requirements, nodeId);
    this.#note(node);
  }

  /** Keeps capacity on the node for such a task, or ends that. `demand`: what it needs beyond what leaves the node for it. */
  hold(step: "begin" | "end", nodeId: NodeId, requirements: Requirements, demand: Demand): void {
    const node = this.nodeInfo(nodeId);
    node.hold(step, demand);
    const change = step === "begin" ? "place" : "release";
    if (requirements.group !== null) this.#groups[change](requirements, nodeId);
    this.#note(node);
  }

  usage(nodeId: NodeId): Usage {
    const { tasks: runningTasks, cpuMillis, memoryBytes } = this.nodeInfo(nodeId);
    return { runningTasks, cpuMillis, memoryBytes };
  }

  /** Valid until the record of the node changes. */
  nodeInfo(nodeId: NodeId): NodeInfo {
    const node = this.#find(nodeId);
    if (!node) assert(false, `node ${nodeId} is not known to the scheduler`);
    return node;
  }

  /** The node for a task, or null if none fits. `lastNodeId`: the node chosen last, after which round-robin goes on. */
  choose(requirements: Requirements, strategy: Strategy, lastNodeId: NodeId | null): NodeId | null {
    const after = this.#after(strategy, lastNodeId);
    if (requirements.volumes.length > 0) {
      const place = this.volumes.placeFor(requirements.volumes);
      if (place === "none") return null;
      const only = this.#nodes.get(place as NodeId);
      if (place !== "any") return only ? this.chooseAmong([only], requirements, strategy, lastNodeId) : null;
    }
    if (requirements.rules?.spread || requirements.rules?.prefer)
      return this.#preferred.choose(classOf(requirements), strategy, after, this.#order)?.record.nodeId ?? null;
    let found = this.#search(requirements, strategy, after, false);
    if (found === null && this.#damped.size > 0) found = this.#search(requirements, strategy, after, true);
    assert(found !== "gave-up", "a search without a limit of refusals cannot give up");
    if (found === null) return null;
    this.#lastFound = found;
    return found.record.nodeId;
  }

  /** The node that `choose` would return if the cluster had only these nodes. Compares each: for few nodes. */
  chooseAmong(
    nodes: readonly NodeInfo[],
    requirements: Requirements,
    strategy: Strategy,
    lastNodeId: NodeId | null,
  ): NodeId | null {
    const after = this.#after(strategy, lastNodeId);
    const { volumes } = requirements;
    const allowed =
      volumes.length === 0 ? nodes : nodes.filter(({ record }) => this.volumes.allows(volumes, record.nodeId));
    const preferences = this.#preferencesOf(requirements);
    return bestOf(allowed, classOf(requirements), strategy, after, preferences)?.record.nodeId ?? null;
  }

  #preferencesOf(requirements: Requirements): Preferences | null {
    if (requirements.rules === null) return null;
    return preferencesOf(requirements, this.#groups, (nodeId) => this.#nodes.get(nodeId)!.record);
  }

  /** Every node, in order, with every filter's verdict, and the score of those that fit. */
  explain(requirements: Requirements, strategy: Strategy, lastNodeId: NodeId | null): NodeVerdict[] {
    const count = this.#order.length;
    const last = this.#lastPosition(lastNodeId);
    const request = this.#requestOf(requirements);
    const preferences = this.#preferencesOf(requirements);
    const verdicts = this.#order.map((node, position): NodeVerdict => {
      const { nodeId, hostname } = node.record;
      const filters = evaluate(request, node);
      const fits = filters.every(({ passed }) => passed);
      const score = fits ? scoreOf(strategy, node, roundRobinScore(node, position, last, count)) : null;
      const byLoad = score === null ? null : scoreMessage(strategy, node, score, count);
      const message = byLoad === null || !preferences ? byLoad : `${preferences.message(node.record)}; ${byLoad}`;
      return { nodeId, hostname, fits, filters, score, scoreMessage: message, chosen: false };
    });
    if (preferences) rank(verdicts, this.#order, preferences);
    let best: NodeVerdict | null = null;
    for (const verdict of verdicts)
      if (verdict.score !== null && (best === null || isBetter(verdict, best))) best = verdict;
    if (best) best.chosen = true;
    return verdicts;
  }

  /** The code of the reason of every task that fits no node. */
  get codeOfNone(): ReasonCode {
    return this.#online === 0 ? "no-nodes" : "no-node-fits";
  }

  /** Why a task fits no node: what `summarise` says of the verdicts of `explain`, without computing them. */
  whyNone(requirements: Requirements): Reason {
    const own = requirements.node === null ? undefined : this.#nodes.get(requirements.node);
    const request = this.#requestOf(requirements);
    return own ? { code: this.codeOfNone, message: describeOwn(request, own) } : describeFailure(request, this.#order);
  }

  #requestOf(requirements: Requirements): PlacementRequest {
    return requestOf(requirements, this.volumes.situations(requirements.volumes));
  }

  /** By hostname, then id. */
  get nodes(): readonly NodeInfo[] {
    return this.#order;
  }

  /** A copy to try things on. It shares nothing that changes; what searches need is built by the first search. */
  clone(): ScheduleIndex {
    const copy = new ScheduleIndex(this.#tuning, this.volumes);
    copy.#groups = this.#groups.clone();
    copy.priorities = this.priorities.clone();
    copy.#order = this.#order.map((node) => node.copy(node.record, this.#comeAfter));
    copy.#comeAfter = this.#comeAfter;
    copy.#freeNumbers = [...this.#freeNumbers];
    for (const node of copy.#order) copy.#enter(node);
    return copy;
  }

  /** Searches the nodes that are damped, or those that are not. */
  #search(requirements: Requirements, strategy: Strategy, after: number, damped: boolean): Found {
    const { fewCandidates } = this.#tuning;
    if (damped && this.#damped.size <= fewCandidates)
      return bestOf([...this.#damped], classOf(requirements), strategy, after, null);
    const kind = damped ? dampedKinds[strategy] : strategy;
    const ruled = isRuled(requirements, this.#groups);
    if (!ruled && isPlain(requirements))
      return search(this.#sequenceOfAll(kind, strategy, damped), strategy, after, demandOf(requirements), null);

    const wanted = classOf(requirements);
    const candidates = this.#candidates(wanted);
    if (candidates !== this.#order && candidates.length <= fewCandidates)
      return bestOf(candidates, wanted, strategy, after, null);
    if (ruled) return this.#searchByRules(wanted, kind, strategy, after, damped);
    const { demand, eligibility, particulars } = wanted;
    const own = this.#sequences.get(kind, particulars);
    if (own) return search(own, strategy, after, demand, null);

    const admits = (node: NodeInfo) => node.damped === damped && eligible(wanted, node);
    const general =
      (eligibility !== particulars && eligibility !== "" && this.#sequences.get(kind, eligibility)) ||
      this.#sequenceOfAll(kind, strategy, damped);
    const found = search(general, strategy, after, demand, {
      test: (node) => admits(node) && node.conflict(demand.ports) === null,
      budget: this.#tuning.refusalsAllowed,
    });
    if (found !== "gave-up") return found;
    const sorted = candidates === this.#order ? candidates : [...candidates].sort((a, b) => a.order - b.order);
    const rules = { admits, ports: demand.ports, score: sequenceScores[strategy], blockSize: this.#tuning.blockSize };
    const built = this.#sequences.build(kind, particulars, sorted, this.#order.length, rules);
    return search(built, strategy, after, demand, null);
  }

  /** Rules depend on what is placed, so that no sequence can be of the nodes that keep them: each node is asked. */
  #searchByRules(wanted: SchedulingClass, kind: string, strategy: Strategy, after: number, damped: boolean): Found {
    const { demand, requirements } = wanted;
    const test = (node: NodeInfo) =>
      keepsRules(requirements, node.record.nodeId, this.#groups) &&
      node.conflict(demand.ports) === null &&
      eligible(wanted, node);
    const acceptance = { test, budget: Number.POSITIVE_INFINITY };
    return search(this.#sequenceOfAll(kind, strategy, damped), strategy, after, demand, acceptance);
  }

  #sequenceOfAll(kind: string, strategy: Strategy, damped: boolean): Sequence {
    const known = this.#sequences.get(kind, "");
    if (known) return known;
    const admits = (node: NodeInfo) => node.damped === damped;
    const rules = { admits, ports: [], score: sequenceScores[strategy], blockSize: this.#tuning.blockSize };
    return this.#sequences.build(kind, "", this.#order, this.#order.length, rules);
  }

  /** A set with all nodes that the constraints allow, as small as the indexes can tell; sorted only if it is all nodes. */
  #candidates({ constraints, requirements: { rules } }: SchedulingClass): readonly NodeInfo[] {
    let smallest: readonly NodeInfo[] = this.#order;
    for (const service of rules?.near ?? []) {
      const placed = this.#groups.placed(service);
      if (placed.size < smallest.length) smallest = [...placed.keys()].map((nodeId) => this.#nodes.get(nodeId)!);
    }
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
    return this.#find(lastNodeId)?.order ?? Number.NEGATIVE_INFINITY;
  }

  #lastPosition(lastNodeId: NodeId | null): number {
    const node = lastNodeId === null ? undefined : this.#nodes.get(lastNodeId);
    return node ? this.#positionOf(node) : -1;
  }

  #find(nodeId: NodeId): NodeInfo | undefined {
    const last = this.#lastFound;
    return last !== null && last.record.nodeId === nodeId && !last.gone ? last : this.#nodes.get(nodeId);
  }

  #note(node: NodeInfo): void {
    this.#sequences.note(node, this.#order.length);
  }

  #enter(node: NodeInfo): void {
    node.groups = this.#groups;
    this.#preferred.clear();
    this.#nodes.set(node.record.nodeId, node);
    if (node.record.status === "online") this.#online++;
    if (hasWorker(node.record)) this.#workers++;
    if (node.damped) this.#damped.add(node);
  }

  #retire(node: NodeInfo): void {
    node.gone = true;
    this.#preferred.clear();
    if (node.record.status === "online") this.#online--;
    if (hasWorker(node.record)) this.#workers--;
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
    return firstIndex(0, this.#order.length, (at) => {
      const { record } = this.#order[at]!;
      return record.hostname === hostname ? record.nodeId >= nodeId : record.hostname >= hostname;
    });
  }
}
