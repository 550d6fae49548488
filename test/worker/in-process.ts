// A worker in this process on a simulated engine, below a real master in the same process, without a socket between
// them. The wire can be cut. Test support: it asserts nothing.

import { Client } from "../../src/api/client.ts";
import type { TaskView } from "../../src/api/views/task.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import type { TaskStatus } from "../../src/model/task/reason.ts";
import type { Program } from "../../src/runtime/simulated/options.ts";
import { SimulatedRuntime } from "../../src/runtime/simulated/simulated-runtime.ts";
import type { SimulatedImage } from "../../src/runtime/simulated/storage.ts";
import type { Identity } from "../../src/worker/data-dir/identity.ts";
import { Worker, type WorkerOptions } from "../../src/worker/worker.ts";
import { until } from "../../tools/lab/until.ts";
import { TestMaster } from "../master/in-process.ts";

/** Programs by their first word: `args: ["exit", "3"]`. */
const programs: Record<string, (words: string[], run: number) => Program> = {
  forever: () => ({ runsMs: null, exitCode: 0 }),
  stubborn: () => ({ runsMs: null, exitCode: 0, ignoresStop: true }),
  exit: ([code]) => ({ runsMs: 1, exitCode: Number(code) }),
  /** Writes, and ends with this code. */
  crash: ([code, text]) => ({ runsMs: 1, exitCode: Number(code), stdout: text ?? "" }),
  /** Fails so many times, then goes on. */
  flaky: ([times], run) => ({ runsMs: run < Number(times) ? 1 : null, exitCode: 1 }),
  print: ([stdout, stderr]) => ({ runsMs: null, exitCode: 0, stdout: stdout ?? "", stderr: stderr ?? "" }),
  /** Ends once, does not start the second time, then goes on. */
  hiccup: (_, run) => ({
    runsMs: run === 0 ? 1 : null,
    exitCode: 1,
    ...(run === 1 ? { startError: "no memory" } : {}),
  }),
  unstartable: () => ({ runsMs: 0, exitCode: 127, startError: "no such program" }),
};

export class World {
  readonly master: TestMaster;
  readonly runtime: SimulatedRuntime;
  readonly images = new Map<string, SimulatedImage>([["demo", { present: true, pullMs: 1, sizeBytes: 1 }]]);
  readonly clock: Clock;
  readonly #workers: Worker[] = [];
  identity: Identity | null = null;
  /** Nothing gets through to the master, or only what this lets through. */
  cut: ((url: string, init: RequestInit) => boolean) | null = null;
  readonly requests: { method: string; path: string }[] = [];

  readonly #streams = new Set<(error: Error) => void>();

  /** Another seed is another cluster. */
  constructor({ clock = systemClock, seed = 7 }: { clock?: Clock; seed?: number } = {}) {
    this.clock = clock;
    this.master = new TestMaster({ clock, random: seededRandom(seed) });
    this.runtime = new SimulatedRuntime({
      clock,
      random: seededRandom(11),
      images: this.images,
      program: ({ command, args }, run) => {
        const [name, ...words] = [...command, ...args];
        return programs[name!]!(words, run);
      },
    });
  }

  /** Nothing gets through any more, also not what is under way. */
  cutLink(): void {
    this.cut = () => true;
    for (const breakOff of [...this.#streams]) breakOff(new Error("the link is cut"));
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const path = new URL(url).pathname;
    if (this.cut?.(path, init)) throw Object.assign(new Error("the link is cut"), { code: "ECONNREFUSED" });
    this.requests.push({ method: init.method ?? "GET", path });
    const length = typeof init.body === "string" ? { "content-length": String(Buffer.byteLength(init.body)) } : {};
    const answer = await this.master.master.fetch(
      new Request(url, { ...init, headers: { ...init.headers, ...length } }),
    );
    if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) return answer;
    return new Response(this.#breakable(answer.body), answer);
  };

  #breakable(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    let breakOff = (_: Error) => {};
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        breakOff = (error) => {
          this.#streams.delete(breakOff);
          controller.error(error);
          void reader.cancel();
        };
        this.#streams.add(breakOff);
      },
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (!this.#streams.has(breakOff)) return;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => {
        this.#streams.delete(breakOff);
        return reader.cancel();
      },
    });
  }

  /** A worker with the identity that the last one left. Not started. */
  worker(more: Partial<WorkerOptions> = {}): Worker {
    const worker = new Worker({
      client: new Client({ baseUrl: "http://localhost:1", fetch: this.fetch, clock: this.clock }),
      runtime: this.runtime,
      clock: this.clock,
      random: seededRandom(13),
      log: silentLog,
      hostname: "n1",
      port: 8081,
      address: "127.0.0.1",
      capacity: 50,
      labels: {},
      cpu: null,
      memory: null,
      version: "test",
      identity: {
        read: () => this.identity,
        write: (identity) => {
          this.identity = identity;
        },
      },
      ...more,
    });
    this.#workers.push(worker);
    return worker;
  }

  async started(more: Partial<WorkerOptions> = {}): Promise<Worker> {
    const worker = this.worker(more);
    await worker.start();
    await until("the first whole set", () => worker.counters.syncs > 0);
    return worker;
  }

  run(name: string, args: string[], more: object = {}): Promise<TaskView> {
    return this.master.create(name, { image: "demo", args, ...more });
  }

  /** Creates a task and waits until it runs. */
  async running(name: string, more: object = {}, args = ["forever"]): Promise<TaskView> {
    return this.reached(await this.run(name, args, more), "running", "running");
  }

  /** Waits until the master has the task with this status and reason code. */
  reached(task: TaskView, status: TaskStatus, code?: string): Promise<TaskView> {
    return until(`${task.name} to be ${status} ${code ?? ""}`, async () => {
      const now = await this.master.task(task.taskId);
      if (now.status === status && (code === undefined || now.reason.code === code)) return now;
      throw new Error(`it is ${now.status}: ${now.reason.code}, ${now.reason.message}`);
    });
  }

  /** Its container as the engine has it. */
  container(task: TaskView) {
    return this.runtime.all().find(({ taskId }) => taskId === task.taskId);
  }

  async down(): Promise<void> {
    for (const worker of this.#workers) worker.stop();
    await this.master.stop();
  }
}
