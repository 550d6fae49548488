// Runs one plan: first everything may break, and nothing wrong may be seen; then all heals, and the cluster must come to
// rest and stay quiet. Gives back what happened, and the first thing that was wrong.

import type { TaskView } from "../../model/task/view.ts";
import type { Checker, Looks } from "../checkers/checker.ts";
import { checkers } from "../checkers/index.ts";
import { Disturbance } from "../faults/disturbance.ts";
import { Faults } from "../faults/faults.ts";
import type { Plan } from "../faults/plan.ts";
import { MasterMachine, masterUrl } from "../machines/master-machine.ts";
import { WorkerMachine } from "../machines/worker-machine.ts";
import { Ledger } from "../workload/ledger.ts";
import { parseEvents } from "../workload/stream-tasks.ts";
import { WatchClient } from "../workload/watch-client.ts";
import { Workload } from "../workload/workload.ts";
import { unseal } from "../world/disk-journal.ts";
import { Network } from "../world/network.ts";
import { World } from "../world/world.ts";
import type { Failure, RunContext } from "./context.ts";
import { unsettledBecause } from "./convergence.ts";
import { Recoveries } from "./recoveries.ts";
import type { Report } from "./report.ts";
import { Truth } from "./truth.ts";

/** After healing: the longest back-offs, leases and give-ups of connections, one after the other. */
const convergeWithinMs = 15 * 60_000;
/** Nodes that flapped for less long are let be steady by themselves. */
const longestDoubtMs = 2 * 60_000;
const quietMs = 60_000;
/** Events between two looks at the outside: some 50 ms. */
const eventsPerSlice = 20_000;
const checkEveryMs = 5000;

export interface SimulateOptions {
  plan: Plan;
  /** Checkers, by name, that may fail the run; left out: all. A broken invariant always does. */
  only?: readonly string[] | undefined;
  trace?: ((line: string) => void) | undefined;
  /** Told now and then how far it is, in ms of virtual time. */
  onProgress?: ((virtualMs: number) => void) | undefined;
  /** Look beside the usual ones. */
  moreCheckers?: readonly Checker[] | undefined;
}

export async function simulate(options: SimulateOptions): Promise<Report> {
  const { onProgress } = options;
  const run = new Run(options);
  const stopListening = listenForBroken(run);
  try {
    await run.play(onProgress ?? (() => {}));
  } catch (error) {
    run.broken(error);
  } finally {
    stopListening();
  }
  return run.report();
}

/** A broken invariant in the depth of a promise ends a real process; here it ends the run. */
function listenForBroken(run: Run): () => void {
  const broken = (error: unknown) => run.broken(error);
  process.on("unhandledRejection", broken);
  process.on("uncaughtException", broken);
  return () => {
    process.off("unhandledRejection", broken);
    process.off("uncaughtException", broken);
  };
}

const moments = ["batch", "snapshot", "told", "recovered", "start", "run", "now", "rested", "settled"] as const;

function byMoment(looks: readonly Looks[]): Record<keyof Looks, Looks[]> {
  const at = (moment: keyof Looks) => looks.filter((one) => one[moment] !== undefined);
  return Object.fromEntries(moments.map((moment) => [moment, at(moment)])) as Record<keyof Looks, Looks[]>;
}

class Run {
  readonly #plan: Plan;
  /** Null: all checkers may fail it. */
  readonly #only: ReadonlySet<string> | null;
  readonly #world: World;
  readonly #scene: RunContext;
  readonly #faults: Faults;
  readonly #workload: Workload;
  /** The checkers' looks, by when they are. */
  readonly #looksAt: Record<keyof Looks, Looks[]>;
  readonly #recoveries: Recoveries;
  #failure: Failure | null = null;
  #checks = 0;
  #convergedAfterMs: number | null = null;
  #quietWatched = false;

