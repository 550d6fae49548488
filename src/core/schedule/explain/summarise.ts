// One sentence from a whole matrix: why nothing fits, or why this node was the one.

import type { Strategy } from "../../../model/cluster/cluster.ts";
import type { NodeVerdict } from "../../../model/explanation.ts";
import type { Reason } from "../../../model/task/reason.ts";
import type { Requirements } from "../../../model/task/requirements.ts";
import { wishOf } from "../filters.ts";
import { describeGroups, groupVerdicts } from "./failure.ts";

export { smallestChange } from "./smallest-change.ts";

/** "0 of 3 nodes fit: 2 lack memory (needs 512 MiB, the best has 310 MiB free), 1 is cordoned". */
export function summarise(verdicts: readonly NodeVerdict[], spec: Requirements): Reason {
  return describeGroups(groupVerdicts(verdicts), verdicts.length, wishOf(spec));
}

const advantages: Record<Strategy, string> = {
  "round-robin": "the first in turn",
  spread: "the least loaded",
  binpack: "the fullest",
};

/** Why the chosen node was the one: "n2 by spread: 2 of 10 tasks, the least loaded of 3 nodes that fit, of 5". */
export function summarisePlacement(verdicts: readonly NodeVerdict[], strategy: Strategy): string {
  const chosen = verdicts.find((node) => node.chosen);
  if (!chosen) return "its node is no longer registered";
  if (!chosen.fits) return `${chosen.hostname} by ${strategy}: it would not fit there any more`;
  const fitting = verdicts.filter(({ fits }) => fits).length;
  const all = `${verdicts.length} ${verdicts.length === 1 ? "node" : "nodes"}`;
  if (fitting === 1)
    return `${chosen.hostname} by ${strategy}: ${chosen.scoreMessage}, the only one of ${all} that fits`;
  const best = verdicts.every(({ score }) => score === null || score <= chosen.score!);
  const place = best ? `${advantages[strategy]} of the ${fitting} that fit` : `one of ${fitting} that fit`;
  return `${chosen.hostname} by ${strategy}: ${chosen.scoreMessage}, ${place} among ${all}`;
}
