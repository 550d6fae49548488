// The handlers of the cluster as a whole.

import type { clusterOperations } from "../../../api/operations/cluster.ts";
import type { HandlersOf } from "../../../api/server/call.ts";
import { ok } from "../../../lib/result.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";
import { Pruner } from "../pruner.ts";
import { rebalance } from "../rebalancing.ts";
import type { DurableReads, HandlerContext } from "./context.ts";

export function clusterHandlers(
  { backups, restores, watchers, loop, state, nodeHealth }: HandlerContext,
  reads: DurableReads,
): HandlersOf<typeof clusterOperations> {
  return {
    backup: (call) => {
      call.mayTakeLong();
      return backups.open();
    },
    restore: (call) => restores.restore(call.upload(), call.query),
    prune: async ({ query, origin }) => {
      await reads.durable();
      const pruner = new Pruner(loop, state, nodeHealth, origin);
      return pruner.prune(query.all ?? false);
    },
    rebalance: async ({ query, origin }) => {
      await reads.durable();
      return rebalance(loop, state, query, origin);
    },
    watch: async (call) => {
      await reads.durable();
      call.mayTakeLong();
      const last = lastEventId(call.headers);
      return last.ok ? watchers.watch(last.value ?? call.query.since) : last;
    },
  };
}

/** A browser that has received no event sends it empty. */
function lastEventId(headers: Headers): Outcome<number | null> {
  const last = headers.get("last-event-id") ?? "";
  if (last === "") return ok(null);
  if (/^\d{1,15}$/.test(last)) return ok(Number(last));
  return refuse("invalid-field", `the header Last-Event-ID is not a revision: ${JSON.stringify(last.slice(0, 80))}`, {
    hint: "Send the id of the last event unchanged, or leave the header out.",
    details: { field: "Last-Event-ID" },
  });
}
