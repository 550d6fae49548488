// The answer to one question about a name of the cluster. Pure, but for the order of addresses, which is drawn.

import type { Answer } from "dns-packet";
import { type Random, randomInteger } from "../../lib/random.ts";
import { domain, endpointName, type Named, type NameIndex } from "./name-table.ts";

/** A virtual address stays as long as its service. Replicas change: no client should keep them for long. */
export const ttlSeconds = 5;

export interface DnsAnswer {
  readonly code: "ok" | "no such name";
  readonly answers: readonly Answer[];
  /** Says for how long a client may keep that there is no such record. */
  readonly authorities: readonly Answer[];
  /** Addresses of the names in `answers`. */
  readonly additionals: readonly Answer[];
}

/** Null if other servers answer for this name. `client`: the address that asks. */
export function answerTo(
  index: NameIndex,
  { name, type }: { name: string; type: string },
  client: string,
  random: Random,
): DnsAnswer | null {
  const found = index.look(name, client);
  if (found.kind === "foreign") return null;
  if (found.kind === "unknown") return noRecords("no such name", index, name);
  const { answers, additionals } = recordsOf(found, name, type, random);
  if (answers.length === 0) return noRecords("ok", index, name);
  return { code: "ok", answers, authorities: [], additionals };
}

interface Records {
  answers: Answer[];
  additionals: Answer[];
}

/** All types exist for every name, most of them without a record: a client that gets "no such name" for AAAA asks no more. */
function recordsOf(found: Named, name: string, type: string, random: Random): Records {
  const wants = (one: string) => type === one || type === "ANY";
  if (found.kind === "domain") return { answers: [], additionals: [] };
  if (found.kind === "reverse") {
    return { answers: wants("PTR") ? [{ type: "PTR", name, ttl: ttlSeconds, data: found.name }] : [], additionals: [] };
  }
  if (found.kind === "port") return wants("SRV") ? portRecords(found, name, random) : { answers: [], additionals: [] };
  return {
    answers: wants("A") ? addressesOf(found, random).map((one) => addressRecord(name, one)) : [],
    additionals: [],
  };
}

function addressesOf(found: Named & { kind: "service" | "tasks" | "endpoint" }, random: Random): readonly string[] {
  if (found.kind === "endpoint") return [found.address];
  const { vip, endpoints } = found.service;
  return found.kind === "service" && vip !== null ? [vip] : shuffled(endpoints, random);
}

function portRecords({ service, port }: Named & { kind: "port" }, name: string, random: Random): Records {
  const addresses = shuffled(service.endpoints, random);
  const targets = addresses.map((address) => ({ address, target: endpointName(service, address) }));
  return {
    answers: targets.map(({ target }) => ({
      type: "SRV",
      name,
      ttl: ttlSeconds,
      data: { priority: 0, weight: 1, port, target },
    })),
    additionals: targets.map(({ address, target }) => addressRecord(target, address)),
  };
}

function addressRecord(name: string, data: string): Answer {
  return { type: "A", name, ttl: ttlSeconds, data };
}

/** Many clients take the first address only. */
function shuffled(addresses: readonly string[], random: Random): string[] {
  const order = [...addresses];
  for (let last = order.length - 1; last > 0; last--) {
    const other = randomInteger(random, last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

function noRecords(code: DnsAnswer["code"], { table }: NameIndex, name: string): DnsAnswer {
  const authorities: Answer[] = [];
  // For a name without the domain there is no zone that could say so.
  if (name.toLowerCase().endsWith(domain)) {
    authorities.push({
      type: "SOA",
      name: domain,
      ttl: ttlSeconds,
      data: {
        mname: `dns.${domain}`,
        rname: `hostmaster.${domain}`,
        serial: table.revision % 2 ** 32,
        refresh: 60,
        retry: 10,
        expire: 600,
        minimum: ttlSeconds,
      },
    });
  }
  return { code, answers: [], authorities, additionals: [] };
}
