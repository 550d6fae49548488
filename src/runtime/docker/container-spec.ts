// Translates a container's spec to the form of the Engine API, and the engine's answers back. Pure.

import { fromTimestamp, toTimestamp } from "../../lib/clock.ts";
import { containerLabels } from "../../model/cluster/cluster.ts";
import { limits } from "../../model/limits.ts";
import type { ContainerSpec, PublishedPort } from "../../model/task/spec.ts";
import { mainContainer } from "../../model/task/spec.ts";
import type { ContainerState, CreateRequest } from "../containers.ts";
import { configOptions, hostOptions } from "./container-options.ts";
import { mountFields } from "./mounts.ts";

/**
 * The body of POST /containers/create. `imageEntrypoint` is that of the image, where `needsImageEntrypoint` asks for it.
 */
export function createBody(
  { labels, taskLabels, spec, stopGraceSeconds, joins, place }: CreateRequest,
  imageEntrypoint: readonly string[] = [],
): Record<string, unknown> {
  const { cpu, memory } = spec.resources;
  return {
    Image: spec.image,
    ...programOf(spec, imageEntrypoint),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...taskLabels, ...labels },
    ...(spec.user === null ? {} : { User: spec.user }),
    ...(spec.workingDir === null ? {} : { WorkingDir: spec.workingDir }),
    StopTimeout: stopGraceSeconds,
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    ...configOptions(spec),
    HostConfig: {
      PortBindings: portBindings(spec),
      ...mountFields(spec.mounts, labels),
      // The request decides which container gets cpu first when cores are short: the engine counts 1024 shares a core.
      ...(cpu.request > 0 ? { CpuShares: Math.max(2, Math.round(cpu.request * 1024)) } : {}),
      ...(cpu.limit === null ? {} : { NanoCpus: Math.round(cpu.limit * 1e9) }),
      ...(memory.limit === null ? {} : { Memory: memory.limit, MemorySwap: memory.limit }),
      // Engines refuse a smaller reservation than a limit may be; it only matters when the node's memory is short.
      ...(memory.request >= limits.memoryLimitMinBytes && memory.request !== memory.limit
        ? { MemoryReservation: memory.request }
        : {}),
      // The worker restarts containers itself, because it reports a count and a reason.
      RestartPolicy: { Name: "no" },
      ...hostOptions(spec),
      ...(joins === undefined ? {} : { NetworkMode: `${joinedMode}${joins}` }),
      ...(place && { NetworkMode: place.network, Dns: spec.network?.dns?.servers ?? [place.dns] }),
    },
    ...(place && {
      NetworkingConfig: { EndpointsConfig: { [place.network]: { IPAMConfig: { IPv4Address: place.address } } } },
    }),
  };
}

/**
 * True when the arguments are to be empty and the entrypoint is the image's. The engine takes an empty list of arguments for
 * the image's own, unless an entrypoint is given as well.
 */
export function needsImageEntrypoint({ command, cleared = [] }: ContainerSpec): boolean {
  return cleared.includes("args") && !cleared.includes("command") && command.length === 0;
}

function programOf(spec: ContainerSpec, imageEntrypoint: readonly string[]): Record<string, unknown> {
  const { command, args, cleared = [] } = spec;
  const entrypoint = needsImageEntrypoint(spec) ? imageEntrypoint : command;
  return {
    // An entrypoint of one empty word takes that of the image away, in docker as here.
    ...(cleared.includes("command") ? { Entrypoint: [""] } : entrypoint.length > 0 ? { Entrypoint: entrypoint } : {}),
    ...(args.length > 0 ? { Cmd: args } : {}),
  };
}

function portKey({ containerPort, protocol }: { containerPort: number; protocol: string }): string {
  return `${containerPort}/${protocol}`;
}

function portBindings({ ports }: ContainerSpec): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of ports) {
    bindings[portKey(port)] ??= [];
    bindings[portKey(port)]!.push({
      HostIp: port.hostIp,
      HostPort: port.hostPort === null ? "" : String(port.hostPort),
    });
  }
  return bindings;
}

