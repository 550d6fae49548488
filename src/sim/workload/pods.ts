// What clients do with tasks of several containers: create, stop, restart, remove and read them.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { TaskId } from "../../model/ids.ts";
import type { Plan } from "../faults/plan.ts";
import { drawPodInput, withContents, withVolumes } from "../machines/pod-inputs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";
import { volumeNames } from "./volumes.ts";

const timeoutMs = patienceMs;

export class PodWorkload implements Noun {
  readonly share = 10;
  readonly #context: RunContext;
  readonly #random: Random;
  /** Null if pods name no configs and secrets. */
  readonly #contents: Random | null;
  /** Null if pods have no named volumes. */
  readonly #volumes: Random | null;
  /** Those that may still run. */
  readonly #created: TaskId[] = [];
  /** With more of them, clients create few. */
  readonly #crowd: number;
  #serial = 0;

  constructor(context: RunContext, { configs = false, volumes = false }: Pick<Plan, "configs" | "volumes">) {
    this.#context = context;
    this.#random = context.world.random("pods");
    this.#contents = configs ? context.world.random("contents of pods") : null;
    this.#volumes = volumes ? context.world.random("volumes of pods") : null;
    this.#crowd = context.workers.reduce((sum, { capacity }) => sum + capacity, 0) / 4;
  }

  async act(client: SimClient): Promise<void> {
    const draw = randomInteger(this.#random, 100);
    const { ledger } = this.#context;
    if (draw < (this.#created.length > this.#crowd ? 10 : 50)) return this.#create(client);
    const id = this.#created[randomInteger(this.#random, Math.max(1, this.#created.length))];
    if (id === undefined) return;
    if (draw < 65) {
      this.#gone(id);
      await client.stopTask(id);
    } else if (draw < 75) {
      this.#gone(id);
      ledger.forced.add(id);
      const outcome = await client.try(() => client.api.call("deletePod", { id, timeoutMs }));
      if (outcome.ok) ledger.removed.add(id);
    } else if (draw < 88) await client.try(() => client.api.call("restartTask", { id, query: {}, timeoutMs }));
    else if (draw < 94) await client.try(() => client.api.call("getPod", { id, timeoutMs }));
    else await client.try(() => client.api.call("listPods", { query: {}, timeoutMs }));
  }

  #gone(id: TaskId): void {
    this.#created.splice(this.#created.indexOf(id), 1);
  }

  async #create(client: SimClient): Promise<void> {
    const serial = this.#serial++;
    const drawn = drawPodInput(this.#random, serial);
    const informed = this.#contents ? withContents(this.#contents, drawn) : drawn;
    const body = this.#volumes ? withVolumes(this.#volumes, informed, volumeNames) : informed;
    const task = await client.createTask(`pod-${serial}`, body);
    if (task) this.#created.push(task.taskId);
  }
}
