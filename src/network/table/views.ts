// The rules, the names and the peers of one node, from the table of the cluster. Pure. A view that is made after a change has the
// objects of the one before wherever they are equal, so that the change of the rules is small.

import type { NamedService, NameTable } from "../dns/name-table.ts";
import type { Peer } from "../machine-network.ts";
import type {
  EndpointTraffic,
  LocalTask,
  NetworkTraffic,
  NodeBridge,
  PublishedTraffic,
  ServiceTraffic,
  TrafficPlan,
} from "../traffic/traffic-plan.ts";
import type { NetworkTable, TableService, TableTask } from "./network-table.ts";

export interface OwnNode {
  readonly nodeId: string;
  readonly bridge: NodeBridge;
  readonly peerInterfaces: readonly string[];
}

/** `before`: the plan of the table before this one; null: none. */
export function trafficOf(table: NetworkTable, own: OwnNode, before: TrafficPlan | null): TrafficPlan {
  const endpoints = endpointsOf(table.tasks);
  const of = ({ serviceId }: TableService): EndpointTraffic[] => endpoints.get(serviceId) ?? [];
  const services = table.services.flatMap((service): ServiceTraffic[] => {
    const { serviceId, vip, balance } = service;
    return vip === null ? [] : [{ serviceId, vip, balance, endpoints: of(service) }];
  });
  const published = table.services.flatMap((service): PublishedTraffic[] =>
    service.published.map((port) => ({ ...port, balance: service.balance, endpoints: of(service) })),
  );
  return {
    ranges: table.ranges,
    bridge: own.bridge,
    peerInterfaces: own.peerInterfaces,
    services: kept(services, before?.services, ({ serviceId }) => serviceId),
    published: kept(onePerPort(published), before?.published, portKey),
    networks: kept(networksOf(table.tasks), before?.networks, ({ networkId }) => networkId),
    localTasks: kept(localTasksOf(table.tasks, own.nodeId), before?.localTasks, ({ address }) => address),
  };
}

/** Ready ones, and those that drain. */
function endpointsOf(tasks: readonly TableTask[]): Map<string, EndpointTraffic[]> {
  const found = new Map<string, EndpointTraffic[]>();
  for (const { serviceId, address, state } of tasks) {
    if (serviceId === null || state === "starting") continue;
    const list = found.get(serviceId) ?? [];
    list.push({ address, draining: state === "draining" });
    found.set(serviceId, list);
  }
  for (const list of found.values()) list.sort((left, right) => (left.address < right.address ? -1 : 1));
  return found;
}

function networksOf(tasks: readonly TableTask[]): NetworkTraffic[] {
  const members = new Map<string, string[]>();
  for (const { apps, address } of tasks) {
    for (const app of apps) {
      const list = members.get(app) ?? [];
      list.push(address);
      members.set(app, list);
    }
  }
  return [...members].map(([networkId, addresses]) => ({ networkId, addresses: addresses.sort() }));
}

function localTasksOf(tasks: readonly TableTask[], nodeId: string): LocalTask[] {
  return tasks.filter((task) => task.nodeId === nodeId).map(({ address, apps }) => ({ address, networks: apps }));
}

const portKey = ({ protocol, port }: PublishedTraffic): string => `${protocol} ${port}`;

/** The first service of the table that publishes a port has it. */
function onePerPort(published: readonly PublishedTraffic[]): PublishedTraffic[] {
  const found = new Map<string, PublishedTraffic>();
  for (const one of published) if (!found.has(portKey(one))) found.set(portKey(one), one);
  return [...found.values()];
}

/** Each as it was before, if it is equal; the list itself if nothing has changed. */
function kept<T>(list: readonly T[], before: readonly T[] | undefined, keyOf: (one: T) => string): readonly T[] {
  if (before === undefined) return list;
  const known = new Map(before.map((one) => [keyOf(one), one]));
  const result = list.map((one) => {
    const other = known.get(keyOf(one));
    return other !== undefined && Bun.deepEquals(other, one) ? other : one;
  });
  return result.length === before.length && result.every((one, index) => one === before[index]) ? before : result;
}

/** The names that the containers of a node ask for. */
export function namesOf(table: NetworkTable, nodeId: string): NameTable {
  const ready = new Map<string, string[]>();
  const clients: Record<string, readonly string[]> = {};
  for (const task of table.tasks) {
    if (task.nodeId === nodeId) clients[task.address] = task.apps;
    if (task.serviceId === null || task.state !== "ready") continue;
    ready.set(task.serviceId, [...(ready.get(task.serviceId) ?? []), task.address]);
  }
  const services = table.services.map(({ serviceId, app, name, aliases, vip, ports }): NamedService => {
    return { app, name, aliases, vip, endpoints: (ready.get(serviceId) ?? []).sort(), ports };
  });
  return { revision: table.revision, ranges: Object.values(table.ranges), services, clients };
}

/** The other nodes. */
export function peersOf({ nodes }: NetworkTable, nodeId: string): Peer[] {
  return nodes.filter((node) => node.nodeId !== nodeId).map(({ subnet, address }) => ({ subnet, address }));
}
