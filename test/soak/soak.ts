// One soak: load and faults for a number of minutes, with an audit after each fault. It has two phases: in the first the
// master and both workers are killed repeatedly; in the second the master and the worker of n2 keep running through all
// other faults, so that their leaks show.

import type { TaskView } from "../../src/api/views/task.ts";
import type { Random } from "../../src/lib/random.ts";
import { Auditor } from "../system/auditor.ts";
import { Book, type Entry } from "../system/book.ts";
import { Churn } from "../system/churn.ts";
import { metricOf, TwoHosts } from "../system/two-hosts.ts";
import { Usage } from "./usage.ts";

/** Parts of the whole time at which the first phase ends, and the warm-up after its last kill. */
const firstPhase = 0.2;
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
  /** Ends the soak early, and cleans up. */
  signal: AbortSignal;
};

type Fault = { name: string; cause: () => Promise<void> };

export class Soak {
  readonly world: TwoHosts;
  readonly usage: Usage;
  readonly churn: Churn;
  readonly auditor: Auditor;
  readonly book: Book;
  readonly #options: SoakOptions;
  readonly #residents: Entry[] = [];
  readonly #beganMs = performance.now();
  /** Tasks that had two containers at some moment. */
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
      { name: "master", pid: live(master), measured: true },
      { name: "worker n2", pid: live(places[1].worker), measured: true },
      { name: "worker n1", pid: live(places[0].worker), measured: false },
      ...places.map(({ host }) => ({
        name: `engine ${host.name}`,
        pid: () => (host.engine.running ? host.engine.pid : null),
        measured: false,
      })),
    ]);
  }

  /** The master keeps few finished tasks, so that it soon has all of them and its memory should be flat. */
  static async start(options: SoakOptions): Promise<Soak> {
    return new Soak(await TwoHosts.start(["--retention-count", "500"]), options);
  }

  /** Runs until the time is over; throws when the auditor finds a fault. */
  async run(): Promise<void> {
    const { minutes, say } = this.#options;
    const endMs = this.#beganMs + minutes * 60_000;
    await this.#fillHistory();
    for (let i = 0; i < residentCount; i++) {
      const order = { name: `resident-${i}`, kind: "service", exitCode: 0, policy: "always" } as const;
      this.#residents.push(await this.churn.create(order));
    }
    const watching = this.#watch();
    try {
      while (performance.now() < endMs && !this.#options.signal.aborted) {
        const share = (performance.now() - this.#beganMs) / (endMs - this.#beganMs);
        if (!this.usage.measuring && share >= warmUp) {
          this.usage.startMeasuring();
          say("the warm-up is over: memory and open files are measured from now on");
        }
        await this.#cycle(share < firstPhase ? this.#firstFaults() : this.#secondFaults());
      }
    } finally {
      this.#watching = false;
      await watching;
    }
    if (!this.#options.signal.aborted) await this.#finish();
  }

  /** Kills the master and both workers once more, and removes all tasks. */
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

  /** Load with a fault in the middle; then the load stops, and the audit runs. */
  async #cycle(faults: Fault[]): Promise<void> {
    const { churn, auditor } = this;
    const { minutes, signal, say } = this.#options;
    // About one fault a minute in an hour, and some ten in five minutes.
    const loadMs = Math.min(20_000, minutes * 1_000);
    const { name, cause } = faults[this.#faultNumber++ % faults.length]!;
    churn.begin();
    await pause(loadMs, signal);
    await cause();
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

  #firstFaults(): Fault[] {
    const { world } = this;
    const [n1, n2] = world.places;
    return [
      { name: "master killed", cause: () => world.killMaster() },
      { name: "worker n2 killed", cause: () => world.killWorker(n2) },
      { name: "worker n1 killed", cause: () => world.killWorker(n1) },
      { name: "engine n1 killed", cause: () => world.killEngine(n1, engineAwayMs) },
      { name: "n2 cut off", cause: () => world.cut(n2, cutMs) },
    ];
  }

  #secondFaults(): Fault[] {
    const { world } = this;
    const [n1, n2] = world.places;
    return [
      { name: "worker n1 killed", cause: () => world.killWorker(n1) },
      { name: "engine n2 killed, live-restore", cause: () => world.killEngine(n2, engineAwayMs) },
      { name: "n2 cut off", cause: () => world.cut(n2, cutMs) },
      { name: "engine n1 killed", cause: () => world.killEngine(n1, engineAwayMs) },
      { name: "n1 cut off", cause: () => world.cut(n1, cutMs) },
    ];
  }

  #watching = true;

  /** Samples the processes, and looks for tasks with two containers. */
  async #watch(): Promise<void> {
    while (this.#watching) {
      this.usage.sample(performance.now());
      this.twice.push(...(await this.auditor.twice()));
      await pause(sampleMs, this.#options.signal);
      if (this.#options.signal.aborted) return;
    }
  }

  /** Fills the changes that a master keeps for its watchers before the measured time, because filling them is not a leak. */
  async #fillHistory(): Promise<void> {
    const { master, image } = this.world;
    const one = async (number: number) => {
      const body = { name: `history-${number}`, image, constraints: ["node==nowhere"] };
      const { taskId } = await master.json<TaskView>("POST", "/api/v1/tasks", body);
      await master.json("DELETE", `/api/v1/tasks/${taskId}?force=true`);
    };
    const inTurn = 50;
    for (let done = 0; done < historyEvents; done += 2 * inTurn) {
      await Promise.all(Array.from({ length: inTurn }, (_, i) => one(done + i)));
    }
  }

  /** Size of the journal in bytes, from the master's metrics. */
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
