// The ways between two hosts: routes, VXLAN and WireGuard, with the rules and with connections through them.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShellMachine } from "../../src/network/machine/shell-machine.ts";
import { peerInterfacesOf } from "../../src/network/machine/tunnel-script.ts";
import type { Tunnel } from "../../src/network/machine-network.ts";
import { NftFilter, runNft } from "../../src/network/nft/nft-filter.ts";
import { describeUnless } from "../../tools/lab/available.ts";
import { run } from "../../tools/lab/network.ts";
import { until } from "../../tools/lab/until.ts";
import { namesOf } from "./agent.ts";
import { type Container, Host, inside, lanOf, namespace, namespacesAvailable, removeNamespaces } from "./namespaces.ts";
import { planOf, ranges, service, serving } from "./plans.ts";

const vip = "10.211.0.1";
const addresses = ["192.168.77.1", "192.168.77.2"] as const;
const needsWireguard =
  Bun.which("wg") === null || Bun.which("wireguard-go") === null
    ? "it needs wg and wireguard-go (Debian: wireguard-tools, wireguard-go)"
    : null;

const kinds = ["direct", "vxlan", "wireguard"] as const;

for (const [index, kind] of kinds.entries()) {
  const reason = namespacesAvailable() ?? (kind === "wireguard" ? needsWireguard : null);
  describeUnless(reason, `two hosts by ${kind}`, () => {
    const hosts: Host[] = [];
    const containers: Container[] = [];
    const folder = mkdtempSync(join(tmpdir(), "podling-keys-"));
    const publicKeys: string[] = [];

    const tunnelOf = (number: 0 | 1, isAlone = false): Tunnel => {
      const other = number === 0 ? 1 : 0;
      const peer = { subnet: hosts[other]!.subnet, address: addresses[other] };
      const peers = isAlone ? [] : [peer];
      if (kind === "direct") return { kind, interfaces: ["lan0"], peers };
      const own = { subnet: hosts[number]!.subnet, address: addresses[number] };
      if (kind === "vxlan") return { kind, own, mtu: 1_450, peers };
      const port = 51_820;
      const withKey = peers.map((one) => ({ ...one, publicKey: publicKeys[other]!, port }));
      return { kind, keyFile: join(folder, `key-${number}`), port, mtu: 1_420, peers: withKey };
    };

    /** As a worker is to do it, again and again. */
    async function apply(number: 0 | 1, isAlone = false): Promise<void> {
      const host = hosts[number]!;
      const tunnel = tunnelOf(number, isAlone);
      const prefix = kind === "wireguard" ? await ownSockets(number) : inside(host.name);
      const { hardwareAddress } = await new ShellMachine(prefix).prepare({
        ...{ bridge: "podling", services: ranges.services },
        tunnel,
      });
      const { address } = containers[number]!;
      const members = containers.map((one) => one.address);
      const plan = planOf(
        { ...host, subnet: host.subnet, gateway: host.gateway, hardwareAddress },
        {
          peerInterfaces: peerInterfacesOf(tunnel),
          services: [service("web", vip, serving(...members))],
          networks: [{ networkId: "shop", addresses: members }],
          localTasks: [{ address, networks: ["shop"] }],
        },
      );
      await new NftFilter(runNft(inside(host.name))).apply(plan);
    }

    /** wireguard-go has its sockets in a folder of the machine, by the name of the interface: each host has a folder of its own. */
    async function ownSockets(number: 0 | 1): Promise<string[]> {
      const script = "mkdir -p /run/wireguard && mount -t tmpfs none /run/wireguard && echo ready && exec sleep 600";
      const command = ["unshare", "-m", "--propagation", "private", "sh", "-c", script];
      if (holders[number] === undefined) {
        holders[number] = Bun.spawn(command, { stdout: "pipe" });
        await holders[number].stdout.getReader().read();
      }
      return ["nsenter", "-t", String(holders[number].pid), "-m", `--net=/var/run/netns/${hosts[number]!.name}`];
    }

    const holders: Bun.Subprocess<"ignore", "pipe", "inherit">[] = [];

    beforeAll(async () => {
      const tag = `t${index}`;
      for (const number of [0, 1]) hosts.push(await Host.make(`${tag}h${number}`, { number: number + 1 }));
      const router = await namespace(`${tag}r`);
      await lanOf(router, [
        [hosts[0]!.name, addresses[0]],
        [hosts[1]!.name, addresses[1]],
      ]);
      for (const number of [0, 1]) containers.push(await hosts[number]!.container(`${tag}c${number}`));
      if (kind === "wireguard") await makeKeys();
      for (const number of [0, 1] as const) await apply(number);
    }, 30_000);

    async function makeKeys(): Promise<void> {
      for (const number of [0, 1]) {
        const key = join(folder, `key-${number}`);
        await run(["sh", "-c", `umask 077; wg genkey > ${key}`]);
        publicKeys.push((await run(["sh", "-c", `wg pubkey < ${key}`])).trim());
      }
    }

    afterAll(async () => {
      // The program ends with its interface.
      if (kind === "wireguard")
        for (const { name } of hosts) await run(["ip", "-n", name, "link", "del", "podling-wg"]).catch(() => undefined);
      for (const holder of holders) holder.kill();
      await removeNamespaces();
      rmSync(folder, { recursive: true });
    });

    test("containers of both hosts reach each other, by address and by a virtual address", async () => {
      const [near, far] = containers as [Container, Container];
      await until("a first connection", async () => typeof (await near.agent.call(far.address)) === "object");
      expect(await near.agent.call(far.address)).toEqual({ name: far.agent.title, from: near.address });
      expect(await far.agent.call(near.address)).toEqual({ name: near.agent.title, from: far.address });
      for (const one of containers)
        expect(namesOf(await one.agent.calls(vip, 40))).toEqual(containers.map(({ agent }) => agent.title));
    }, 30_000);

    test("the machine's own routes are no overlap, those of others are", async () => {
      const machine = new ShellMachine(inside(hosts[0]!.name));
      const find = () => machine.overlaps(Object.values(ranges), "podling");
      expect(await find()).toEqual([]);
      await run(["ip", "-n", hosts[0]!.name, "route", "add", "10.210.99.0/24", "dev", "lan0"]);
      expect(await find()).toEqual([expect.stringContaining("a route to 10.210.99.0/24 (lan0)")]);
      await run(["ip", "-n", hosts[0]!.name, "route", "del", "10.210.99.0/24", "dev", "lan0"]);
    });

    test("connections go on while the settings are made again", async () => {
      const [near, far] = containers as [Container, Container];
      const kept = await near.agent.open(far.address);
      for (const number of [0, 1] as const) await apply(number);
      expect(namesOf([await kept.ask()])).toEqual([far.agent.title]);
    }, 30_000);

    test("a node that is gone is no longer reached", async () => {
      const [near, far] = containers as [Container, Container];
      await apply(0, true);
      expect(await run([...inside(hosts[0]!.name), "ip", "route", "show", "proto", "210"])).toBe("");
      expect(typeof (await near.agent.call(far.address))).toBe("string");
      await apply(0);
      await until("it to be back", async () => typeof (await near.agent.call(far.address)) === "object");
    }, 30_000);
  });
}
