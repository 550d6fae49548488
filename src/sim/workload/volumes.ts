// What clients do with named volumes: tasks that mount one of a few, stops of such tasks, and releases and lists of volumes.

import { type Random, randomInteger, randomItem } from "../../lib/random.ts";
import type { TaskId } from "../../model/ids.ts";
import { drawTaskInput } from "../machines/programs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";

/** Few, so that tasks often want the same one. */
export const volumeNames = ["v1", "v2", "v3"] as const;
const timeoutMs = patienceMs;

export class VolumeWorkload implements Noun {
  readonly share = 12;
  readonly #random: Random;
  readonly #created: TaskId[] = [];
  #serial = 0;

  constructor(context: RunContext) {
    this.#random = context.world.random("volumes");
  }

  async act(client: SimClient): Promise<void> {
    const draw = randomInteger(this.#random, 100);
    if (draw < 50) return this.#create(client);
    if (draw < 80) return this.#stop(client);
    const query = randomInteger(this.#random, 2) === 0 ? { force: true } : {};
    if (draw < 90) await client.try(() => client.api.call("releaseVolume", { id: this.#name(), query, timeoutMs }));
    else await client.try(() => client.api.call("listVolumes", { timeoutMs }));
  }

  #name(): string {
    return randomItem(this.#random, volumeNames);
  }

  /** Mostly a writer; sometimes with a second volume, which may be on another node. */
  async #create(client: SimClient): Promise<void> {
    const serial = this.#serial++;
    const mount = (source: string, target: string) => {
      const readOnly = randomInteger(this.#random, 4) === 0;
      return { type: "volume" as const, source, target, readOnly };
    };
    const mounts = [mount(this.#name(), "/a")];
    if (randomInteger(this.#random, 8) === 0) mounts.push(mount(this.#name(), "/b"));
    const drawn = drawTaskInput(this.#random, serial);
    const body = { ...drawn, name: `volume-user-${serial}`, mounts };
    const task = await client.createTask(`volume-${serial}`, body);
    if (task) this.#created.push(task.taskId);
  }

  async #stop(client: SimClient): Promise<void> {
    const at = randomInteger(this.#random, Math.max(1, this.#created.length));
    const [id] = this.#created.splice(at, 1);
    if (id !== undefined) await client.stopTask(id);
  }
}
