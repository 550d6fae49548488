// Reads an engine's answers as they come, by line.

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
