// The names of services and of their replicas, and who asks: what the DNS server of a node answers from. Pure.

import { isInSubnet } from "../../lib/subnet.ts";

/** Every name of the cluster ends with it, or leaves it out. */
export const domain = "podling.internal";

export interface NameTable {
  /** Of the records that it was made from. */
  readonly revision: number;
  /** The ranges of virtual addresses and of tasks: addresses in them have names here or nowhere. */
  readonly ranges: readonly string[];
  readonly services: readonly NamedService[];
  /** By the address of a client: the apps whose services it may name without the app. Its own app comes first. */
  readonly clients: Readonly<Record<string, readonly string[]>>;
}

export interface NamedService {
  readonly app: string;
  readonly name: string;
  readonly aliases: readonly string[];
  /** Null if the service has no virtual address: its name leads to the replicas. */
  readonly vip: string | null;
  /** The addresses of the replicas that are ready and do not drain. */
  readonly endpoints: readonly string[];
  readonly ports: readonly NamedPort[];
}

export interface NamedPort {
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** What a name stands for. */
export type Named =
  | { kind: "service"; service: NamedService }
  | { kind: "tasks"; service: NamedService }
  | { kind: "port"; service: NamedService; port: number }
  | { kind: "endpoint"; service: NamedService; address: string }
  | { kind: "reverse"; name: string }
  | { kind: "domain" };

/** `unknown`: a name of this cluster that does not exist. `foreign`: a name that other servers answer. */
export type Lookup = Named | { kind: "unknown" } | { kind: "foreign" };

const reverseSuffix = ".in-addr.arpa";
const protocols: readonly string[] = ["_tcp", "_udp"];

export class NameIndex {
  readonly table: NameTable;
  /** By `name.app` in lower case. */
  readonly #services = new Map<string, NamedService>();
  /** By address, in either range. */
  readonly #reverse = new Map<string, string>();

  constructor(table: NameTable) {
    this.table = table;
    for (const service of table.services) {
      const { app, name, aliases, vip, endpoints } = service;
      for (const alias of aliases) this.#services.set(keyOf(alias, app), service);
      if (vip !== null) this.#reverse.set(vip, `${name}.${app}.${domain}`);
      for (const address of endpoints) this.#reverse.set(address, endpointName(service, address));
    }
    // The name of a service comes before an alias of another one.
    for (const service of table.services) this.#services.set(keyOf(service.name, service.app), service);
  }

  /** `name`: without a dot at its end. `client`: the address that asks. */
  look(name: string, client: string): Lookup {
    const lower = name.toLowerCase();
    if (lower === domain) return { kind: "domain" };
    if (lower.endsWith(reverseSuffix)) return this.#lookBack(lower.slice(0, -reverseSuffix.length));
    const isOurs = lower.endsWith(`.${domain}`);
    const rest = isOurs ? lower.slice(0, -domain.length - 1) : lower;
    const apps = isOurs ? [] : (this.table.clients[client] ?? []);
    return this.#find(rest, apps) ?? { kind: isOurs ? "unknown" : "foreign" };
  }

  #find(name: string, apps: readonly string[]): Named | null {
    const whole = this.#service(name, apps);
    if (whole) return { kind: "service", service: whole };
    const [first, second] = name.split(".", 2) as [string, string | undefined];
    const after = (labels: number) => this.#service(name.split(".").slice(labels).join("."), apps);
    if (first.startsWith("_")) {
      if (second === undefined || !protocols.includes(second)) return null;
      const service = after(2);
      const port = service && portOf(service, first.slice(1), second.slice(1));
      return service && port !== null ? { kind: "port", service, port: port! } : null;
    }
    const service = after(1);
    if (!service) return null;
    if (first === "tasks") return { kind: "tasks", service };
    const address = first.replaceAll("-", ".");
    return service.endpoints.includes(address) ? { kind: "endpoint", service, address } : null;
  }

  #service(name: string, apps: readonly string[]): NamedService | undefined {
    for (const app of apps) {
      const service = this.#services.get(keyOf(name, app));
      if (service) return service;
    }
    return this.#services.get(name);
  }

  #lookBack(reversed: string): Lookup {
    const address = reversed.split(".").reverse().join(".");
    const name = this.#reverse.get(address);
    if (name !== undefined) return { kind: "reverse", name };
    return { kind: this.table.ranges.some((range) => isInSubnet(address, range)) ? "unknown" : "foreign" };
  }
}

/** A name for one replica, which answers about ports lead to. */
export function endpointName({ name, app }: NamedService, address: string): string {
  return `${address.replaceAll(".", "-")}.${name}.${app}.${domain}`;
}

function keyOf(name: string, app: string): string {
  return `${name}.${app}`.toLowerCase();
}

/** A port by its name, or by its number: a virtual address has all ports. Null if there is none of this name. */
function portOf({ ports }: NamedService, name: string, protocol: string): number | null {
  const named = ports.find((port) => port.name.toLowerCase() === name && port.protocol === protocol);
  if (named) return named.port;
  const number = Number(name);
  return /^\d{1,5}$/.test(name) && number >= 1 && number <= 65_535 ? number : null;
}
