// The script of a machine without a machine: what it refuses to contain, and which routes overlap. test/network runs it.

import { describe, expect, test } from "bun:test";
import type { MachineNeeds, Tunnel } from "../machine-network.ts";
import { machineScript } from "./machine-script.ts";
import { overlapsOf, overlapText } from "./overlaps.ts";

const direct: Tunnel = {
  kind: "direct",
  interfaces: ["eth0"],
  peers: [{ subnet: "10.210.2.0/24", address: "10.0.0.2" }],
};
const needs: MachineNeeds = { bridge: "podling", services: "10.211.0.0/16", tunnel: direct };
const publicKey = `${"A".repeat(43)}=`;
const wireguard = { kind: "wireguard", keyFile: "/var/lib/podling/key", port: 51_820, mtu: 1_420, peers: [] } as const;

describe("the script", () => {
  test("is the same for the same needs, and routes to each node", () => {
    expect(machineScript(needs)).toBe(machineScript(structuredClone(needs)));
    expect(machineScript(needs)).toContain("ip route replace 10.210.2.0/24 via 10.0.0.2 proto 210\n");
  });

  test("contains nothing that a shell would run", () => {
    const bad = "x; reboot";
    const peer = { subnet: "10.210.2.0/24", address: "10.0.0.2", publicKey, port: 51_820 };
    for (const wrong of [
      { ...needs, bridge: bad },
      { ...needs, bridge: "a-name-that-is-too-long" },
      { ...needs, services: bad },
      { ...needs, tunnel: { ...direct, interfaces: [bad] } },
      { ...needs, tunnel: { ...direct, peers: [{ subnet: bad, address: "10.0.0.2" }] } },
      { ...needs, tunnel: { ...direct, peers: [{ subnet: "10.210.2.0/24", address: bad }] } },
      { ...needs, tunnel: { ...wireguard, keyFile: "/key $(reboot)" } },
      { ...needs, tunnel: { ...wireguard, peers: [{ ...peer, publicKey: "$(reboot)" }] } },
    ] as MachineNeeds[])
      expect(() => machineScript(wrong)).toThrow();
    expect(machineScript({ ...needs, tunnel: { ...wireguard, peers: [peer] } })).toContain(
      `PublicKey = ${publicKey}\n`,
    );
  });

  test("a node has one tunnel: those of other kinds are removed", () => {
    expect(machineScript(needs)).toContain("ip link del podling-vx");
    expect(machineScript({ ...needs, tunnel: wireguard })).not.toContain("ip link del podling-wg");
  });
});

describe("overlaps", () => {
  const ranges = ["10.210.0.0/16", "10.211.0.0/16"];
  const routes = (list: object[]) => overlapsOf(JSON.stringify(list), ranges, new Set(["podling"]), 210);

  test("routes of other programs in a range, and those that hold one", () => {
    const found = routes([
      { dst: "default", dev: "eth0" },
      { dst: "192.168.1.0/24", dev: "eth0", protocol: "kernel" },
      { dst: "10.210.1.0/24", dev: "podling", protocol: "kernel" },
      { dst: "10.210.2.0/24", dev: "eth0", protocol: "210" },
      { dst: "10.210.3.0/24", dev: "docker1", protocol: "kernel" },
      { dst: "10.211.9.9", dev: "tun0" },
      { dst: "10.0.0.0/8", dev: "tun0" },
    ]);
    expect(found.map(({ route, range, inside }) => [route, range, inside])).toEqual([
      ["10.210.3.0/24", "10.210.0.0/16", true],
      ["10.211.9.9", "10.211.0.0/16", true],
      ["10.0.0.0/8", "10.210.0.0/16", false],
      ["10.0.0.0/8", "10.211.0.0/16", false],
    ]);
    expect(overlapText(found[0]!)).toBe(
      "this machine has a route to 10.210.3.0/24 (docker1), which overlaps the range 10.210.0.0/16 of the cluster, so tasks with addresses there could not be reached",
    );
  });

  test("a machine without routes has none", () => {
    expect(overlapsOf("", ranges, new Set(), 210)).toEqual([]);
  });
});
