// Containers of real engines on two hosts, in a network of the cluster: their addresses, the rules, the names and the routes, put
// together by hand as a worker is to do it.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { containerLabels } from "../../src/model/cluster/cluster.ts";
import { unpackSpec } from "../../src/model/task/spec.ts";
import type { NameTable } from "../../src/network/dns/name-table.ts";
import { ShellMachine } from "../../src/network/machine/shell-machine.ts";
import type { MachineNeeds, Peer } from "../../src/network/machine-network.ts";
import { NftFilter, runNft } from "../../src/network/nft/nft-filter.ts";
import type { TrafficPlan } from "../../src/network/traffic/traffic-plan.ts";
import { DockerRuntime } from "../../src/runtime/docker/docker-runtime.ts";
import type { BridgeNetwork } from "../../src/runtime/networks.ts";
import { describeUnless, labAvailable } from "../../tools/lab/available.ts";
import { Lab, type LabHost } from "../../tools/lab/lab.ts";
import { inNamespace } from "../../tools/lab/process.ts";
import { until } from "../../tools/lab/until.ts";
import { type Agent, namesOf } from "./agent.ts";
import { agentBehind, namespacesAvailable, removeNamespaces } from "./namespaces.ts";
import { ranges, service, serving } from "./plans.ts";

const vip = "10.211.0.1";
const clusterId = `net${process.pid}`;
const ownLabels = { [containerLabels.cluster]: clusterId, [containerLabels.node]: "node-network" };

interface Node {
  host: LabHost;
  runtime: DockerRuntime;
  network: BridgeNetwork;
  filter: NftFilter;
  machine: ShellMachine;
  hardwareAddress: string;
  peers: Peer[];
}

const needsOf = ({ peers }: Node): MachineNeeds => ({
  ...{ bridge: "podling", services: ranges.services },
  tunnel: { kind: "direct", interfaces: ["eth0"], peers },
});

const many = 60;

interface Made {
  node: Node;
  id: string;
  name: string;
  address: string;
  /** In its network. */
  agent: Agent;
}

