// A master in this process, on a real socket with a port of its own, over a memory journal (or one handed in), and on a
// clock that the test moves where it wants to. Test support: it asserts nothing.

import { expect } from "bun:test";
import type { TaskView } from "../../src/api/views/task.ts";
import { openMemoryJournal } from "../../src/journal/memory/memory-journal.ts";
import { openSqliteJournal, type SqliteJournal } from "../../src/journal/sqlite/sqlite-journal.ts";
import { MemoryKeys } from "../../src/keys/memory-keys.ts";
import { type CancelTimer, type Clock, systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { readEvents } from "../../src/lib/sse.ts";
import { type Master, type MasterOptions, startMaster } from "../../src/master/master.ts";
import type { Node } from "../../src/model/node/node.ts";
import { until } from "../../tools/lab/until.ts";

/** Time that stands still until it is moved; timers fire in their order while it moves. */
export class TestClock implements Clock {
  #elapsed = 0;
  #wall: number;
  #timers: { at: number; fire: () => void }[] = [];

  constructor(now = Date.UTC(2025, 0, 19, 12, 0, 0)) {
    this.#wall = now;
  }

  now(): number {
    return this.#wall + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  /** Sets the wall clock, as an administrator would. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  /** The process is stopped for so long: time passes, and nothing is done in it. What became due is done afterwards. */
  sleep(ms: number): void {
    this.#elapsed += ms;
  }

  timer(delayMs: number, fire: () => void): CancelTimer {
    const timer = { at: this.#elapsed + Math.max(0, delayMs), fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  soon(fire: () => void): void {
    setImmediate(fire);
  }

  /** Moves on, and lets what became due be done before it goes further. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)[0];
      this.#elapsed = next ? Math.max(this.#elapsed, next.at) : end;
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      next.fire();
      await breathe();
    }
    await breathe();
  }
}

/** A journal that outlives its master, and whose syncs take no time: time stands still in a test with a TestClock. */
export function openQuickJournal(dataDir: string): SqliteJournal {
  return openSqliteJournal({ dataDir, syncFile: (_, done) => queueMicrotask(() => done(null)) });
}

/** Lets everything that is due at once be done: some turns of the event loop. */
export async function breathe(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export type Answer<T = unknown> = { status: number; headers: Headers; body: T };
type Asked = { body?: unknown; headers?: Record<string, string>; text?: string; signal?: AbortSignal };

export class TestMaster {
  readonly master: Master;
  readonly url: string;
  readonly clock: Clock;
  readonly fatal: unknown[] = [];

  constructor(options: Partial<MasterOptions> = {}) {
    this.clock = options.clock ?? systemClock;
    this.master = startMaster({
      journal: openMemoryJournal(),
      clock: this.clock,
      random: seededRandom(7),
      log: silentLog,
      version: { version: "0.0.0-test", commit: "test", api: "v1" },
      strategy: "round-robin",
      token: null,
      allowedHosts: [],
      keys: new MemoryKeys((bytes) => crypto.getRandomValues(new Uint8Array(bytes))),
      onFatal: (error) => this.fatal.push(error),
      ...options,
    });
    this.url = this.master.listen("127.0.0.1", 0).url;
  }

  async stop(): Promise<void> {
    await this.master.stop();
    expect(this.fatal).toEqual([]);
  }

  /** One request over the socket. A body is sent as JSON; `text` goes as it is. */
  async ask<T = Record<string, never>>(method: string, path: string, asked: Asked = {}): Promise<Answer<T>> {
    const { body, text, headers = {}, signal } = asked;
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...type, ...headers },
      ...(sent === undefined ? {} : { body: sent }),
      ...(signal ? { signal } : {}),
    });
    const said = await answer.text();
    const json = answer.headers.get("content-type")?.startsWith("application/json");
    return { status: answer.status, headers: answer.headers, body: (json ? JSON.parse(said) : said) as T };
  }

  /** The same where it must go well. */
  async do<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.ask<T>(method, path, body === undefined ? {} : { body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  create(name: string, more: object = {}): Promise<TaskView> {
    return this.do("POST", "/api/v1/tasks", { name, image: "nginx", ...more });
  }

  /** Many tasks, without the cost of a socket for each. */
  async fill(count: number, more: (index: number) => object): Promise<TaskView[]> {
    const tasks: TaskView[] = [];
    for (let i = 0; i < count; i += 2000) {
      const some = Array.from({ length: Math.min(2000, count - i) }, async (_, j) => {
        const body = JSON.stringify({ name: `fill-${i + j}`, image: "nginx", ...more(i + j) });
        const headers = { "content-type": "application/json", "content-length": String(body.length) };
        const answer = await this.master.fetch(
          new Request(`${this.url}/api/v1/tasks`, { method: "POST", headers, body }),
        );
        if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
        return (await answer.json()) as TaskView;
      });
      tasks.push(...(await Promise.all(some)));
    }
    return tasks;
  }

  task(id: string): Promise<TaskView> {
    return this.do("GET", `/api/v1/tasks/${id}`);
  }

  node(id: string): Promise<Node> {
    return this.do("GET", `/api/v1/nodes/${id}`);
  }

  register(hostname: string, more: object = {}): Promise<Node> {
    return this.do("POST", "/api/v1/nodes/register", { hostname, port: 8081, ...more });
  }

  report(task: TaskView, status: string, more: object = {}): Promise<TaskView> {
    return this.do("PUT", `/api/v1/tasks/${task.taskId}/status`, { status, ...more });
  }

  /** Opens a stream of server-sent events, and returns when the master has begun to answer. */
  async stream(path: string, headers: Record<string, string> = {}): Promise<EventTap> {
    const abort = new AbortController();
    const answer = await fetch(this.url + path, { headers, signal: abort.signal });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return new EventTap(answer.body!, abort);
  }
}

export type Event = {
  event: string;
  id: string;
  data: Record<string, unknown> & { task?: TaskView; tasks?: TaskView[] };
};

/** Reads a stream into a list. */
export class EventTap {
  readonly events: Event[] = [];
  ended = false;
  readonly #abort: AbortController;

  constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
    this.#abort = abort;
    void this.#read(body);
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    try {
      for await (const { event, id, data } of readEvents(body)) this.events.push({ event, id, data: JSON.parse(data) });
    } catch {
      // Closed by this end.
    }
    this.ended = true;
  }

  /** Waits until an event has come for which `holds`, and gives it. */
  next(what: string, holds: (event: Event) => boolean): Promise<Event> {
    return until(what, () => this.events.find(holds));
  }

  close(): void {
    this.#abort.abort();
  }
}

/** What every refusal must be: the status, the code, and a body of four fields with a sentence and a hint. */
export function expectRefusal(answer: Answer<unknown>, status: number, code: string): void {
  expect({ status: answer.status, body: answer.body }).toEqual({
    status,
    body: { error: expect.any(String), code, details: expect.any(Object), hint: expect.any(String) },
  });
  const { error, hint } = answer.body as { error: string; hint: string };
  expect(error.length).toBeGreaterThan(10);
  expect(hint.length).toBeGreaterThan(10);
}
