// What all runners of one worker share: its engine, its bounds, and what each may ask of the rest. No behaviour.

import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Semaphore } from "../../lib/semaphore.ts";
import type { PulledImage, Runtime } from "../../runtime/runtime.ts";

export interface RunnerContext {
  runtime: Runtime;
  clock: Clock;
  log: Log;
  identity: () => { nodeId: string; clusterId: string };
  starts: Semaphore;
  pulls: Semaphore;
  stops: Semaphore;
  logReads: Semaphore;
  signal: AbortSignal;
  counters: { starts: number; restarts: number; failures: number; pulls: number };
  /** Is what runners know of their containers the truth? While the engine is away nobody may conclude anything. */
  engineReady: () => boolean;
  /** Does a container still run that is to go? It may hold what another one needs. */
  somethingGoes: () => boolean;
  /** A container of this image was made. */
  onUsed: (image: string) => void;
  /** A pull is over: what it has changed; null: nothing, or it failed. */
  onPulled: (image: string, pulled: PulledImage | null) => void;
  /** A call got no answer that makes sense: is the engine still there? */
  onEngineTrouble: (error: unknown) => void;
  /** Something ended, or is no longer wanted: retention may have work. */
  onEnded: () => void;
}
