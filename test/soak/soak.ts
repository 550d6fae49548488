// One soak: tasks come and go for so many minutes while something breaks all the time, and the auditor compares at
// intervals. Two acts: in the first the master and both workers are killed again and again; in the second the master and
// the worker of n2 live on, through everything that is done to the others, so that what they leak can show.

import type { TaskView } from "../../src/api/views/task.ts";
import type { Random } from "../../src/lib/random.ts";
import { Auditor } from "../system/auditor.ts";
import { Book, type Entry } from "../system/book.ts";
import { Churn } from "../system/churn.ts";
import { metricOf, TwoHosts } from "../system/two-hosts.ts";
import { Usage } from "./usage.ts";

/** Of the whole time: the end of the first act, and that of the warm-up after its last kill. */
const firstAct = 0.2;
const warmUp = 0.3;
const residentCount = 4;
const sampleMs = 2_000;
const historyEvents = 10_000;
const engineAwayMs = 2_000;
/** Longer than a lease: the node is lost. */
const cutMs = 7_000;

export type SoakOptions = {
  minutes: number;
  random: Random;
  perSecond: number;
  inFlight: number;
  say: (line: string) => void;
  /** Ends it early, in good order. */
  signal: AbortSignal;
};

type Act = { name: string; doIt: () => Promise<void> };

export class Soak {
  readonly world: TwoHosts;
  readonly usage: Usage;
  readonly churn: Churn;
  readonly auditor: Auditor;
  readonly book: Book;
  readonly #options: SoakOptions;
  readonly #residents: Entry[] = [];
  readonly #beganMs = performance.now();
  /** Containers that were seen twice, at any moment. */
  readonly twice: string[] = [];
  #faultNumber = 0;

  private constructor(world: TwoHosts, options: SoakOptions) {
    this.world = world;
    this.#options = options;
    this.book = new Book(world.lab.folder("book"));
    const { random, perSecond, inFlight } = options;
    this.churn = new Churn(world, this.book, random, "soak", { perSecond, inFlight });
    this.auditor = new Auditor(world, this.book);
    const { master, places } = world;
    const live = (of: { process: { running: boolean; pid: number } }) => () =>
      of.process.running ? of.process.pid : null;
    this.usage = new Usage([
      { name: "master", pid: live(master), judged: true },
      { name: "worker n2", pid: live(places[1].worker), judged: true },
      { name: "worker n1", pid: live(places[0].worker), judged: false },
      ...places.map(({ host }) => ({
        name: `engine ${host.name}`,
        pid: () => (host.engine.running ? host.engine.pid : null),
        judged: false,
      })),
    ]);
  }

  /** A master that keeps few finished tasks: what it is to keep, it then soon has, and its memory has no excuse. */
  static async start(options: SoakOptions): Promise<Soak> {
    return new Soak(await TwoHosts.start(["--retention-count", "500"]), options);
  }

