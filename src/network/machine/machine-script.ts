// The shell script that makes the settings of a machine what the rules of the packet filter need. Pure. It writes only what is
// different, and is the same at the first start and at each check.

import { assert } from "../../lib/assert.ts";
import { parseSubnet } from "../../lib/subnet.ts";
import type { MachineNeeds } from "../machine-network.ts";
import { peerInterfacesOf, tunnelScript } from "./tunnel-script.ts";

/** The chain of the engine's own filter that accepts what the rules of Podling have let through. */
const chain = "PODLING-FORWARD";

/** As the kernel takes them, without what a shell or a path would read differently. */
const interfacePattern = /^[a-zA-Z0-9_.-]{1,15}$/;

/** It ends with the line "bridge ADDRESS": the hardware address. */
export function machineScript({ bridge, services, tunnel }: MachineNeeds): string {
  const interfaces = [bridge, ...peerInterfacesOf(tunnel)];
  assert(interfacePattern.test(bridge), `${bridge} is no name of an interface`);
  assert(parseSubnet(services), `${services} is no range`);
  const settings: [string, number][] = [
    ["ip_forward", 1],
    // Published ports are reached at 127.0.0.1, too. The rules drop such packets that come from outside.
    ...interfaces.map((name): [string, number] => [`conf/${name}/route_localnet`, 1]),
    // Packets between containers leave by the interface they came from: the kernel would tell their senders of a shorter way.
    ["conf/all/send_redirects", 0],
    [`conf/${bridge}/send_redirects`, 0],
  ];
  return [
    "set -eu",
    `want() { [ "$(cat "$1")" = "$2" ] || echo "$2" > "$1"; }`,
    ...tunnelScript(tunnel),
    ...settings.map(([key, value]) => `want /proc/sys/net/ipv4/${key} ${value}`),
    `ip route replace ${services} dev ${bridge}`,
    // With br_netfilter, a packet that is balanced to its sender goes back through the port of the bridge that it came from.
    `ip -o link show master ${bridge} | while read -r _ port _; do`,
    `  bridge link set dev "$(echo "$port" | cut -d@ -f1 | cut -d: -f1)" hairpin on || true`,
    "done",
    ...acceptScript(bridge),
    `ip -o link show dev ${bridge} | sed -n 's/.*link\\/ether \\([0-9a-f:]*\\) .*/bridge \\1/p'`,
    "",
  ].join("\n");
}

/** The engine drops what is forwarded by default. The rules of nftables come first, and have dropped what must not get in. */
function acceptScript(bridge: string): string[] {
  return [
    "if command -v iptables >/dev/null; then",
    `  iptables -w -n -L ${chain} >/dev/null 2>&1 || iptables -w -N ${chain}`,
    ...["-i", "-o"].map((side) => {
      const rule = `${chain} ${side} ${bridge} -j ACCEPT`;
      return `  iptables -w -C ${rule} 2>/dev/null || iptables -w -A ${rule}`;
    }),
    // At the top: engines and firewalls put their own rules there when they start.
    `  [ "$(iptables -w -S FORWARD 1)" = "-A FORWARD -j ${chain}" ] || {`,
    `    while iptables -w -D FORWARD -j ${chain} 2>/dev/null; do :; done`,
    `    iptables -w -I FORWARD -j ${chain}`,
    "  }",
    "fi",
  ];
}
