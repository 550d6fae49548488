// The clients: each of them does one thing after the other, with random pauses. What they do with records of one kind is in the
// module of that noun. They record the answers in the ledger.

import { type Random, randomInteger } from "../../lib/random.ts";
import type { Plan } from "../faults/plan.ts";
import type { RunContext } from "../run/context.ts";
import { Host } from "../world/host.ts";
import { Process } from "../world/process.ts";
import { AppWorkload } from "./apps.ts";
import { CleanupWorkload } from "./cleanups.ts";
import { ConfigWorkload } from "./configs.ts";
import { JobWorkload } from "./jobs.ts";
import { MoveWorkload } from "./moves.ts";
import { NodeWorkload } from "./nodes.ts";
import type { Noun } from "./noun.ts";
import { PodWorkload } from "./pods.ts";
import { SelectorWorkload } from "./selectors.ts";
import { ServiceWorkload } from "./services.ts";
import { SimClient } from "./sim-client.ts";
import { TaskWorkload } from "./tasks.ts";
import { VolumeCopyWorkload } from "./volume-copies.ts";
import { VolumeWorkload } from "./volumes.ts";

export class Workload {
  readonly #context: RunContext;
  readonly #pauseMs: number;
  readonly #random: Random;
  readonly #tasks: TaskWorkload;
  readonly #nodes: NodeWorkload;
  /** A source of its own, so that a run without these nouns draws as if they did not exist. */
  readonly #nounRandom: Random;
  readonly #nouns: readonly Noun[];
  #stopped = false;
  /** Requests that are still tried. */
  #underWay = 0;
  readonly host: Host;

  constructor(context: RunContext, plan: Plan) {
    this.#context = context;
    this.#pauseMs = plan.pauseMs;
    this.#random = context.world.random("workload");
    this.#nounRandom = context.world.random("nouns");
    this.#tasks = new TaskWorkload(context, this.#random, plan);
    this.#nodes = new NodeWorkload(context, this.#random, plan);
    this.#nouns = nounsOf(context, plan);
    this.host = new Host(context.world, "clients");
    context.network.addHost(this.host);
    for (let i = 0; i < plan.clients; i++) this.#begin(new Process(context.world, this.host, `client-${i}`));
  }

  get idle(): boolean {
    return this.#underWay === 0;
  }

  /** Sends no new requests. Those already sent are repeated until they are answered. */
  stop(): void {
    this.#stopped = true;
  }

  #begin(process: Process): void {
    const client = new SimClient(this.#context, process);
    const next = () => {
      if (this.#stopped) return;
      this.#underWay++;
      void this.#act(client).finally(() => {
        this.#underWay--;
        process.clock.timer(this.#random.next() * 2 * this.#pauseMs, next);
      });
    };
    process.clock.timer(this.#random.next() * this.#pauseMs, next);
  }

  async #act(client: SimClient): Promise<void> {
    const noun = this.#drawNoun();
    if (noun) return noun.act(client);
    const draw = randomInteger(this.#random, 100);
    await (this.#tasks.draw(draw, client) ?? this.#nodes.draw(draw, client));
  }

  /** Null for tasks and nodes, which every run has. */
  #drawNoun(): Noun | null {
    if (this.#nouns.length === 0) return null;
    // With many nouns, too, some actions are left for tasks and nodes.
    const total = this.#nouns.reduce((sum, { share }) => sum + share, 0);
    let draw = randomInteger(this.#nounRandom, Math.max(100, total + 15));
    for (const noun of this.#nouns) {
      if (draw < noun.share) return noun;
      draw -= noun.share;
    }
    return null;
  }
}

/** One line for each noun that the plan has. */
function nounsOf(context: RunContext, plan: Plan): Noun[] {
  return [
    ...(plan.services ? [new ServiceWorkload(context, plan)] : []),
    ...(plan.jobs ? [new JobWorkload(context, plan)] : []),
    ...(plan.pods ? [new PodWorkload(context, plan)] : []),
    ...(plan.volumes ? [new VolumeWorkload(context)] : []),
    ...(plan.configs ? [new ConfigWorkload(context)] : []),
    ...(plan.moves ? [new MoveWorkload(context)] : []),
    ...(plan.selectors ? [new SelectorWorkload(context)] : []),
    ...(plan.cleanups ? [new CleanupWorkload(context)] : []),
    ...(plan.apps ? [new AppWorkload(context)] : []),
    ...(plan.volumeCopies ? [new VolumeCopyWorkload(context)] : []),
  ];
}
