// The chains that are the same for every plan of a node: where the kernel's hooks lead, and what may be forwarded. The maps and sets
// that they ask have the services, ports and networks (ruleset.ts).

import type { NftChain } from "./nft-table.ts";
import type { NodeBridge, TrafficPlan } from "./traffic-plan.ts";

/** Before the rules of the engine, which begin at the usual priorities. */
const early = 5;

const published = "fib daddr type local meta l4proto . th dport vmap @published";

export function nodeChains({ ranges, bridge, peerInterfaces }: TrafficPlan): [string, NftChain][] {
  const { tasks, services } = ranges;
  const onBridge = `"${bridge.name}"`;
  const peers = peerInterfaces.map((name) => `"${name}"`).join(", ");
  const ours = [onBridge, peers].filter((one) => one !== "").join(", ");
  return [
    hooked("prerouting-raw", `filter hook prerouting priority raw - ${early}`, [
      // These interfaces accept 127.0.0.0/8, for published ports of localhost: from outside it is an attack.
      `iifname { ${ours} } ip daddr 127.0.0.0/8 drop`,
      `iifname ${onBridge} ip saddr != ${bridge.subnet} drop`,
      `iifname != { ${onBridge}, "lo" } ip saddr ${bridge.subnet} drop`,
    ]),
    hooked("prerouting", `nat hook prerouting priority dstnat - ${early}`, [
      `iifname ${onBridge} ip daddr vmap @vips`,
      published,
    ]),
    // nft has no name for this priority at the hook of output.
    hooked("output", `nat hook output priority ${-100 - early}`, ["ip daddr vmap @vips", published]),
    hooked("postrouting", `nat hook postrouting priority srcnat - ${early}`, [
      // A container that reached itself would drop a packet from its own address.
      `ip saddr . ip daddr @hairpin snat to ${bridge.gateway}`,
      `ip saddr 127.0.0.0/8 ip daddr ${tasks} snat to ${bridge.gateway}`,
      // A client outside of the cluster whose endpoint is on another node: the answer has to come back through this one.
      `oifname != ${onBridge} ip daddr ${tasks} ip saddr != ${tasks} snat to ${bridge.gateway}`,
      `oifname != ${onBridge} ip saddr ${bridge.subnet} ip daddr != ${tasks} masquerade`,
    ]),
    hooked("forward", `filter hook forward priority filter - ${early}`, [
      `iifname != ${onBridge} oifname != ${onBridge} accept`,
      "ct state established,related accept",
      "ct state invalid drop",
      // Virtual addresses that are left have no endpoint.
      `ip daddr ${services} goto refuse`,
      `ct status dnat ct original ip daddr != ${services} accept`,
      `iifname ${onBridge} goto from-bridge`,
      ...(peers === "" ? [] : [`iifname { ${peers} } ip saddr ${tasks} ip saddr != ${bridge.subnet} accept`]),
      "drop",
    ]),
    hooked("output-filter", "filter hook output priority filter", [
      `ip daddr ${services} goto refuse`,
      // Packets between containers of one bridge pass this machine on purpose.
      `oifname ${onBridge} icmp type redirect drop`,
    ]),
    ["from-bridge", { hook: null, rules: ["ip saddr vmap @groups", `ip daddr ${tasks} drop`] }],
    ["refuse", { hook: null, rules: refusals }],
  ];
}

const refusals = [
  // A reset for a bridged packet bypasses the translation of addresses, so the client would not know its connection.
  "ct status dnat reject with icmp type port-unreachable",
  "meta l4proto tcp reject with tcp reset",
  "reject with icmp type port-unreachable",
];

function hooked(name: string, hook: string, rules: string[]): [string, NftChain] {
  return [name, { hook: `type ${hook}; policy accept;`, rules }];
}

/** Packets between two containers of the bridge go to this machine instead, so that the rules for IP apply to them. */
export function bridgeChains({ subnet, hardwareAddress }: NodeBridge): ReadonlyMap<string, NftChain> {
  const unicast = "ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00";
  const rule = `ether type ip ip saddr ${subnet} ${unicast} meta pkttype set host ether daddr set ${hardwareAddress}`;
  return new Map([hooked("prerouting", "filter hook prerouting priority dstnat", [rule])]);
}
