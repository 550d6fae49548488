// The text of the rules, without a kernel: what a change contains, and which plans are refused. test/network has the same rules
// in a kernel, with connections.

import { expect, test } from "bun:test";
import { changeOf, loadOf, rulesetOf } from "./ruleset.ts";
import type { EndpointTraffic, ServiceTraffic, TrafficPlan } from "./traffic-plan.ts";

const serving = (...addresses: string[]): EndpointTraffic[] =>
  addresses.map((address) => ({ address, draining: false }));

const service = (serviceId: string, vip: string, endpoints: EndpointTraffic[]): ServiceTraffic => ({
  serviceId,
  vip,
  balance: "connection",
  endpoints,
});

const plan: TrafficPlan = {
  ranges: { tasks: "10.210.0.0/16", services: "10.211.0.0/16" },
  bridge: {
    name: "podling",
    subnet: "10.210.1.0/24",
    gateway: "10.210.1.1",
    hardwareAddress: "02:50:0a:d2:01:01",
  },
  peerInterfaces: [],
  services: [service("web", "10.211.0.1", serving("10.210.1.3", "10.210.1.2")), service("db", "10.211.0.2", [])],
  published: [],
  networks: [{ networkId: "shop", addresses: ["10.210.1.2", "10.210.1.3"] }],
  localTasks: [
    { address: "10.210.1.2", networks: ["shop"] },
    { address: "10.210.1.3", networks: ["shop"] },
  ],
};

const rulesOf = (one: TrafficPlan, chain: string) => rulesetOf(one).ip.chains.get(chain)?.rules;

test("a service balances over what serves, in a fixed order", () => {
  expect(rulesOf(plan, "service-web")).toEqual(["dnat to numgen random mod 2 map { 0 : 10.210.1.2, 1 : 10.210.1.3 }"]);
  expect(rulesOf(plan, "service-db")).toEqual([]);
  const draining = [...serving("10.210.1.3"), { address: "10.210.1.2", draining: true }];
  const other = { ...plan, services: [service("web", "10.211.0.1", draining)] };
  expect(rulesOf(other, "service-web")).toEqual(["dnat to 10.210.1.3"]);
  const byClient = { ...plan, services: [{ ...plan.services[0]!, balance: "client" as const }] };
  expect(rulesOf(byClient, "service-web")?.[0]).toStartWith("dnat to jhash ip saddr mod 2 map");
});

test("published ports: local endpoints first where that is wanted, no rule without an endpoint", () => {
  const port = { protocol: "udp", port: 53, targetPort: 5353, balance: "connection", localFirst: true } as const;
  const withPort = (endpoints: EndpointTraffic[]) => ({ ...plan, published: [{ ...port, endpoints }] });
  expect(rulesOf(withPort(serving("10.210.1.2", "10.210.2.2")), "published-udp-53")).toEqual([
    "meta l4proto udp dnat to 10.210.1.2:5353",
  ]);
  expect(rulesOf(withPort(serving("10.210.2.2")), "published-udp-53")).toEqual([
    "meta l4proto udp dnat to 10.210.2.2:5353",
  ]);
  expect(rulesOf(withPort([]), "published-udp-53")).toBeUndefined();
});

test("a change names what has changed only", () => {
  const services = [service("web", "10.211.0.1", serving("10.210.1.3")), plan.services[1]!];
  expect(changeOf(plan, { ...plan, services })).toBe(
    "flush chain ip podling service-web\nadd rule ip podling service-web dnat to 10.210.1.3\n",
  );
  expect(changeOf(plan, { ...plan, services: structuredClone([...plan.services]) })).toBe("");
  expect(changeOf(plan, structuredClone(plan))).toBe("");
});

test("a service that goes is no longer led to before its chain goes", () => {
  expect(changeOf(plan, { ...plan, services: plan.services.slice(1) })).toBe(
    [
      "delete element ip podling vips { 10.211.0.1 : goto service-web }",
      "flush chain ip podling service-web",
      "delete chain ip podling service-web",
      "",
    ].join("\n"),
  );
});

test("another bridge or another peer interface is a load", () => {
  const after = { ...plan, peerInterfaces: ["eth0"] };
  expect(changeOf(plan, after)).toBe(loadOf(after));
});

test("plans that would mix up addresses or rules are refused", () => {
  const twice = [...plan.services, service("api", "10.211.0.1", [])];
  expect(() => rulesetOf({ ...plan, services: twice })).toThrow("two services have the address 10.211.0.1");
  const sameAddress = [...plan.localTasks, plan.localTasks[0]!];
  expect(() => rulesetOf({ ...plan, localTasks: sameAddress })).toThrow("two tasks have the address 10.210.1.2");
  expect(() => rulesetOf({ ...plan, networks: [] })).toThrow("the plan lacks network shop of 10.210.1.2");
  const bad = [service("web { }", "10.211.0.1", [])];
  expect(() => rulesetOf({ ...plan, services: bad })).toThrow("cannot be part of the name of a chain");
});

test("tasks with many networks have a chain with a short name", () => {
  const networks = Array.from({ length: 40 }, (_, index) => `network-${index}`);
  const many: TrafficPlan = {
    ...plan,
    networks: networks.map((networkId) => ({ networkId, addresses: ["10.210.1.2"] })),
    localTasks: [{ address: "10.210.1.2", networks }],
  };
  const names = [...rulesetOf(many).ip.chains.keys()];
  expect(Math.max(...names.map((name) => name.length))).toBeLessThan(250);
  expect(rulesetOf(many).ip.sets.get("groups")!.elements.get("10.210.1.2")).toMatch(/^goto from-[0-9a-z]+-40$/);
});
