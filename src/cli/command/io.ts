// The port between the command line and the system: outputs, input, signals, clock, network. Tests pass an
// implementation of their own.

import type { Version } from "../../api/operations/operations.ts";
import type { Clock } from "../../lib/clock.ts";

export interface Output {
  /** Writes in order; resolves when the data is written. Rejects with BrokenPipeError if the reader is gone. */
  write(data: string | Uint8Array): Promise<void>;
  isTty: boolean;
  /** The width of the terminal; 80 if it is unknown. */
  columns(): number;
  /** The height of the terminal; 24 if it is unknown. */
  rows(): number;
}

/** Writes are synchronous, so large amounts should be written in large pieces. */
export interface TextFile {
  write(text: string): void;
  close(): void;
}

export interface Child {
  /** The lines of its stdout. */
  lines: AsyncIterable<string>;
  /** How it ended, as the end of a sentence: "ended with code 1: error: ...". */
  ended: Promise<string>;
  kill(): void;
}

export interface Io {
  stdout: Output;
  stderr: Output;
  stdinIsTty: boolean;
  /** One line without its line end. Null at the end of input. */
  readLine(): Promise<string | null>;
  /** A small file, as text. Rejects with the code ENOENT if there is none. */
  readFile(path: string): Promise<string>;
  /** A small file as it is; null: stdin, to its end. */
  readBytes(path: string | null): Promise<Uint8Array>;
  /** True for a file of this user that every user of the machine may read. Always false on Windows. */
  othersMayRead(path: string): boolean;
  /** Replaces a file as a whole, and creates its folders; only its owner may read it. Throws if that fails. */
  writePrivateFile(path: string, text: string): void;
  /** Creates or truncates a file. Throws if that fails. */
  createFile(path: string): TextFile;
  /** Starts another process of this program, without stdin. */
  spawn(words: readonly string[]): Child;
  /** CPU cores. */
  cores: number;
  env: Record<string, string | undefined>;
  /** The working folder, absolute. Throws if it is gone. */
  cwd: () => string;
  isRoot: boolean;
  /** The IP addresses of this machine, and its host name. */
  ownAddresses(): readonly string[];
  /** `USER@HOST` that runs the command, for the master's records. */
  user: string;
  clock: Clock;
  /** Handles Ctrl-C and SIGTERM, which otherwise end the process, until the returned function is called. */
  onInterrupt(handler: () => void): () => void;
  /** Has no time limit of its own. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The version of this executable. */
  version: Version;
}

/** The reader of an output is gone: `podling ps | head -1`. */
export class BrokenPipeError extends Error {
  override name = "BrokenPipeError";
}