  constructor({ plan, only, trace, moreCheckers = [] }: SimulateOptions) {
    this.#plan = plan;
    this.#only = only ? new Set(only) : null;
    const world = new World(plan.seed, trace ?? null);
    this.#world = world;
    const network = new Network(world);
    const truth = new Truth();
    const master = new MasterMachine({
      world,
      network,
      strategy: plan.strategy,
      snapshotChanges: plan.snapshotChanges,
      finishedTasks: plan.finishedTasks,
      massLossFraction: plan.massLossFraction,
      onBroken: (error) => this.broken(error),
    });
    master.disk.syncMs = { min: plan.syncMs / 2, max: plan.syncMs };
    const workers: WorkerMachine[] = [];
    const scene: RunContext = {
      world,
      network,
      truth,
      ledger: new Ledger(),
      master,
      workers,
      disturbance: new Disturbance(world),
      away: new Map(),
      healed: false,
      mirror: null as never,
      quiet: { batches: 0, commands: [] },
      ask: (path, method) => this.#ask(path, method),
      list: () => this.#list(),
      fail: (failure) => this.#fail(failure),
    };
    this.#scene = scene;
    for (let i = 1; i <= plan.nodes; i++)
      workers.push(this.#worker(`n${i}`, world.random(`old n${i}`).next() * 100 < plan.oldWorkers));
    scene.mirror = new WatchClient(scene);
    const looks = [...checkers, ...moreCheckers].map((checker) =>
      checker.look(scene, (message) => this.#fail({ class: checker.class, checker: checker.name, message })),
    );
    this.#looksAt = byMoment(looks);
    this.#recoveries = new Recoveries(scene);
    this.#wire();
    this.#workload = new Workload(scene, plan.clients, plan.pauseMs);
    this.#faults = new Faults(scene, plan.faults);
  }

  #worker(name: string, old: boolean): WorkerMachine {
    return new WorkerMachine({
      world: this.#world,
      network: this.#scene.network,
      name,
      old,
      healed: () => this.#scene.healed,
      onRun: (machine, taskId) => {
        this.#world.note(`${machine.name} runs ${taskId}`);
        this.#look("run", (looks) => looks.run!(machine, taskId));
      },
      onEngineCall: (machine, call, words) => {
        if (call === "start") {
          const started = machine.engine.all().find(({ containerId }) => containerId === words[0]);
          if (started) this.#look("start", (looks) => looks.start!(machine, started.taskId));
        }
        if (this.#quietWatched && /^(create|start|stop|remove|pull)/.test(call))
          this.#scene.quiet.commands.push(`${machine.name}: ${call}`);
      },
    });
  }

  /** What becomes certain, and what is told, goes to the checkers. */
  #wire(): void {
    const { master, network, truth, quiet } = this.#scene;
    master.disk.onDurable = (sealed) => {
      const record = unseal(sealed);
      if (record?.kind === "snapshot") this.#look("snapshot", (looks) => looks.snapshot!(record.chunks));
      if (record?.kind !== "batch") return;
      const { revision, commands, changes } = record.batch;
      this.#world.note(`batch ${revision} ${commands.map(({ type }) => type).join(" ")} ${changes.length}`);
      this.#world.remark(() => JSON.stringify(changes));
      const certain = truth.apply(record.batch); // the truth comes first
      this.#look("batch", (looks) => looks.batch!(certain));
      this.#recoveries.batch(certain);
      if (this.#quietWatched) quiet.batches++;
    };
    master.onStarted = () => this.#look("recovered", (looks) => looks.recovered!());
    const told = (task: TaskView) => this.#look("told", (looks) => looks.told!(task));
    network.onAnswer = (server, request, response) => {
      if (response.status === 500)
        this.broken(new Error(`${server.name}: ${request.method} ${request.url} broke inside`));
      if (server !== master.process || request.url.endsWith("/heartbeat")) return;
      if (this.#quietWatched && request.method !== "GET") quiet.commands.push(`${request.method} ${request.url}`);
      if (response.status >= 300) return;
      if (!response.headers.get("content-type")?.startsWith("application/json")) return;
      if (!request.url.includes("/tasks")) return;
      if (request.url.includes("/explanation")) return;
      void response
        .clone()
        .json()
        .then((body) => {
          for (const task of Array.isArray(body) ? (body as TaskView[]) : [body as TaskView]) told(task);
        });
    };
    network.onChunk = (server, _, chunk) => {
      if (server !== master.process) return;
      for (const task of parseEvents(chunk)) told(task);
    };
  }

  /** Asks all that look at this. */
  #look(at: keyof Looks, look: (looks: Looks) => void): void {
    for (const looks of this.#looksAt[at]) {
      this.#checks++;
      look(looks);
    }
  }

  async play(onProgress: (virtualMs: number) => void): Promise<void> {
    const { master, workers } = this.#scene;
    master.start();
    for (const [index, worker] of workers.entries()) this.#world.after(200 + index * 20, () => worker.start());
    const regularly = () => {
      this.#look("now", (looks) => looks.now!());
      this.#world.after(checkEveryMs, regularly);
    };
    this.#world.after(checkEveryMs, regularly);
    await this.#until(this.#plan.durationMs, onProgress);
    if (this.#failure) return;
    this.#heal();
    await this.#converge(onProgress);
    if (this.#failure) return;
    await this.#ended("rested");
    this.#quietWatched = true;
    await this.#until(this.#world.now + quietMs, onProgress);
    this.#quietWatched = false;
    if (this.#failure) return;
    await this.#ended("settled");
  }

  async #until(virtualMs: number, onProgress: (virtualMs: number) => void): Promise<void> {
    while (!this.#failure) {
      const done = this.#world.run(virtualMs, eventsPerSlice);
      onProgress(this.#world.now);
      // Lets the platform tell of promises that broke.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (done) return;
    }
  }

  #heal(): void {
    const scene = this.#scene;
    this.#world.note("healing");
    scene.healed = true;
    this.#workload.stop();
    this.#faults.healAll();
    this.#recoveries.stop();
  }

  async #converge(onProgress: (virtualMs: number) => void): Promise<void> {
    const from = this.#world.now;
    const deadline = from + convergeWithinMs;
    let why: string | null = "";
    // Twice in a row, some seconds apart: what is on its way has arrived by then.
    for (let restful = 0; restful < 3; ) {
      await this.#until(this.#world.now + 2000, onProgress);
      if (this.#failure) return;
      this.#uncordon();
      why = this.#workload.idle ? unsettledBecause(this.#scene) : "a client is not answered";
      restful = why === null ? restful + 1 : 0;
      if (why !== null && this.#world.now > deadline) {
        this.#fail({ class: "liveness", checker: "convergence", message: `15 min after healing ${why}` });
        return; // where that is not asked, the checkers of a settled cluster look all the same
      }
    }
    this.#convergedAfterMs = this.#world.now - from - 4000;
  }

  /** As an operator does who has mended the nodes: also those that would be doubted for longer than this run goes on. */
  #uncordon(): void {
    for (const { hostname, schedulable, flapping } of this.#scene.truth.state.nodes.values()) {
      const doubted = (flapping?.steadyMs ?? 0) > longestDoubtMs;
      if (!schedulable || doubted) void this.#ask(`/api/v1/nodes/${hostname}/uncordon`, "POST").catch(() => {});
    }
  }

  /** All looks that may take some time, which are given it. */
  async #ended(at: "rested" | "settled"): Promise<void> {
    const pending: (void | Promise<void>)[] = [];
    this.#look(at, (looks) => void pending.push(looks[at]!()));
    let done = false;
    void Promise.all(pending).then(
      () => {
        done = true;
      },
      (error) => this.broken(error),
    );
    for (let tries = 0; !done && !this.#failure && tries < 100; tries++)
      await this.#until(this.#world.now + 10, () => {});
    if (!done && !this.#failure) this.broken(new Error("the last checks were not answered"));
  }

  async #ask<T>(path: string, method = "GET"): Promise<T> {
    const { master } = this.#scene.master;
    if (!master) throw new Error("there is no master to ask");
    const response = await master.fetch(new Request(masterUrl + path, { method }));
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const json = response.headers.get("content-type")?.startsWith("application/json");
    return (json ? await response.json() : await response.text()) as T;
  }

  async #list(): Promise<TaskView[]> {
    const tasks: TaskView[] = [];
    for (;;) {
      const cursor = tasks.length === 0 ? "" : `&cursor=${tasks.at(-1)!.taskId}`;
      const page = await this.#ask<TaskView[]>(`/api/v1/tasks?limit=10000${cursor}`);
      tasks.push(...page);
      if (page.length < 10_000) return tasks;
    }
  }

  broken(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#fail({ class: "crash", checker: "crash", message: text });
  }

  #fail(failure: Omit<Failure, "atMs">): void {
    if (this.#failure || (failure.class !== "crash" && this.#only?.has(failure.checker) === false)) return;
    this.#failure = { ...failure, atMs: Math.round(this.#world.now) };
    this.#world.halt();
    this.#world.note(`FAILED ${failure.class} ${failure.checker}: ${failure.message}`);
  }

  report(): Report {
    const { network, truth, ledger, mirror, workers } = this.#scene;
    return {
      plan: this.#plan,
      failure: this.#failure,
      hash: this.#world.hash,
      virtualMs: Math.round(this.#world.now),
      events: this.#world.events,
      checks: this.#checks,
      faults: Object.fromEntries(this.#faults.counts),
      messages: network.messages,
      batches: truth.batches,
      tasks: ledger.created.size,
      requests: ledger.requests,
      unanswered: ledger.unanswered,
      watcherEvents: mirror.events,
      nodes: workers.length,
      recoveriesMs: this.#recoveries.samples,
      convergedAfterMs: this.#convergedAfterMs,
    };
  }
}
