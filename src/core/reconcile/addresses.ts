// Gives addresses of the cluster: a virtual address to each service with a network, a range to each node that runs a task of one.
// An address that its owner does not want any more rests, before it is given again. If none is free, its owner waits.

import { toTimestamp } from "../../lib/clock.ts";
import type { OwnerKind } from "../../model/address/address.ts";
import type { Change } from "../../model/change.ts";
import { limits } from "../../model/limits.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { ReconcileContext, Reconciler } from "./reconciler.ts";

export const addresses: Reconciler = {
  name: "addresses",
  run: giveAddresses,
  // An address that has rested is free with the next tick, whatever it is for: only an owner that waits for one needs a tick.
  nextDue: ({ addresses: book }, { now }) => {
    if (book.hasWork) return now;
    return book.isShort ? book.resting.first : null;
  },
};

function* giveAddresses({ addresses: book }: ClusterState, { now }: ReconcileContext): Generator<Change> {
  for (const id of book.resting.until(now)) yield { type: "address.removed", id };
  const restsUntil = toTimestamp(now + limits.addressRestMs);
  for (const id of book.orphans) yield { type: "address.updated", id, set: { restsUntil } };
  const full = new Set<OwnerKind>();
  for (const owner of book.lacking) {
    const address = full.has(owner.kind) ? null : book.free(owner.kind);
    if (address === null) full.add(owner.kind);
    else yield { type: "address.created", record: { address, owner, givenAt: toTimestamp(now), restsUntil: null } };
  }
}
