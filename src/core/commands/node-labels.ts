// The labels of a node: those that its worker declares, and over them those that users set, which stay when the worker
// registers again.

import { ok } from "../../lib/result.ts";
import { limits } from "../../model/limits.ts";
import type { NodeRecord } from "../../model/node/node.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { findNode } from "../state/lookup.ts";
import type { Command, Decision } from "./command.ts";

type Labels = Readonly<Record<string, string>>;

export function decideLabels(
  state: ClusterState,
  { nodeId, set, remove }: Extract<Command, { type: "labelNode" }>,
): Outcome<Decision> {
  const found = findNode(state, nodeId);
  if (!found.ok) return found;
  const node = found.value;
  const own = node.workerLabels ?? node.labels;
  const mine = new Map(Object.entries(node.userLabels ?? {}));
  for (const key of remove) {
    // Taking back what is not there is granted, so that a request can be repeated.
    if (!mine.delete(key) && Object.hasOwn(own, key)) return refuseWorkersLabel(node, key, own[key]!);
  }
  for (const [key, value] of Object.entries(set)) mine.set(key, value);
  if (mine.size > limits.labelCount) {
    return refuse("unprocessable", `${node.hostname} would have ${mine.size} labels that users set`, {
      hint: `Take some back: a node may have ${limits.labelCount}.`,
      details: { nodeId, field: "set" },
    });
  }
  const wanted = labelsOf(own, mine.size === 0 ? null : Object.fromEntries(mine));
  const granted = { nodeId };
  if (same(node.userLabels, wanted.userLabels) && same(node.labels, wanted.labels)) return ok({ changes: [], granted });
  return ok({ changes: [{ type: "node.updated", id: nodeId, set: wanted }], granted });
}

/** The fields of the record for the worker's labels `own`, and those of users. */
export function labelsOf(
  own: Labels,
  userLabels: Labels | null,
): Pick<NodeRecord, "labels" | "userLabels" | "workerLabels"> {
  if (userLabels === null) return { labels: own, userLabels, workerLabels: null };
  return { labels: { ...own, ...userLabels }, userLabels, workerLabels: own };
}

function refuseWorkersLabel({ hostname, nodeId }: NodeRecord, key: string, value: string): Outcome<never> {
  const label = value === "" ? key : `${key}=${value}`;
  return refuse("unprocessable", `${label} is a label that the worker of ${hostname} declares`, {
    hint: `Start its worker without it, or set another value: podling node label ${hostname} ${key}=VALUE.`,
    details: { nodeId, field: "remove", key },
  });
}

function same(left: Labels | null, right: Labels | null): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
