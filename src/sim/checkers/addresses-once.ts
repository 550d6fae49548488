// Addresses of the cluster: each has one owner, each owner has one, and one that was given up rests.

import { addressSpaces } from "../../model/address/address.ts";
import { limits } from "../../model/limits.ts";
import { networkApp } from "../../model/task/cluster-network.ts";
import { changesOf } from "../run/truth.ts";
import type { Checker } from "./checker.ts";

export const addressesOnce: Checker = {
  name: "addresses-once",
  sentence: "An address has one owner, an owner one address, and an address is given to another only after its rest.",
  class: "safety",
  hooks: ({ truth }, fail) => {
    /** Who has each address, by owner. */
    const owned = new Map<string, string>();
    /** When each address was given up, in ms since the epoch. */
    const freedAt = new Map<string, number>();
    return {
      batch(certain) {
        for (const { before, after } of changesOf(certain, "address")) {
          const { address, owner } = (after ?? before)!;
          const key = `${owner.kind} ${owner.id}`;
          if (before?.restsUntil === null && after?.restsUntil !== null) {
            owned.delete(key);
            freedAt.set(address, certain.batch.at);
          }
          if (after?.restsUntil !== null || before?.restsUntil === null) continue;
          if (addressSpaces[owner.kind].numberOf(address) < 0) fail(`${address} is no address of a ${owner.kind}`);
          const other = owned.get(key);
          if (other !== undefined) fail(`${key} has ${other} and ${address}`);
          owned.set(key, address);
          const restedMs = certain.batch.at - (freedAt.get(address) ?? Number.NEGATIVE_INFINITY);
          if (restedMs < limits.addressRestMs) fail(`${address} was given to ${key} after ${restedMs} ms`);
        }
      },
      quiescent() {
        const { state } = truth;
        for (const { serviceId, name, network } of state.tables.service.values())
          if (network && !owned.has(`service ${serviceId}`)) fail(`the service ${name} has no virtual address`);
        for (const { name, placement, ended, spec } of state.tasks.values()) {
          if (placement === null || ended !== null || networkApp(spec.containers) === null) continue;
          if (!owned.has(`node ${placement.nodeId}`)) fail(`the node of ${name} has no addresses for its tasks`);
        }
      },
    };
  },
};
