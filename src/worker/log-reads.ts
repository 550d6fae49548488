// The logs that clients read through the worker's HTTP server. Each holds a connection to the engine, so their number is
// bounded.

import { emptyFrame, errorFrame } from "../lib/frames.ts";
import { ok } from "../lib/result.ts";
import { limits } from "../model/limits.ts";
import { type Outcome, type RefusalCode, refuse } from "../model/refusal.ts";
import type { LogRequest } from "../runtime/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { EngineRefused, LogsUnavailable, RuntimeError } from "../runtime/runtime-error.ts";

const unreadableHint = "Containers that are created with the log driver json-file, local or journald have logs.";

export class LogReads {
  readonly #runtime: Runtime;
  #open = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Logs that are being opened or read. */
  get size(): number {
    return this.#open;
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
      if (stream) return ok(this.#counted(stream, signal));
      this.#open--;
      return ok(null);
    } catch (error) {
      this.#open--;
      if (signal.aborted) return ok(null); // its client has left
      if (error instanceof LogsUnavailable) return refuse("logs-unavailable", error.message, { hint: unreadableHint });
      if (!(error instanceof RuntimeError)) throw error;
      const hint =
        error instanceof EngineRefused
          ? "The log of the engine on that node may say more."
          : "The logs can be read when the engine answers again.";
      return refuse(codeOf(error), error.message, { hint });
    }
  }

  /** The same stream, with the back-pressure of its reader, counted until it ends, its reader stops, or `signal` aborts. */
  #counted(stream: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
    const reader = stream.getReader();
    let counts = true;
    const ended = () => {
      if (counts) this.#open--;
      counts = false;
      signal.removeEventListener("abort", left);
    };
    const left = () => {
      ended();
      reader.cancel().catch(() => {}); // it may have failed already
    };
    signal.addEventListener("abort", left);
    if (signal.aborted) left();
    return new ReadableStream<Uint8Array>({
      start(controller) {
        // The server sends its headers with the first bytes. An engine that looks for the first line in a large log has none
        // for a while, and the master would take the worker for unreachable.
        controller.enqueue(emptyFrame());
      },
      async pull(controller) {
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

/** The code of a refusal whose reason is an error of the engine. */
export function codeOf(error: RuntimeError): RefusalCode {
  return error instanceof EngineRefused ? "engine-refused" : "node-unreachable";
}

function tooManyLogs(open: number): Outcome<never> {
  return refuse("too-many", `${open} logs are being read from this node, which is the limit`, {
    hint: "Close some of them, or read without follow.",
    details: { what: "log streams", count: open },
  });
}
