// Whether a simulated engine answers, and how long each call takes. Every call of every resource passes here.

import { type Clock, delay } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { limits } from "../../model/limits.ts";
import type { DiskUsage } from "../../model/node/cleanup.ts";
import type { Engine, Machine } from "../engine.ts";
import { RuntimeError } from "../runtime-error.ts";
import type { SimulatedOptions } from "./options.ts";

const answered = Promise.resolve();

export class EngineState implements Engine {
  readonly clock: Clock;
  readonly random: Random;
  readonly #options: SimulatedOptions;
  readonly #disk: () => DiskUsage | null;
  #away: "no" | "gone" | "hung" = "no";
  /** Calls by name, for tests that count them. */
  readonly calls: string[] = [];

  constructor(options: SimulatedOptions, disk: () => DiskUsage | null) {
    this.#options = options;
    this.#disk = disk;
    this.clock = options.clock;
    this.random = options.random;
  }

  goAway(how: "gone" | "hung"): void {
    this.#away = how;
  }

  comeBack(): void {
    this.#away = "no";
  }

  get answers(): boolean {
    return this.#away === "no";
  }

  get hangs(): boolean {
    return this.#away === "hung";
  }

  /** Passes a call: takes its time, and throws if the engine is away. */
  call(name: string): Promise<void> {
    this.calls.push(name);
    return this.#takeTime(this.#options.delayMs);
  }

  /** Passes one piece of a volume's files, in the middle of a call. */
  piece(): Promise<void> {
    return this.#takeTime(this.#options.pieceMs);
  }

  async #takeTime(times: SimulatedOptions["delayMs"]): Promise<void> {
    this.mustAnswer();
    const { clock, random } = this.#options;
    if (times) await delay(clock, times.min + random.next() * (times.max - times.min));
    while (this.#away === "hung") await delay(clock, 1000);
    this.mustAnswer();
  }

  mustAnswer(): void {
    if (this.#away === "gone") throw engineAway();
  }

  /** Workers ping every few seconds: usually one promise serves all. */
  ping(): Promise<void> {
    return this.#away === "no" ? answered : this.#pingAway();
  }

  async #pingAway(): Promise<void> {
    if (this.#away === "hung") await delay(this.clock, limits.enginePingPatienceMs);
    if (!this.answers) throw engineAway();
  }

  async info(): Promise<Machine> {
    await this.call("info");
    const { cpu = 4, memory = 8 * 1024 ** 3 } = this.#options;
    return { engine: { name: "simulated", version: "1", os: "linux", arch: "amd64" }, cpu, memory };
  }

  async disk(): Promise<DiskUsage | null> {
    await this.call("disk");
    return this.#disk();
  }
}

export function engineAway(): RuntimeError {
  return new RuntimeError("engine-unavailable", "the simulated engine does not answer", true);
}
