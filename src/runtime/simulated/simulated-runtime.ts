// The Runtime port without an engine: containers in memory, whose programs, delays and failures come from what it is
// handed, driven by Clock and Random alone. For tests and simulation; it must behave as the contract suite says engines do.

import { delay, toTimestamp } from "../../lib/clock.ts";
import { randomText } from "../../lib/random.ts";
import { containerLabels, mainContainer, ownerLabels } from "../../model/cluster.ts";
import { limits } from "../../model/limits.ts";
import type { DiskUsage } from "../../model/node/cleanup.ts";
import type { PublishedPort, PullPolicy } from "../../model/task/task.ts";
import {
  type ContainerState,
  type ContainerUse,
  type CreateRequest,
  type ImageState,
  type LogRequest,
  type PulledImage,
  type Runtime,
  RuntimeError,
  type RuntimeEvent,
  type VolumeState,
} from "../runtime.ts";
import { SimulatedLog } from "./log.ts";
import type { Program, SimulatedOptions } from "./options.ts";
import { SimulatedStorage } from "./storage.ts";

interface Container {
  state: ContainerState;
  request: CreateRequest;
  log: SimulatedLog;
  run: number;
  cancelEnd: () => void;
  ended: Promise<void>;
  finish: (exitCode: number, oomKilled: boolean) => void;
  ignoresStop: boolean;
}

interface Listener {
  clusterId: string;
  onEvent: (event: RuntimeEvent) => void;
  fail: (error: RuntimeError) => void;
}

const firstChosenPort = 32_768;

export class SimulatedRuntime implements Runtime {
  readonly #options: SimulatedOptions;
  readonly #containers = new Map<string, Container>();
  readonly #listeners = new Set<Listener>();
  readonly storage: SimulatedStorage;
  #away: "no" | "gone" | "hung" = "no";
  #nextPort = firstChosenPort;
  /** What happened while it hung: told when it goes on. */
  #untold: Container[] = [];
  #eventsToLose = 0;
  /** Calls by name, for tests that count them. */
  readonly calls: string[] = [];

