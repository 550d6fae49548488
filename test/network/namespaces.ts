// Network namespaces for tests of the packet filter: hosts with a bridge and containers on it, without an engine. Every name
// carries the id of this process, and all of them are removed at the end. Test support.

import { randomBytes } from "node:crypto";
import { run } from "../../tools/lab/network.ts";
import { Agent } from "./agent.ts";

const needed = ["ip", "nft", "sysctl", "bridge"];

/** Null if the tests can run here, otherwise the reason why not. */
export function namespacesAvailable(): string | null {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "network namespaces need root";
  const missing = needed.filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? null : `it needs ${missing.join(", ")}: run scripts/setup lab`;
}

const names = new Set<string>();
const agents = new Set<Agent>();
/** Short, because the name of an interface has at most 15 characters. */
const tag = randomBytes(3).toString("hex");

/** An empty network namespace with its loopback interface up. */
export async function namespace(name: string): Promise<string> {
  const full = `podnet-${tag}-${name}`;
  await run(["ip", "netns", "add", full]);
  names.add(full);
  await run(["ip", "-n", full, "link", "set", "lo", "up"]);
  return full;
}

/** Ends the processes and removes the namespaces of this file. */
export async function removeNamespaces(): Promise<void> {
  await Promise.all([...agents].map((agent) => agent.end()));
  agents.clear();
  for (const name of names) await run(["ip", "netns", "del", name]);
  names.clear();
}

export const inside = (name: string): string[] => ["ip", "netns", "exec", name];

/** A process that opens and accepts connections in a namespace. */
export function agentIn(name: string, title: string): Promise<Agent> {
  return agentBehind(inside(name), title);
}

/** The same behind a command that runs a program elsewhere. */
export async function agentBehind(prefix: string[], title: string): Promise<Agent> {
  const agent = await Agent.start(prefix, title);
  agents.add(agent);
  return agent;
}

export interface Container {
  readonly name: string;
  readonly address: string;
  readonly agent: Agent;
}

export interface HostOptions {
  /** The third byte of the node's subnet. */
  number: number;
  /** True when bridged packets pass the rules for IP, as engines with the module br_netfilter want it. */
  bridgedPacketsPass?: boolean;
}

/** A host: a namespace with the bridge `podling`. */
export class Host {
  readonly name: string;
  readonly number: number;
  readonly gateway: string;
  readonly subnet: string;
  readonly hardwareAddress: string;
  #containers = 0;

  private constructor(name: string, number: number) {
    this.name = name;
    this.number = number;
    this.gateway = `10.210.${number}.1`;
    this.subnet = `10.210.${number}.0/24`;
    this.hardwareAddress = `02:50:0a:d2:${number.toString(16).padStart(2, "0")}:01`;
  }

  static async make(title: string, { number, bridgedPacketsPass = false }: HostOptions): Promise<Host> {
    const host = new Host(await namespace(title), number);
    const ip = (...args: string[]) => run(["ip", "-n", host.name, ...args]);
    await ip("link", "add", "podling", "address", host.hardwareAddress, "type", "bridge");
    await ip("addr", "add", `${host.gateway}/24`, "dev", "podling");
    await ip("link", "set", "podling", "up");
    await ip("route", "add", "10.211.0.0/16", "dev", "podling");
    await host.set("net.ipv4.ip_forward", 1);
    await host.set("net.ipv4.conf.podling.route_localnet", 1);
    // Redirects would use up the kernel's rate limit of ICMP, which refusals need.
    for (const name of ["all", "podling"]) await host.set(`net.ipv4.conf.${name}.send_redirects`, 0);
    await host.set("net.bridge.bridge-nf-call-iptables", bridgedPacketsPass ? 1 : 0).catch(() => undefined);
    return host;
  }

  set(key: string, value: number): Promise<string> {
    return run([...inside(this.name), "sysctl", "-qw", `${key}=${value}`]);
  }

  nft(...args: string[]): Promise<string> {
    return run([...inside(this.name), "nft", ...args]);
  }

  /** A container on the bridge, with a process that serves on port 8000. */
  async container(title: string): Promise<Container> {
    this.#containers += 1;
    const address = `10.210.${this.number}.${1 + this.#containers}`;
    const name = await namespace(title);
    const port = `v${tag}${title}`.slice(0, 15);
    await run(["ip", "-n", this.name, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name]);
    await run(["ip", "-n", this.name, "link", "set", port, "master", "podling", "up"]);
    await run(["bridge", "-n", this.name, "link", "set", "dev", port, "hairpin", "on"]);
    await run(["ip", "-n", name, "addr", "add", `${address}/24`, "dev", "eth0"]);
    await run(["ip", "-n", name, "link", "set", "eth0", "up"]);
    await run(["ip", "-n", name, "route", "add", "default", "via", this.gateway]);
    const agent = await agentIn(name, title);
    await agent.serve(8000);
    return { name, address, agent };
  }
}

/** A network to which namespaces are connected by the interface `lan0`, each with an address of one /24. */
export async function lanOf(
  router: string,
  ends: readonly (readonly [name: string, address: string])[],
): Promise<void> {
  const ip = (name: string, ...args: string[]) => run(["ip", "-n", name, ...args]);
  await ip(router, "link", "add", "switch", "type", "bridge");
  await ip(router, "link", "set", "switch", "up");
  for (const [index, [name, address]] of ends.entries()) {
    const port = `port${index}`;
    await ip(router, "link", "add", port, "type", "veth", "peer", "name", "lan0", "netns", name);
    await ip(router, "link", "set", port, "master", "switch", "up");
    await ip(name, "addr", "add", `${address}/24`, "dev", "lan0");
    await ip(name, "link", "set", "lan0", "up");
  }
}
