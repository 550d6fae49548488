// Plans of traffic for tests: a host with its containers, and random ones. Test support.

import { type Random, randomInteger, randomItem } from "../../src/lib/random.ts";
import type {
  EndpointTraffic,
  LocalTask,
  NetworkTraffic,
  PublishedTraffic,
  ServiceTraffic,
  TrafficPlan,
} from "../../src/network/traffic/traffic-plan.ts";

export const ranges = { tasks: "10.210.0.0/16", services: "10.211.0.0/16" };

interface HostParts {
  subnet: string;
  gateway: string;
  hardwareAddress: string;
}

export function planOf(host: HostParts, more: Partial<TrafficPlan>): TrafficPlan {
  const { subnet, gateway, hardwareAddress } = host;
  return {
    ranges,
    bridge: { name: "podling", subnet, gateway, hardwareAddress },
    peerInterfaces: ["lan0"],
    services: [],
    published: [],
    networks: [],
    localTasks: [],
    ...more,
  };
}

export const serving = (...addresses: string[]): EndpointTraffic[] =>
  addresses.map((address) => ({ address, draining: false }));

export function service(serviceId: string, vip: string, endpoints: EndpointTraffic[]): ServiceTraffic {
  return { serviceId, vip, balance: "connection", endpoints };
}

/** The networks of these tasks, all of one node. */
export function networksOf(localTasks: readonly LocalTask[]): Pick<TrafficPlan, "networks" | "localTasks"> {
  const members = new Map<string, string[]>();
  for (const { address, networks } of localTasks) {
    for (const network of networks) members.set(network, [...(members.get(network) ?? []), address]);
  }
  return { localTasks, networks: [...members].map(([networkId, addresses]) => ({ networkId, addresses })) };
}

export const emptyPlan = planOf(
  { subnet: "10.210.1.0/24", gateway: "10.210.1.1", hardwareAddress: "02:50:0a:d2:01:01" },
  {},
);

/** A plan that differs from the other one in a few places. Objects that did not change are the same ones. */
export function changedPlan(plan: TrafficPlan, random: Random): TrafficPlan {
  let next = plan;
  for (let count = 1 + randomInteger(random, 3); count > 0; count--) next = randomItem(random, changes)(next, random);
  return next;
}

const address = (random: Random) => `10.210.${randomInteger(random, 3)}.${2 + randomInteger(random, 30)}`;

function endpoints(random: Random): EndpointTraffic[] {
  const all = Array.from({ length: randomInteger(random, 5) }, () => address(random));
  return [...new Set(all)].map((one) => ({ address: one, draining: random.next() < 0.2 }));
}

/** Removes the one that has this key, and adds the other one if there is one. */
function replaced<T>(list: readonly T[], isIt: (one: T) => boolean, by: T | null): T[] {
  return [...list.filter((one) => !isIt(one)), ...(by === null ? [] : [by])];
}

type PlanChange = (plan: TrafficPlan, random: Random) => TrafficPlan;

const changeService: PlanChange = (plan, random) => {
  const number = randomInteger(random, 6);
  const vip = `10.211.0.${1 + randomInteger(random, 8)}`;
  const kept = plan.services.filter((one) => one.vip !== vip);
  const balance = randomItem(random, ["connection", "client"] as const);
  const one: ServiceTraffic = { serviceId: `s${number}`, vip, balance, endpoints: endpoints(random) };
  return {
    ...plan,
    services: replaced(kept, ({ serviceId }) => serviceId === one.serviceId, random.next() < 0.2 ? null : one),
  };
};

const changePublished: PlanChange = (plan, random) => {
  const one: PublishedTraffic = {
    protocol: randomItem(random, ["tcp", "udp"] as const),
    port: 8080 + randomInteger(random, 3),
    targetPort: 80 + randomInteger(random, 2),
    balance: "connection",
    localFirst: random.next() < 0.5,
    endpoints: endpoints(random),
  };
  const isIt = ({ protocol, port }: PublishedTraffic) => protocol === one.protocol && port === one.port;
  return { ...plan, published: replaced(plan.published, isIt, random.next() < 0.2 ? null : one) };
};

const changeTasks: PlanChange = (plan, random) => {
  const where = `10.210.1.${2 + randomInteger(random, 12)}`;
  const joined = ["a", "b", "c"].filter(() => random.next() < 0.4);
  const task: LocalTask = { address: where, networks: joined };
  const localTasks = replaced(plan.localTasks, (one) => one.address === where, random.next() < 0.3 ? null : task);
  const wanted = networksOf(localTasks).networks;
  const networks = wanted.map((network) => plan.networks.find((one) => sameNetwork(one, network)) ?? network);
  return { ...plan, localTasks, networks };
};

function sameNetwork(left: NetworkTraffic, right: NetworkTraffic): boolean {
  return Bun.deepEquals(left, right);
}

const changePeers: PlanChange = (plan, random) =>
  random.next() < 0.8 ? plan : { ...plan, peerInterfaces: random.next() < 0.5 ? [] : ["lan0", "podling-wg"] };

const changes: PlanChange[] = [changeService, changeService, changePublished, changeTasks, changeTasks, changePeers];
