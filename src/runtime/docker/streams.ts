// Reads an engine's answers as they come: records by line, and streams that send nothing for a long time.

import { TextSplitter } from "../../lib/split-text.ts";

/** Lines without their line breaks; empty lines are left out. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const splitter = new TextSplitter("\n");
  for await (const chunk of stream) {
    for (const line of splitter.push(chunk)) if (line.trim() !== "") yield line.trim();
  }
  const last = splitter.rest().trim();
  if (last !== "") yield last;
}

/**
 * A stream that can be passed on before the engine has answered. It is read as fast as its reader reads. Cancelling it, or
 * `signal`, also ends a request that still waits for its answer.
 */
export function openLater(
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  const either = AbortSignal.any([signal, cancelled.signal]);
  let chunks: AsyncIterator<Uint8Array> | null = null;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        chunks ??= (await open(either))[Symbol.asyncIterator]();
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      } catch (error) {
        if (cancelled.signal.aborted) return; // its reader has left
        if (signal.aborted) controller.close();
        else controller.error(error);
      }
    },
    cancel() {
      cancelled.abort();
    },
  });
}
