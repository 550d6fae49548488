// Checks a tar archive that passes by: that it is one, and that it is complete. An archive that was cut off between two of
// its entries looks complete to a program that unpacks it, so its last block is looked at.

const blockBytes = 512;
/** A complete archive ends with two blocks of zeros. */
const endBytes = 2 * blockBytes;
const magicAt = 257;

export class TarCheck {
  #bytes = 0;
  #head = new Uint8Array(0);
  /** The newest bytes, at most as many as the end has. */
  #tail = new Uint8Array(0);

  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Uint8Array): void {
    if (this.#head.length < blockBytes)
      this.#head = joined(this.#head, piece.subarray(0, blockBytes - this.#head.length));
    this.#bytes += piece.length;
    this.#tail = piece.length >= endBytes ? piece.slice(-endBytes) : joined(this.#tail, piece).slice(-endBytes);
  }

  /** True when the first block is complete. */
  get hasBegun(): boolean {
    return this.#head.length >= blockBytes;
  }

  /** What is wrong with the first block; null if nothing is, or if it is not complete yet. */
  beginFault(): string | null {
    if (this.#head.length < blockBytes) return null;
    const magic = new TextDecoder("latin1").decode(this.#head.subarray(magicAt, magicAt + 5));
    return magic === "ustar" ? null : "it is no tar archive";
  }

  /** What is wrong with the archive; null if it is complete. Call it after the last piece. */
  endFault(): string | null {
    if (this.#bytes === 0) return "it is empty";
    if (this.#head.length < blockBytes) return "it is no tar archive";
    const isComplete = this.#tail.length === endBytes && this.#tail.every((byte) => byte === 0);
    return this.beginFault() ?? (isComplete ? null : `it was cut off after ${this.#bytes} bytes`);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
