// Runs one plan. First faults happen, and no checker may fail. Then everything is repaired, and the cluster must come to
// rest and stay at rest. Returns what happened, with the first failure.

import type { NodePolicy } from "../../model/node/policy.ts";
import { mainContainer } from "../../model/task/spec.ts";
import type { TaskView } from "../../model/task/view.ts";
import type { Checker, CheckerHooks } from "../checkers/checker.ts";
import { checkers } from "../checkers/index.ts";
import { Disturbance } from "../faults/disturbance.ts";
import { Faults } from "../faults/faults.ts";
import type { Plan } from "../faults/plan.ts";
import { MasterMachine, masterUrl } from "../machines/master-machine.ts";
import { Registry } from "../machines/programs.ts";
import { WorkerMachine } from "../machines/worker-machine.ts";
import { EndpointClient } from "../workload/endpoint-client.ts";
import { Ledger } from "../workload/ledger.ts";
import { WatchClient } from "../workload/watch-client.ts";
import { Workload } from "../workload/workload.ts";
import { combineSignalsPlainly } from "../world/combined-signals.ts";
import { unseal } from "../world/disk-journal.ts";
import { Network } from "../world/network.ts";
import { World } from "../world/world.ts";
import type { RunContext } from "./context.ts";
import { notAtRestBecause } from "./convergence.ts";
import type { Failure } from "./failure.ts";
import { listenToMaster } from "./master-answers.ts";
import { Recoveries } from "./recoveries.ts";
import type { Report } from "./report.ts";
import { Truth } from "./truth.ts";

/** After the repair: the longest back-offs, leases and connection timeouts, one after the other. */
const convergeWithinMs = 15 * 60_000;
/** A node that must be steady for longer than this is released by the operator; the others are waited for. */
const longestDampingMs = 2 * 60_000;
const quietMs = 60_000;
/** Events between two returns to the platform's event loop: some 50 ms. */
const eventsPerSlice = 20_000;
const checkEveryMs = 5000;
/** When the others have joined, and early enough that no fault happens before the twin has. */
const twinStartsMs = 1500;

export interface SimulateOptions {
  plan: Plan;
  /** Names of the checkers that may fail the run. Default: all. A broken invariant always fails it. */
  only?: readonly string[] | undefined;
  trace?: ((line: string) => void) | undefined;
  /** Called now and then with the virtual time in ms. */
  onProgress?: ((virtualMs: number) => void) | undefined;
  /** In addition to the usual ones. */
  moreCheckers?: readonly Checker[] | undefined;
}

export async function simulate(options: SimulateOptions): Promise<Report> {
  const { onProgress } = options;
  const platformSignals = combineSignalsPlainly();
  const run = new Run(options);
  const stopListening = listenForCrashes(run);
  try {
    await run.play(onProgress ?? (() => {}));
  } catch (error) {
    run.crashed(error);
  } finally {
    stopListening();
    platformSignals();
  }
  return run.report();
}

/** A broken invariant inside a promise ends a real process; here it ends the run. */
function listenForCrashes(run: Run): () => void {
  const crashed = (error: unknown) => run.crashed(error);
  process.on("unhandledRejection", crashed);
  process.on("uncaughtException", crashed);
  return () => {
    process.off("unhandledRejection", crashed);
    process.off("uncaughtException", crashed);
  };
}

const moments = [
  ...[
    "batch",
    "snapshot",
    "sent",
    "said",
    "asked",
    "recovered",
    "start",
    "stop",
    "run",
    "end",
    "answered",
    "periodic",
    "converged",
    "quiescent",
  ],
] as (keyof CheckerHooks)[];

/** Allows some of what tasks with options ask for. */
const strictPolicy: NodePolicy = { binds: ["/srv"], privileged: false, hostNetwork: true, devices: false };

function byMoment(all: readonly CheckerHooks[]): Record<keyof CheckerHooks, CheckerHooks[]> {
  const at = (moment: keyof CheckerHooks) => all.filter((hooks) => hooks[moment] !== undefined);
  return Object.fromEntries(moments.map((moment) => [moment, at(moment)])) as Record<
    keyof CheckerHooks,
    CheckerHooks[]
  >;
}

