// A two-way stream over the binary messages of a WebSocket. The first byte of a message is its kind: data, credit or end.
// A receiver grants credit for the bytes that were read from it, and a sender never sends more than it has credit for.
// So back-pressure works in both directions and on every platform, also where a WebSocket cannot be paused.

import { type DuplexListener, type DuplexStream, StreamBroken } from "../lib/duplex.ts";
import { concatenate } from "../lib/frames.ts";
import { limits } from "../model/limits.ts";

/** The WebSocket, as far as a stream needs it. */
export interface MessageSocket {
  send(message: Uint8Array<ArrayBuffer>): void;
  close(code: number, reason: string): void;
}

/** The first byte of each message. */
const kind = { data: 0, credit: 1, end: 2 } as const;
const creditBytes = 5;
const joinedBytes = 4096;

/** Both ends have ended; the other end broke the protocol; this end gave up. A browser may send 1000 and 3000 to 4999. */
const closeCode = { done: 1000, protocol: 4002, aborted: 4011 } as const;
/** RFC 6455: a close frame has 123 bytes of text at most. */
const reasonBytes = 123;

interface Waiting<T> {
  resolve: (value: T) => void;
  reject: (error: StreamBroken) => void;
}

/** What was sent last, by any stream: most answers to heartbeats are the same object. */
let lastBytes: Uint8Array | null = null;
let lastMessage = new Uint8Array(0);
const keptBytes = 64;

/** A message of data. It is never changed, and sockets copy what they send. */
function messageOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes === lastBytes) return lastMessage;
  const message = new Uint8Array(bytes.length + 1);
  message.set(bytes, 1);
  if (bytes.length <= keptBytes) {
    lastBytes = bytes;
    lastMessage = message;
  }
  return message;
}

export class SocketStream implements DuplexStream {
  readonly #socket: MessageSocket;
  readonly #received: Uint8Array[] = [];
  /** Bytes received, and not yet read or not yet credited back. */
  #uncredited = 0;
  #unreadBytes = 0;
  #credit: number = limits.duplexWindowBytes;
  #reader: Waiting<Uint8Array | null> | null = null;
  #writer: Waiting<void> | null = null;
  /** Receives what arrives, in place of `read`. Null until `listen` is called. */
  #listener: DuplexListener | null = null;
  #localEnded = false;
  #remoteEnded = false;
  #broken: StreamBroken | null = null;
  #isClosed = false;
  #resolveClosed!: () => void;
  readonly closed: Promise<void>;