  /** To the end of its time; throws when the auditor finds anything. */
  async run(): Promise<void> {
    const { minutes, say } = this.#options;
    const endMs = this.#beganMs + minutes * 60_000;
    await this.#fillHistory();
    for (let i = 0; i < residentCount; i++) {
      const wish = { name: `resident-${i}`, kind: "service", exitCode: 0, policy: "always" } as const;
      this.#residents.push(await this.churn.create(wish));
    }
    const watching = this.#watch();
    try {
      while (performance.now() < endMs && !this.#options.signal.aborted) {
        const share = (performance.now() - this.#beganMs) / (endMs - this.#beganMs);
        if (!this.usage.judging && share >= warmUp) {
          this.usage.judge();
          say("the warm-up is over: from here on memory and open files are judged");
        }
        await this.#cycle(share < firstAct ? this.#firstActFaults() : this.#secondActFaults());
      }
    } finally {
      this.#watching = false;
      await watching;
    }
    if (!this.#options.signal.aborted) await this.#finish();
  }

  /** The master and the worker that lived through it all are killed as well, and all is removed. */
  async #finish(): Promise<void> {
    const { world, churn, auditor } = this;
    churn.begin();
    await Promise.all([world.killMaster(), ...world.places.map((place) => world.killWorker(place))]);
    await churn.pause();
    await auditor.audit();
    for (const entry of this.#residents) await churn.end(entry);
    await churn.prune();
    await auditor.nothingLeft();
  }

  /** Load, a fault in the middle of it, a quiet moment, the audit. */
  async #cycle(faults: Act[]): Promise<void> {
    const { churn, auditor } = this;
    const { minutes, signal, say } = this.#options;
    // About one fault a minute in an hour, and some ten in five minutes.
    const loadMs = Math.min(20_000, minutes * 1_000);
    const { name, doIt } = faults[this.#faultNumber++ % faults.length]!;
    churn.begin();
    await pause(loadMs, signal);
    await doIt();
    await pause(loadMs, signal);
    await churn.pause();
    await auditor.audit();
    await churn.prune();
    if (this.twice.length > 0) throw new Error(`twice:\n${this.twice.join("\n")}`);
    const seconds = Math.round((performance.now() - this.#beganMs) / 1000);
    const [master, worker] = this.usage.series;
    const now = [master!, worker!].map(
      ({ watched, memory, files }) =>
        `${watched.name} ${(memory.at(-1)?.value ?? 0).toFixed(0)} MiB ${files.at(-1)?.value ?? 0} files`,
    );
    say(`${seconds} s: ${churn.ended} tasks; ${name}; audit ${auditor.clean} found nothing; ${now.join(", ")}`);
  }

  #firstActFaults(): Act[] {
    const { world } = this;
    const [n1, n2] = world.places;
    return [
      { name: "master killed", doIt: () => world.killMaster() },
      { name: "worker n2 killed", doIt: () => world.killWorker(n2) },
      { name: "worker n1 killed", doIt: () => world.killWorker(n1) },
      { name: "engine n1 killed", doIt: () => world.killEngine(n1, engineAwayMs) },
      { name: "n2 cut off", doIt: () => world.cut(n2, cutMs) },
    ];
  }

  #secondActFaults(): Act[] {
    const { world } = this;
    const [n1, n2] = world.places;
    return [
      { name: "worker n1 killed", doIt: () => world.killWorker(n1) },
      { name: "engine n2 killed, live-restore", doIt: () => world.killEngine(n2, engineAwayMs) },
      { name: "n2 cut off", doIt: () => world.cut(n2, cutMs) },
      { name: "engine n1 killed", doIt: () => world.killEngine(n1, engineAwayMs) },
      { name: "n1 cut off", doIt: () => world.cut(n1, cutMs) },
    ];
  }

  #watching = true;

  /** Samples, and looks for containers that are there twice, at any moment. */
  async #watch(): Promise<void> {
    while (this.#watching) {
      this.usage.sample(performance.now());
      this.twice.push(...(await this.auditor.twice()));
      await pause(sampleMs, this.#options.signal);
      if (this.#options.signal.aborted) return;
    }
  }

  /** The changes that a master keeps for its watchers are full before anything is judged: filling is no leak. */
  async #fillHistory(): Promise<void> {
    const { master, image } = this.world;
    const one = async (number: number) => {
      const wish = { name: `history-${number}`, image, constraints: ["node==nowhere"] };
      const { taskId } = await master.json<TaskView>("POST", "/api/v1/tasks", wish);
      await master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`);
    };
    const inTurn = 50;
    for (let done = 0; done < historyEvents; done += 2 * inTurn) {
      await Promise.all(Array.from({ length: inTurn }, (_, i) => one(done + i)));
    }
  }

  /** Bytes of the journal, as the master says. */
  async journalBytes(): Promise<number> {
    return metricOf(await (await this.world.master.fetch("/metrics")).text(), "podling_journal_bytes");
  }

  get elapsedMs(): number {
    return performance.now() - this.#beganMs;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
