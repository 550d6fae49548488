// How good a node is, by strategy; higher is better. Equal scores go to the first in the order of nodes.
// Spread and binpack look at the node alone, so that scores can be kept up with each placement.

import type { Strategy } from "../../model/cluster.ts";
import type { Slot } from "./slot.ts";

/** 100: empty; 0: every place taken. */
export function spreadScore({ tasks, record }: Slot): number {
  return 100 * (1 - tasks / record.capacity);
}

/** 100: full in all that the node has limits for. The mean of the shares of places, cpu and memory that are taken. */
export function binpackScore({ tasks, cpuMillis, memoryBytes, record }: Slot): number {
  let sum = tasks / record.capacity;
  let count = 1;
  if (record.cpu > 0) {
    sum += cpuMillis / (record.cpu * 1000);
    count++;
  }
  if (record.memory > 0) {
    sum += memoryBytes / record.memory;
    count++;
  }
  return (100 * sum) / count;
}

/** The next in turn has the highest: the number of nodes, less the steps from the one chosen last. */
export function roundRobinScore(position: number, lastPosition: number, count: number): number {
  const steps = (((position - lastPosition - 1) % count) + count) % count;
  return count - steps;
}

export function scoreMessage(strategy: Strategy, slot: Slot, score: number, count: number): string {
  const { tasks, record } = slot;
  if (strategy === "spread") return `${tasks} of ${record.capacity} places taken`;
  if (strategy === "binpack") return `${Math.round(score)}% taken, over places, cpu and memory`;
  const turn = count - score + 1;
  return turn === 1 ? "next in turn" : `${turn - 1} ${turn === 2 ? "node is" : "nodes are"} before it in turn`;
}
