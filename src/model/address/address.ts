// Addresses that the cluster gives: a virtual address for each service with a network, and a range of addresses for each node
// that runs tasks of one.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import { addressNumber, addressText, parseSubnet, type Subnet } from "../../lib/subnet.ts";
import type * as schema from "./schema.ts";

/** The address itself. */
export type AddressId = string & { readonly kind: "address" };

export type Address = DeepReadonly<z.output<typeof schema.address>>;
export type AddressOwner = Address["owner"];
export type OwnerKind = AddressOwner["kind"];

/** What the cluster gives addresses from. */
export const ranges = { tasks: "10.210.0.0/16", services: "10.211.0.0/16" } as const;

/** As many tasks as an engine runs well: two addresses are those of the network itself, one is the bridge's. */
const nodeBits = 24;
const perNode = 2 ** (32 - nodeBits);

/** Addresses of one kind of owner, by number from 0. */
export interface AddressSpace {
  readonly size: number;
  at(number: number): AddressId;
  /** The number of an address; -1 if it is not of this space. */
  numberOf(address: string): number;
}

export const addressSpaces: Readonly<Record<OwnerKind, AddressSpace>> = {
  service: virtualAddresses(parseSubnet(ranges.services)!),
  node: nodeRanges(parseSubnet(ranges.tasks)!),
};

/** The first and the last of a range are those of the network itself, for programs that take the range for one. */
function virtualAddresses({ first, size }: Subnet): AddressSpace {
  return {
    size: size - 2,
    at: (number) => addressText(first + 1 + number) as AddressId,
    numberOf: (address) => within(addressNumber(address) - first - 1, size - 2),
  };
}

function nodeRanges({ first, size }: Subnet): AddressSpace {
  return {
    size: size / perNode,
    at: (number) => `${addressText(first + number * perNode)}/${nodeBits}` as AddressId,
    numberOf: (address) => {
      const [start, bits] = address.split("/");
      return bits === String(nodeBits) ? within((addressNumber(start!) - first) / perNode, size / perNode) : -1;
    },
  };
}

function within(number: number, size: number): number {
  return Number.isInteger(number) && number >= 0 && number < size ? number : -1;
}
