// Damping of nodes that are lost again and again: how losses add up, how they are forgiven, and for how long a node must
// be steady before anything is placed on it. Pure: time is handed in.

import { fromTimestamp, toTimestamp } from "../../lib/clock.ts";
import { limits } from "../../model/limits.ts";
import type { Flapping } from "../../model/node/node.ts";

/** Losses that still count. */
export function countedLosses(flapping: Flapping | null | undefined, now: number): number {
  if (!flapping) return 0;
  const forgiven = Math.floor(Math.max(0, now - fromTimestamp(flapping.lostAt)) / limits.flapForgivenMs);
  return Math.max(0, flapping.losses - forgiven);
}

export function afterLoss(flapping: Flapping | null | undefined, now: number): Flapping {
  return { losses: countedLosses(flapping, now) + 1, lostAt: toTimestamp(now), steadyUntil: null, steadyMs: 0 };
}

/** The flap count of a node that is back, and whether the node is damped. Null if no loss counts any more. */
export function afterReturn(flapping: Flapping | null | undefined, now: number): Flapping | null {
  const losses = countedLosses(flapping, now);
  if (!flapping || losses === 0) return null;
  const beyond = losses - limits.flapLosses;
  if (beyond < 0) return { ...flapping, steadyUntil: null, steadyMs: 0 };
  const steadyMs = Math.min(limits.flapSteadyMs * 2 ** beyond, limits.flapSteadyMaxMs);
  return { ...flapping, steadyUntil: toTimestamp(now + steadyMs), steadyMs };
}
