// The log of a container over the Docker Engine API, in whole lines.

import { errorFrame, StreamEndedEarly } from "../../lib/frames.ts";
import type { LogRequest } from "../containers.ts";
import { LogsUnavailable } from "../runtime-error.ts";
import type { EngineCall, EngineHttp } from "./engine-http.ts";
import { engineMessage } from "./errors.ts";
import { interleavedEntries, LogLines, type LogStart, TailSearch } from "./log-lines.ts";

interface Manner {
  shortestPartBytes: number;
  /** True when the last entries can be asked for by their number. */
  countsEntries: boolean;
}

/** Docker divides lines into parts of 16 KiB, or more with some log drivers. */
const docker: Manner = { shortestPartBytes: 16 * 1024, countsEntries: true };
/** Podman divides lines wherever its reads end, and joins entries of other lines when it is asked for the last ones (4.3.1). */
const podman: Manner = { shortestPartBytes: 1, countsEntries: false };
/** Entries that may be added to a log between two requests without that the second misses a line. */
const addedEntries = 200;
/** So often more entries are read to find where lines begin; then all are. */
const searches = 4;

/**
 * Null if there is no such container. Throws LogsUnavailable, EngineRefused, RuntimeError("engine-unavailable"). Resolves
 * before the engine has found the first line: an error that comes after that is the last frame of the stream.
 */
export async function openLogs(
  http: EngineHttp,
  containerId: string,
  request: LogRequest,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | null> {
  const log = new EngineLog(http, containerId, (await http.isPodman()) ? podman : docker);
  // An engine sends no status before the first line that it finds: only a request for the last entry says now if the log can
  // be read.
  if (!(await log.isReadable(signal))) return null;
  return throughLines((opened) => log.read(request, opened), signal);
}

/** A line whose parts were written over a longer time may lose its beginning to `since`. */
const lineMs = 1000;

interface LogQuery {
  follow: boolean;
  stdout: boolean;
  stderr: boolean;
  tail: number | null;
  sinceMs: number | null;
}

interface OpenedLog {
  body: ReadableStream<Uint8Array>;
  lines: LogLines;
}

class EngineLog {
  readonly #http: EngineHttp;
  readonly #containerId: string;
  readonly #manner: Manner;

  constructor(http: EngineHttp, containerId: string, manner: Manner) {
    this.#http = http;
    this.#containerId = containerId;
    this.#manner = manner;
  }

  /** The engine's answer to the request, and what selects its lines. Null if there is no such container. */
  async read(request: LogRequest, signal: AbortSignal): Promise<OpenedLog | null> {
    const { follow, tail, sinceMs } = request;
    const { shortestPartBytes, countsEntries } = this.#manner;
    const search = tail === null || tail === 0 ? null : await this.#search(tail, signal);
    if (search === "no-container") return null;
    const start = search?.start ?? null;
    const query = {
      ...{ follow, timestamps: true },
      // Both streams count for the position of a tail, also if one of them is left out.
      stdout: request.stdout || start !== null,
      stderr: request.stderr || start !== null,
      tail: tail === 0 ? 0 : start === null || !countsEntries ? null : search!.entries + addedEntries,
      // A line counts by its first entry, which may be older than the others.
      sinceMs: start === null && sinceMs !== null ? Math.max(0, sinceMs - lineMs) : null,
    };
    // Any time may pass before there is a line, or before the engine finds the first one of that time.
    const mayTakeLong = follow || sinceMs !== null;
    const body = await this.#open(query, { signal, ...(mayTakeLong ? { timeoutMs: null } : {}) });
    const count = follow || tail === 0 ? null : tail;
    return body && { body, lines: new LogLines({ ...request, start, count, shortestPartBytes }) };
  }

  /** Where the last lines begin (null: with the log), and how many entries were read for it. */
  async #search(
    lines: number,
    signal: AbortSignal,
  ): Promise<{ start: LogStart | null; entries: number } | "no-container"> {
    const { shortestPartBytes, countsEntries } = this.#manner;
    let entries = countsEntries ? lines + interleavedEntries + 2 : null;
    for (let round = 1; ; round++) {
      const search = new TailSearch(lines, shortestPartBytes);
      const body = await this.#open({ ...bothStreams, tail: entries }, { signal });
      if (body === null) return "no-container";
      for await (const chunk of body) search.push(chunk);
      const start = search.start(entries === null || search.count < entries);
      if (start !== "more-entries") return { start, entries: search.count };
      entries = round < searches ? entries! * 4 : null;
    }
  }

  /** False if there is no such container. */
  async isReadable(signal: AbortSignal): Promise<boolean> {
    const body = await this.#open({ ...bothStreams, tail: 1 }, { signal });
    await body?.cancel();
    return body !== null;
  }

  /** The engine's entries, each with its time. Null if there is no such container. */
  async #open(query: LogQuery, options: EngineCall): Promise<ReadableStream<Uint8Array> | null> {
    const path = `/containers/${this.#containerId}/logs?${encode(query)}`;
    const response = await this.#http.call("GET", path, { ...options, long: true });
    if (response.ok) return response.body;
    const message = await engineMessage(response);
    if (response.status === 404) return null;
    if (response.status === 501 || saysUnreadable.test(message)) {
      throw new LogsUnavailable(`the log driver ${await this.#driver()} keeps no logs that can be read (${message})`);
    }
    if (response.status < 500) throw new LogsUnavailable(`the engine does not give the logs: ${message}`);
    throw this.#http.failed(response.status, message);
  }

  /** The name of the container's log driver, which a person can change; "" if the engine does not say. */
  async #driver(): Promise<string> {
    type Inspected = { HostConfig?: { LogConfig?: { Type?: string } } };
    const path = `/containers/${this.#containerId}/json`;
    const inspected = await this.#http.json<Inspected>("GET", path).catch(() => null);
    return inspected?.HostConfig?.LogConfig?.Type ?? "";
  }
}

