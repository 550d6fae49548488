// What the runners of one worker share: its engine, its bounds, and the few things that each needs of the rest of the
// worker, as small interfaces. No behaviour.

import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { PulledImage } from "../../runtime/images.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { TaskFiles } from "../contents/task-files.ts";
import type { Prober } from "../probes/prober.ts";
import type { Assignment } from "./assignment.ts";
import type { PolicyGuard } from "./policy-guard.ts";
import type { PublishAddress } from "./publish-address.ts";

/** Which node of which cluster this worker is; "" for what the master has not sent yet. */
export interface NodeIdentity {
  readonly nodeId: string;
  readonly clusterId: string;
}

/** The engine, as runners depend on it. */
export interface EngineWatch {
  /** True while what runners know of their containers is kept up to date: nothing may be concluded without that. */
  readonly ready: boolean;
  /** A call got no answer that makes sense: asks whether the engine still answers at all. */
  suspect(): void;
}

/** Records which images containers need, and looks at the disk after a pull. */
export interface ImageUse {
  /** A container of this image was made. */
  used(image: string): void;
  /** A pull is over: what it changed; null if it changed nothing, or failed. */
  pulled(image: string, pulled: PulledImage | null): void;
}

/** The other containers on the node. */
export interface Neighbours {
  /** True while a container runs that is being stopped: it may hold what another one needs, such as a port. */
  readonly areStopping: boolean;
  /** The ids of containers that run and are not to: they are being stopped, or the master has not said yet. */
  unwantedContainers(): string[];
  /** A container that ran has ended: what it held is free. */
  containerEnded(): void;
}

/** The named volumes on the node. */
export interface VolumeUse {
  /**
   * Before a container mounts the volumes: removes those whose files are incomplete. `placedAt`: as in ContainerAssignment. Throws
   * RuntimeError.
   */
  prepare(names: readonly string[], placedAt: number | null): Promise<void>;
}

/** Removes ended containers beyond a limit. */
export interface EndedContainers {
  /** A container ended, or its task is no longer assigned here: looks soon at what can be removed. */
  sweepSoon(): void;
}

/** How many calls of a kind may run at once, for the whole worker. */
export interface Bounds {
  readonly starts: Semaphore;
  readonly pulls: Semaphore;
  readonly stops: Semaphore;
  readonly logReads: Semaphore;
}

export interface RunnerCounters {
  starts: number;
  restarts: number;
  failures: number;
  pulls: number;
}

/** See DependencyHolds. */
export interface Holds {
  /** Why the task must not be started now; null if it may be. */
  waitsFor(assignment: Assignment | null): string | null;
}

export interface RunnerContext {
  readonly holds: Holds;
  readonly policy: PolicyGuard;
  readonly publishAddress: PublishAddress;
  readonly files: TaskFiles;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the worker ends. */
  readonly signal: AbortSignal;
  readonly node: NodeIdentity;
  readonly engine: EngineWatch;
  readonly images: ImageUse;
  readonly volumes: VolumeUse;
  readonly neighbours: Neighbours;
  readonly ended: EndedContainers;
  readonly bounds: Bounds;
  readonly counters: RunnerCounters;
  readonly prober: Prober;
}
