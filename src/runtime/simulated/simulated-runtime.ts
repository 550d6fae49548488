// The runtime without an engine: containers in memory, whose programs, delays and failures are handed in, driven by Clock
// and Random alone. For tests and simulation. This file puts the resources together, and has the faults that tests cause.

import type { ContainerState } from "../containers.ts";
import type { Runtime } from "../runtime.ts";
import { SimulatedChecks, SimulatedExec } from "./checks.ts";
import { SimulatedContainers } from "./containers.ts";
import { EngineState } from "./engine-state.ts";
import { SimulatedImages } from "./images.ts";
import { SimulatedNetworks } from "./networks.ts";
import type { SimulatedOptions } from "./options.ts";
import { SimulatedStorage } from "./storage.ts";
import { SimulatedVolumes } from "./volumes.ts";

export class SimulatedRuntime implements Runtime {
  readonly engine: EngineState;
  readonly containers: SimulatedContainers;
  readonly images: SimulatedImages;
  readonly volumes: SimulatedVolumes;
  readonly networks: SimulatedNetworks;
  readonly exec: SimulatedExec;
  readonly checks: SimulatedChecks;
  readonly storage: SimulatedStorage;

  constructor(options: SimulatedOptions) {
    this.storage = new SimulatedStorage(options.images, options.disk ?? null, () => this.containers.usesNow());
    this.engine = new EngineState(options, () => this.storage.disk());
    this.containers = new SimulatedContainers(options, this.engine, this.storage);
    this.images = new SimulatedImages(this.engine, this.storage, options.images);
    this.volumes = new SimulatedVolumes(this.engine, this.storage);
    this.networks = new SimulatedNetworks(this.engine);
    this.exec = new SimulatedExec(this.engine, this.containers);
    this.checks = new SimulatedChecks(this.engine, this.containers);
  }

  /** Calls by name, for tests that count them. */
  get calls(): string[] {
    return this.engine.calls;
  }

  /** The engine stops answering. Its containers run on, unless they end with it. */
  goAway({ killContainers = false, hang = false } = {}): void {
    this.engine.goAway(hang ? "hung" : "gone");
    if (!hang) this.containers.breakEvents();
    if (killContainers) this.containers.endRuns(137, false, () => true);
  }

  comeBack(): void {
    this.engine.comeBack();
    this.containers.sendHeldEvents();
  }

  /** The next events are lost, as engines drop them for readers that are slow. */
  loseEvents(count: number): void {
    this.containers.loseEvents(count);
  }

  /** Someone removes the containers of a task with the engine's own tools. */
  removeBehindBack(taskId: string): void {
    this.containers.drop((container) => container.taskId === taskId);
  }

  /** The same for one container. */
  removeContainer(containerId: string): void {
    this.containers.drop((container) => container.containerId === containerId);
  }

  /** The programs of a task's containers end by themselves now. */
  end(taskId: string, exitCode: number, oomKilled = false): void {
    this.containers.endRuns(exitCode, oomKilled, (container) => container.taskId === taskId);
  }

  /** The program of one container ends. */
  endContainer(containerId: string, exitCode: number): void {
    this.containers.endRuns(exitCode, false, (container) => container.containerId === containerId);
  }

  /** True while a container of this task runs. */
  runs(taskId: string): boolean {
    return this.containers.runs(taskId);
  }

  /** All containers, also of other nodes and clusters. */
  all(): readonly Readonly<ContainerState>[] {
    return this.containers.all();
  }
}
