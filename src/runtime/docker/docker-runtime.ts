// The Runtime port over the Docker Engine API (Docker, and Podman's socket). Translates calls and errors; decides
// nothing.

import { containerLabels } from "../../model/cluster.ts";
import { splitReference } from "../../model/image-reference.ts";
import { limits } from "../../model/limits.ts";
import { dockerArch } from "../../model/node/node.ts";
import { formatMemory } from "../../model/quantity.ts";
import type { PullPolicy } from "../../model/task/task.ts";
import {
  type ContainerState,
  type CreateRequest,
  type LogRequest,
  type PulledImage,
  type Runtime,
  RuntimeError,
  type RuntimeEvent,
} from "../runtime.ts";
import { containerState, createBody, type EngineContainer, registryOf } from "./container-spec.ts";
import { EngineHttp, Silence } from "./engine-http.ts";
import { createError, engineMessage, pullError, saysImageIsMissing, startError } from "./errors.ts";
import { type DiskReading, DockerStorage, readDisk } from "./storage.ts";
import { openLater, readLines } from "./streams.ts";

/** Logins as `docker login` files them: registry -> base64 of user:password. */
export type Credentials = (registry: string) => Promise<string | null>;

/** Containers inspected at once when all are listed. */
const parallelInspects = 8;
/** A start waits for the disk and the network of the machine; one that takes longer than this hangs. */
const startPatienceMs = 120_000;
/** Beyond the grace: the kill, and the engine's own tidying. */
const stopPatienceMs = 60_000;

export class DockerRuntime implements Runtime {
  readonly #http: EngineHttp;
  readonly #credentials: Credentials;
  readonly #storage: DockerStorage;

  /** `disk` reads the usage of a path: handed in by tests that need a full one. */
  constructor(host: string, credentials: Credentials = async () => null, disk: DiskReading = readDisk) {
    this.#http = new EngineHttp(host);
    this.#storage = new DockerStorage(this.#http, disk);
    this.#credentials = credentials;
  }

  ping(): Promise<void> {
    return this.#http.ping();
  }

  async info() {
    const info = await this.#http.json<{
      ServerVersion: string;
      OSType: string;
      Architecture: string;
      NCPU: number;
      MemTotal: number;
      OperatingSystem?: string;
    }>("GET", "/info");
    return {
      engine: {
        name: /podman/i.test(info.OperatingSystem ?? "") ? "podman" : "docker",
        version: info.ServerVersion,
        os: info.OSType,
        arch: dockerArch(info.Architecture),
      },
      cpu: info.NCPU,
      memory: info.MemTotal,
    };
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

  async inspect(containerId: string): Promise<ContainerState | null> {
    const response = await this.#http.call("GET", `/containers/${containerId}/json`);
    if (response.status === 404) return await drained(response, null);
    await this.#http.expectOk(response);
    return containerState((await response.json()) as EngineContainer);
  }

  async pull(
    image: string,
    policy: PullPolicy,
    platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<PulledImage | null> {
    if (policy !== "always" && (await this.#storage.image(image)) !== null) return null;
    if (policy === "never") {
      throw new RuntimeError("image-not-present", `${image} is not on this node, and its pull policy is never`, false);
    }
    return this.#storage.bringing(image, () => this.#download(image, platform, progress, signal));
  }

  async #download(
    image: string,
    platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { name, tag } = splitReference(image);
    const login = await this.#credentials(registryOf(image));
    const query = new URLSearchParams({ fromImage: name, tag, ...(platform === null ? {} : { platform }) });
    const silence = new Silence(limits.pullSilenceMs, signal);
    try {
      const response = await this.#http.call("POST", `/images/create?${query}`, {
        signal: silence.signal,
        timeoutMs: null,
        long: true,
        headers: login === null ? {} : { "x-registry-auth": login },
      });
      if (!response.ok) throw pullError(image, await engineMessage(response));
      await followPull(image, response.body!, progress, () => silence.heard());
    } catch (error) {
      if (!silence.broken) throw error;
      const seconds = limits.pullSilenceMs / 1000;
      throw new RuntimeError("registry-unreachable", `${image}: no progress for ${seconds} s`, true);
    } finally {
      silence.end();
    }
  }

