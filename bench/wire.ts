// One keep-alive connection over a bare socket with one request in flight, for simulated workers and probes. It uses little
// processor time, so that the master is measured and not the client.

import { httpRequest } from "./http-load.ts";

/** The timeout of a worker's requests to its master. */
const PATIENCE_MS = 10_000;

export interface WireAnswer {
  status: number;
  body: string;
}

type Waiting = { resolve: (answer: WireAnswer) => void; reject: (error: Error) => void };

export class Wire {
  readonly #host: string;
  readonly #port: number;
  #socket: Bun.Socket<undefined> | null = null;
  #received = "";
  #waiting: Waiting | null = null;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Connects if necessary. Rejects if the connection breaks. */
  async ask(method: string, path: string, body = "", headers = ""): Promise<WireAnswer> {
    this.#socket ??= await this.#connect();
    const socket = this.#socket;
    // A connection that breaks while it is made calls neither close nor error.
    const late = setTimeout(() => {
      socket.terminate();
      this.#broken();
    }, PATIENCE_MS);
    return new Promise<WireAnswer>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (socket.write(httpRequest(method, path, body, headers)) <= 0) this.#broken();
    }).finally(() => clearTimeout(late));
  }

  close(): void {
    this.#socket?.terminate();
  }

  #connect(): Promise<Bun.Socket<undefined>> {
    return Bun.connect<undefined>({
      hostname: this.#host,
      port: this.#port,
      socket: {
        data: (_, chunk) => this.#receive(chunk.toString("latin1")),
        close: () => this.#broken(),
        error: () => this.#broken(),
      },
    });
  }

  #receive(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const status = Number(this.#received.slice(9, 12));
    const length = /content-length: (\d+)/i.exec(this.#received.slice(0, end))?.[1] ?? "0";
    const whole = end + 4 + Number(length);
    if (this.#received.length < whole) return;
    const body = this.#received.slice(end + 4, whole);
    this.#received = this.#received.slice(whole);
    this.#waiting?.resolve({ status, body });
    this.#waiting = null;
  }

  #broken(): void {
    this.#socket = null;
    this.#received = "";
    this.#waiting?.reject(new Error("the connection broke"));
    this.#waiting = null;
  }
}

/** Sends requests at a steady pace for `durationMs`; returns the latencies in ms. Throws on any other status. */
export async function probe(
  to: { host: string; port: number },
  request: (n: number) => { method: string; path: string; body?: string; status: number },
  { durationMs, everyMs }: { durationMs: number; everyMs: number },
): Promise<number[]> {
  const wire = new Wire(to.host, to.port);
  const latencies: number[] = [];
  const from = performance.now();
  for (let n = 0; performance.now() - from < durationMs; n++) {
    const { method, path, body, status } = request(n);
    const sentAt = performance.now();
    const answer = await wire.ask(method, path, body);
    latencies.push(performance.now() - sentAt);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 200)}`);
    await Bun.sleep(Math.max(0, from + (n + 1) * everyMs - performance.now()));
  }
  wire.close();
  return latencies;
}

/** The value that 99 of 100 samples do not exceed. */
export function p99(all: readonly number[]): number {
  return all.toSorted((left, right) => left - right)[Math.ceil(all.length * 0.99) - 1]!;
}
