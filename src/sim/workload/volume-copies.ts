// What clients do with the files of named volumes: back them up, restore them and move them to other nodes, over a master and
// workers that may fail in the middle. Some of the clients themselves stop in the middle, or are slow.

import { type Clock, delay } from "../../lib/clock.ts";
import { concatenate } from "../../lib/frames.ts";
import { type Random, randomInteger, randomItem } from "../../lib/random.ts";
import { TarCheck } from "../../lib/tar-check.ts";
import type { TaskId } from "../../model/ids.ts";
import { isFinished } from "../../model/task/reason.ts";
import { archiveOf, contentOf } from "../../runtime/simulated/archive.ts";
import { restarts } from "../machines/programs.ts";
import type { RunContext } from "../run/context.ts";
import type { Noun } from "./noun.ts";
import { patienceMs, type SimClient } from "./sim-client.ts";
import { volumeNames } from "./volumes.ts";

/** A copy takes seconds; a client that waits for longer gives up. */
const copyPatienceMs = 60_000;
/** The texts of volumes: what tasks write (see checkers/data-is-kept.ts) and what is restored. An empty volume has none. */
const wholeText = /^(v\d, (version|restored) \d+)?$/;

export class VolumeCopyWorkload implements Noun {
  readonly share = 12;
  readonly #context: RunContext;
  readonly #random: Random;
  /** Texts of archives that a client has, of any volume. */
  readonly #backups: string[] = [];
  #serial = 0;

  constructor(context: RunContext) {
    this.#context = context;
    this.#random = context.world.random("copies of volumes");
  }

