// Reads a text of another program up to a size, so that one without an end does not fill the memory.

/** Null if the text is longer than the limit: then nothing more is read. */
export async function readAtMost(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > limitBytes) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
