// The logs that clients read through the worker's HTTP server. Each holds a connection to the engine, so their number is
// bounded.

import { emptyFrame, errorFrame } from "../lib/frames.ts";
import { ok } from "../lib/result.ts";
import { limits } from "../model/limits.ts";
import { type Outcome, refuse } from "../model/refusal.ts";
import type { LogRequest } from "../runtime/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { LogsUnavailable, RuntimeError } from "../runtime/runtime-error.ts";

const unreadableHint = "Containers that are created with the log driver json-file, local or journald have logs.";

export class LogReads {
  readonly #runtime: Runtime;
  #open = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Null if there is no such container. */
  async open(
    containerId: string,
    request: LogRequest,
    signal: AbortSignal,
  ): Promise<Outcome<ReadableStream<Uint8Array> | null>> {
    if (this.#open >= limits.logStreams) return tooManyLogs(this.#open);
    this.#open++;
    try {
      const stream = await this.#runtime.containers.logs(containerId, request, signal);
      // The server sends its headers with the first bytes. An engine that looks for the first line in a large log has none for
      // a while, and the master would take the worker for unreachable.
      if (stream) return ok(this.#counted(stream, [emptyFrame()]));
      this.#open--;
      return ok(null);
    } catch (error) {
      this.#open--;
      if (error instanceof LogsUnavailable) return refuse("logs-unavailable", error.message, { hint: unreadableHint });
      if (!(error instanceof RuntimeError)) throw error;
      return refuse("node-unreachable", error.message, { hint: "The logs can be read when the engine answers again." });
    }
  }

  /** The same stream, with the back-pressure of its reader, counted until it ends or its reader stops. */
  #counted(stream: ReadableStream<Uint8Array>, first: Uint8Array[]): ReadableStream<Uint8Array> {
    const reader = stream.getReader();
    let counts = true;
    const ended = () => {
      if (counts) this.#open--;
      counts = false;
    };
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const next = first.shift();
        if (next) return controller.enqueue(next);
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          ended();
          controller.close();
        } catch (error) {
          // An error of the stream would only break the connection: the reader gets the reason.
          ended();
          controller.enqueue(errorFrame((error as Error).message));
          controller.close();
        }
      },
      async cancel() {
        ended();
        await reader.cancel();
      },
    });
  }
}

function tooManyLogs(open: number): Outcome<never> {
  return refuse("too-many", `${open} logs are being read from this node, which is the limit`, {
    hint: "Close some of them, or read without follow.",
    details: { what: "log streams", count: open },
  });
}
