// What the command line knows of the world outside: two outputs, a line of input, signals, time. Handed in, so that
// tests hold the other end of each.

import type { Version } from "../../api/operations/operations.ts";
import type { Clock } from "../../lib/clock.ts";

export interface Output {
  /** Writes in order, and resolves when the reader has taken it. Rejects with BrokenPipeError when nobody reads. */
  write(data: string | Uint8Array): Promise<void>;
  isTty: boolean;
  /** Of the terminal; 80 where it does not say. */
  columns(): number;
}

/** Written at once, not in the background: whoever writes much gives it in large pieces. */
export interface TextFile {
  write(text: string): void;
  close(): void;
}

export interface Child {
  /** Of its stdout. */
  lines: AsyncIterable<string>;
  /** How it ended, after "it": "ended with code 1: error: ...". */
  ended: Promise<string>;
  kill(): void;
}

export interface Io {
  stdout: Output;
  stderr: Output;
  stdinIsTty: boolean;
  /** One line without its end; null at the end of input. */
  readLine(): Promise<string | null>;
  /** A small file, as text. */
  readFile(path: string): Promise<string>;
  /** A new file, or an old one made empty. Throws where it cannot be. */
  createFile(path: string): TextFile;
  /** Another process of this program, without input. */
  spawn(words: readonly string[]): Child;
  /** Processes that can run at once. */
  cores: number;
  env: Record<string, string | undefined>;
  isRoot: boolean;
  /** `USER@HOST` that runs the command, for the master's records. */
  user: string;
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