  async create(request: CreateRequest): Promise<{ containerId: string } | "image-missing"> {
    const { platform } = request;
    const query = new URLSearchParams({ name: request.name, ...(platform === null ? {} : { platform }) });
    const response = await this.#http.call("POST", `/containers/create?${query}`, { body: createBody(request) });
    if (response.ok) return { containerId: ((await response.json()) as { Id: string }).Id };
    const message = await engineMessage(response);
    if (response.status === 404 && saysImageIsMissing(message)) return "image-missing";
    if (response.status === 409) {
      const existing = await this.inspect(request.name);
      if (existing && isSame(existing, request)) return { containerId: existing.containerId };
      // One that is just being removed gives its name back in a moment.
      if (!existing) throw new RuntimeError("create-failed", message, true);
    }
    throw createError(message);
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
      timeoutMs: graceSeconds * 1000 + stopPatienceMs,
      long: true,
    });
    if (response.ok || response.status === 304 || response.status === 404) return await drained(response, undefined);
    throw new RuntimeError("engine-unavailable", `cannot stop: ${await engineMessage(response)}`, true);
  }

  async remove(containerId: string): Promise<void> {
    const response = await this.#http.call("DELETE", `/containers/${containerId}?force=1&v=1`);
    // 409: somebody is removing it already.
    if (response.ok || response.status === 404 || response.status === 409) return await drained(response, undefined);
    throw new RuntimeError("engine-unavailable", `cannot remove: ${await engineMessage(response)}`, true);
  }

  async logs(
    containerId: string,
    request: LogRequest,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | null> {
    const { follow, tail, sinceMs, timestamps, stdout, stderr } = request;
    const query = new URLSearchParams({
      follow: flag(follow),
      stdout: flag(stdout),
      stderr: flag(stderr),
      timestamps: flag(timestamps),
      tail: tail === null ? "all" : String(tail),
      ...(sinceMs === null ? {} : { since: (sinceMs / 1000).toFixed(3) }),
    });
    const open = async (opened: AbortSignal): Promise<Response> =>
      this.#http.call("GET", `/containers/${containerId}/logs?${query}`, {
        signal: opened,
        // An engine sends not even a status before a container's first line.
        timeoutMs: null,
        long: true,
      });
    if (follow) {
      if ((await this.inspect(containerId)) === null) return null;
      return openLater(async (opened) => {
        const response = await open(opened);
        await this.#http.expectOk(response);
        return response.body!;
      }, signal);
    }
    const response = await open(signal);
    if (response.status === 404) return await drained(response, null);
    await this.#http.expectOk(response);
    return response.body;
  }

  images() {
    return this.#storage.images();
  }

  removeImage(imageId: string, names: readonly string[]) {
    return this.#storage.removeImage(imageId, names);
  }

  volumes(withSizes: boolean) {
    return this.#storage.volumes(withSizes);
  }

  removeVolume(name: string) {
    return this.#storage.removeVolume(name);
  }

  uses() {
    return this.#storage.uses();
  }

  disk() {
    return this.#storage.disk();
  }

  async events(
    clusterId: string,
    onOpen: () => void,
    onEvent: (event: RuntimeEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const filters = {
      type: ["container"],
      event: ["start", "die", "oom", "destroy"],
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
}

/** True when the container is the one that the request makes, from an earlier try. */
function isSame({ taskId, container }: ContainerState, { labels, spec }: CreateRequest): boolean {
  return taskId === labels[containerLabels.task] && container === spec.name;
}

interface PullEvent {
  id?: string;
  error?: string;
  progressDetail?: { current?: number; total?: number };
}

/** Reads a pull's progress to its end. The engine says 200 first, and what went wrong within. */
async function followPull(
  image: string,
  body: ReadableStream<Uint8Array>,
  progress: (message: string) => void,
  heard: () => void,
): Promise<void> {
  const layers = new Map<string, { current: number; total: number }>();
  for await (const line of readLines(body)) {
    heard();
    const event = JSON.parse(line) as PullEvent;
    if (event.error) throw pullError(image, event.error);
    if (!event.id || !event.progressDetail?.total) continue;
    layers.set(event.id, { current: event.progressDetail.current ?? 0, total: event.progressDetail.total });
    progress(describeProgress(image, layers));
  }
}

/** "pulling nginx: 40% of 12 MiB" */
function describeProgress(image: string, layers: ReadonlyMap<string, { current: number; total: number }>): string {
  let current = 0;
  let total = 0;
  for (const layer of layers.values()) {
    current += layer.current;
    total += layer.total;
  }
  return `pulling ${image}: ${Math.floor((100 * current) / total)}% of ${formatMemory(total)}`.slice(
    0,
    limits.messageLength,
  );
}

function encode(filters: Record<string, string[]>): string {
  return encodeURIComponent(JSON.stringify(filters));
}

function flag(value: boolean): string {
  return value ? "1" : "0";
}

/** Reads what is left of an answer, so that its connection can serve again. */
async function drained<T>(response: Response, value: T): Promise<T> {
  await response.arrayBuffer();
  return value;
}
