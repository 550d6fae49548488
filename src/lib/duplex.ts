// The port of a two-way stream of bytes between two programs, with back-pressure in both directions. The HTTP shell
// provides it over WebSockets (api/socket-stream.ts); the simulated network provides its own.

export interface DuplexStream {
  /**
   * Resolves with the next bytes from the other end, or with null after the other end has called `end`. Rejects with
   * StreamBroken if the connection is gone. Bytes are in order; their division into chunks means nothing. One read at
   * a time. While no read is waiting, the other end may send a bounded amount (limits.duplexWindowBytes) and then waits.
   */
  read(): Promise<Uint8Array | null>;
  /**
   * Sends bytes, which the caller no longer changes. Resolves when all of them are sent, so a caller that waits for
   * it goes no faster than the other end reads. Rejects with StreamBroken if the connection is gone. One at a time.
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Gives what arrives to `listener` from now on, at once, instead of to `read`: for messages that are small, many and
   * processed without waiting. What arrived before is given at once.
   */
  listen(listener: DuplexListener): void;
  /** Sends bytes if all of them can be sent at once. False: nothing was sent, and `write` would wait or reject. */
  trySend(bytes: Uint8Array): boolean;
  /** Sends nothing more: the other end reads null after what was written. It can go on sending. */
  end(): void;
  /** Closes both directions at once, without waiting for what was not read. Reads and writes of both ends reject. */
  abort(reason: string): void;
  /** Resolves when both directions have ended or the connection is gone. Never rejects. */
  readonly closed: Promise<void>;
}

/** What a stream gives to one that does not read. */
export interface DuplexListener {
  onBytes(bytes: Uint8Array): void;
  /** The other end has called `end`. */
  onEnd(): void;
  /** The connection is gone, and `onEnd` was not called. */
  onBroken(error: StreamBroken): void;
}

/** Why a read or a write of a two-way stream failed. */
export class StreamBroken extends Error {
  override name = "StreamBroken";
}