  async act(client: SimClient): Promise<void> {
    const name = randomItem(this.#random, volumeNames);
    const draw = this.#below(100);
    const failed = this.#leftInPart(name);
    if (failed !== undefined) return this.#afterFailure(client, name, failed);
    if (draw < 45) return this.#move(client, name);
    if (draw < 70) return this.#restore(client, name);
    return this.#backup(client, name);
  }

  #below(count: number): number {
    return randomInteger(this.#random, count);
  }

  /** Mostly after the tasks that use it were stopped, without which it is refused. */
  async #move(client: SimClient, id: string): Promise<void> {
    if (this.#below(4) > 0) await this.#stopUsers(client, id);
    const to = randomItem(this.#random, this.#context.workers).name;
    const query = { to, ...(this.#below(3) === 0 ? { replace: true } : {}) };
    await this.#once(() => client.api.call("moveVolume", { id, query, timeoutMs: copyPatienceMs }));
  }

  /** Mostly over what is there; in one of four the archive ends in the middle. */
  async #restore(client: SimClient, id: string): Promise<void> {
    if (this.#below(3) > 0) await this.#stopUsers(client, id);
    const isFresh = this.#backups.length === 0 || this.#below(2) === 0;
    const text = isFresh ? `${id}, restored ${++this.#serial}` : randomItem(this.#random, this.#backups);
    const { restored } = this.#context.ledger;
    restored.set(id, (restored.get(id) ?? new Set()).add(text));
    const pieces = archiveOf(text);
    const sent = this.#below(4) === 0 ? pieces.slice(0, this.#below(pieces.length)) : pieces;
    const mostMs = this.#below(3) === 0 ? 3000 : 10;
    const end = sent === pieces || this.#below(2) === 0 ? "closes" : "fails";
    const upload = sentSlowly(sent, end, client.process.clock, () => this.#random.next() * mostMs);
    const query = {
      ...(this.#below(5) > 0 ? { replace: true } : {}),
      ...(this.#below(3) === 0 ? { node: randomItem(this.#random, this.#context.workers).name } : {}),
    };
    await this.#once(() => client.api.call("restoreVolume", { id, query, upload, timeoutMs: copyPatienceMs }));
  }

  /** The name of a node that may have a part of the files: after a restore that failed, and now and then after such a move. */
  #leftInPart(name: string): string | undefined {
    const { work = null, copies = [] } = this.#context.truth.state.tables.volume.get(name) ?? {};
    if (work !== null) return work.failed === null ? undefined : work.toHostname!;
    const copied = copies.find(({ why }) => why === "copied");
    return copied && this.#below(3) === 0 ? copied.hostname : undefined;
  }

  /** A person repeats it, or gives the data up, and may start a task where a part of it is. */
  async #afterFailure(client: SimClient, id: string, node: string): Promise<void> {
    if (this.#below(3) === 0) return this.#restore(client, id);
    await client.try(() => client.api.call("releaseVolume", { id, query: { force: true }, timeoutMs: patienceMs }));
    const key = `after-copy-${++this.#serial}`;
    await client.createTask(key, {
      ...{ name: key, image: "demo", args: ["job", "500", "0"], restartPolicy: restarts("never") },
      mounts: [{ type: "volume", source: id, target: "/a", readOnly: false }],
      constraints: [{ type: "node", operator: "equals", value: node }],
    });
  }

  /** In one of five the client leaves in the middle. */
  async #backup(client: SimClient, id: string): Promise<void> {
    const query: { live?: true } = this.#below(3) === 0 ? { live: true } : {};
    const most = this.#below(5) === 0 ? this.#below(4) : Number.POSITIVE_INFINITY;
    const pieces = await this.#once(() => received(client, id, query, most));
    if (pieces === null) return;
    const text = contentOf(concatenate(pieces));
    if (!wholeText.test(text)) {
      const message = `a backup of ${id} has ${JSON.stringify(text)}, which was never in it`;
      this.#context.fail({ class: "safety", checker: "moves-keep-data", message });
    }
    this.#backups.push(text);
  }

  /** Also those that wait for it, and gives the tasks the time to end. */
  async #stopUsers(client: SimClient, name: string): Promise<void> {
    const { tasks, state } = this.#context.truth;
    const isUnfinished = (taskId: TaskId) => !isFinished(tasks.get(taskId)?.status ?? "stopped");
    const users = [...state.schedule.volumes.users(name)].filter(isUnfinished).sort();
    for (const taskId of users) await client.stopTask(taskId);
    if (users.length > 0) await delay(client.process.clock, this.#below(8) * 1000);
  }

  /** Does not repeat it: a copy that has failed is for a person to look at. Null if there was no complete answer. */
  async #once<T>(call: () => Promise<T>): Promise<T | null> {
    const { ledger } = this.#context;
    ledger.requests++;
    try {
      return await call();
    } catch {
      ledger.unanswered++;
      return null;
    }
  }
}

/** The pieces of an archive that is complete; null for any other answer, or if the client has left after `most` pieces. */
async function received(
  { api, process }: SimClient,
  id: string,
  query: { live?: true },
  most: number,
): Promise<Uint8Array[] | null> {
  const stop = new AbortController();
  const cancel = process.clock.timer(copyPatienceMs, () => stop.abort(new Error("it takes too long")));
  try {
    const answer = await api.fetch("backupVolume", { id, query, signal: stop.signal });
    if (!answer.ok || !answer.body) return null;
    const check = new TarCheck();
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body) {
      if (pieces.push(piece) > most) return null;
      check.push(piece);
    }
    return check.endFault() === null ? pieces : null;
  } finally {
    cancel();
  }
}

/** Gives the pieces one after the other, each after a pause. */
function sentSlowly(
  pieces: readonly Uint8Array[],
  end: "closes" | "fails",
  clock: Clock,
  pauseMs: () => number,
): ReadableStream<Uint8Array> {
  const left = [...pieces];
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await delay(clock, pauseMs());
        const piece = left.shift();
        if (piece) controller.enqueue(piece);
        else if (end === "closes") controller.close();
        else controller.error(new Error("the file of the client is gone"));
      },
    },
    { highWaterMark: 0 },
  );
}
