// What the command line knows of the world outside: two outputs, a line of input, signals, time. Handed in, so that
// tests hold the other end of each.

import type { Version } from "../api/operations.ts";
import type { Clock } from "../lib/clock.ts";

export interface Output {
  /** Writes in order, and resolves when the reader has taken it. Rejects with BrokenPipeError when nobody reads. */
  write(data: string | Uint8Array): Promise<void>;
  isTty: boolean;
  /** Of the terminal; 80 where it does not say. */
  columns(): number;
}

export interface Io {
  stdout: Output;
  stderr: Output;
  stdinIsTty: boolean;
  /** One line without its end; null at the end of input. */
  readLine(): Promise<string | null>;
  /** A small file, as text. */
  readFile(path: string): Promise<string>;
  env: Record<string, string | undefined>;
  isRoot: boolean;
  clock: Clock;
  /** Takes Ctrl-C and SIGTERM over until the answer is called; without it they end the process. */
  onInterrupt(handler: () => void): () => void;
  /** In place of the platform's, for tests. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Of this executable. */
  version: Version;
}

/** The reader of an output has gone: `podling ps | head -1`. */
export class BrokenPipeError extends Error {
  override name = "BrokenPipeError";
}
