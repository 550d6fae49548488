// The containers of a simulated engine: their states, their programs and their events.

import { toTimestamp } from "../../lib/clock.ts";
import { randomText } from "../../lib/random.ts";
import { containerLabels, ownerLabels } from "../../model/cluster/cluster.ts";
import type { PublishedPort } from "../../model/task/spec.ts";
import { namedVolumes } from "../../model/task/spec.ts";
import type {
  ContainerEvent,
  ContainerState,
  Containers,
  ContainerUse,
  CreateRequest,
  LogRequest,
} from "../containers.ts";
import { sandboxImage } from "../images.ts";
import { RuntimeError, SignalRefused } from "../runtime-error.ts";
import { createdState, signalExitCodes } from "./created-state.ts";
import { type EngineState, engineAway } from "./engine-state.ts";
import { SimulatedLog } from "./log.ts";
import type { Program, SimulatedAnswer, SimulatedCheck, SimulatedOptions } from "./options.ts";
import type { SimulatedStorage } from "./storage.ts";

interface Container {
  state: ContainerState;
  request: CreateRequest;
  log: SimulatedLog;
  /** Starts so far. */
  run: number;
  cancelEnd: () => void;
  ended: Promise<void>;
  finish: (exitCode: number, oomKilled: boolean) => void;
  ignoresStop: boolean;
  onSignal: Program["onSignal"];
  /** Of the run that is under way. */
  answer: Program["answer"];
  startedMs: number;
  cancelHealth: () => void;
  /** The run of the container whose network it has joined. Null if it has one of its own. */
  network: { of: Container; run: number } | null;
}

interface Listener {
  clusterId: string;
  onEvent: (event: ContainerEvent) => void;
  fail: (error: RuntimeError) => void;
}

/** Chooses containers. */
export type Which = (state: Readonly<ContainerState>) => boolean;

const firstChosenPort = 32_768;

export class SimulatedContainers implements Containers {
  readonly #options: SimulatedOptions;
  readonly #engine: EngineState;
  readonly #storage: SimulatedStorage;
  readonly #containers = new Map<string, Container>();
  /** Their states. Null after one was created or removed. */
  #all: ContainerState[] | null = null;
  readonly #listeners = new Set<Listener>();
  #nextPort = firstChosenPort;
  /** Events of the time while the engine hung: sent when it goes on. */
  #held: Container[] = [];
  #eventsToLose = 0;

  constructor(options: SimulatedOptions, engine: EngineState, storage: SimulatedStorage) {
    this.#options = options;
    this.#engine = engine;
    this.#storage = storage;
  }

  // ---- faults

