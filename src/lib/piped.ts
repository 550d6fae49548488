// A stream whose pieces are looked at as they pass by. It reads only what its own reader asks for, so that memory stays
// bounded however fast the source is.

export interface Passing {
  /** Called for each piece. An error that it throws ends both sides. */
  piece(bytes: Uint8Array): void;
  /** Called once, before the reader gets the end. An error that it throws becomes the end of the stream. */
  complete(): void;
  /** Called once, after the end, an error, or a reader that has stopped; null: it is complete. */
  ended(error: Error | null): void;
}

export function piped(
  source: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  passing: Passing,
): ReadableStream<Uint8Array> {
  const pieces = (source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  let over = false;
  const end = (error: Error | null) => {
    if (over) return;
    over = true;
    passing.ended(error);
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await pieces.next();
          if (!done) {
            passing.piece(value);
            controller.enqueue(value);
            return;
          }
          passing.complete();
          end(null);
          controller.close();
        } catch (error) {
          end(error as Error);
          pieces.return?.(undefined).catch(() => {});
          controller.error(error);
        }
      },
      async cancel() {
        end(new Error("its reader has stopped"));
        await pieces.return?.(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
