// Shows a text on a terminal in place of the one before, so that a list is seen as it changes.

import { textWidth } from "../render/style.ts";
import type { Output } from "./io.ts";

export class Repaint {
  readonly #output: Output;
  /** Lines of the terminal that the last text took. */
  #lines = 0;
  #last = "";

  constructor(output: Output) {
    this.#output = output;
  }

  /** What does not fit the height of the terminal is left out, with a count of its lines. */
  async show(text: string): Promise<void> {
    const fitting = this.#fitting(text);
    if (fitting === this.#last) return;
    this.#last = fitting;
    const back = this.#lines === 0 ? "" : `\x1b[${this.#lines}A\r\x1b[J`;
    this.#lines = heightOf(fitting, this.#output.columns());
    await this.#output.write(back + fitting);
  }

  /** Keeps the text above what is written next. */
  leave(): void {
    this.#lines = 0;
    this.#last = "";
  }

  #fitting(text: string): string {
    // The cursor stands in a line of its own.
    const maxLines = Math.max(3, this.#output.rows() - 1);
    if (heightOf(text, this.#output.columns()) <= maxLines) return text;
    const lines = text.trimEnd().split("\n");
    const kept = lines.slice(0, maxLines - 1);
    while (kept.length > 1 && heightOf(`${kept.join("\n")}\n`, this.#output.columns()) > maxLines - 1) kept.pop();
    return `${kept.join("\n")}\nand ${lines.length - kept.length} more lines\n`;
  }
}

/** Lines that the terminal shows, long ones broken. */
function heightOf(text: string, columns: number): number {
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)), 0);
}
