// What a container needs of a node beyond amounts: options that its worker must know, and rights that its policy must allow.

import { nodeAddress } from "../../lib/ip-address.ts";
import { networkFeature } from "./cluster-network.ts";
import { contentFields } from "./content-fields.ts";
import { optionFields } from "./option-fields.ts";
import { type ContainerSpec, hasSparseFields, type Mount, type SparseField } from "./spec.ts";

export interface Needs {
  /** Options that workers of release 0.1.0 ignore without a word, as workers name those that they know. */
  readonly features: readonly string[];
  /** Folders and files of the node that are mounted: normal paths, with symbolic links as they were given. */
  readonly binds: readonly string[];
  readonly hostNetwork: boolean;
  readonly devices: boolean;
  /** Why it has as many rights as root on the node, or could get them: "adds the capability SYS_ADMIN". Null if it does not. */
  readonly privileged: string | null;
}

const mountFeature = "mount-options";
const sctpFeature = "sctp";
/** Several containers, init containers and shared folders. */
const podFeature = "pods";
/** Ports on the address of the node, which the worker fills in. */
const nodeAddressFeature = "node-address";
const optionFeatures: readonly SparseField[] = ["cleared", ...optionFields, ...contentFields];

/**
 * What this release knows. A field that is added to a group of options later needs a name of its own here and in
 * `featuresOf`, because a worker of this release would ignore it.
 */
export const knownFeatures: readonly string[] = [
  ...optionFeatures,
  mountFeature,
  sctpFeature,
  nodeAddressFeature,
  podFeature,
];

/** The worker restarts containers on request. No container needs it: it is asked for when a restart is. */
export const restartFeature = "restart";

/** Null if any node has what the containers need. `isPod`: they share a sandbox. */
export function needsOf(containers: readonly ContainerSpec[], isPod = false): Needs | null {
  // Most have none, and each create asks.
  if (!isPod && !containers.some(mayHaveNeeds)) return null;
  const features = new Set<string>(isPod ? [podFeature] : []);
  const binds = new Set<string>();
  let hostNetwork = false;
  let devices = false;
  let privileged: string | null = null;
  for (const container of containers) {
    for (const feature of featuresOf(container)) features.add(feature);
    for (const { type, source } of container.mounts) if (type === "bind") binds.add(normalPath(source));
    hostNetwork ||= container.network?.mode === "host";
    devices ||= container.devices?.paths?.length !== undefined && container.devices.paths.length > 0;
    devices ||= container.devices?.gpus !== undefined;
    privileged ??= rootRights(container);
  }
  if (features.size === 0 && binds.size === 0) return null;
  return { features: [...features], binds: [...binds], hostNetwork, devices, privileged };
}

function mayHaveNeeds(container: ContainerSpec): boolean {
  if (container.mounts.length > 0 || hasSparseFields(container)) return true;
  return (
    container.ports.length > 0 &&
    container.ports.some(({ protocol, hostIp }) => protocol === "sctp" || hostIp === nodeAddress)
  );
}

function* featuresOf(container: ContainerSpec): Generator<string> {
  for (const field of optionFeatures) if (container[field] !== undefined) yield field;
  if (container.network?.mode === "cluster") yield networkFeature;
  if (container.mounts.some(({ type }) => type === "shared")) yield podFeature;
  if (container.mounts.some(({ options }) => options !== undefined)) yield mountFeature;
  if (container.ports.some(({ protocol }) => protocol === "sctp")) yield sctpFeature;
  if (container.ports.some(({ hostIp }) => hostIp === nodeAddress)) yield nodeAddressFeature;
}

/** The capabilities that engines give to every container: adding one of them gives nothing. */
const usualCapabilities: ReadonlySet<string> = new Set([
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"],
  ...["SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
]);
/** Security options that take rights away. Others may override a stricter default of the engine. */
const harmless = /^no-new-privileges([=:]true)?$/;

/** Log drivers that write on the node, to a place of the engine's choice. Others send, with the network and rights of the engine. */
const localLogDrivers: ReadonlySet<string> = new Set(["json-file", "local", "journald", "none"]);
/** Options of log drivers that name no place. Podman writes to any `path`, and the engine's usual driver may send to any address. */
const harmlessLogOption = /^(max-(size|file|buffer-size)|compress|mode|tag|(labels|env)(-regex)?)$/;

function rootRights({ security, mounts, logging }: ContainerSpec): string | null {
  if (security?.privileged) return "is privileged";
  for (const written of security?.capAdd ?? []) {
    const capability = written.toUpperCase().replace(/^CAP_/, "");
    if (!usualCapabilities.has(capability)) return `adds the capability ${capability}`;
  }
  for (const option of security?.options ?? []) {
    if (!harmless.test(option)) return `sets the security option ${option.slice(0, 60)}`;
  }
  // Podman keeps the groups of the user that runs it.
  if (security?.groupAdd?.includes("keep-groups")) return "keeps the groups of the engine's user";
  const { driver = "local", options = {} } = logging ?? {};
  if (!localLogDrivers.has(driver)) return `has the log driver ${driver.slice(0, 60)}`;
  const place = Object.keys(options).find((name) => !harmlessLogOption.test(name));
  if (place !== undefined) return `sets the log option ${place.slice(0, 60)}`;
  // A volume may be a folder of the node: type=none, o=bind, device=/etc.
  return mounts.some(hasDriver) ? "mounts a volume with a driver or driver options" : null;
}

function hasDriver({ options }: Mount): boolean {
  return options?.driver !== undefined || options?.driverOptions !== undefined;
}

/** Without "." and "..", double slashes and one at the end. Symbolic links are not followed. */
export function normalPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