/** The fields of GET /containers/{id}/json that Podling uses. */
export interface EngineContainer {
  Id: string;
  Config: { Labels: Record<string, string> | null };
  State: {
    Status: string;
    ExitCode: number;
    OOMKilled: boolean;
    Error: string;
    StartedAt: string;
    FinishedAt: string;
    /** Podman says it for every container, with an empty status. */
    Health?: { Status?: string; FailingStreak?: number; Log?: { Output?: string }[] | null } | null;
  };
  HostConfig?: {
    Binds?: string[] | null;
    Mounts?: { Type: string; Source?: string }[] | null;
    NetworkMode?: string;
  };
  NetworkSettings?: {
    Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> | null;
    IPAddress?: string;
    Networks?: Record<string, { IPAddress?: string; GlobalIPv6Address?: string } | null> | null;
  };
}

export function containerState({ Id, Config, State, HostConfig, NetworkSettings }: EngineContainer): ContainerState {
  const running = State.Status === "running" || State.Status === "paused" || State.Status === "restarting";
  const startedAt = engineTime(State.StartedAt);
  const finishedAt = engineTime(State.FinishedAt);
  // A start that failed leaves a container that says "created"; it can be started again. Its exit code is the engine's own.
  const status = running ? "running" : State.Status === "created" || startedAt === null ? "created" : "exited";
  return {
    containerId: Id,
    taskId: Config.Labels?.[containerLabels.task] ?? "",
    container: Config.Labels?.[containerLabels.container] ?? mainContainer,
    nodeId: Config.Labels?.[containerLabels.node] ?? "",
    status,
    exitCode: status === "exited" ? State.ExitCode : null,
    oomKilled: State.OOMKilled,
    error: State.Error,
    startedAt,
    finishedAt: running ? null : later(finishedAt, startedAt),
    publishedPorts: publishedPorts(NetworkSettings?.Ports ?? {}),
    binds: bindSources(HostConfig),
    ...joinedBy(HostConfig?.NetworkMode),
    ...(running ? runningFields(State.Health, NetworkSettings) : {}),
  };
}

function runningFields(
  health: EngineContainer["State"]["Health"],
  network: EngineContainer["NetworkSettings"],
): Pick<ContainerState, "address" | "health"> {
  const networks = Object.values(network?.Networks ?? {});
  const address =
    network?.IPAddress ||
    networks.find((one) => one?.IPAddress)?.IPAddress ||
    networks.find((one) => one?.GlobalIPv6Address)?.GlobalIPv6Address;
  const status = healthStatuses.find((one) => one === health?.Status);
  const output = health?.Log?.at(-1)?.Output ?? "";
  return {
    ...(address ? { address } : {}),
    ...(status ? { health: { status, failures: health?.FailingStreak ?? 0, output } } : {}),
  };
}

/** The engine's "none" is for a container without a check. */
const healthStatuses = ["starting", "healthy", "unhealthy"] as const;

/** How the engine says that a container is in the network of another one. */
const joinedMode = "container:";

function joinedBy(mode = ""): Pick<ContainerState, "joined"> {
  return mode.startsWith(joinedMode) ? { joined: mode.slice(joinedMode.length) } : {};
}

function bindSources({ Binds, Mounts }: NonNullable<EngineContainer["HostConfig"]> = {}): string[] {
  const relabelled = (Binds ?? []).map((bind) => bind.split(":")[0]!).filter((source) => source.startsWith("/"));
  const others = (Mounts ?? []).flatMap(({ Type, Source }) => (Type === "bind" && Source ? [Source] : []));
  return [...relabelled, ...others];
}

function publishedPorts(ports: Record<string, { HostIp: string; HostPort: string }[] | null>): PublishedPort[] {
  return Object.entries(ports).flatMap(([key, bindings]) => {
    const [containerPort, protocol] = key.split("/");
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      hostIp: HostIp,
      hostPort: Number(HostPort),
      containerPort: Number(containerPort),
      protocol: protocol === "udp" || protocol === "sctp" ? protocol : ("tcp" as const),
    }));
  });
}

/** The end of a run. Docker notes the start after the program runs, so a very short run can end before that. */
function later(finishedAt: string | null, startedAt: string | null): string | null {
  if (finishedAt === null || startedAt === null) return finishedAt;
  return finishedAt < startedAt ? startedAt : finishedAt;
}

/** To ISO 8601 UTC in milliseconds, from nanoseconds (Docker) and other zones (Podman). The engine's year 1 means never. */
function engineTime(text: string): string | null {
  const ms = fromTimestamp(text);
  return ms > 0 ? toTimestamp(ms) : null;
}
