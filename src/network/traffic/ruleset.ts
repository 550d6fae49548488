// The rules of one node: a pure function from a plan to two tables of nftables, one for IP and one for the bridge. They balance
// virtual addresses and published ports over endpoints, keep the networks of apps apart, and let only the bridge, other nodes
// and this machine reach containers. The README of this folder has the way of a packet.

import { assert } from "../../lib/assert.ts";
import { isInSubnet } from "../../lib/subnet.ts";
import { changeText, loadText, type NftChain, type NftSet, type NftTable } from "./nft-table.ts";
import { bridgeChains, nodeChains } from "./node-chains.ts";
import type {
  Balance,
  EndpointTraffic,
  NodeBridge,
  PublishedTraffic,
  ServiceTraffic,
  TrafficPlan,
} from "./traffic-plan.ts";

const tableName = "podling";

export interface Ruleset {
  readonly ip: NftTable;
  readonly bridge: NftTable;
}

type Sets = Map<string, NftSet>;
type Chains = Map<string, NftChain>;

/** All rules of a plan. */
export function rulesetOf(plan: TrafficPlan): Ruleset {
  const known = new Set(plan.networks.map((one) => one.networkId));
  for (const { address, networks } of plan.localTasks)
    for (const network of networks) assert(known.has(network), `the plan lacks network ${network} of ${address}`);
  return tablesOf(plan);
}

/** The text that replaces whatever rules there are by those of the plan, for `nft -f -`. */
export function loadOf(plan: TrafficPlan): string {
  const { ip, bridge } = rulesetOf(plan);
  return loadText(ip) + loadText(bridge);
}

/**
 * The text that leads from the rules of one plan to those of another; empty if they are equal. Its length follows from what
 * has changed, not from the size of the plan.
 */
export function changeOf(before: TrafficPlan, after: TrafficPlan): string {
  if (!same(before, after, ["ranges", "bridge", "peerInterfaces"])) return loadOf(after);
  return changeText(tablesOf(without(before, after)).ip, tablesOf(without(after, before)).ip);
}

/** The plan without the services, ports and networks that the other one has, too. */
function without(plan: TrafficPlan, other: TrafficPlan): TrafficPlan {
  return {
    ...plan,
    services: different(plan.services, other.services),
    published: different(plan.published, other.published),
    networks: different(plan.networks, other.networks),
  };
}

function different<T>(list: readonly T[], other: readonly T[]): readonly T[] {
  if (list === other) return [];
  const known = new Set(other);
  return list.filter((one) => !known.has(one));
}

function same<K extends keyof TrafficPlan>(left: TrafficPlan, right: TrafficPlan, fields: readonly K[]): boolean {
  return fields.every((field) => left[field] === right[field] || Bun.deepEquals(left[field], right[field]));
}

/** For a whole plan, or for a part of it: a network that is not in the part has rules all the same. */
function tablesOf(plan: TrafficPlan): Ruleset {
  const sets: Sets = new Map();
  const chains: Chains = new Map();
  addServices(plan.services, sets, chains);
  addPublished(plan, sets, chains);
  addNetworks(plan, sets, chains);
  for (const [name, chain] of nodeChains(plan)) chains.set(name, chain);
  return {
    ip: { family: "ip", name: tableName, sets, chains },
    bridge: { family: "bridge", name: tableName, sets: new Map(), chains: bridgeChains(plan.bridge) },
  };
}

// --- services ---------------------------------------------------------------------------------------------------------

function addServices(services: readonly ServiceTraffic[], sets: Sets, chains: Chains): void {
  const vips = new Map<string, string>();
  for (const service of services) {
    const name = chainName("service", service.serviceId);
    assert(!vips.has(service.vip), `two services have the address ${service.vip}`);
    vips.set(service.vip, `goto ${name}`);
    chains.set(name, serviceChain(service));
  }
  sets.set("vips", { type: "type ipv4_addr : verdict", elements: vips });
}

