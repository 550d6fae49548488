// How good a node is, by strategy; a higher score is better. Equal scores go to the first in the order of nodes. Spread
// and binpack depend on the node alone, so that scores can be updated with each placement.
//
// A node that is damped has a score below zero, a node that is not has a score of zero or more: damped nodes come last,
// and among themselves in the order of the strategy.

import type { Strategy } from "../../model/cluster/cluster.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import { isDamped, type NodeInfo } from "./index/node-info.ts";

/** Far below the least difference of two shares of slots (limits.nodeCapacity is 10,000), far above rounding errors. */
const perTask = 1e-11;
const perPercent = 1e-13;
/** More than the span of the scores of spread, and of those of binpack up to 100. */
const dampedBy = 101;

/**
 * 100: empty; 0: every slot taken. Of equal shares, the node with fewer tasks comes first; then the one with less of its
 * cpu and memory taken, to a percent. These two count as fractions that are too small to outweigh what precedes them.
 */
export function spreadScore(node: NodeInfo): number {
  const percent = Math.min(99, Math.round(100 * resourceShare(node)));
  const best = node.damped ? 100 - dampedBy : 100;
  return best - 100 * node.taskShare - node.tasks * perTask - percent * perPercent;
}

/** 100: all amounts that have a limit are taken. */
export function binpackScore(node: NodeInfo): number {
  const score = percentTaken(node);
  return node.damped ? Math.min(100, score) - dampedBy : score;
}

/** The next in turn has the highest: the number of nodes, less the steps from the one that was chosen last. */
export function roundRobinScore(node: NodeInfo, position: number, lastPosition: number, count: number): number {
  const steps = (((position - lastPosition - 1) % count) + count) % count;
  return node.damped ? -1 - steps : count - steps;
}

export function scoreMessage(strategy: Strategy, node: NodeInfo, score: number, count: number): string {
  const message = strategyMessage(strategy, node, score, count);
  const { flapping } = node.record;
  if (!node.damped) return message;
  return isDamped(node.record)
    ? `${message}, but lost ${flapping!.losses} times lately`
    : `${message}, but has no worker`;
}

function strategyMessage(strategy: Strategy, node: NodeInfo, score: number, count: number): string {
  const { tasks, cpuMillis, memoryBytes, record } = node;
  const taken = `${tasks} of ${record.capacity} tasks`;
  if (strategy === "spread") return taken;
  if (strategy === "binpack") {
    const parts = [taken];
    if (record.cpu > 0) parts.push(`${formatCpu(cpuMillis / 1000)} of ${formatCpu(record.cpu)} cpu`);
    if (record.memory > 0) parts.push(`${formatMemory(memoryBytes)} of ${formatMemory(record.memory)}`);
    return `${Math.round(percentTaken(node))}% taken: ${parts.join(", ")}`;
  }
  const before = node.damped ? -1 - score : count - score;
  return before === 0 ? "next in turn" : `${before} ${before === 1 ? "node is" : "nodes are"} before it in turn`;
}

/** The mean of the shares of slots, cpu and memory that are taken, as far as the node has limits for them. */
function percentTaken({ taskShare, cpuShare, memoryShare, amountsLimited }: NodeInfo): number {
  return (100 * (taskShare + cpuShare + memoryShare)) / (1 + amountsLimited);
}

/** The mean of the shares of cpu and memory that are taken, as far as the node has limits for them. */
function resourceShare({ cpuShare, memoryShare, amountsLimited }: NodeInfo): number {
  return amountsLimited === 0 ? 0 : (cpuShare + memoryShare) / amountsLimited;
}
