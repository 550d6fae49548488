// The containers of an engine, over the Docker Engine API.

import { containerLabels, ownerLabels } from "../../model/cluster/cluster.ts";
import type {
  ContainerEvent,
  ContainerState,
  Containers,
  ContainerUse,
  CreateRequest,
  LogRequest,
} from "../containers.ts";
import { EngineRefused, RuntimeError } from "../runtime-error.ts";
import { ignoredByPodman } from "./container-options.ts";
import { containerState, createBody, type EngineContainer, needsImageEntrypoint } from "./container-spec.ts";
import type { EngineHttp } from "./engine-http.ts";
import {
  createError,
  engineMessage,
  saysImageIsMissing,
  saysNameIsTaken,
  signalRefusal,
  startError,
} from "./errors.ts";
import { openLogs } from "./logs.ts";
import { isRelabelled } from "./mounts.ts";
import { readLines } from "./streams.ts";

/** Containers inspected at once when all are listed. */
const parallelInspects = 8;
/** A start waits for the disk and the network of the machine; one that takes longer than this hangs. */
const startPatienceMs = 120_000;
/** Beyond the grace: the kill, and what the engine does after it. */
const killPatienceMs = 60_000;

/** How long the answer to a stop may take: longer than any grace. */
export function stopPatienceMs(graceSeconds: number): number {
  return graceSeconds * 1000 + killPatienceMs;
}

export class DockerContainers implements Containers {
  readonly #http: EngineHttp;

  constructor(http: EngineHttp) {
    this.#http = http;
  }

