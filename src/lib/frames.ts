// Docker's multiplexed stream: frames of [stream, 0, 0, 0, length as 4 bytes big-endian, payload], which keep stdout
// and stderr apart in one body.

export const framedMediaType = "application/vnd.docker.multiplexed-stream";

export interface Frame {
  stream: "stdout" | "stderr";
  payload: Uint8Array;
}

/** Bytes of the header before a frame's payload. */
export const frameHeaderBytes = 8;

/** A frame without a payload: begins a followed log, so that its reader knows at once that it is open. */
export function emptyFrame(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(frameHeaderBytes).fill(1, 0, 1);
}

/** A larger frame means that the stream is not in frames. */
const largestFrameBytes = 16 * 1024 * 1024;

/** Splits a body into frames, however it is divided into chunks. */
export class FrameSplitter {
  #pending: Uint8Array = new Uint8Array(0);

  /** The frames that are whole now, each with its header. Throws on bytes that are no frame. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#pending.length === 0 ? chunk : concatenate([this.#pending, chunk]);
    const frames: Uint8Array[] = [];
    let offset = 0;
    while (bytes.length - offset >= frameHeaderBytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset, frameHeaderBytes);
      const length = view.getUint32(4);
      if (view.getUint8(0) > 2 || length > largestFrameBytes) throw new Error("the log stream is not in frames");
      const end = offset + frameHeaderBytes + length;
      if (end > bytes.length) break;
      frames.push(bytes.subarray(offset, end));
      offset = end;
    }
    this.#pending = bytes.subarray(offset);
    return frames;
  }
}

export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const splitter = new FrameSplitter();
  for await (const chunk of body) {
    for (const frame of splitter.push(chunk)) {
      yield { stream: frame[0] === 2 ? "stderr" : "stdout", payload: frame.subarray(frameHeaderBytes) };
    }
  }
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