  /** Streams of events end with an error. */
  breakEvents(): void {
    for (const listener of [...this.#listeners]) listener.fail(engineAway());
  }

  sendHeldEvents(): void {
    for (const container of this.#held.splice(0)) this.#notify(container);
  }

  loseEvents(count: number): void {
    this.#eventsToLose = count;
  }

  drop(which: Which): void {
    for (const container of this.#containers.values()) if (which(container.state)) this.#drop(container);
  }

  /** Ends the programs of those that run. */
  endRuns(exitCode: number, oomKilled: boolean, which: Which): void {
    for (const { state, finish } of this.#containers.values())
      if (state.status === "running" && which(state)) finish(exitCode, oomKilled);
  }

  /** True while a container of this task runs. */
  runs(taskId: string): boolean {
    for (const { state } of this.#containers.values())
      if (state.taskId === taskId && state.status === "running") return true;
    return false;
  }

  /** True when the container runs in a network that is there: its own, or that of the present run of another container. */
  hasNetwork(containerId: string): boolean {
    const network = this.#containers.get(containerId)?.network;
    return !network || (network.of.state.status === "running" && network.of.run === network.run);
  }

  /** Of all nodes and clusters, as they are and not as copies: what is to be kept must be copied. */
  all(): readonly Readonly<ContainerState>[] {
    this.#all ??= Array.from(this.#containers.values(), ({ state }) => state);
    return this.#all;
  }

  usesNow(): ContainerUse[] {
    return [...this.#containers.values()].map(({ state: { containerId }, request: { name, spec } }) => ({
      containerId,
      name,
      imageId: this.#storage.idOf(spec.image),
      volumes: namedVolumes(spec),
    }));
  }

  // ---- the port

  async list(clusterId: string, nodeId: string): Promise<ContainerState[]> {
    await this.#engine.call("list");
    return [...this.#containers.values()]
      .filter(
        ({ request: { labels } }) =>
          labels[containerLabels.cluster] === clusterId && labels[containerLabels.node] === nodeId,
      )
      .map(({ state }) => ({ ...state }));
  }

  async inspect(reference: string): Promise<ContainerState | null> {
    await this.#engine.call("inspect");
    const found = this.#find(reference);
    return found ? { ...found.state } : null;
  }

  async create(request: CreateRequest): Promise<{ containerId: string } | "image-missing"> {
    await this.#engine.call("create");
    const { clock, random, images } = this.#options;
    if (!images.get(request.spec.image)?.present) return "image-missing";
    const existing = this.#find(request.name);
    if (existing) {
      const { taskId, container } = existing.state;
      if (taskId === request.labels[containerLabels.task] && container === request.spec.name) return existing.state;
      throw new RuntimeError("create-failed", `the name ${request.name} is taken`, false);
    }
    for (const { type, source, options } of request.spec.mounts) {
      if (type !== "volume" || source === "") continue;
      this.#storage.putVolume(source, { ...options?.labels, ...ownerLabels(request.labels) });
    }
    const containerId = randomText(random, 64);
    const idle = { run: 0, cancelEnd() {}, finish() {}, ended: Promise.resolve(), ignoresStop: false };
    const unchecked = { answer: undefined, onSignal: undefined, startedMs: 0, cancelHealth() {}, network: null };
    const state = createdState(containerId, request.labels);
    if (request.joins !== undefined) state.joined = request.joins;
    state.binds = request.spec.mounts.flatMap(({ type, source }) => (type === "bind" ? [source] : []));
    this.#all = null;
    this.#containers.set(containerId, { state, request, log: new SimulatedLog(clock), ...idle, ...unchecked });
    return { containerId };
  }

  async start(containerId: string): Promise<void> {
    await this.#engine.call("start");
    const container = this.#find(containerId);
    if (!container) throw new RuntimeError("container-lost", `no such container: ${containerId}`, true);
    if (container.state.status === "running") return;
    container.network = this.#network(container);
    const { spec } = container.request;
    const program = spec.image === sandboxImage ? waiting : this.#options.program(spec, container.run);
    container.run++;
    const refused = program.startError
      ? new RuntimeError("start-failed", program.startError, false, { exitCode: 127 })
      : this.#portInUse(container);
    if (refused) {
      Object.assign(container.state, { error: refused.message });
      throw refused;
    }
    this.#run(container, program);
  }

  async stop(containerId: string, graceSeconds: number): Promise<void> {
    await this.#engine.call("stop");
    const container = this.#find(containerId);
    if (container?.state.status !== "running") return;
    const isKill = container.request.spec.process?.stopSignal === "SIGKILL";
    if (isKill || !container.ignoresStop) container.finish(isKill ? 137 : 143, false);
    const cancel = this.#options.clock.timer(graceSeconds * 1000, () => container.finish(137, false));
    await container.ended;
    cancel();
    this.#engine.mustAnswer();
  }

  async kill(containerId: string, signal: string): Promise<void> {
    await this.#engine.call("kill");
    const container = this.#find(containerId);
    const name = signal.toUpperCase().replace(/^SIG/, "");
    const code = signalExitCodes[name];
    if (!container) throw new SignalRefused("no-container", `No such container: ${containerId}`);
    if (code === undefined) throw new SignalRefused("no-such-signal", `Invalid signal: ${signal}`);
    if (container.state.status !== "running")
      throw new SignalRefused("not-running", `container ${containerId} is not running`);
    if (container.onSignal && code !== 137 && code !== 143) return this.#handle(container, container.onSignal(name));
    if (code === 137 || !container.ignoresStop) container.finish(code, false);
  }

  /** The program goes on as its handler of the signal says. */
  #handle(container: Container, next: ReturnType<NonNullable<Program["onSignal"]>>): void {
    if (next === null) return;
    container.cancelEnd();
    this.#options.onHandled?.(container.state, next);
    const { runsMs, exitCode } = next;
    if (runsMs === null) return;
    container.cancelEnd = this.#options.clock.timer(runsMs, () => container.finish(exitCode, false));
  }

  async remove(containerId: string): Promise<void> {
    await this.#engine.call("remove");
    const container = this.#find(containerId);
    if (container) this.#drop(container);
  }

  async logs(
    containerId: string,
    request: LogRequest,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array> | null> {
    await this.#engine.call("logs");
    const container = this.#find(containerId);
    if (!container) return null;
    const { status } = container.state;
    return container.log.read({ ...request, follow: request.follow && status === "running" }, signal);
  }

  async events(
    clusterId: string,
    onOpen: () => void,
    onEvent: (event: ContainerEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#engine.call("events");
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

  async uses(): Promise<ContainerUse[]> {
    await this.#engine.call("uses");
    return this.#storage.uses();
  }

  /** How the program answers a check now; null if the container does not run. */
  answer(containerId: string, check: SimulatedCheck): SimulatedAnswer | null {
    const container = this.#containers.get(containerId);
    if (container?.state.status !== "running") return null;
    const answer = container.answer?.(check, this.#options.clock.now() - container.startedMs) ?? { good: true };
    this.#options.onAnswer?.(container.state, answer);
    return answer;
  }

  /** The number of the run that is under way; null if there is none. */
  runOf(containerId: string): number | null {
    const container = this.#containers.get(containerId);
    return container?.state.status === "running" ? container.run : null;
  }

  // ---- inside

  /** By id or by name, as engines do. */
  #find(reference: string): Container | undefined {
    const byId = this.#containers.get(reference);
    if (byId) return byId;
    for (const container of this.#containers.values()) if (container.request.name === reference) return container;
    return undefined;
  }

  #network({ request: { joins } }: Container): Container["network"] {
    if (joins === undefined) return null;
    const of = this.#containers.get(joins);
    if (of?.state.status === "running") return { of, run: of.run };
    throw new RuntimeError("container-lost", `cannot join network of a non running container: ${joins}`, true);
  }

  #run(container: Container, program: Program): void {
    const { clock } = this.#options;
    const { state, log } = container;
    const startedAt = toTimestamp(clock.now());
    const ports = this.#publish(container);
    const run = { status: "running" as const, startedAt, finishedAt: null, publishedPorts: ports, error: "" };
    Object.assign(state, run, { exitCode: null, oomKilled: false });
    container.ignoresStop = program.ignoresStop ?? false;
    container.answer = program.answer;
    container.onSignal = program.onSignal;
    container.startedMs = clock.now();
    state.address = `10.1.0.${1 + (container.run % 250)}`;
    this.#watchHealth(container);
    let ended = () => {};
    container.ended = new Promise((resolve) => {
      ended = resolve;
    });
    container.finish = (exitCode, oomKilled) => {
      if (state.status !== "running") return;
      container.cancelEnd();
      container.cancelHealth();
      delete state.address;
      delete state.health;
      const finishedAt = toTimestamp(clock.now());
      Object.assign(state, { status: "exited", exitCode, oomKilled, finishedAt, publishedPorts: [] });
      log.end();
      this.#options.onEnd?.(state);
      ended();
      this.#notify(container);
    };
    this.#options.onRun?.(state, program);
    log.begin();
    if (program.stdout) log.write("stdout", program.stdout);
    if (program.stderr) log.write("stderr", program.stderr);
    if (program.runsMs !== null) {
      container.cancelEnd = clock.timer(program.runsMs, () =>
        container.finish(program.exitCode, program.oomKilled ?? false),
      );
    }
    this.#notify(container);
  }

  /** The health check of the engine, at its own times. An event tells of each change of the result. */
  #watchHealth(container: Container): void {
    const { state, request } = container;
    const { health } = request.spec;
    if (health === undefined || health.disabled) return;
    const { intervalMs = 30_000, retries = 3, startPeriodMs = 0 } = health;
    state.health = { status: "starting", failures: 0, output: "" };
    const check = () => {
      const before = state.health!;
      const answer = this.answer(state.containerId, { type: "health" });
      const { good = false, output = "" } = typeof answer === "object" && answer !== null ? answer : {};
      const isCounted = before.status !== "starting" || this.#options.clock.now() - container.startedMs > startPeriodMs;
      const failures = good ? 0 : before.failures + (isCounted ? 1 : 0);
      const status = good ? "healthy" : failures >= retries ? "unhealthy" : before.status;
      state.health = { status, failures, output };
      if (status !== before.status) this.#notify(container);
      container.cancelHealth = this.#options.clock.timer(intervalMs, check);
    };
    container.cancelHealth = this.#options.clock.timer(intervalMs, check);
  }

  #drop(container: Container): void {
    container.finish(137, false);
    this.#containers.delete(container.state.containerId);
    this.#all = null;
    this.#notify(container);
  }

  #portInUse({ request }: Container): RuntimeError | null {
    for (const { hostPort, hostIp, protocol } of request.spec.ports) {
      const taken = [...this.#containers.values()].some(({ state }) =>
        state.publishedPorts.some((port) => port.hostPort === hostPort && port.protocol === protocol),
      );
      if (hostPort !== null && taken)
        return new RuntimeError("port-in-use", `${hostIp}:${hostPort} is already allocated`, true, { exitCode: 125 });
    }
    return null;
  }

  #publish({ request }: Container): PublishedPort[] {
    // An engine says where a port is, and not what the task asked for.
    return request.spec.ports.map(({ hostIp, hostPort, containerPort, protocol }) => {
      return { hostIp, hostPort: hostPort ?? this.#nextPort++, containerPort, protocol };
    });
  }

  #notify(container: Container): void {
    const { state, request } = container;
    const { taskId, containerId } = state;
    if (this.#engine.hangs) this.#held.push(container);
    if (!this.#engine.answers || this.#eventsToLose-- > 0) return;
    for (const { clusterId, onEvent } of [...this.#listeners]) {
      if (request.labels[containerLabels.cluster] === clusterId) onEvent({ taskId, containerId });
    }
  }
}

/** The program of the sandbox image. */
const waiting: Program = { runsMs: null, exitCode: 0 };