describeUnless(labAvailable() ?? namespacesAvailable(), "containers in a network of the cluster", () => {
  let lab: Lab;
  let nodes: Node[];
  let [a, b, far, other] = [] as unknown as [Made, Made, Made, Made];
  let image = "";

  async function nodeOn(host: LabHost, number: number): Promise<Node> {
    const network: BridgeNetwork = {
      name: "podling",
      subnet: `10.210.${number}.0/24`,
      gateway: `10.210.${number}.1`,
      engineRange: `10.210.${number}.128/25`,
      mtu: null,
      labels: ownLabels,
    };
    const runtime = new DockerRuntime(host.engine.host);
    await runtime.networks.ensure(network);
    const prefix = inNamespace(host.namespace);
    const filter = new NftFilter(runNft(prefix));
    return { host, runtime, network, filter, machine: new ShellMachine(prefix), hardwareAddress: "", peers: [] };
  }

  async function container(node: Node, name: string, address: string): Promise<Made> {
    const spec = unpackSpec({ containers: [{ image, command: ["sleep", "3600"] }] } as never).containers[0]!;
    const labels = { ...ownLabels, [containerLabels.task]: name };
    const created = await node.runtime.containers.create({
      ...{ name: `${clusterId}-${name}`, labels, taskLabels: {}, spec, stopGraceSeconds: 0, platform: null },
      place: { network: "podling", address, dns: node.network.gateway },
    });
    if (created === "image-missing") throw new Error(`${image} is missing`);
    const id = created.containerId;
    return { node, id, name, address, agent: await start(node, id, name) };
  }

  /** Starts the container, and in its network a process that serves its name on port 8000: the image has no program for it. */
  async function start(node: Node, id: string, name: string): Promise<Agent> {
    await node.runtime.containers.start(id);
    const { State } = await node.host.engine.json<{ State: { Pid: number } }>(`/containers/${id}/json`);
    const agent = await agentBehind(["nsenter", "-t", String(State.Pid), "-n"], name);
    await agent.serve(8000);
    return agent;
  }

  function planFor(node: Node, more: Partial<TrafficPlan>): TrafficPlan {
    const { subnet, gateway, name } = node.network;
    const shop = [a, b, far].map(({ address }) => address);
    const local = [a, b, far]
      .filter((one) => one.node === node)
      .map(({ address }) => ({ address, networks: ["shop"] }));
    return {
      ranges,
      bridge: { name, subnet, gateway, hardwareAddress: node.hardwareAddress },
      peerInterfaces: ["eth0"],
      published: [],
      services: [service("web", vip, serving(...shop))],
      networks: [
        { networkId: "shop", addresses: shop },
        { networkId: "blog", addresses: [other.address] },
      ],
      localTasks: other.node === node ? [...local, { address: other.address, networks: ["blog"] }] : local,
      ...more,
    };
  }

  const applyAll = (more: Partial<TrafficPlan> = {}) =>
    Promise.all(nodes.map((node) => node.filter.apply(planFor(node, more))));

  beforeAll(async () => {
    lab = await Lab.start();
    const hosts = await Promise.all(["n1", "n2"].map((name) => lab.host(name)));
    for (const host of hosts) image = await host.engine.image();
    nodes = await Promise.all(hosts.map((host, index) => nodeOn(host, index + 1)));
    const [n1, n2] = nodes as [Node, Node];
    a = await container(n1, "a", "10.210.1.2");
    b = await container(n1, "b", "10.210.1.3");
    other = await container(n1, "other", "10.210.1.4");
    far = await container(n2, "far", "10.210.2.2");
    for (const [node, peer] of [
      [n1, n2],
      [n2, n1],
    ] as const) {
      node.peers = [{ subnet: peer.network.subnet, address: peer.host.address }];
      node.hardwareAddress = (await node.machine.prepare(needsOf(node))).hardwareAddress;
      expect(await node.machine.prepare(needsOf(node))).toEqual({ hardwareAddress: node.hardwareAddress });
      const names: NameTable = {
        ...{ revision: 1, ranges: Object.values(ranges) },
        services: [
          { ...{ app: "shop", name: "web", aliases: [], vip, ports: [] }, endpoints: [a.address, far.address] },
        ],
        clients: Object.fromEntries([a, b, far].map(({ address }) => [address, ["shop"]])),
      };
      const script = [process.execPath, `${import.meta.dir}/dns-child.ts`, node.network.gateway, JSON.stringify(names)];
      node.host.spawn(`dns-${node.host.name}`, script);
    }
    await applyAll();
  }, 180_000);
  afterAll(async () => {
    await removeNamespaces();
    await lab?.down();
  }, 60_000);

  test("containers have the addresses that they were given, also after a restart", async () => {
    const addressOf = async ({ node, id }: Made) => (await node.runtime.containers.inspect(id))?.address;
    expect(await Promise.all([a, b, far, other].map(addressOf))).toEqual([a, b, far, other].map((one) => one.address));
    await b.node.runtime.containers.stop(b.id, 0);
    b = { ...b, agent: await start(b.node, b.id, b.name) };
    expect(await addressOf(b)).toBe(b.address);
    await b.node.machine.prepare(needsOf(b.node));
    expect(namesOf(await b.agent.calls(vip, many))).toEqual(["a", "b", "far"]);
  });

  test("a virtual address leads to replicas on both hosts", async () => {
    for (const from of [a, far]) expect(namesOf(await from.agent.calls(vip, many))).toEqual(["a", "b", "far"]);
    expect(await a.agent.call(far.address)).toEqual({ name: "far", from: a.address });
  });

  test("names are answered to the engine's own server in a container, by the app of the container", async () => {
    const server = "127.0.0.11";
    await until("names", async () => Array.isArray(await a.agent.resolve("web.shop", server)));
    for (const one of [a, b, far]) expect(await one.agent.resolve("web", server)).toEqual([vip]);
    expect(await b.agent.resolve("tasks.web", server)).toEqual([a.address, far.address]);
    expect(await other.agent.resolve("web", server)).toBe("ESERVFAIL");
    expect(await other.agent.resolve("web.shop.podling.internal", server)).toEqual([vip]);
    expect(await a.agent.resolve("no.shop.podling.internal", server)).toBe("ENOTFOUND");
  });

  test("an app reaches its own tasks only, also on one host and past its virtual address", async () => {
    expect(namesOf([await a.agent.call(b.address), await a.agent.call(far.address)])).toEqual(["b", "far"]);
    for (const host of [vip, a.address, far.address])
      expect([host, await other.agent.call(host)]).toEqual([host, "refused"]);
    expect(await a.agent.call(other.address)).toBe("refused");
  });

  test("a published port of every host leads to the service", async () => {
    const port = { protocol: "tcp", port: 8088, targetPort: 8000, balance: "connection", localFirst: false } as const;
    await applyAll({ published: [{ ...port, endpoints: serving(a.address, far.address) }] });
    const outside = await agentBehind([], "outside");
    for (const { host } of nodes) expect(namesOf(await outside.calls(host.address, many, 8088))).toEqual(["a", "far"]);
    await applyAll();
  });

  test("programs of a host reach containers of the other one, with the address of its bridge", async () => {
    const program = await agentBehind(inNamespace(nodes[1]!.host.namespace), "program");
    expect(await program.call(a.address)).toEqual({ name: "a", from: nodes[1]!.network.gateway });
  });

  test("rules that the engine makes again at its start change nothing", async () => {
    const { host, machine } = nodes[1]!;
    await host.run(["iptables", "-w", "-P", "FORWARD", "DROP"]);
    await host.run(["iptables", "-w", "-F", "FORWARD"]);
    expect(await a.agent.call(far.address)).toBe("timeout");
    await machine.prepare(needsOf(nodes[1]!));
    expect(namesOf([await a.agent.call(far.address)])).toEqual(["far"]);
  });

  test("the network is left as it is, and a foreign one is not taken", async () => {
    const [n1] = nodes as [Node];
    await n1.runtime.networks.ensure(n1.network);
    expect(namesOf(await a.agent.calls(vip, many))).toEqual(["a", "b", "far"]);
    await n1.host.engine.json("/networks/create", "POST", { Name: "foreign", Driver: "bridge" });
    const refused = await n1.runtime.networks.ensure({ ...n1.network, name: "foreign" }).catch((error: Error) => error);
    expect((refused as Error).message).toContain("a network foreign that another program made");
    const unused = {
      ...n1.network,
      name: "unused",
      subnet: "10.213.1.0/24",
      gateway: "10.213.1.1",
      engineRange: "10.213.1.128/25",
    };
    await n1.runtime.networks.ensure(unused);
    await n1.runtime.networks.ensure({ ...unused, gateway: "10.213.1.2" });
    const found = await n1.host.engine.json<{ IPAM: { Config: { Gateway: string }[] } }>("/networks/unused");
    expect(found.IPAM.Config[0]!.Gateway).toBe("10.213.1.2");
  }, 60_000);
});
