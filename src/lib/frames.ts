// Docker's multiplexed stream: frames of [stream, 0, 0, 0, length as 4 bytes big-endian, payload], which keep stdout
// and stderr apart in one body. A third stream says why the sender ends the body early.

export const framedMediaType = "application/vnd.docker.multiplexed-stream";

export interface Frame {
  stream: "stdout" | "stderr";
  payload: Uint8Array;
}

/** Bytes of the header before a frame's payload. */
export const frameHeaderBytes = 8;

/** Docker's number of the stream of errors. Its payload is a sentence, and no frame follows. */
const errorStream = 3;

/** A frame without a payload: begins a log, so that its reader knows at once that it is open. */
export function emptyFrame(): Uint8Array<ArrayBuffer> {
  return frameOf("stdout", new Uint8Array(0));
}

export function frameOf(stream: Frame["stream"] | "error", payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(frameHeaderBytes + payload.length);
  frame[0] = stream === "stdout" ? 1 : stream === "stderr" ? 2 : errorStream;
  new DataView(frame.buffer).setUint32(4, payload.length);
  frame.set(payload, frameHeaderBytes);
  return frame;
}

/** The last frame of a body that ends early: says why. */
export function errorFrame(message: string): Uint8Array<ArrayBuffer> {
  return frameOf("error", new TextEncoder().encode(message));
}

export function streamOf(frame: Uint8Array): Frame["stream"] {
  return frame[0] === 2 ? "stderr" : "stdout";
}

/** The sender ended the stream early, and this is its reason. */
export class StreamEndedEarly extends Error {
  override name = "StreamEndedEarly";
}

/** A larger frame means that the stream is not in frames. */
const largestFrameBytes = 16 * 1024 * 1024;
/** A longer reason is cut. */
const longestReasonBytes = 2048;

/** Splits a body into frames, however it is divided into chunks. */
export class FrameSplitter {
  #pending: Uint8Array = new Uint8Array(0);
  #ended: Error | null = null;

  /**
   * The frames that are whole now, each with its header. Throws Error on bytes that are no frame, and StreamEndedEarly when
   * the sender says so: the frames before it are returned first, and the next call throws.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#ended) throw this.#ended;
    const bytes = this.#pending.length === 0 ? chunk : concatenate([this.#pending, chunk]);
    const frames: Uint8Array[] = [];
    let offset = 0;
    while (this.#ended === null && bytes.length - offset >= frameHeaderBytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset, frameHeaderBytes);
      const length = view.getUint32(4);
      const end = offset + frameHeaderBytes + length;
      if (view.getUint8(0) > errorStream || length > largestFrameBytes) {
        this.#ended = new Error("the log stream is not in frames");
      } else if (end > bytes.length) break;
      else if (view.getUint8(0) === errorStream) {
        this.#ended = new StreamEndedEarly(reasonOf(bytes.subarray(offset + frameHeaderBytes, end)));
      } else frames.push(bytes.subarray(offset, end));
      offset = end;
    }
    if (this.#ended && frames.length === 0) throw this.#ended;
    this.#pending = bytes.subarray(Math.min(offset, bytes.length));
    return frames;
  }

  /** To be called at the end of the body. Throws what the sender said last, or that the body ends within a frame. */
  end(): void {
    if (this.#ended) throw this.#ended;
    if (this.#pending.length > 0) throw new Error("the log stream ends within a frame");
  }
}

function reasonOf(payload: Uint8Array): string {
  return new TextDecoder().decode(payload.subarray(0, longestReasonBytes)).trim() || "no reason was given";
}

/** The frames of a body. Throws StreamEndedEarly if its sender says so, and Error on bytes that are no frame. */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const splitter = new FrameSplitter();
  for await (const chunk of body) {
    for (const frame of splitter.push(chunk)) {
      yield { stream: streamOf(frame), payload: frame.subarray(frameHeaderBytes) };
    }
  }
  splitter.end();
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
