// Progress on stderr: one line that is rewritten on a terminal, plain lines in a pipe. stdout stays free for results.

import type { Output } from "../command/io.ts";
import { oneLine, type Style, truncate } from "./style.ts";

/** For the ^C that the terminal adds: in the next line, it would keep this one from being erased. */
const freeColumns = 3;

export class Progress {
  readonly #output: Output;
  readonly #style: Style;
  #shown = "";
  #lastKey = "";

  constructor(output: Output, style: Style) {
    this.#output = output;
    this.#style = style;
  }

  /** `key` identifies the step: without a terminal, each step is printed once. */
  async show(text: string, key: string): Promise<void> {
    const line = oneLine(text);
    if (this.#output.isTty) {
      const fitting = truncate(line, Math.max(10, this.#output.columns() - freeColumns), this.#style.ellipsis);
      if (fitting === this.#shown) return;
      this.#shown = fitting;
      await this.#output.write(`\r\x1b[K${this.#style.paint(fitting, "dim")}`);
    } else if (key !== this.#lastKey) {
      await this.#output.write(`${line}\n`);
    }
    this.#lastKey = key;
  }

  /** Erases the rewritten line. */
  async clear(): Promise<void> {
    if (this.#shown === "") return;
    this.#shown = "";
    await this.#output.write("\r\x1b[K");
  }
}
