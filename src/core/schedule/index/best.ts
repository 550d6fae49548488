// The best of some nodes by a strategy: from a sequence, or by a comparison of each.

import type { Strategy } from "../../../model/cluster/cluster.ts";
import type { NodeVerdict } from "../../../model/explanation.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import type { Preferences } from "../rules.ts";
import type { SchedulingClass } from "../scheduling-class.ts";
import { binpackScore, spreadScore } from "../score.ts";
import { type Demand, eligible, type NodeInfo } from "./node-info.ts";
import type { Acceptance, Found, Sequence } from "./sequence.ts";

/** The scores that sequences are sorted by; by round-robin, the order of nodes. */
export const sequenceScores: Record<Strategy, (node: NodeInfo) => number> = {
  "round-robin": ({ order }) => -order,
  spread: spreadScore,
  binpack: binpackScore,
};
/** The kinds of sequences of damped nodes; those of the others are the strategies. */
export const dampedKinds: Record<Strategy, string> = {
  "round-robin": "damped round-robin",
  spread: "damped spread",
  binpack: "damped binpack",
};

export function isPlain({ constraints, ports, platform, needs, rules }: Requirements): boolean {
  return constraints.length === 0 && ports.length === 0 && platform === null && needs === null && rules === null;
}

export function search(
  sequence: Sequence,
  strategy: Strategy,
  after: number,
  demand: Demand,
  acceptance: Acceptance | null,
): Found {
  return strategy === "round-robin"
    ? sequence.firstBelow(-after, demand, acceptance)
    : sequence.first(demand, acceptance);
}

/** `turn`: the score by round-robin. */
export function scoreOf(strategy: Strategy, node: NodeInfo, turn: number): number {
  if (strategy === "spread") return spreadScore(node);
  return strategy === "binpack" ? binpackScore(node) : turn;
}

/** Compares each: for few candidates, in any order, damped or not. */
export function bestOf(
  candidates: readonly NodeInfo[],
  wanted: SchedulingClass,
  strategy: Strategy,
  after: number,
  preferences: Preferences | null,
): NodeInfo | null {
  let best: NodeInfo | null = null;
  let bestScore = 0;
  for (const node of candidates) {
    if (!node.hasCapacityFor(wanted.demand)) continue;
    const turn = (node.order > after ? 1 : 0) - (node.damped ? 2 : 0);
    const score = scoreOf(strategy, node, turn);
    let better = best === null || score > bestScore || (score === bestScore && node.order < best.order);
    if (preferences !== null && best !== null && node.damped === best.damped) {
      const difference = preferences.compare(node.record, best.record);
      if (difference !== 0) better = difference < 0;
    }
    // Labels last: they are the slowest to compare.
    if (!better || !wanted.keepsRulesOn(node) || !eligible(wanted, node)) continue;
    best = node;
    bestScore = score;
  }
  return best;
}

/** Damped nodes, whose scores are below zero, come last whatever is preferred. */
export function isBetter(left: NodeVerdict, right: NodeVerdict): boolean {
  if (left.score! < 0 !== right.score! < 0) return right.score! < 0;
  const difference = (left.preference ?? 0) - (right.preference ?? 0);
  return difference !== 0 ? difference > 0 : left.score! > right.score!;
}

/** Numbers the nodes that fit by what the task prefers, from 0: equally good ones have one number, the best ones the highest. */
export function rank(verdicts: readonly NodeVerdict[], nodes: readonly NodeInfo[], preferences: Preferences): void {
  const fitting = verdicts.flatMap((verdict, at) => (verdict.fits ? [{ verdict, record: nodes[at]!.record }] : []));
  fitting.sort((left, right) => preferences.compare(right.record, left.record));
  let number = 0;
  fitting.forEach(({ verdict, record }, at) => {
    if (at > 0 && preferences.compare(record, fitting[at - 1]!.record) !== 0) number++;
    verdict.preference = number;
  });
}