/** Docker says so with 501, and Podman with 500. */
const saysUnreadable = /does not support reading|log driver/i;

const bothStreams = { follow: false, stdout: true, stderr: true, tail: null, sinceMs: null };

function encode({ follow, stdout, stderr, tail, sinceMs }: LogQuery): string {
  const flag = (value: boolean) => (value ? "1" : "0");
  return new URLSearchParams({
    ...{ follow: flag(follow), stdout: flag(stdout), stderr: flag(stderr), timestamps: "1" },
    tail: tail === null ? "all" : String(tail),
    ...(sinceMs === null ? {} : { since: (sinceMs / 1000).toFixed(3) }),
  }).toString();
}

/**
 * The lines of a body that is opened in the background: it can be passed on before the engine has answered. It is read as
 * fast as its reader reads. Cancelling it, or `signal`, also ends a request that still waits for its answer. A failure
 * within it is its last frame.
 */
function throughLines(
  open: (signal: AbortSignal) => Promise<OpenedLog | null>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  const either = AbortSignal.any([signal, cancelled.signal]);
  let log: { lines: LogLines; chunks: AsyncIterator<Uint8Array> } | null = null;
  const begin = async () => {
    const opened = await open(either);
    if (opened === null) throw new Error("the container has been removed");
    return { lines: opened.lines, chunks: opened.body[Symbol.asyncIterator]() };
  };
  /** The next lines; null at the end. */
  const read = async (): Promise<Uint8Array | null> => {
    log ??= await begin();
    for (;;) {
      const next = await log.chunks.next();
      if (next.done) break;
      const passed = log.lines.push(next.value);
      if (passed.length > 0) return passed;
    }
    log.lines.end();
    return null;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const passed = await read();
        if (passed === null) controller.close();
        else controller.enqueue(passed);
      } catch (error) {
        if (cancelled.signal.aborted) return; // its reader has left
        if (!signal.aborted) controller.enqueue(errorFrame(reasonOf(error)));
        controller.close();
        cancelled.abort();
      }
    },
    async cancel() {
      cancelled.abort();
      await log?.chunks.return?.();
    },
  });
}

function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return error instanceof StreamEndedEarly ? `the engine says: ${message}` : message;
}
