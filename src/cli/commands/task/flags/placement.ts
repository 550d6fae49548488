// The flags that say where a task is best placed, beside its constraints. docker's names are accepted.

import type { Flag } from "../../../command/flag.ts";
import type { FlagValues } from "../../../command/flag-values.ts";

export const placementFlags: readonly Flag[] = [
  {
    long: "spread",
    aliases: ["placement-pref"],
    value: "LABEL",
    description: "spread over the values of a label of the nodes, such as zone",
    repeatable: true,
  },
  {
    long: "max-per-node",
    aliases: ["replicas-max-per-node"],
    value: "N",
    description: "at most so many of them on one node; 0 for no limit",
  },
  {
    long: "prefer",
    value: "LABEL=VALUE[:WEIGHT]",
    description: "prefer nodes with this label, where they fit: disk=ssd, disk=ssd:5",
    repeatable: true,
  },
  { long: "near", value: "SERVICE", description: "only on nodes that run a replica of the service", repeatable: true },
  { long: "apart", value: "SERVICE", description: "never on a node with a replica of the service", repeatable: true },
];

export const priorityFlag: Flag = {
  long: "priority",
  value: "N",
  description: "placed before tasks with a lower one, and in their place where no node has capacity; 0 by default",
};

export interface PlacementBody {
  spread?: string[];
  maxPerNode?: number;
  prefer?: string[];
  near?: string[];
  apart?: string[];
}

/** Only what is given; undefined if that is nothing. */
export function placementOf(flags: FlagValues): PlacementBody | undefined {
  const body: PlacementBody = {};
  for (const list of ["spread", "prefer", "near", "apart"] as const) {
    const words = flags.texts(list);
    if (words.length > 0) body[list] = [...words];
  }
  const most = flags.integer("max-per-node", 0, 1_000_000);
  if (most !== undefined) body.maxPerNode = most;
  return Object.keys(body).length === 0 ? undefined : body;
}
