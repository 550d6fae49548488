// The file of --trace. Buffers lines, and reports a write error only at the end, so that it does not look like a failure
// of the simulated run.

import type { Context } from "../../command/context.ts";
import { Failure } from "../../command/failure.ts";
import type { TextFile } from "../../command/io.ts";

const chunkCharacters = 1024 * 1024;

export class TraceFile {
  readonly #path: string;
  readonly #file: TextFile;
  #waiting: string[] = [];
  #characters = 0;
  #error: Error | null = null;

  constructor({ io }: Context, path: string) {
    this.#path = path;
    try {
      this.#file = io.createFile(path);
    } catch (error) {
      throw this.#refused(error as Error);
    }
  }

  readonly write = (line: string): void => {
    this.#waiting.push(line);
    this.#characters += line.length;
    if (this.#characters >= chunkCharacters) this.#flush();
  };

  /** Throws if not all lines could be written. */
  close(): void {
    this.#flush();
    this.#file.close();
    if (this.#error) throw this.#refused(this.#error);
  }

  #flush(): void {
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#characters = 0;
    if (this.#error) return;
    try {
      this.#file.write(text);
    } catch (error) {
      this.#error = error as Error;
    }
  }

  #refused({ message }: Error): Failure {
    return new Failure(`--trace: cannot write ${this.#path}: ${message}`, "Choose a file that you can write.");
  }
}
