// Docker's multiplexed stream: frames of [stream, 0, 0, 0, length as 4 bytes big-endian, payload], which keep stdout
// and stderr apart in one body.

export const framedMediaType = "application/vnd.docker.multiplexed-stream";

export interface Frame {
  stream: "stdout" | "stderr";
  payload: Uint8Array;
}

/** A frame larger than this is not one: the stream is out of step. */
const largestFrameBytes = 16 * 1024 * 1024;

/** Splits a framed body, whatever the chunks it arrives in. Throws on bytes that are no frame. */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  let pending: Uint8Array = new Uint8Array(0);
  for await (const chunk of body) {
    pending = pending.length === 0 ? chunk : concatenate(pending, chunk);
    let offset = 0;
    while (pending.length - offset >= 8) {
      const view = new DataView(pending.buffer, pending.byteOffset + offset, 8);
      const kind = view.getUint8(0);
      const length = view.getUint32(4);
      if (kind > 2 || length > largestFrameBytes) throw new Error("the log stream is not in frames");
      if (pending.length - offset - 8 < length) break;
      yield { stream: kind === 2 ? "stderr" : "stdout", payload: pending.subarray(offset + 8, offset + 8 + length) };
      offset += 8 + length;
    }
    pending = pending.subarray(offset);
  }
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/** The payloads alone, both streams in the order they were written, with the back-pressure of whoever reads. */
export function unframe(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const frames = readFrames(body);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await frames.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value.payload.slice());
    },
    async cancel() {
      await frames.return(undefined);
    },
  });
}
