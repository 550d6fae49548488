// The rules with real connections: two hosts, containers on their bridges, a client in the LAN. Both ways in which kernels pass
// bridged packets are tested: with the module br_netfilter in use, and without.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { NftFilter, runNft } from "../../src/network/nft/nft-filter.ts";
import type { LocalTask, TrafficPlan } from "../../src/network/traffic/traffic-plan.ts";
import { describeUnless } from "../../tools/lab/available.ts";
import { run } from "../../tools/lab/network.ts";
import { type Agent, type Answer, namesOf, type Result } from "./agent.ts";
import {
  agentIn,
  type Container,
  Host,
  inside,
  lanOf,
  namespace,
  namespacesAvailable,
  removeNamespaces,
} from "./namespaces.ts";
import { networksOf, planOf, service, serving } from "./plans.ts";

const vip = "10.211.0.1";
const emptyVip = "10.211.0.9";
const lan = { n1: "192.168.77.1", n2: "192.168.77.2", client: "192.168.77.9" };
const many = 60;

const tasks = (...list: [Container, ...string[]][]): LocalTask[] =>
  list.map(([{ address }, ...networks]) => ({ address, networks }));

for (const bridgedPacketsPass of [false, true]) {
  const kernel = bridgedPacketsPass ? "bridged packets pass the rules for IP" : "bridged packets pass no rules for IP";
  describeUnless(namespacesAvailable(), `traffic, ${kernel}`, () => {
    let n1: Host;
    let n2: Host;
    let client: Agent;
    let onN1: Agent;
    let [a, b, far, other] = [] as unknown as [Container, Container, Container, Container];
    let filters: NftFilter[];
    let onlyN1: TrafficPlan;

    /** The tasks of both hosts, `other` in another network; services as given. */
    const planFor = (host: Host, more: Partial<TrafficPlan>): TrafficPlan => {
      const local = host === n1 ? tasks([a, "shop"], [b, "shop"], [other, "blog"]) : tasks([far, "shop"]);
      const all = networksOf([...tasks([a, "shop"], [b, "shop"], [far, "shop"], [other, "blog"])]);
      return planOf(host, { ...all, localTasks: local, ...more });
    };
    const applyAll = (more: Partial<TrafficPlan>): Promise<unknown> =>
      Promise.all([n1, n2].map((host, index) => filters[index]!.apply(planFor(host, more))));
    const published = (endpoints: string[], localFirst = false) => ({
      ...{ protocol: "tcp" as const, port: 8080, targetPort: 8000, balance: "connection" as const },
      ...{ localFirst, endpoints: serving(...endpoints) },
    });

    beforeAll(async () => {
      [n1, n2] = (await Promise.all(
        [1, 2].map((number) => Host.make(`n${number}`, { number, bridgedPacketsPass })),
      )) as [Host, Host];
      const clientName = await namespace("client");
      const router = await namespace("router");
      await lanOf(router, [
        [n1.name, lan.n1],
        [n2.name, lan.n2],
        [clientName, lan.client],
      ]);
      await run(["ip", "-n", n1.name, "route", "add", n2.subnet, "via", lan.n2]);
      await run(["ip", "-n", n2.name, "route", "add", n1.subnet, "via", lan.n1]);
      await run(["ip", "-n", clientName, "route", "add", n1.subnet, "via", lan.n1]);
      await run(["ip", "-n", clientName, "route", "add", "10.211.0.0/16", "via", lan.n1]);
      [a, b, other] = [await n1.container("a"), await n1.container("b"), await n1.container("other")];
      far = await n2.container("far");
      client = await agentIn(clientName, "client");
      onN1 = await agentIn(n1.name, "n1");
      filters = [n1, n2].map((host) => new NftFilter(runNft(inside(host.name))));
      onlyN1 = planFor(n1, { services: [service("web", vip, serving(a.address, b.address))] });
    }, 30_000);
    afterAll(removeNamespaces);

    test("connections to a virtual address are spread over all endpoints, on every port and node", async () => {
      await far.agent.serve(9000);
      await applyAll({ services: [service("web", vip, serving(a.address, b.address, far.address))] });
      expect(namesOf(await a.agent.calls(vip, many))).toEqual(["a", "b", "far"]);
      expect(namesOf(await far.agent.calls(vip, many))).toEqual(["a", "b", "far"]);
      expect(namesOf(await onN1.calls(vip, many))).toEqual(["a", "b", "far"]);
      const datagrams = await Promise.all(Array.from({ length: many }, () => a.agent.datagram(vip)));
      expect(namesOf(datagrams)).toEqual(["a", "b", "far"]);
      await applyAll({ services: [service("web", vip, serving(far.address))] });
      expect(namesOf([await b.agent.call(vip, 9000)])).toEqual(["far"]);
    });

    test("an endpoint sees the address of its client, except a container that calls itself", async () => {
      await applyAll({ services: [service("web", vip, serving(b.address))] });
      expect(await a.agent.call(vip)).toEqual({ name: "b", from: a.address });
      expect(await b.agent.call(vip)).toEqual({ name: "b", from: n1.gateway });
      expect(await far.agent.call(vip)).toEqual({ name: "b", from: far.address });
    });

    test("with balance by client, all connections of one address go to the same endpoint", async () => {
      const one = { ...service("web", vip, serving(a.address, b.address, far.address)), balance: "client" as const };
      await applyAll({ services: [one] });
      expect(namesOf(await a.agent.calls(vip, many))).toHaveLength(1);
    });

    test("an endpoint that drains or goes keeps its connections, and gets no new ones", async () => {
      await applyAll({ services: [service("web", vip, serving(b.address))] });
      const kept = await a.agent.open(vip);
      expect(namesOf([kept.answer])).toEqual(["b"]);
      await applyAll({
        services: [service("web", vip, [...serving(far.address), { address: b.address, draining: true }])],
      });
      expect(namesOf(await a.agent.calls(vip, many))).toEqual(["far"]);
      expect(namesOf([await kept.ask()])).toEqual(["b"]);
      await applyAll({ services: [service("web", vip, serving(far.address))] });
      expect(namesOf([await kept.ask()])).toEqual(["b"]);
      await filters[0]!.apply(planFor(n1, { services: [] }));
      expect(namesOf([await kept.ask()])).toEqual(["b"]);
    });

    test("no connection fails while endpoints come and go", async () => {
      const all = [a, b, far].map(({ address }) => address);
      const one = (count: number) => service("web", vip, serving(...all.filter((_, number) => number !== count % 4)));
      await applyAll({ services: [one(3)] });
      let isDone = false;
      const callAll = async (): Promise<Result[]> => {
        const results: Result[] = [];
        do results.push(...(await a.agent.calls(vip, many)));
        while (!isDone);
        return results;
      };
      const calls = callAll();
      for (let count = 0; count < 40; count++) await applyAll({ services: [one(count)] });
      isDone = true;
      expect((await calls).filter((result) => typeof result === "string")).toEqual([]);
    });

    test("a virtual address without endpoints refuses at once", async () => {
      await applyAll({ services: [service("web", vip, serving(b.address)), service("none", emptyVip, [])] });
      for (const where of [emptyVip, "10.211.200.200"]) {
        expect(await a.agent.call(where)).toBe("refused");
        expect(await a.agent.datagram(where)).toBe("refused");
        expect(await onN1.call(where)).toBe("refused");
      }
    });

    test("tasks reach those of their networks, by address and by service, and no others", async () => {
      const services = [service("web", vip, serving(a.address)), service("posts", emptyVip, serving(other.address))];
      await applyAll({ services });
      expect(namesOf([await a.agent.call(b.address), await a.agent.call(far.address)])).toEqual(["b", "far"]);
      expect(namesOf([await other.agent.call(emptyVip)])).toEqual(["other"]);
      for (const [from, to] of [
        [a, other.address],
        [a, emptyVip],
        [other, a.address],
        [other, far.address],
        [other, vip],
      ] as const)
        expect([from.name, to, await from.agent.call(to)]).toEqual([from.name, to, "refused"]);
      const shared = [...tasks([a, "shop"], [b, "shop"]), ...tasks([other, "blog", "shop"])];
      await filters[0]!.apply(planOf(n1, { ...networksOf(shared), services }));
      expect(namesOf([await other.agent.call(vip)])).toEqual(["a"]);
      expect(namesOf([await a.agent.call(other.address)])).toEqual(["other"]);
    });

    test("a container that no plan names reaches no task", async () => {
      await filters[0]!.apply({ ...onlyN1, localTasks: tasks([a, "shop"]) });
      expect(await other.agent.call(a.address)).toBe("timeout");
    });

    test("from outside, containers and virtual addresses are reached by published ports only", async () => {
      await applyAll({ services: [service("web", vip, serving(a.address))], published: [published([a.address])] });
      expect(await client.call(a.address)).toBe("timeout");
      expect(await client.call(vip)).toBe("refused");
      expect(await client.call(lan.n1, 8080)).toEqual({ name: "a", from: lan.client });
      expect(await client.call(lan.n1, 8081)).toBe("refused");
    });

    test("a published port leads from every node to every endpoint, and local ones may come first", async () => {
      await applyAll({ published: [published([a.address, far.address])] });
      expect(namesOf(await client.calls(lan.n1, many, 8080))).toEqual(["a", "far"]);
      expect(namesOf(await client.calls(lan.n2, many, 8080))).toEqual(["a", "far"]);
      await applyAll({ published: [published([a.address, far.address], true)] });
      const answers: Result[] = await client.calls(lan.n2, 10, 8080);
      expect(namesOf(answers)).toEqual(["far"]);
      expect(new Set(answers.map((one) => (one as Answer).from))).toEqual(new Set([lan.client]));
      await applyAll({ published: [published([far.address])] });
      expect(namesOf(await client.calls(lan.n1, 3, 8080))).toEqual(["far"]);
    });

    test("a published port is reached from its own machine and from containers of other apps", async () => {
      await applyAll({ published: [published([a.address, far.address])] });
      await n1.set("net.ipv4.conf.lan0.route_localnet", 1);
      expect(namesOf(await onN1.calls("127.0.0.1", many, 8080))).toEqual(["a", "far"]);
      expect(namesOf(await onN1.calls(lan.n1, many, 8080))).toEqual(["a", "far"]);
      expect(namesOf(await other.agent.calls(lan.n1, many, 8080))).toEqual(["a", "far"]);
      await applyAll({ published: [] });
      expect(await onN1.call("127.0.0.1", 8080)).toBe("refused");
    });

    test("containers reach the outside with the address of their node", async () => {
      await client.serve(8000);
      await applyAll({});
      expect(await a.agent.call(lan.client)).toEqual({ name: "client", from: lan.n1 });
    });
  });
}
