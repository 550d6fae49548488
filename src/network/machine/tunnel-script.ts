// The part of the script of a machine that connects it with the tasks of other nodes. Pure. It may run again and again: what is no
// longer wanted is removed, and connections through what stays go on.

import { assert } from "../../lib/assert.ts";
import { isIpAddress } from "../../lib/ip-address.ts";
import { parseSubnet } from "../../lib/subnet.ts";
import type { Peer, Tunnel, WireguardPeer } from "../machine-network.ts";

/** Interfaces that Podling makes. */
const vxlan = "podling-vx";
const wireguard = "podling-wg";

export const tunnelInterfaces = [vxlan, wireguard];

/** Marks routes as Podling's: a number that no routing program has. */
export const routeMark = 210;
const vxlanId = 4_210;
const vxlanPort = 4_789;
/** The other side of a NAT closes a way that is not used for half a minute. */
const keepAliveSeconds = 25;

const interfacePattern = /^[a-zA-Z0-9_.-]{1,15}$/;
const keyPattern = /^[A-Za-z0-9+/]{43}=$/;
const pathPattern = /^\/[a-zA-Z0-9_./-]+$/;

/** The interfaces through which tasks of other nodes are reached. */
export function peerInterfacesOf(tunnel: Tunnel): readonly string[] {
  if (tunnel.kind === "direct") return tunnel.interfaces;
  return [tunnel.kind === "vxlan" ? vxlan : wireguard];
}

export function tunnelScript(tunnel: Tunnel): string[] {
  for (const name of peerInterfacesOf(tunnel))
    assert(interfacePattern.test(name), `${name} is no name of an interface`);
  for (const peer of tunnel.peers) assertPeer(peer);
  return [...otherTunnels(tunnel), ...interfaceScript(tunnel), ...routeScript(tunnel)];
}

function assertPeer({ subnet, address }: Peer): void {
  assert(parseSubnet(subnet) && isIpAddress(address), `${subnet} at ${address} is no node`);
}

/** A node has one tunnel: another one that is left from before would have routes of the same ranges. */
function otherTunnels({ kind }: Tunnel): string[] {
  const others = [...(kind === "vxlan" ? [] : [vxlan]), ...(kind === "wireguard" ? [] : [wireguard])];
  return others.map((name) => `ip link del ${name} 2>/dev/null || true`);
}

function interfaceScript(tunnel: Tunnel): string[] {
  if (tunnel.kind === "direct") return [];
  const { mtu } = tunnel;
  if (tunnel.kind === "vxlan") {
    const { own, peers } = tunnel;
    assertPeer(own);
    const options = `id ${vxlanId} dstport ${vxlanPort} local ${own.address} nolearning`;
    return [
      `ip link show ${vxlan} >/dev/null 2>&1 || ip link add ${vxlan} address ${hardwareAddressOf(own)} type vxlan ${options}`,
      `ip addr replace ${firstOf(own)}/32 dev ${vxlan}`,
      `ip link set ${vxlan} mtu ${mtu} up`,
      ...peers.flatMap((peer) => [
        `bridge fdb replace ${hardwareAddressOf(peer)} dev ${vxlan} dst ${peer.address}`,
        `ip neigh replace ${firstOf(peer)} lladdr ${hardwareAddressOf(peer)} dev ${vxlan} nud permanent`,
      ]),
    ];
  }
  assert(pathPattern.test(tunnel.keyFile), `${tunnel.keyFile} is no path`);
  return [
    `if ! ip link show ${wireguard} >/dev/null 2>&1 && ! ip link add ${wireguard} type wireguard 2>/dev/null; then`,
    "  command -v wireguard-go >/dev/null || {",
    `    echo "this kernel has no WireGuard, and the program wireguard-go is missing" >&2`,
    "    exit 1",
    "  }",
    // It goes on in the background. What it says is an advice to use the kernel's.
    `  wireguard-go ${wireguard} >/dev/null 2>&1`,
    "fi",
    `wg syncconf ${wireguard} /dev/stdin <<END`,
    "[Interface]",
    `PrivateKey = $(cat ${tunnel.keyFile})`,
    `ListenPort = ${tunnel.port}`,
    ...tunnel.peers.flatMap(peerSection),
    "END",
    `ip link set ${wireguard} mtu ${mtu} up`,
  ];
}

function peerSection({ publicKey, subnet, address, port }: WireguardPeer): string[] {
  assert(keyPattern.test(publicKey), `${publicKey} is no key`);
  const host = address.includes(":") ? `[${address}]` : address;
  return [
    "[Peer]",
    `PublicKey = ${publicKey}`,
    `AllowedIPs = ${subnet}`,
    `Endpoint = ${host}:${port}`,
    `PersistentKeepalive = ${keepAliveSeconds}`,
  ];
}

function routeScript(tunnel: Tunnel): string[] {
  const kept = tunnel.peers.map(({ subnet }) => subnet).join(" ");
  const way = (peer: Peer): string => {
    if (tunnel.kind === "direct") return `via ${peer.address}`;
    return tunnel.kind === "vxlan" ? `via ${firstOf(peer)} dev ${vxlan} onlink` : `dev ${wireguard}`;
  };
  return [
    `ip -o route show proto ${routeMark} | while read -r range _; do`,
    `  case " ${kept} " in *" $range "*) ;; *) ip route del "$range" proto ${routeMark} ;; esac`,
    "done",
    ...tunnel.peers.map((peer) => `ip route replace ${peer.subnet} ${way(peer)} proto ${routeMark}`),
  ];
}

/** The first address of a range belongs to no container: the node has it on its tunnel. */
function firstOf({ subnet }: Peer): string {
  return subnet.slice(0, subnet.indexOf("/"));
}

/** Follows from the range, so that nodes need not exchange it. */
function hardwareAddressOf(peer: Peer): string {
  const bytes = firstOf(peer)
    .split(".")
    .map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return ["02", "50", ...bytes].join(":");
}