class Run {
  readonly #plan: Plan;
  /** Null if all checkers may fail the run. */
  readonly #only: ReadonlySet<string> | null;
  readonly #world: World;
  readonly #context: RunContext;
  readonly #faults: Faults;
  readonly #workload: Workload;
  readonly #hooksAt: Record<keyof CheckerHooks, CheckerHooks[]>;
  readonly #recoveries: Recoveries;
  #failure: Failure | null = null;
  #checks = 0;
  #convergedAfterMs: number | null = null;
  #atRest = false;

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
      retention: { count: plan.finishedTasks, ageMs: plan.finishedAgeMs },
      massLossFraction: plan.massLossFraction,
      onBroken: (error) => this.crashed(error),
    });
    master.disk.syncMs = { min: plan.syncMs / 2, max: plan.syncMs };
    const workers: WorkerMachine[] = [];
    const context: RunContext = {
      world,
      network,
      truth,
      ledger: new Ledger(),
      master,
      workers,
      registry: new Registry(),
      disturbance: new Disturbance(world),
      away: new Map(),
      repaired: false,
      watchClient: null as never,
      endpointClient: null,
      activity: { batches: 0, commands: [] },
      ask: (path, method) => this.#ask(path, method),
      list: () => this.#list(),
      fail: (failure) => this.#fail(failure),
    };
    this.#context = context;
    for (let i = 1; i <= plan.nodes; i++) {
      const old = world.random(`old n${i}`).next() * 100 < plan.oldWorkers;
      // A worker of an earlier release has no policy.
      workers.push(this.#worker(`n${i}`, old, plan.options && !old && i % 2 === 0 ? strictPolicy : null));
    }
    // The name that the master is to give it: checkers know the machines by the names of their nodes.
    if (plan.twin !== "none") workers.push(this.#worker("n1-2", workers[0]!.old, null, "n1"));
    context.watchClient = new WatchClient(context);
    if (plan.endpointClient) context.endpointClient = new EndpointClient(context);
    const hooks = [...checkers, ...moreCheckers].map((checker) =>
      checker.hooks(context, (message) => this.#fail({ class: checker.class, checker: checker.name, message })),
    );
    this.#hooksAt = byMoment(hooks);
    this.#recoveries = new Recoveries(context);
    this.#wire();
    this.#workload = new Workload(context, plan);
    this.#faults = new Faults(context, plan.faults);
  }

  #worker(name: string, old: boolean, policy: NodePolicy | null, hostname = name): WorkerMachine {
    return new WorkerMachine({
      world: this.#world,
      network: this.#context.network,
      networked: this.#plan.networks === true,
      ...{ name, old, policy, hostname, registry: this.#context.registry },
      repaired: () => this.#context.repaired,
      onRun: (machine, container) => {
        const { taskId, container: one } = container;
        this.#world.note(`${machine.name} runs ${taskId}${one === mainContainer ? "" : ` ${one}`}`);
        this.#check("run", (hooks) => hooks.run!(machine, taskId, container));
      },
      onEnd: (machine, container) => this.#check("end", (hooks) => hooks.end!(machine, container)),
      onAnswer: (container, good) => this.#check("answered", (hooks) => hooks.answered!(container, good)),
      onEngineCall: (machine, call, words) => {
        if (call === "start" || call === "stop") {
          const meant = machine.engine.all().find(({ containerId }) => containerId === words[0]);
          if (meant) this.#check(call, (hooks) => hooks[call]!(machine, meant.taskId, meant));
        }
        // A container that waits for the data of its volume looks again and again for what is incomplete.
        if (this.#atRest && /^(create|start|stop|remove(?!Helpers)|pull)/.test(call))
          this.#context.activity.commands.push(`${machine.name}: ${call}`);
      },
    });
  }

  /** Gives the checkers what becomes durable and what leaves the master. */
  #wire(): void {
    const { master, network, truth, activity } = this.#context;
    master.disk.onDurable = (sealed) => {
      const record = unseal(sealed);
      if (record?.kind === "snapshot") this.#check("snapshot", (hooks) => hooks.snapshot!(record.chunks));
      if (record?.kind !== "batch") return;
      const { revision, commands, changes } = record.batch;
      this.#world.note(`batch ${revision} ${commands.map(({ type }) => type).join(" ")} ${changes.length}`);
      this.#world.remark(() => JSON.stringify(changes));
      const certain = truth.apply(record.batch); // before the checkers, which compare with it
      this.#check("batch", (hooks) => hooks.batch!(certain));
      this.#recoveries.batch(certain);
      if (this.#atRest) activity.batches++;
    };
    master.onStarted = () => this.#check("recovered", (hooks) => hooks.recovered!());
    const texts = this.#hooksAt.said.length > 0 && this.#plan.configs === true;
    listenToMaster(network, master, {
      sent: (task) => this.#check("sent", (hooks) => hooks.sent!(task)),
      said: texts ? (text, request) => this.#check("said", (hooks) => hooks.said!(text, request)) : null,
      asked: (machine, request) => {
        if (texts) this.#check("asked", (hooks) => hooks.asked!(machine, request));
      },
      answered: (method, url) => {
        if (this.#atRest && method !== "GET") activity.commands.push(`${method} ${url}`);
      },
      broken: (error) => this.crashed(error),
    });
  }

  /** Runs the checkers that check at this moment. */
  #check(at: keyof CheckerHooks, check: (hooks: CheckerHooks) => void): void {
    for (const hooks of this.#hooksAt[at]) {
      this.#checks++;
      check(hooks);
    }
  }

  async play(onProgress: (virtualMs: number) => void): Promise<void> {
    const { master, workers } = this.#context;
    master.start();
    const twin = this.#plan.twin === "none" ? null : workers.at(-1)!;
    for (const [index, worker] of workers.entries())
      if (worker !== twin) this.#world.after(200 + index * 20, () => worker.start());
    if (twin !== null) this.#world.after(twinStartsMs, () => this.#startTwin(twin));
    const regularly = () => {
      this.#check("periodic", (hooks) => hooks.periodic!());
      this.#world.after(checkEveryMs, regularly);
    };
    this.#world.after(checkEveryMs, regularly);
    await this.#until(this.#plan.durationMs, onProgress);
    if (this.#failure) return;
    this.#heal();
    await this.#converge(onProgress);
    if (this.#failure) return;
    await this.#checkAtEnd("converged");
    this.#atRest = true;
    await this.#until(this.#world.now + quietMs, onProgress);
    this.#atRest = false;
    if (this.#failure) return;
    await this.#checkAtEnd("quiescent");
  }

  #startTwin(twin: WorkerMachine): void {
    if (this.#plan.twin === "folder") twin.copyFolderOf(this.#context.workers[0]!);
    twin.start();
  }

  async #until(virtualMs: number, onProgress: (virtualMs: number) => void): Promise<void> {
    while (!this.#failure) {
      const done = this.#world.run(virtualMs, eventsPerSlice);
      onProgress(this.#world.now);
      // Lets the platform report rejected promises.
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (done) return;
    }
  }

  #heal(): void {
    const context = this.#context;
    this.#world.note("everything is repaired");
    context.repaired = true;
    this.#workload.stop();
    this.#faults.healAll();
    this.#recoveries.stop();
  }

  async #converge(onProgress: (virtualMs: number) => void): Promise<void> {
    const from = this.#world.now;
    const deadline = from + convergeWithinMs;
    let why: string | null = "";
    // Three times in a row, two seconds apart: what was under way has arrived by then.
    for (let timesAtRest = 0; timesAtRest < 3; ) {
      await this.#until(this.#world.now + 2000, onProgress);
      if (this.#failure) return;
      this.#releaseNodes();
      this.#suspendSchedules();
      why = this.#workload.idle ? notAtRestBecause(this.#context) : "a client is not answered";
      timesAtRest = why === null ? timesAtRest + 1 : 0;
      if (why !== null && this.#world.now > deadline) {
        this.#fail({ class: "liveness", checker: "convergence", message: `15 min after the repair ${why}` });
        return; // if that may not fail the run, the checkers of a cluster at rest run all the same
      }
    }
    this.#convergedAfterMs = this.#world.now - from - 4000;
  }

  /** Uncordons nodes and ends drains, as an operator does after a repair; also nodes that are damped for longer than this run takes. */
  #releaseNodes(): void {
    for (const { hostname, schedulable, draining, flapping } of this.#context.truth.state.nodes.values()) {
      const damped = (flapping?.steadyMs ?? 0) > longestDampingMs;
      if (draining !== null) void this.#ask(`/api/v1/nodes/${hostname}/undrain`, "POST").catch(() => {});
      if (!schedulable || damped) void this.#ask(`/api/v1/nodes/${hostname}/uncordon`, "POST").catch(() => {});
    }
  }

  /** A schedule would start jobs for as long as the run goes on. */
  #suspendSchedules(): void {
    for (const { scheduleId, suspended } of this.#context.truth.state.tables.schedule.values())
      if (!suspended) void this.#ask(`/api/v1/schedules/${scheduleId}/suspend`, "POST").catch(() => {});
  }

  /** Runs checks that need some virtual time, and lets it pass. */
  async #checkAtEnd(at: "converged" | "quiescent"): Promise<void> {
    const pending: (void | Promise<void>)[] = [];
    this.#check(at, (hooks) => void pending.push(hooks[at]!()));
    let done = false;
    void Promise.all(pending).then(
      () => {
        done = true;
      },
      (error) => this.crashed(error),
    );
    for (let tries = 0; !done && !this.#failure && tries < 100; tries++)
      await this.#until(this.#world.now + 10, () => {});
    if (!done && !this.#failure) this.crashed(new Error("the last checks were not answered"));
  }

  async #ask<T>(path: string, method = "GET"): Promise<T> {
    const { master } = this.#context.master;
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

  crashed(error: unknown): void {
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
    const { network, truth, ledger, watchClient, workers } = this.#context;
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
      watcherEvents: watchClient.events,
      nodes: workers.length,
      recoveriesMs: this.#recoveries.samples,
      convergedAfterMs: this.#convergedAfterMs,
    };
  }
}