function serviceChain({ endpoints, balance }: ServiceTraffic): NftChain {
  const target = targetOf(addressesOf(endpoints), balance);
  return { hook: null, rules: target === null ? [] : [`dnat to ${target}`] };
}

/** Those that get new connections, in a fixed order, so that equal plans have equal rules. */
function addressesOf(endpoints: readonly EndpointTraffic[]): string[] {
  return [...new Set(endpoints.filter((one) => !one.draining).map((one) => one.address))].sort();
}

/** The expression that chooses one of the addresses, or null if there is none. */
function targetOf(addresses: readonly string[], balance: Balance): string | null {
  if (addresses.length < 2) return addresses[0] ?? null;
  const draw = balance === "client" ? "jhash ip saddr" : "numgen random";
  const choices = addresses.map((address, index) => `${index} : ${address}`).join(", ");
  return `${draw} mod ${addresses.length} map { ${choices} }`;
}

// --- published ports --------------------------------------------------------------------------------------------------

function addPublished({ published, bridge }: TrafficPlan, sets: Sets, chains: Chains): void {
  const ports = new Map<string, string>();
  for (const port of published) {
    const target = targetOf(nearest(port, bridge), port.balance);
    // Without an endpoint the machine itself refuses the connection, as for a port that is not published.
    if (target === null) continue;
    const name = `published-${port.protocol}-${port.port}`;
    ports.set(`${port.protocol} . ${port.port}`, `goto ${name}`);
    chains.set(name, { hook: null, rules: [`meta l4proto ${port.protocol} dnat to ${target}:${port.targetPort}`] });
  }
  sets.set("published", { type: "type inet_proto . inet_service : verdict", elements: ports });
}

function nearest({ endpoints, localFirst }: PublishedTraffic, { subnet }: NodeBridge): string[] {
  const all = addressesOf(endpoints);
  const local = localFirst ? all.filter((address) => isInSubnet(address, subnet)) : [];
  return local.length > 0 ? local : all;
}

// --- networks of apps -------------------------------------------------------------------------------------------------

function addNetworks({ networks, localTasks, ranges }: TrafficPlan, sets: Sets, chains: Chains): void {
  for (const { networkId, addresses } of networks) {
    const elements = new Map(addresses.map((address) => [address, ""]));
    sets.set(chainName("network", networkId), { type: "type ipv4_addr", elements });
  }
  const groups = new Map<string, string>();
  const hairpin = new Map<string, string>();
  for (const { address, networks: joined } of localTasks) {
    const group = groupName(joined);
    assert(!groups.has(address), `two tasks have the address ${address}`);
    groups.set(address, `goto ${group}`);
    hairpin.set(`${address} . ${address}`, "");
    if (!chains.has(group)) chains.set(group, groupChain(joined, ranges.tasks));
  }
  sets.set("groups", { type: "type ipv4_addr : verdict", elements: groups });
  sets.set("hairpin", { type: "type ipv4_addr . ipv4_addr", elements: hairpin });
}

/** Tasks with the same networks share a chain. */
function groupName(networks: readonly string[]): string {
  return chainName("from", ...[...networks].sort());
}

function groupChain(networks: readonly string[], taskRange: string): NftChain {
  const shared = [...networks].sort().map((network) => `ip daddr @${chainName("network", network)} accept`);
  return { hook: null, rules: [...shared, `ip daddr != ${taskRange} accept`, "goto refuse"] };
}

const namePattern = /^[a-zA-Z0-9_.-]+$/;
/** The kernel takes 255 characters. */
const nameLength = 200;

function chainName(prefix: string, ...parts: readonly string[]): string {
  for (const part of parts) assert(namePattern.test(part), `${part} cannot be part of the name of a chain`);
  const name = [prefix, parts.join("/")].join("-");
  return name.length <= nameLength ? name : `${prefix}-${Bun.hash(name).toString(36)}-${parts.length}`;
}
