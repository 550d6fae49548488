// Refuses a command that would create more records of a kind than its descriptor allows. Replacements of lost tasks are a
// reconciler's, and are not refused.

import { type Change, parseChangeType } from "../../model/change.ts";
import { type AnyKind, type KindName, kinds } from "../../model/kinds/kinds.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import { mostReplicas } from "../../model/service/service.ts";
import type { ClusterState } from "../state/cluster-state.ts";

/** Null if every kind stays within its limit. */
export function refuseBeyondLimit(
  { tables }: Pick<ClusterState, "tables">,
  changes: readonly Change[],
): Outcome<never> | null {
  const created = changes.length > 1 ? new Map<KindName, number>() : null;
  for (const change of changes) {
    if (!("record" in change)) continue;
    const { kind } = parseChangeType(change.type)!;
    const earlier = created?.get(kind) ?? 0;
    const count = tables[kind].size + earlier;
    if (count >= kinds[kind].limit) return refusalOf(kind, count);
    created?.set(kind, earlier + 1);
  }
  return null;
}

/** Null if all services together want no more replicas than before, or not too many. A global service counts each node. */
export function refuseMoreReplicas(
  { tables, wantedReplicas: before }: Pick<ClusterState, "tables" | "wantedReplicas">,
  changes: readonly Change[],
): Outcome<never> | null {
  const nodes = tables.node.size;
  let more = 0;
  for (const change of changes) {
    if (change.type === "service.created") more += mostReplicas(change.record, nodes);
    if (change.type !== "service.updated" || !change.set.mode) continue;
    const service = tables.service.get(change.id);
    more += mostReplicas({ mode: change.set.mode }, nodes) - (service ? mostReplicas(service, nodes) : 0);
  }
  const count = before + more;
  if (more <= 0 || count <= limits.replicasInAll) return null;
  const message = `all services together would have ${count} replicas, and ${limits.replicasInAll} is the limit`;
  const hint = "Scale services down first: podling service ls shows them.";
  return refuse("too-many", message, { hint, details: { what: "replicas", count } });
}

function refusalOf(kind: KindName, count: number): Outcome<never> {
  const { plural, whenFull } = kinds[kind] as AnyKind;
  const { message, hint } = whenFull?.(count) ?? {
    message: `the cluster holds ${count} ${plural}, which is its limit`,
    hint: `Remove ${plural} that are no longer needed.`,
  };
  return refuse("too-many", message, { hint, details: { what: plural, count } });
}
