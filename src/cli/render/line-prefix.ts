// An output of several sources in turn: each line starts with the name of its source, and is written when it is complete.

import type { Output } from "../command/io.ts";

const lineEnd = 10;

export class LinePrefix implements Output {
  readonly #to: Output;
  readonly #prefix: Uint8Array;
  /** The begin of a line. */
  #kept: Uint8Array[] = [];

  constructor(to: Output, prefix: string) {
    this.#to = to;
    this.#prefix = new TextEncoder().encode(prefix);
  }

  get isTty(): boolean {
    return this.#to.isTty;
  }

  columns(): number {
    return this.#to.columns();
  }

  rows(): number {
    return this.#to.rows();
  }

  async write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineEnd); end >= 0; end = bytes.indexOf(lineEnd, start)) {
      lines.push(this.#prefix, ...this.#kept, bytes.subarray(start, end + 1));
      this.#kept = [];
      start = end + 1;
    }
    // A copy, because the caller may use its buffer again.
    if (start < bytes.length) this.#kept.push(bytes.slice(start));
    if (lines.length > 0) await this.#to.write(Buffer.concat(lines));
  }

  /** Writes what came after the last line end as a line. */
  async end(): Promise<void> {
    if (this.#kept.length > 0) await this.write("\n");
  }
}
