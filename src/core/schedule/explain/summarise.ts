// One sentence from the verdicts of all nodes: why a task fits none, or why its node was chosen.

import type { Strategy } from "../../../model/cluster/cluster.ts";
import type { NodeVerdict } from "../../../model/explanation.ts";
import type { Reason } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { requestOf } from "../filters.ts";
import { isBetter } from "../index/best.ts";
import { describeGroups, describeOwnVerdict, groupVerdicts } from "./failure.ts";

/** "0 of 3 nodes fit: 2 lack memory (needs 512 MiB, the best has 310 MiB free), 1 is cordoned". */
export function summarise(verdicts: readonly NodeVerdict[], requirements: Requirements): Reason {
  const reason = describeGroups(groupVerdicts(verdicts), verdicts.length, requestOf(requirements));
  const own = verdicts.find(({ nodeId }) => nodeId === requirements.node);
  return own ? { ...reason, message: describeOwnVerdict(own) } : reason;
}

const advantages: Record<Strategy, string> = {
  "round-robin": "first",
  spread: "the least loaded",
  binpack: "the fullest",
};

/** Why the node was chosen: "n2 by spread: 2 of 10 tasks, the least loaded of the 3 that fit among 5 nodes". */
export function summarisePlacement(verdicts: readonly NodeVerdict[], strategy: Strategy): string {
  const chosen = verdicts.find((node) => node.chosen);
  if (!chosen) return "its node is no longer registered";
  if (!chosen.fits) return `${chosen.hostname} by ${strategy}: it would not fit there now`;
  const fitting = verdicts.filter(({ fits }) => fits).length;
  const all = `${verdicts.length} nodes`;
  // Damped nodes have scores below zero.
  const steady = verdicts.some(({ score }) => score !== null && score >= 0);
  const end = steady ? "" : "; no steady node fits";
  if (fitting === 1) {
    // There is no turn among one node.
    const score = (chosen.scoreMessage ?? "").replace(/^\d+ nodes? (is|are) before it in turn(, but )?/, "");
    const only = verdicts.length === 1 ? "the only node" : `the only one of ${all} that fits`;
    return `${chosen.hostname} by ${strategy}: ${score === "" ? "" : `${score}, `}${only}${end}`;
  }
  const best = verdicts.every((one) => one.score === null || one === chosen || !isBetter(one, chosen));
  if (best && chosen.preference !== undefined) {
    const place = `first by its placement preferences of the ${fitting} that fit`;
    return `${chosen.hostname} by ${strategy}: ${chosen.scoreMessage}, ${place} among ${all}${end}`;
  }
  const place = best ? `${advantages[strategy]} of the ${fitting} that fit` : `one of ${fitting} that fit`;
  return `${chosen.hostname} by ${strategy}: ${chosen.scoreMessage}, ${place} among ${all}${end}`;
}
