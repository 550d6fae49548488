// What a simulated engine is told: its images, and what its containers do.

import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { ContainerSpec } from "../runtime.ts";
import type { SimulatedDisk, SimulatedImage } from "./storage.ts";

/** What a container does once it is started. */
export interface Program {
  /** ms until it ends by itself; null: not before it is stopped. */
  runsMs: number | null;
  exitCode: number;
  oomKilled?: boolean;
  /** Written when it starts. */
  stdout?: string;
  stderr?: string;
  /** It ends only when it is killed. */
  ignoresStop?: boolean;
  /** It does not start: what the engine says of it. */
  startError?: string;
}

export interface SimulatedOptions {
  clock: Clock;
  random: Random;
  images: Map<string, SimulatedImage>;
  /** Left out: its disk cannot be seen. May be changed while it runs. */
  disk?: SimulatedDisk;
  /** What its `run`-th start begins, counted from 0. */
  program: (spec: ContainerSpec, run: number) => Program;
  /** Told of each run that begins. */
  onRun?: (taskId: string, program: Program) => void;
  /** Each call takes so long, drawn evenly. */
  delayMs?: { min: number; max: number };
  cpu?: number;
  memory?: number;
}
