// Formats server-sent events, and reads them from a stream. It does not interpret their data.

import { TextSplitter } from "./split-text.ts";

export interface ServerSentEvent {
  event: string;
  data: string;
  /** Empty if the event had none: a reader can resume only after events with an id. */
  id: string;
}

/** One event as text. `data` must be one line, as JSON is. */
export function formatEvent(event: string, data: string, id?: number | string): string {
  return id === undefined ? `event: ${event}\ndata: ${data}\n\n` : `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`;
}

/** A comment line, which keeps a silent stream open. */
export const keepAliveComment = ":\n\n";

/** Reads events until the stream ends. Calls `onBytes` for every chunk, including comments: the stream is alive. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerSentEvent> {
  const splitter = new TextSplitter("\n\n");
  for await (const bytes of stream) {
    onBytes();
    if (splitter.isBetween && isKeepAlive(bytes)) continue;
    for (const block of splitter.push(bytes)) {
      const parsed = parseEvent(block);
      if (parsed) yield parsed;
    }
  }
}

const keepAliveBytes = new TextEncoder().encode(keepAliveComment);

function isKeepAlive(bytes: Uint8Array): boolean {
  return bytes.length === keepAliveBytes.length && keepAliveBytes.every((byte, index) => bytes[index] === byte);
}

function parseEvent(block: string): ServerSentEvent | null {
  const parsed: ServerSentEvent = { event: "message", data: "", id: "" };
  let hasData = false;
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") parsed.event = value;
    else if (field === "id") parsed.id = value;
    else if (field === "data") {
      parsed.data += hasData ? `\n${value}` : value;
      hasData = true;
    }
  }
  return hasData ? parsed : null;
}