  async list(clusterId: string, nodeId: string): Promise<ContainerState[]> {
    const filters = { label: [`${containerLabels.cluster}=${clusterId}`, `${containerLabels.node}=${nodeId}`] };
    const found = await this.#http.json<{ Id: string }[]>("GET", `/containers/json?all=1&filters=${encode(filters)}`);
    const states: ContainerState[] = [];
    const ids = found.map(({ Id }) => Id);
    const inspectNext = async (): Promise<void> => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
        const state = await this.inspect(id);
        if (state) states.push(state);
      }
    };
    await Promise.all(Array.from({ length: parallelInspects }, inspectNext));
    return states;
  }

  async inspect(reference: string): Promise<ContainerState | null> {
    const response = await this.#http.call("GET", `/containers/${reference}/json`);
    if (response.status === 404) return await drained(response, null);
    await this.#http.expectOk(response);
    return containerState((await response.json()) as EngineContainer);
  }

  async create(request: CreateRequest): Promise<{ containerId: string } | "image-missing"> {
    const { platform } = request;
    const isPodman = await this.#http.isPodman();
    const ignored = isPodman ? ignoredByPodman(request.spec) : null;
    if (ignored !== null) throw createError(`Podman ignores ${ignored}, so the container is not created without it`);
    // Podman does not label the volumes that it creates with a container, nor does an engine those of `Binds`.
    if (isPodman || request.spec.mounts.some(isRelabelled)) await this.#createVolumes(request);
    const entrypoint = needsImageEntrypoint(request.spec) ? await this.#imageEntrypoint(request.spec.image) : [];
    if (entrypoint === null) return "image-missing";
    const query = new URLSearchParams({ name: request.name, ...(platform === null ? {} : { platform }) });
    const body = createBody(request, entrypoint);
    const response = await this.#http.call("POST", `/containers/create?${query}`, { body });
    if (response.ok) return { containerId: ((await response.json()) as { Id: string }).Id };
    const message = await engineMessage(response);
    if (response.status === 404 && saysImageIsMissing(message)) return "image-missing";
    if (saysNameIsTaken(response.status, message)) {
      const existing = await this.inspect(request.name);
      if (existing && isSame(existing, request)) return { containerId: existing.containerId };
      // The container of that name is being removed: the name is free in a moment.
      if (!existing) throw new RuntimeError("create-failed", message, true);
    }
    throw createError(message);
  }

  /** Null if the image is not there. Throws RuntimeError: create-failed if it has no entrypoint. */
  async #imageEntrypoint(image: string): Promise<readonly string[] | null> {
    const response = await this.#http.call("GET", `/images/${encodeURIComponent(image)}/json`);
    if (response.status === 404) return drained(response, null);
    await this.#http.expectOk(response);
    const { Config } = (await response.json()) as { Config?: { Entrypoint?: string[] | null } | null };
    const entrypoint = Config?.Entrypoint ?? [];
    if (entrypoint.length > 0) return entrypoint;
    throw createError(`args is empty and ${image} has no entrypoint: there is nothing to run`);
  }

  /** One that exists keeps its labels. */
  async #createVolumes({ spec, labels }: CreateRequest): Promise<void> {
    for (const { type, source, options } of spec.mounts) {
      if (type !== "volume" || source === "") continue;
      const { driver, driverOptions } = options ?? {};
      const body = {
        ...{ Name: source, Labels: { ...options?.labels, ...ownerLabels(labels) } },
        ...(driver ? { Driver: driver } : {}),
        ...(driverOptions ? { DriverOpts: driverOptions } : {}),
      };
      const response = await this.#http.call("POST", "/volumes/create", { body });
      if (!response.ok) throw createError(await engineMessage(response));
      await drained(response, undefined);
    }
  }

  async start(containerId: string): Promise<void> {
    const response = await this.#http.call("POST", `/containers/${containerId}/start`, {
      timeoutMs: startPatienceMs,
      long: true,
    });
    if (response.ok || response.status === 304) return await drained(response, undefined);
    throw startError(response.status, await engineMessage(response));
  }

  async stop(containerId: string, graceSeconds: number): Promise<void> {
    const response = await this.#http.call("POST", `/containers/${containerId}/stop?t=${graceSeconds}`, {
      timeoutMs: stopPatienceMs(graceSeconds),
      long: true,
    });
    if (response.ok || response.status === 304 || response.status === 404) return await drained(response, undefined);
    throw new EngineRefused(`cannot stop: ${await engineMessage(response)}`);
  }

  async kill(containerId: string, signal: string): Promise<void> {
    const query = new URLSearchParams({ signal });
    const response = await this.#http.call("POST", `/containers/${containerId}/kill?${query}`);
    if (response.ok) return await drained(response, undefined);
    const message = await engineMessage(response);
    throw signalRefusal(response.status, message) ?? this.#http.failed(response.status, message);
  }

  async remove(containerId: string): Promise<void> {
    const response = await this.#http.call("DELETE", `/containers/${containerId}?force=1&v=1`);
    // 409: it is being removed already.
    if (response.ok || response.status === 404 || response.status === 409) return await drained(response, undefined);
    throw new EngineRefused(`cannot remove: ${await engineMessage(response)}`);
  }

  logs(containerId: string, request: LogRequest, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
    return openLogs(this.#http, containerId, request, signal);
  }

  async events(
    clusterId: string,
    onOpen: () => void,
    onEvent: (event: ContainerEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const filters = {
      type: ["container"],
      // Docker's words, then those of Podman.
      event: ["start", "die", "oom", "destroy", "health_status", "died", "remove"],
      label: [`${containerLabels.cluster}=${clusterId}`],
    };
    try {
      const response = await this.#http.call("GET", `/events?filters=${encode(filters)}`, { signal, long: true });
      await this.#http.expectOk(response);
      onOpen();
      for await (const line of readLines(response.body!)) {
        const { Actor } = JSON.parse(line) as { Actor: { ID: string; Attributes: Record<string, string> } };
        onEvent({ taskId: Actor.Attributes[containerLabels.task] ?? "", containerId: Actor.ID });
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RuntimeError) throw error;
      throw new RuntimeError(
        "engine-unavailable",
        `the engine's event stream broke: ${(error as Error).message}`,
        true,
      );
    }
    if (!signal.aborted) throw new RuntimeError("engine-unavailable", "the engine closed its event stream", true);
  }

  async uses(): Promise<ContainerUse[]> {
    type Listed = { Id: string; Names: string[]; ImageID: string; Mounts?: { Type: string; Name?: string }[] };
    const found = await this.#http.json<Listed[]>("GET", "/containers/json?all=1");
    return found.map(({ Id, Names, ImageID, Mounts }) => ({
      containerId: Id,
      name: Names[0]?.replace(/^\//, "") ?? Id,
      imageId: ImageID,
      volumes: (Mounts ?? []).flatMap(({ Type, Name }) => (Type === "volume" && Name ? [Name] : [])),
    }));
  }
}

/** True when the container is the one that the request asks for, from an earlier try. */
function isSame({ taskId, container }: ContainerState, { labels, spec }: CreateRequest): boolean {
  return taskId === labels[containerLabels.task] && container === spec.name;
}

function encode(filters: Record<string, string[]>): string {
  return encodeURIComponent(JSON.stringify(filters));
}

/** Reads the rest of an answer, so that its connection can be used again. */
async function drained<T>(response: Response, value: T): Promise<T> {
  await response.arrayBuffer();
  return value;
}
