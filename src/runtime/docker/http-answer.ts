// Reads one HTTP answer from the chunks of a connection: its status and the beginning of its body. For checks, which need no
// more; the platform's client goes through the proxy that the environment names, and cannot be kept from it.

/** A longer head is no answer to a check. */
const headBytes = 64 * 1024;

export class HttpAnswerReader {
  readonly #bodyBytes: number;
  #received: Buffer = Buffer.alloc(0);
  /** Where the body begins; null until the head is complete. */
  #bodyAt: number | null = null;
  #isChunked = false;
  #bodyLength: number | null = null;
  #status: number | null = null;
  #problem: string | null = null;

  constructor(bodyBytes: number) {
    this.#bodyBytes = bodyBytes;
  }

  /** Null until the head is complete. */
  get status(): number | null {
    return this.#status;
  }

  /** Why this is no answer; null: nothing is wrong so far. */
  get problem(): string | null {
    return this.#problem;
  }

  /** True when nothing more is to be read. */
  get isComplete(): boolean {
    if (this.#problem !== null) return true;
    if (this.#bodyAt === null) return false;
    const length = this.#received.length - this.#bodyAt;
    if (length >= this.#bodyBytes * 2 || (this.#bodyLength !== null && length >= this.#bodyLength)) return true;
    return this.#isChunked && this.#received.subarray(this.#bodyAt).includes("\r\n0\r\n");
  }

  push(chunk: Uint8Array): void {
    this.#received = this.#received.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#received, chunk]);
    while (this.#bodyAt === null && this.#problem === null) {
      const end = this.#received.indexOf("\r\n\r\n");
      if (end < 0) {
        if (!looksLikeHttp(this.#received)) this.#problem = "the answer is not HTTP/1";
        else if (this.#received.length > headBytes) this.#problem = "the head of the answer is too long";
        return;
      }
      this.#readHead(this.#received.toString("latin1", 0, end), end + 4);
    }
  }

  /** The beginning of what has come of it. */
  get body(): string {
    if (this.#bodyAt === null) return "";
    const raw = this.#received.subarray(this.#bodyAt);
    const bytes = this.#isChunked ? dechunked(raw) : raw;
    return bytes.subarray(0, this.#bodyBytes).toString("utf8");
  }

  #readHead(head: string, end: number): void {
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1] ?? Number.NaN);
    if (Number.isNaN(status)) {
      this.#problem = "the answer is not HTTP/1";
      return;
    }
    // An interim answer: the real one follows.
    if (status < 200 && status !== 101) {
      this.#received = this.#received.subarray(end);
      return;
    }
    this.#status = status;
    this.#bodyAt = end;
    this.#isChunked = /\r\ntransfer-encoding:[^\r]*chunked/i.test(head);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#bodyLength = length === undefined ? (status === 204 || status === 304 ? 0 : null) : Number(length);
  }
}

function looksLikeHttp(bytes: Buffer): boolean {
  const begin = "HTTP/1.";
  return begin.startsWith(bytes.toString("latin1", 0, begin.length));
}

/** As much as is there of a body in chunks. */
function dechunked(raw: Buffer): Buffer {
  const parts: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const lineEnd = raw.indexOf("\r\n", offset);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(raw.toString("latin1", offset, lineEnd), 16);
    if (Number.isNaN(size) || size === 0) return Buffer.concat(parts);
    parts.push(raw.subarray(lineEnd + 2, lineEnd + 2 + size));
    offset = lineEnd + 2 + size + 2;
  }
}
