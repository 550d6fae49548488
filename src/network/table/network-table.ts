// What a node has to know of the networks of the cluster, as the master says it: nodes, services and tasks with their addresses.
// The same on every node. The rules, the names and the tunnel of a node follow from it (views.ts).

import type { NamedPort } from "../dns/name-table.ts";
import type { Balance } from "../traffic/traffic-plan.ts";

export interface NetworkTable {
  /** Of the records that it was made from. */
  readonly revision: number;
  readonly ranges: { readonly tasks: string; readonly services: string };
  readonly nodes: readonly TableNode[];
  readonly services: readonly TableService[];
  readonly tasks: readonly TableTask[];
}

export interface TableNode {
  readonly nodeId: string;
  readonly subnet: string;
  /** The address under which other nodes reach it. */
  readonly address: string;
}

export interface TableService {
  readonly serviceId: string;
  readonly app: string;
  readonly name: string;
  readonly aliases: readonly string[];
  /** Null while it waits for one. */
  readonly vip: string | null;
  readonly balance: Balance;
  readonly ports: readonly NamedPort[];
  readonly published: readonly TablePort[];
}

/** A port of every node that leads to a service. */
export interface TablePort {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly targetPort: number;
  readonly localFirst: boolean;
}

export interface TableTask {
  readonly taskId: string;
  readonly nodeId: string;
  readonly address: string;
  /** The networks that it is in, its own app's first. */
  readonly apps: readonly string[];
  /** Null for a task of no service. */
  readonly serviceId: string | null;
  /** starting: it may reach others, and gets no traffic of its service. */
  readonly state: "starting" | "ready" | "draining";
}
