// Names of objects: those of Kubernetes are lower case, with hyphens.

import { shortName } from "../values.ts";

export class ObjectNames {
  readonly app: string;
  readonly #taken = new Map<string, string>();

  constructor(app: string) {
    this.app = dnsName(app);
  }

  /** Of the record, without the name of the app: "shop_db.data" as db-data. Two records never share one. */
  of(record: string, app: string): string {
    const name = dnsName(shortName(app, record) ?? record) || "unnamed";
    let free = name;
    for (let count = 2; this.#taken.has(free) && this.#taken.get(free) !== record; count++) free = `${name}-${count}`;
    this.#taken.set(free, record);
    return free;
  }

  labels(name: string): Record<string, string> {
    return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": this.app };
  }
}

export function dnsName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
}

/** Names of ports have at most 15 characters. */
export const portName = (name: string | undefined, port: number, protocol: string): string =>
  (name === undefined ? "" : dnsName(name).slice(0, 15).replace(/-+$/, "")) || `${protocol}-${port}`;
