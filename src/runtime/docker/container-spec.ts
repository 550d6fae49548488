// Translates a container's spec to the form of the Engine API, and the engine's answers back. Pure.

import { fromTimestamp, toTimestamp } from "../../lib/clock.ts";
import { containerLabels, ownerLabels } from "../../model/cluster/cluster.ts";
import { limits } from "../../model/limits.ts";
import type { ContainerSpec, Mount, PublishedPort } from "../../model/task/spec.ts";
import { mainContainer } from "../../model/task/spec.ts";
import type { ContainerState, CreateRequest } from "../containers.ts";

/** The body of POST /containers/create. */
export function createBody({ labels, taskLabels, spec, stopGraceSeconds }: CreateRequest): Record<string, unknown> {
  const { cpu, memory } = spec.resources;
  return {
    Image: spec.image,
    ...(spec.command.length > 0 ? { Entrypoint: spec.command } : {}),
    ...(spec.args.length > 0 ? { Cmd: spec.args } : {}),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...taskLabels, ...labels },
    ...(spec.user === null ? {} : { User: spec.user }),
    ...(spec.workingDir === null ? {} : { WorkingDir: spec.workingDir }),
    StopTimeout: stopGraceSeconds,
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    HostConfig: {
      PortBindings: portBindings(spec),
      Mounts: spec.mounts.map((mount) => mountBody(mount, labels)),
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
    },
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

/** A volume that this mount creates gets the labels of cluster and node; a volume that exists keeps its labels. */
function mountBody(
  { type, source, target, readOnly, sizeBytes }: Mount,
  labels: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return {
    Type: type,
    Target: target,
    ReadOnly: readOnly,
    ...(type === "tmpfs" ? {} : { Source: source }),
    ...(type === "volume" ? { VolumeOptions: { Labels: ownerLabels(labels) } } : {}),
    ...(type === "tmpfs" && sizeBytes !== null ? { TmpfsOptions: { SizeBytes: sizeBytes } } : {}),
  };
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
  };
  NetworkSettings?: { Ports?: Record<string, { HostIp: string; HostPort: string }[] | null> | null };
}

export function containerState({ Id, Config, State, NetworkSettings }: EngineContainer): ContainerState {
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
  };
}

function publishedPorts(ports: Record<string, { HostIp: string; HostPort: string }[] | null>): PublishedPort[] {
  return Object.entries(ports).flatMap(([key, bindings]) => {
    const [containerPort, protocol] = key.split("/");
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      hostIp: HostIp,
      hostPort: Number(HostPort),
      containerPort: Number(containerPort),
      protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const),
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
