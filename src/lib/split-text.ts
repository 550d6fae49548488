// Splits text that arrives in chunks at a separator. Each chunk is searched once, however long a piece becomes, so that
// the time is linear.

export class TextSplitter {
  readonly #separator: string;
  readonly #decoder = new TextDecoder();
  /** Searched, and free of separators. */
  #kept: string[] = [];
  /** The last characters so far: a separator may begin in them. */
  #last = "";

  constructor(separator: string) {
    this.#separator = separator;
  }

  /** True while no piece is begun. */
  get isBetween(): boolean {
    return this.#last === "" && this.#kept.length === 0;
  }

  /** The pieces that this chunk completes, without their separators. */
  push(bytes: Uint8Array): string[] {
    const text = this.#last + this.#decoder.decode(bytes, { stream: true });
    const pieces: string[] = [];
    let start = 0;
    for (let end = text.indexOf(this.#separator); end >= 0; end = text.indexOf(this.#separator, start)) {
      this.#kept.push(text.slice(start, end));
      pieces.push(this.#kept.join(""));
      this.#kept = [];
      start = end + this.#separator.length;
    }
    const searched = Math.max(start, text.length - this.#separator.length + 1);
    if (searched > start) this.#kept.push(text.slice(start, searched));
    this.#last = text.slice(searched);
    return pieces;
  }

  /** What came after the last separator. */
  rest(): string {
    return this.#kept.join("") + this.#last;
  }
}
