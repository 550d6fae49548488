// One container of a pod.

import { contentsOf, targetOf } from "../../../model/task/content-fields.ts";
import { given, some, type Workload } from "../values.ts";
import { type ObjectNames, portName } from "./names.ts";
import type { Notes } from "./notes.ts";
import { probesOf } from "./probes.ts";
import { contentKey, type PodVolumes } from "./storage.ts";

/** The fields of a container, alone in its task or one of several. */
export type ContainerFields = Pick<
  Workload,
  | ("image" | "command" | "args" | "env" | "ports" | "resources" | "mounts" | "user" | "workingDir" | "pullPolicy")
  | ("process" | "security" | "devices" | "limits" | "logging" | "health" | "configs" | "secrets")
  | ("startupProbe" | "livenessProbe" | "readinessProbe")
>;

export interface PodContext {
  app: string;
  names: ObjectNames;
  notes: Notes;
  volumes: PodVolumes;
}

const pullPolicies = { missing: "IfNotPresent", always: "Always", never: "Never" } as const;

export function containerOf(name: string, fields: ContainerFields, context: PodContext): Record<string, unknown> {
  const { notes, volumes } = context;
  const { limits = {}, process = {}, devices = {} } = fields;
  notes.without(process.init, "there is no init process: share the process namespace, or take an image with one");
  notes.without(
    process.stopSignal,
    "it gets SIGTERM, or the signal that its image names, and not the one that was set",
  );
  notes.without(fields.logging, "where its output goes is a matter of the cluster");
  notes.without(limits.ulimits, "limits of processes (ulimits) are those of the nodes");
  notes.without(limits.pids, "the limit of processes is that of the kubelet");
  notes.without(limits.memorySwapBytes, "its limit of swap is left out");
  notes.without(some(devices.paths), "devices of nodes need a device plugin");
  const mounts = volumes.mountsOf(name, fields);
  if (limits.shmSizeBytes !== undefined) {
    const source = { medium: "Memory", sizeLimit: String(limits.shmSizeBytes) };
    mounts.push({ name: volumes.empty(`shm-${name}`.slice(0, 63), source), mountPath: "/dev/shm" });
  }
  return given({
    name,
    image: fields.image,
    imagePullPolicy: fields.pullPolicy && pullPolicies[fields.pullPolicy],
    command: some(fields.command?.map(literal)),
    args: some(fields.args?.map(literal)),
    workingDir: fields.workingDir,
    env: some(variablesOf(fields, context)),
    ports: some(portsOf(fields)),
    resources: resourcesOf(fields),
    ...probesOf(fields, notes),
    securityContext: securityOf(fields, notes),
    volumeMounts: some(mounts),
  })!;
}

/** $(A) is a variable to Kubernetes, and $$(A) the text. */
const literal = (text: string): string => text.replaceAll("$(", "$$$$(");

function variablesOf({ env = {}, configs, secrets }: ContainerFields, { app, names }: PodContext): object[] {
  const own = Object.entries(env).map(([name, value]) => ({ name, value: literal(value) }));
  const contents = [...contentsOf({ configs, secrets })].filter((used) => targetOf(used) === null);
  return [
    ...own,
    ...contents.map(({ kind, reference }) => {
      const key = { name: names.of(reference.name, app), key: contentKey };
      return { name: reference.env, valueFrom: kind === "config" ? { configMapKeyRef: key } : { secretKeyRef: key } };
    }),
  ];
}

/** A port that is published twice has its name once. */
function portsOf({ ports = [] }: ContainerFields): Record<string, unknown>[] {
  const names = new Set<unknown>();
  return ports.map(portOf).map(({ name, ...port }) => {
    if (names.has(name)) return port;
    names.add(name);
    return { name, ...port };
  });
}

function portOf(port: NonNullable<ContainerFields["ports"]>[number]): Record<string, unknown> {
  const { name, containerPort, hostPort, protocol, hostIp } = port;
  const isFixed = hostPort !== null;
  return given({
    name: portName(name, containerPort, protocol),
    containerPort,
    protocol: protocol === "tcp" ? undefined : protocol.toUpperCase(),
    hostPort: isFixed ? hostPort : undefined,
    hostIP: isFixed && hostIp !== "node" ? hostIp : undefined,
  })!;
}

function resourcesOf({ resources, devices }: ContainerFields): Record<string, unknown> | undefined {
  const cpu = (cores: number | null | undefined) => (cores ? `${Math.round(cores * 1000)}m` : undefined);
  const memory = (bytes: number | null | undefined) => (bytes ? String(bytes) : undefined);
  const { count, ids } = devices?.gpus ?? {};
  const gpus = devices?.gpus && (ids?.length ?? (typeof count === "number" ? count : 1));
  return given({
    requests: given({ cpu: cpu(resources?.cpu.request), memory: memory(resources?.memory.request) }),
    limits: given({
      cpu: cpu(resources?.cpu.limit),
      memory: memory(resources?.memory.limit),
      "nvidia.com/gpu": gpus === undefined ? undefined : String(gpus),
    }),
  });
}

function securityOf(
  { security = {}, user, devices }: ContainerFields,
  notes: Notes,
): Record<string, unknown> | undefined {
  const ids = /^(\d+)(?::(\d+))?$/.exec(user ?? "");
  if (user && !ids) notes.say(`it does not run as ${user}: Kubernetes takes numbers of users`);
  notes.without(devices?.gpus && devices.gpus.count === "all", "it gets one graphics card, and not all of its node");
  const options = security.options ?? [];
  const keeps = (option: string) => !/^no-new-privileges([=:]true)?$/.test(option);
  if (options.some(keeps))
    notes.say(`its security options are left out: ${options.filter(keeps).join(", ").slice(0, 200)}`);
  const bare = (names: readonly string[] | undefined) =>
    some(names?.map((name) => name.replace(/^CAP_/i, "").toUpperCase()));
  return given({
    privileged: security.privileged,
    readOnlyRootFilesystem: security.readOnly,
    runAsUser: ids ? Number(ids[1]) : undefined,
    runAsGroup: ids?.[2] === undefined ? undefined : Number(ids[2]),
    capabilities: given({ add: bare(security.capAdd), drop: bare(security.capDrop) }),
    allowPrivilegeEscalation: options.every(keeps) ? undefined : false,
  });
}
