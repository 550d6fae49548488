// A client that balances over the endpoints of a service: it follows their stream, and sends each request to the next endpoint
// that is not being drained. It counts the answers, and says of each failure where and when it came about.

import { readEvents } from "../../src/lib/sse.ts";
import type { Endpoint, EndpointList } from "../../src/model/service/endpoint.ts";
import type { MasterProcess } from "./cluster.ts";

const reconnectMs = 50;
/** A program that answers takes milliseconds; one that hangs has failed. */
const answerMs = 10_000;
const failuresKept = 20;

/** What is known of one endpoint. Times are those of performance.now(). */
interface Known {
  endpoint: Endpoint;
  readyAt: number;
  drainingAt: number | null;
  goneAt: number | null;
}

export class Balancer {
  readonly #master: MasterProcess;
  readonly #service: string;
  readonly #ended = new AbortController();
  readonly #known = new Map<string, Known>();
  #next = 0;
  /** By the text of the answer. */
  readonly answers = new Map<string, number>();
  answered = 0;
  failed = 0;
  /** The first ones, as sentences. */
  readonly failures: string[] = [];
  /** Times at which no endpoint was there to send to, after the first list with one. */
  without = 0;

  constructor(master: MasterProcess, service: string) {
    this.#master = master;
    this.#service = service;
  }

  /** Endpoints that get new requests. */
  get usable(): Known[] {
    return [...this.#known.values()].filter(({ drainingAt, goneAt }) => drainingAt === null && goneAt === null);
  }

  /** Follows the endpoints, and sends requests from so many places at once until `end`. */
  start(atOnce: number, pauseMs = 0): { end(): Promise<void> } {
    const following = this.#follow();
    const sending = Array.from({ length: atOnce }, () => this.#send(pauseMs));
    return {
      end: async () => {
        this.#ended.abort();
        await Promise.all([following, ...sending]);
      },
    };
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        const response = await fetch(`${this.#master.url}/api/v1/services/${this.#service}/endpoints?watch=true`, {
          signal,
        });
        for await (const { event, data } of readEvents(response.body!)) this.#noted(event, JSON.parse(data));
      } catch {
        // The master is away, or this client ends.
      }
      if (!signal.aborted) await Bun.sleep(reconnectMs);
    }
  }

  #noted(event: string, data: unknown): void {
    const now = performance.now();
    if (event === "sync") {
      const { endpoints } = data as EndpointList;
      const there = new Set<string>(endpoints.map(({ taskId }) => taskId));
      for (const endpoint of endpoints) this.#changed(endpoint, now);
      for (const [taskId, known] of this.#known) if (!there.has(taskId)) known.goneAt ??= now;
    } else if (event === "endpoint") this.#changed(data as Endpoint, now);
    else if (event === "gone") {
      const known = this.#known.get((data as { taskId: string }).taskId);
      if (known) known.goneAt = now;
    }
  }

  #changed(endpoint: Endpoint, now: number): void {
    const known = this.#known.get(endpoint.taskId);
    const readyAt = known && known.goneAt === null ? known.readyAt : now;
    const drainingAt = endpoint.draining ? (known?.drainingAt ?? now) : null;
    this.#known.set(endpoint.taskId, { endpoint, readyAt, drainingAt, goneAt: null });
  }

  async #send(pauseMs: number): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const { usable } = this;
      const chosen = usable[this.#next++ % Math.max(1, usable.length)];
      if (!chosen) {
        if (this.#known.size > 0) this.without++;
        await Bun.sleep(5);
        continue;
      }
      await this.#ask(chosen);
      if (pauseMs > 0) await Bun.sleep(pauseMs);
    }
  }

  async #ask({ endpoint }: Known): Promise<void> {
    const { address, hostPort } = endpoint.ports[0]!;
    const sentAt = performance.now();
    try {
      const answer = await fetch(`http://${address}:${hostPort}/`, {
        headers: { connection: "close" },
        keepalive: false,
        signal: AbortSignal.timeout(answerMs),
      });
      const text = (await answer.text()).trim();
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      this.answered++;
      this.answers.set(text, (this.answers.get(text) ?? 0) + 1);
    } catch (error) {
      this.failed++;
      if (this.failures.length < failuresKept) this.failures.push(this.#sentence(endpoint, sentAt, error as Error));
    }
  }

  #sentence({ taskId, name, revision, hostname }: Endpoint, sentAt: number, error: Error): string {
    const known = this.#known.get(taskId);
    const since = (at: number | null | undefined) =>
      at === null || at === undefined ? "not" : `${Math.round(at - sentAt)} ms`;
    const code = (error as { code?: string }).code ?? error.message;
    return (
      `${name} of revision ${revision} on ${hostname}: ${code} after ${Math.round(performance.now() - sentAt)} ms; ` +
      `from the request on: ready ${since(known?.readyAt)}, draining ${since(known?.drainingAt)}, gone ${since(known?.goneAt)}`
    );
  }
}