  constructor(options: SimulatedOptions) {
    this.#options = options;
    this.storage = new SimulatedStorage(options.images, options.disk ?? null, () => this.#uses());
  }

  // ---- faults

  /** The engine stops answering. Its containers go on, unless it takes them along. */
  goAway({ killContainers = false, hang = false } = {}): void {
    this.#away = hang ? "hung" : "gone";
    for (const listener of [...this.#listeners]) if (!hang) listener.fail(away());
    if (!killContainers) return;
    for (const { state, finish } of this.#containers.values()) if (state.status === "running") finish(137, false);
  }

  comeBack(): void {
    this.#away = "no";
    for (const container of this.#untold.splice(0)) this.#tell(container);
  }

  /** The next events get lost on their way, as engines drop them for readers that are slow. */
  loseEvents(count: number): void {
    this.#eventsToLose = count;
  }

  /** Somebody removes a container with the engine's own tools. */
  removeBehindBack(taskId: string): void {
    for (const container of this.#containers.values()) if (container.state.taskId === taskId) this.#drop(container);
  }

  /** A container's program ends by itself now. */
  end(taskId: string, exitCode: number, oomKilled = false): void {
    for (const { state, finish } of this.#containers.values())
      if (state.taskId === taskId && state.status === "running") finish(exitCode, oomKilled);
  }

  /** Does a container of this task run? */
  runs(taskId: string): boolean {
    for (const { state } of this.#containers.values())
      if (state.taskId === taskId && state.status === "running") return true;
    return false;
  }

  /** All that there are, also of other nodes. */
  all(): ContainerState[] {
    return [...this.#containers.values()].map(({ state }) => ({ ...state }));
  }

  // ---- the port

  async ping(): Promise<void> {
    if (this.#away === "hung") await delay(this.#options.clock, limits.enginePingPatienceMs);
    if (this.#isAway()) throw away();
  }

  async info() {
    await this.#call("info");
    const { cpu = 4, memory = 8 * 1024 ** 3 } = this.#options;
    return { engine: { name: "simulated", version: "1", os: "linux", arch: "amd64" }, cpu, memory };
  }

  async list(clusterId: string, nodeId: string): Promise<ContainerState[]> {
    await this.#call("list");
    return [...this.#containers.values()]
      .filter(
        ({ request: { labels } }) =>
          labels[containerLabels.cluster] === clusterId && labels[containerLabels.node] === nodeId,
      )
      .map(({ state }) => ({ ...state }));
  }

  async inspect(reference: string): Promise<ContainerState | null> {
    await this.#call("inspect");
    const found = this.#find(reference);
    return found ? { ...found.state } : null;
  }

  async pull(
    image: string,
    policy: PullPolicy,
    _platform: string | null,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<PulledImage | null> {
    await this.#call("pull");
    const { clock, images } = this.#options;
    const known = images.get(image);
    if (policy !== "always" && known?.present) return null;
    if (policy === "never") {
      throw new RuntimeError("image-not-present", `${image} is not on this node, and its pull policy is never`, false);
    }
    if (!known) throw new RuntimeError("image-not-found", `${image}: manifest unknown`, false);
    for (const percent of [0, 50]) {
      progress(`pulling ${image}: ${percent}% of ${known.sizeBytes} B`);
      await delay(clock, known.pullMs / 2, signal);
      signal.throwIfAborted();
    }
    this.#mustAnswer();
    const failure = known.failure?.();
    if (failure) throw failure;
    return this.storage.brought(image);
  }

  async create(request: CreateRequest): Promise<{ containerId: string } | "image-missing"> {
    await this.#call("create");
    const { images, random } = this.#options;
    if (!images.get(request.spec.image)?.present) return "image-missing";
    const existing = this.#find(request.name);
    if (existing) {
      const { taskId, container } = existing.state;
      if (taskId === request.labels[containerLabels.task] && container === request.spec.name) return existing.state;
      throw new RuntimeError("create-failed", `the name ${request.name} is taken`, false);
    }
    for (const { type, source } of request.spec.mounts)
      if (type === "volume") this.storage.putVolume(source, ownerLabels(request.labels));
    const containerId = randomText(random, 64);
    const state: ContainerState = {
      containerId,
      taskId: request.labels[containerLabels.task] ?? "",
      container: request.labels[containerLabels.container] ?? mainContainer,
      nodeId: request.labels[containerLabels.node] ?? "",
      status: "created",
      exitCode: null,
      oomKilled: false,
      error: "",
      startedAt: null,
      finishedAt: null,
      publishedPorts: [],
    };
    const idle = { run: 0, cancelEnd() {}, finish() {}, ended: Promise.resolve(), ignoresStop: false };
    this.#containers.set(containerId, { state, request, log: new SimulatedLog(this.#options.clock), ...idle });
    return { containerId };
  }

  async start(containerId: string): Promise<void> {
    await this.#call("start");
    const container = this.#find(containerId);
    if (!container) throw new RuntimeError("container-lost", `no such container: ${containerId}`, true);
    if (container.state.status === "running") return;
    const program = this.#options.program(container.request.spec, container.run);
    container.run++;
    const refused = program.startError
      ? new RuntimeError("start-failed", program.startError, false)
      : this.#portInUse(container);
    if (refused) {
      Object.assign(container.state, { error: refused.message, exitCode: 127 });
      throw refused;
    }
    this.#run(container, program);
  }

  async stop(containerId: string, graceSeconds: number): Promise<void> {
    await this.#call("stop");
    const container = this.#find(containerId);
    if (container?.state.status !== "running") return;
    const { ended } = container;
    if (!container.ignoresStop) container.finish(143, false);
    const cancel = this.#options.clock.timer(graceSeconds * 1000, () => container.finish(137, false));
    await ended;
    cancel();
    this.#mustAnswer();
  }

  async remove(containerId: string): Promise<void> {
    await this.#call("remove");
    const container = this.#find(containerId);
    if (container) this.#drop(container);
  }

  async logs(
    containerId: string,
    request: LogRequest,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | null> {
    await this.#call("logs");
    const container = this.#find(containerId);
    if (!container) return null;
    const { status } = container.state;
    return container.log.read({ ...request, follow: request.follow && status === "running" }, signal);
  }

  images(): Promise<ImageState[]> {
    return this.#stored("images", () => this.storage.images());
  }

  removeImage(imageId: string, names: readonly string[]): Promise<string | null> {
    return this.#stored("removeImage", () => this.storage.removeImage(imageId, names));
  }

  volumes(withSizes: boolean): Promise<VolumeState[]> {
    return this.#stored("volumes", () => this.storage.volumes(withSizes));
  }

  removeVolume(name: string): Promise<string | null> {
    return this.#stored("removeVolume", () => this.storage.removeVolume(name));
  }

  uses(): Promise<ContainerUse[]> {
    return this.#stored("uses", () => this.storage.uses());
  }

  disk(): Promise<DiskUsage | null> {
    return this.#stored("disk", () => this.storage.disk());
  }

  async events(
    clusterId: string,
    onOpen: () => void,
    onEvent: (event: RuntimeEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#call("events");
    await new Promise<void>((resolve, reject) => {
      const listener: Listener = { clusterId, onEvent, fail: reject };
      this.#listeners.add(listener);
      signal.addEventListener("abort", () => resolve());
      if (signal.aborted) resolve();
      onOpen();
    }).finally(() => {
      for (const listener of this.#listeners) if (listener.onEvent === onEvent) this.#listeners.delete(listener);
    });
  }

  // ---- inside

  async #call(name: string): Promise<void> {
    this.calls.push(name);
    this.#mustAnswer();
    const { clock, random, delayMs } = this.#options;
    if (delayMs) await delay(clock, delayMs.min + random.next() * (delayMs.max - delayMs.min));
    while (this.#away === "hung") await delay(clock, 1000);
    this.#mustAnswer();
  }

  async #stored<T>(name: string, answer: () => T): Promise<T> {
    await this.#call(name);
    return answer();
  }

  #uses(): ContainerUse[] {
    return [...this.#containers.values()].map(({ state: { containerId }, request: { name, spec } }) => ({
      containerId,
      name,
      imageId: this.storage.idOf(spec.image),
      volumes: spec.mounts.filter(({ type }) => type === "volume").map(({ source }) => source),
    }));
  }

  #isAway(): boolean {
    return this.#away !== "no";
  }

  #mustAnswer(): void {
    if (this.#away === "gone") throw away();
  }

  /** By id or by name, as engines do. */
  #find(reference: string): Container | undefined {
    const byId = this.#containers.get(reference);
    if (byId) return byId;
    for (const container of this.#containers.values()) if (container.request.name === reference) return container;
    return undefined;
  }

  #run(container: Container, program: Program): void {
    const { clock } = this.#options;
    const { state, log } = container;
    const startedAt = toTimestamp(clock.now());
    const ports = this.#publish(container);
    const run = { status: "running" as const, startedAt, finishedAt: null, publishedPorts: ports, error: "" };
    Object.assign(state, run, { exitCode: null, oomKilled: false });
    container.ignoresStop = program.ignoresStop ?? false;
    let ended = () => {};
    container.ended = new Promise((resolve) => {
      ended = resolve;
    });
    container.finish = (exitCode, oomKilled) => {
      if (state.status !== "running") return;
      container.cancelEnd();
      const finishedAt = toTimestamp(clock.now());
      Object.assign(state, { status: "exited", exitCode, oomKilled, finishedAt, publishedPorts: [] });
      log.end();
      ended();
      this.#tell(container);
    };
    this.#options.onRun?.(state.taskId, program);
    log.begin();
    if (program.stdout) log.write("stdout", program.stdout);
    if (program.stderr) log.write("stderr", program.stderr);
    if (program.runsMs !== null) {
      container.cancelEnd = clock.timer(program.runsMs, () =>
        container.finish(program.exitCode, program.oomKilled ?? false),
      );
    }
    this.#tell(container);
  }

  #drop(container: Container): void {
    container.finish(137, false);
    this.#containers.delete(container.state.containerId);
    this.#tell(container);
  }

  #portInUse({ request }: Container): RuntimeError | null {
    for (const { hostPort, hostIp, protocol } of request.spec.ports) {
      const taken = [...this.#containers.values()].some(({ state }) =>
        state.publishedPorts.some((port) => port.hostPort === hostPort && port.protocol === protocol),
      );
      if (hostPort !== null && taken)
        return new RuntimeError("port-in-use", `${hostIp}:${hostPort} is already allocated`, true);
    }
    return null;
  }

  #publish({ request }: Container): PublishedPort[] {
    return request.spec.ports.map((port) => ({ ...port, hostPort: port.hostPort ?? this.#nextPort++ }));
  }

  #tell(container: Container): void {
    const { state, request } = container;
    const { taskId, containerId } = state;
    if (this.#away === "hung") this.#untold.push(container);
    if (this.#away !== "no" || this.#eventsToLose-- > 0) return;
    for (const { clusterId, onEvent } of [...this.#listeners]) {
      if (request.labels[containerLabels.cluster] === clusterId) onEvent({ taskId, containerId });
    }
  }
}

function away(): RuntimeError {
  return new RuntimeError("engine-unavailable", "the simulated engine does not answer", true);
}
