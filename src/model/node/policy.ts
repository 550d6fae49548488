// What an administrator allows the tasks of a node, and what of it a task exceeds. The master asks when it chooses a node, by
// the paths as they were given; the worker asks again before each start, with symbolic links followed.

import type { z } from "zod";
import type { DeepReadonly } from "../../lib/readonly.ts";
import type { Needs } from "../task/needs.ts";
import type * as schema from "./schema.ts";

export type NodePolicy = DeepReadonly<z.output<typeof schema.policy>>;
export type Rights = Omit<Needs, "features">;

export interface Breach {
  /** "allows no host network": after the name of the node. */
  message: string;
  /** What the worker would need to be started with. */
  flag: string;
}

/** Everything that the policy does not allow; empty if there is no policy. */
export function breachesOf(policy: NodePolicy | null, rights: Rights | null): Breach[] {
  if (policy === null || rights === null) return [];
  const breaches: Breach[] = [];
  if (rights.privileged !== null && !policy.privileged) {
    const message = `allows no privileged containers, and this one ${rights.privileged}`;
    breaches.push({ message, flag: "--allow-privileged" });
  }
  if (rights.hostNetwork && !policy.hostNetwork) {
    breaches.push({ message: "allows no containers in its own network", flag: "--allow-host-network" });
  }
  if (rights.devices && !policy.devices) {
    breaches.push({ message: "allows no containers to use its devices", flag: "--allow-device" });
  }
  for (const path of rights.binds) {
    if (!isWithin(path, policy.binds))
      breaches.push({ message: bindMessage(path, policy), flag: `--allow-bind ${path}` });
  }
  return breaches;
}

/** The first of them; null if there is none. Cheap where the policy is null. */
export function breachOf(policy: NodePolicy | null, rights: Rights | null): Breach | null {
  return policy === null || rights === null ? null : (breachesOf(policy, rights)[0] ?? null);
}

function bindMessage(path: string, { binds }: NodePolicy): string {
  if (binds.length === 0) return `allows no mounts of its folders, and this one is of ${path}`;
  return `allows mounts below ${binds.join(", ")} only, and this one is of ${path}`;
}

/** True when the path is one of the folders, or below one of them. Both are normal paths. */
export function isWithin(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => folder === "/" || path === folder || path.startsWith(`${folder}/`));
}

/** "mounts below /srv, devices": what a policy allows; "" for nothing. */
export function allowedBy({ binds, privileged, hostNetwork, devices }: NodePolicy): string {
  return [
    ...(binds.length > 0 ? [`mounts below ${binds.join(", ")}`] : []),
    ...(privileged ? ["privileged containers"] : []),
    ...(hostNetwork ? ["the network of the node"] : []),
    ...(devices ? ["devices"] : []),
  ].join(", ");
}
