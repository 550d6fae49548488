// How good a node is, by strategy; higher is better. Equal scores go to the first in the order of nodes.
// Spread and binpack look at the node alone, so that scores can be kept up with each placement.

import type { Strategy } from "../../model/cluster/cluster.ts";
import { formatCpu, formatMemory } from "../../model/quantity.ts";
import type { NodeInfo } from "./index/node-info.ts";

/** Far below the least difference of two shares of places (limits.nodeCapacity is 10,000), far above rounding. */
const perTask = 1e-11;
const perPercent = 1e-13;

/**
 * 100: empty; 0: every place taken. Of equal shares, the node with fewer tasks; then the one with less of its cpu and
 * memory taken, to a percent. These two come as fractions too small to outweigh what precedes them.
 */
export function spreadScore(slot: NodeInfo): number {
  const percent = Math.min(99, Math.round(100 * resourceShare(slot)));
  return 100 * (1 - slot.taskShare) - slot.tasks * perTask - percent * perPercent;
}

/** 100: full in all that the node has limits for. The mean of the shares of places, cpu and memory that are taken. */
export function binpackScore({ taskShare, cpuShare, memoryShare, amountsLimited }: NodeInfo): number {
  return (100 * (taskShare + cpuShare + memoryShare)) / (1 + amountsLimited);
}

/** The next in turn has the highest: the number of nodes, less the steps from the one chosen last. */
export function roundRobinScore(position: number, lastPosition: number, count: number): number {
  const steps = (((position - lastPosition - 1) % count) + count) % count;
  return count - steps;
}

export function scoreMessage(strategy: Strategy, slot: NodeInfo, score: number, count: number): string {
  const { tasks, cpuMillis, memoryBytes, record } = slot;
  const taken = `${tasks} of ${record.capacity} tasks`;
  if (strategy === "spread") return taken;
  if (strategy === "binpack") {
    const parts = [taken];
    if (record.cpu > 0) parts.push(`${formatCpu(cpuMillis / 1000)} of ${formatCpu(record.cpu)} cpu`);
    if (record.memory > 0) parts.push(`${formatMemory(memoryBytes)} of ${formatMemory(record.memory)}`);
    return `${Math.round(score)}% taken: ${parts.join(", ")}`;
  }
  const turn = count - score + 1;
  return turn === 1 ? "next in turn" : `${turn - 1} ${turn === 2 ? "node is" : "nodes are"} before it in turn`;
}

/** The mean of what is taken of cpu and memory, where the node has limits for them. */
function resourceShare({ cpuShare, memoryShare, amountsLimited }: NodeInfo): number {
  return amountsLimited === 0 ? 0 : (cpuShare + memoryShare) / amountsLimited;
}