  constructor(socket: MessageSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  async read(): Promise<Uint8Array | null> {
    const bytes = this.#received.shift();
    if (bytes) return this.#taken(bytes);
    if (this.#remoteEnded) return null;
    if (this.#broken) throw this.#broken;
    if (this.#reader) throw new TypeError("a read of this stream is already waiting");
    const next = await new Promise<Uint8Array | null>((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
    return next && this.#taken(next);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#localEnded) throw new TypeError("this end of the stream has ended");
    if (this.#writer) throw new TypeError("a write to this stream is already waiting");
    for (let at = 0; at < bytes.length; ) {
      while (this.#credit === 0 && !this.#broken) await this.#moreCredit();
      if (this.#broken) throw this.#broken;
      const size = Math.min(bytes.length - at, this.#credit, limits.duplexFrameBytes);
      this.#sendData(bytes.subarray(at, at + size));
      at += size;
    }
    if (this.#broken) throw this.#broken;
  }

  listen(listener: DuplexListener): void {
    this.#listener = listener;
    for (const bytes of this.#received.splice(0)) listener.onBytes(this.#taken(bytes));
    if (this.#remoteEnded) listener.onEnd();
    else if (this.#broken) listener.onBroken(this.#broken);
  }

  trySend(bytes: Uint8Array): boolean {
    if (this.#localEnded || this.#broken || this.#writer) return false;
    if (bytes.length > Math.min(this.#credit, limits.duplexFrameBytes)) return false;
    this.#sendData(bytes);
    return true;
  }

  #sendData(bytes: Uint8Array): void {
    this.#credit -= bytes.length;
    this.#socket.send(messageOf(bytes));
  }

  end(): void {
    if (this.#localEnded || this.#broken) return;
    this.#localEnded = true;
    this.#socket.send(Uint8Array.of(kind.end));
    this.#closeIfDone();
  }

  abort(reason: string): void {
    this.#fail(new StreamBroken(`the stream was closed at this end: ${reason}`), closeCode.aborted, reason);
  }

  // ---- called by the owner of the socket

  /** Call it for each binary message. The stream owns the bytes from now on. */
  message(message: Uint8Array): void {
    if (this.#isClosed) return;
    if (message[0] === kind.data) this.#data(message.subarray(1));
    else if (message[0] === kind.credit && message.length === creditBytes) this.#granted(message);
    else if (message[0] === kind.end && message.length === 1 && !this.#remoteEnded) this.#remoteEnd();
    else this.#breach("a message that is no data, credit or end");
  }

  /** Call it when the socket has closed. `reason` is that of the other end, or empty. */
  socketClosed(code: number, reason: string): void {
    // The other end closes the socket as soon as both directions have ended.
    const why = reason === "" ? `the connection was closed (${code})` : `the other end closed the stream: ${reason}`;
    this.#broke(new StreamBroken(why));
  }

  #data(bytes: Uint8Array): void {
    this.#unreadBytes += bytes.length;
    if (this.#remoteEnded) {
      this.#breach("data after the end");
      return;
    }
    if (this.#unreadBytes + this.#uncredited > limits.duplexWindowBytes) {
      this.#breach("more data than its credit");
      return;
    }
    if (bytes.length === 0) return;
    const reader = this.#reader;
    this.#reader = null;
    if (this.#listener) this.#listener.onBytes(this.#taken(bytes));
    else if (reader) reader.resolve(bytes);
    else this.#keep(bytes);
  }

  /** Joins small messages: a quarter of a million messages of one byte each would take 50 MB. */
  #keep(bytes: Uint8Array): void {
    const last = this.#received.at(-1);
    if (last && last.length + bytes.length <= joinedBytes) this.#received.splice(-1, 1, concatenate([last, bytes]));
    else this.#received.push(bytes);
  }

  /** Returns credit for half a window at a time: a message for each read would double the number of messages. */
  #taken(bytes: Uint8Array): Uint8Array {
    this.#unreadBytes -= bytes.length;
    this.#uncredited += bytes.length;
    if (this.#uncredited < limits.duplexWindowBytes / 2 || this.#remoteEnded || this.#isClosed) return bytes;
    const message = new Uint8Array(creditBytes);
    message[0] = kind.credit;
    new DataView(message.buffer).setUint32(1, this.#uncredited);
    this.#uncredited = 0;
    this.#socket.send(message);
    return bytes;
  }

  #granted(message: Uint8Array): void {
    this.#credit += new DataView(message.buffer, message.byteOffset).getUint32(1);
    if (this.#credit > limits.duplexWindowBytes) {
      this.#breach("more credit than the window");
      return;
    }
    const writer = this.#writer;
    this.#writer = null;
    writer?.resolve();
  }

  #moreCredit(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#writer = { resolve, reject };
    });
  }

  #remoteEnd(): void {
    this.#remoteEnded = true;
    const reader = this.#reader;
    this.#reader = null;
    reader?.resolve(null);
    this.#listener?.onEnd();
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (!this.#localEnded || !this.#remoteEnded || this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close(closeCode.done, "");
    this.#resolveClosed();
  }

  #breach(what: string): void {
    const error = new StreamBroken(`the other end sent ${what}`);
    this.#fail(error, closeCode.protocol, error.message);
  }

  #fail(error: StreamBroken, code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#broke(error);
    this.#socket.close(code, shortReason(reason));
  }

  #broke(error: StreamBroken): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#broken = error;
    if (!this.#remoteEnded) this.#received.length = 0;
    this.#reader?.reject(error);
    this.#writer?.reject(error);
    this.#reader = null;
    this.#writer = null;
    this.#resolveClosed();
    if (!this.#remoteEnded) this.#listener?.onBroken(error);
  }
}

/** At most as many bytes as a close frame takes, and no half characters. */
function shortReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason.toWellFormed());
  if (bytes.length <= reasonBytes) return reason.toWellFormed();
  return new TextDecoder().decode(bytes.subarray(0, reasonBytes)).replace(/\uFFFD+$/, "");
}

/**
 * Opens a stream to an operation that upgrades its connection. Rejects with StreamBroken where it does not, or if `signal` is
 * aborted before.
 */
export function openSocketStream(
  url: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<SocketStream> {
  // Bun takes headers here; a browser takes none, and sends its cookies instead.
  const socket = new WebSocket(url.replace(/^http/, "ws"), { headers } as unknown as string[]);
  socket.binaryType = "arraybuffer";
  const stream = new SocketStream(socket);
  return new Promise((resolve, reject) => {
    const giveUp = () => socket.close();
    if (signal?.aborted) giveUp();
    signal?.addEventListener("abort", giveUp);
    socket.onopen = () => {
      signal?.removeEventListener("abort", giveUp);
      resolve(stream);
    };
    socket.onmessage = ({ data }) => stream.message(binary(data));
    socket.onclose = ({ code, reason }) => {
      signal?.removeEventListener("abort", giveUp);
      stream.socketClosed(code, reason);
      reject(new StreamBroken(`${url} did not open a stream`));
    };
  });
}

/** A text message becomes one of no known kind, which the stream refuses. */
export function binary(data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : Uint8Array.of(0xff);
}
