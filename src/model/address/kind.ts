// The record kind of addresses that the cluster gives.

import type { Kind } from "../kinds/kind.ts";
import { limits } from "../limits.ts";
import { type Address, type AddressId, addressSpaces } from "./address.ts";

export type AddressUpdate = Pick<Address, "restsUntil">;

export const addressKind: Kind<AddressId, Address, Address, AddressUpdate, "addresses", null> = {
  plural: "addresses",
  position: 13,
  idOf: ({ address }) => address as AddressId,
  pack: (address) => address,
  unpack: (packed) => packed,
  update: (address, set) => ({ ...address, ...set }),
  view: (address) => address,
  summary: ({ address, owner, restsUntil }) => ({
    name: address,
    status: restsUntil === null ? `${owner.kind} ${owner.id}` : "rests",
    live: false,
  }),
  stream: null,
  loadSchema: async () => (await import("./schema.ts")).address,
  migrations: [],
  limit: addressSpaces.service.size + addressSpaces.node.size,
  retention: `as long as its owner has it, and ${limits.addressRestMs / 60_000} min after`,
};
