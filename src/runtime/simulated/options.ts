// What is handed to a simulated engine: its images, what its containers do, how long calls take.

import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import type { ContainerSpec } from "../../model/task/spec.ts";
import type { ContainerState } from "../containers.ts";
import type { SimulatedDisk, SimulatedImage } from "./storage.ts";

/** What a container does after a start. */
export interface Program {
  /** ms until it ends by itself; null if it runs until it is stopped. */
  runsMs: number | null;
  exitCode: number;
  oomKilled?: boolean;
  /** Written when it starts. */
  stdout?: string;
  stderr?: string;
  /** True when it ends only by a kill. */
  ignoresStop?: boolean;
  /** What a signal other than KILL and TERM makes of the run: null: it goes on as it is. Left out: such a signal ends it. */
  onSignal?: (signal: string) => Pick<Program, "runsMs" | "exitCode"> | null;
  /** Given if it does not start: what the engine says. */
  startError?: string;
  /** How it answers checks, and the engine's own health check, `ranMs` after its start. Left out: all is good. */
  answer?: (check: SimulatedCheck, ranMs: number) => SimulatedAnswer;
}

export type SimulatedCheck =
  | { type: "http"; port: number; path: string }
  | { type: "tcp"; port: number }
  | { type: "exec"; command: readonly string[] }
  | { type: "health" };

/** silent: no answer comes. closed: nothing listens there. */
export type SimulatedAnswer = { good: boolean; output?: string } | "silent" | "closed";

export interface SimulatedOptions {
  clock: Clock;
  random: Random;
  images: Map<string, SimulatedImage>;
  /** Left out: its disk cannot be seen. May be changed at any time. */
  disk?: SimulatedDisk;
  /** The program of a container's `run`-th start, counted from 0. */
  program: (spec: ContainerSpec, run: number) => Program;
  /** Called at each start, with the container as it runs now. */
  onRun?: (container: Readonly<ContainerState>, program: Program) => void;
  /** Called when the program has handled a signal, with what it does from then on. */
  onHandled?: (container: Readonly<ContainerState>, program: Pick<Program, "runsMs">) => void;
  /** Called at the end of each run, with the container as it has ended. */
  onEnd?: (container: Readonly<ContainerState>) => void;
  /** Called for each answer to a check. */
  onAnswer?: (container: Readonly<ContainerState>, answer: SimulatedAnswer) => void;
  /** How long each call takes, drawn evenly between the two. */
  delayMs?: { min: number; max: number };
  /** How long it takes to read or write each piece of a volume's files, drawn evenly between the two. */
  pieceMs?: { min: number; max: number };
  cpu?: number;
  memory?: number;
}
