// Services by name, how many replicas they want, and the revisions of each.

import type { ServiceId } from "../../../model/ids.ts";
import type { Revision, Service } from "../../../model/service/service.ts";
import { wantedReplicas } from "../../../model/service/service.ts";
import type { Index } from "../delta.ts";

export class ServiceNames implements Index<Service> {
  readonly #byName = new Map<string, ServiceId>();
  /** Replicas that all services together want, without those of which nodes decide the number. */
  #wanted = 0;
  /** Services with a replica on each node. */
  #global = 0;

  named(name: string): ServiceId | undefined {
    return this.#byName.get(name);
  }

  /** Replicas that all services together want, in a cluster of so many nodes. */
  wanted(nodes: number): number {
    return this.#wanted + this.#global * nodes;
  }

  moved(before: Service | null, after: Service | null): void {
    this.#wanted += wantedBy(after) - wantedBy(before);
    this.#global += Number(after?.mode.type === "global") - Number(before?.mode.type === "global");
    if (before !== null && after !== null) return; // the name never changes
    if (before) this.#byName.delete(before.name);
    if (after) this.#byName.set(after.name, after.serviceId);
  }
}

function wantedBy(service: Service | null): number {
  return (service && wantedReplicas(service)) ?? 0;
}

export class RevisionNumbers implements Index<Revision> {
  readonly #numbers = new Map<ServiceId, Set<number>>();

  /** The revisions that are kept, the oldest first. */
  of(serviceId: ServiceId): number[] {
    return [...(this.#numbers.get(serviceId) ?? [])].sort((left, right) => left - right);
  }

  moved(before: Revision | null, after: Revision | null): void {
    const { serviceId, number } = (after ?? before)!;
    const numbers = this.#numbers.get(serviceId) ?? new Set();
    if (after) numbers.add(number);
    else numbers.delete(number);
    if (numbers.size === 0) this.#numbers.delete(serviceId);
    else this.#numbers.set(serviceId, numbers);
  }
}
