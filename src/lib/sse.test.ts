// Events as they are read from a stream, however it is cut into chunks.

import { expect, test } from "bun:test";
import { formatEvent, keepAliveComment, readEvents, type ServerSentEvent } from "./sse.ts";

async function read(text: string, chunkSize: number): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, at + chunkSize));
      at += chunkSize;
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(stream)) events.push(event);
  return events;
}

test.each([1, 2, 3, 7, 1000])("chunks of %d bytes give the same events", async (chunkSize) => {
  const text = `${keepAliveComment}${formatEvent("a", "für")}\n\n${formatEvent("b", "{}", 7)}data: x\ndata: y\n\nevent: cut`;
  expect(await read(text, chunkSize)).toEqual([
    { event: "a", data: "für", id: "" },
    { event: "b", data: "{}", id: "7" },
    { event: "message", data: "x\ny", id: "" },
  ]);
});

test("an event of 40 MiB in chunks of 64 KiB is read in one go, not over and over", async () => {
  const size = 40 * 1024 * 1024;
  const [event] = await read(formatEvent("sync", "x".repeat(size)), 64 * 1024);
  expect(event!.data.length).toBe(size);
});
