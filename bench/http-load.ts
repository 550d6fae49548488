// A load generator that uses little processor time: keep-alive connections over bare sockets with one request in flight each.
// A client built on fetch would use more than the server under test.

export interface LoadOptions {
  /** An address, or the path of a Unix socket. */
  to: { host: string; port: number } | { unix: string };
  connections: number;
  requests: number;
  /** The whole request for the n-th call. */
  request: (n: number) => string;
  /** Status that counts as success, such as 201. */
  status: number;
}

export interface LoadResult {
  perSecond: number;
  seconds: number;
  failures: number;
  /** The head of the first unexpected answer, with the received part of its body. */
  firstFailure: string;
  /** Latency in ms. */
  p50: number;
  p99: number;
}

export function httpRequest(method: string, path: string, body = "", headers = ""): string {
  const length = body === "" ? "" : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}${length}\r\n${body}`;
}

interface Socket {
  write(text: string): number;
  end(): void;
}

/** Shared by all connections of one run. */
class Run {
  readonly latencies: Float64Array;
  sent = 0;
  answered = 0;
  failures = 0;
  firstFailure = "";
  readonly options: LoadOptions;

  constructor(options: LoadOptions) {
    this.options = options;
    this.latencies = new Float64Array(options.requests);
  }

  get allSent(): boolean {
    return this.sent >= this.options.requests;
  }

  next(): string {
    return this.options.request(this.sent++);
  }
}

const lastChunk = "\r\n0\r\n\r\n";

/** Reads one answer at a time: its head, then the body, which has a length or is chunked. */
class Connection {
  readonly #run: Run;
  readonly #done: (error?: unknown) => void;
  #head = "";
  /** Bytes of the body that are missing; -1 in the head. */
  #missing = -1;
  /** The last bytes of a chunked body, whose end is a chunk of no bytes; null: the body has a length. */
  #tail: string | null = null;
  #sentAt = 0;

  constructor(run: Run, done: (error?: unknown) => void) {
    this.#run = run;
    this.#done = done;
  }

  send(socket: Socket): void {
    if (this.#run.allSent) {
      socket.end();
      this.#done();
      return;
    }
    const text = this.#run.next();
    this.#sentAt = performance.now();
    if (socket.write(text) < Buffer.byteLength(text))
      this.#done(new Error("a request did not fit the socket's buffer"));
  }

  receive(socket: Socket, chunk: Buffer): void {
    if (this.#missing < 0) {
      this.#head += chunk.toString("latin1");
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return;
      const status = Number(this.#head.slice(9, 12));
      if (/transfer-encoding: chunked/i.test(this.#head)) this.#tail = "";
      const length = status === 204 || this.#tail === "" ? "0" : /content-length: (\d+)/i.exec(this.#head)?.[1];
      if (length === undefined) {
        this.#done(new Error(`an answer without a length: ${this.#head.slice(0, 200)}`));
        return;
      }
      if (status !== this.#run.options.status) {
        this.#run.failures++;
        this.#run.firstFailure ||= this.#head.slice(0, 500);
      }
      this.#missing = Number(length) - (this.#head.length - end - 4);
      this.#head = "";
    } else {
      this.#missing -= chunk.length;
    }
    if (this.#tail !== null) {
      this.#tail = (this.#tail + chunk.subarray(-lastChunk.length).toString("latin1")).slice(-lastChunk.length);
      this.#missing = this.#tail === lastChunk ? 0 : 1;
    }
    if (this.#missing > 0) return;
    this.#missing = -1;
    this.#tail = null;
    this.#run.latencies[this.#run.answered++] = performance.now() - this.#sentAt;
    this.send(socket);
  }
}

function connect(run: Run): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const connection = new Connection(run, (error) => (error === undefined ? resolve() : reject(error)));
    const socket = {
      open: (opened: Socket) => connection.send(opened),
      data: (from: Socket, chunk: Buffer) => connection.receive(from, chunk),
      close: () => resolve(),
      error: (_: Socket, error: Error) => reject(error),
      connectError: (_: Socket, error: Error) => reject(error),
    };
    const { to } = run.options;
    const opening =
      "unix" in to ? Bun.connect({ unix: to.unix, socket }) : Bun.connect({ hostname: to.host, port: to.port, socket });
    opening.catch(reject);
  });
}

/** Runs until `requests` answers have arrived. Throws if the server closes a connection. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const run = new Run(options);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: options.connections }, () => connect(run)));
  const seconds = (performance.now() - startedAt) / 1000;
  const { latencies, answered, failures } = run;
  if (answered < options.requests) throw new Error(`only ${answered} of ${options.requests} requests were answered`);
  latencies.sort();
  return {
    perSecond: options.requests / seconds,
    seconds,
    failures,
    firstFailure: run.firstFailure,
    p50: latencies[Math.floor(options.requests * 0.5)]!,
    p99: latencies[Math.floor(options.requests * 0.99)]!,
  };
}

/** The same, but throws after an unexpected answer, because a rate of refusals means nothing. */
export async function mustLoad(options: LoadOptions): Promise<LoadResult> {
  const result = await runLoad(options);
  if (result.failures > 0)
    throw new Error(`${result.failures} of ${options.requests} requests were refused: ${result.firstFailure}`);
  return result;
}
