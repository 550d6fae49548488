// Reads and checks the bodies of requests, within the limits: what is too large, of the wrong type or not UTF-8 is
// refused, and nothing beyond the limit is read.

import type { z } from "zod";
import { concatenate } from "../../lib/frames.ts";
import { limits } from "../../model/limits.ts";
import { type Outcome, refuse } from "../../model/refusal.ts";
import type { Operation } from "../operations/operation.ts";
import { parseBody } from "../schemas/validation.ts";

/** The client disconnected, or was too slow, before its request was complete. */
export class IncompleteBody extends Error {
  override name = "IncompleteBody";
}

const json = "application/json";
const noBody: Outcome<undefined> = { ok: true, value: undefined };

/** Checks a body that the handler reads by itself: its type, and its length if the client says it. */
export function checkUpload(
  { upload, uploadBytes = limits.backupBytes }: Operation,
  { headers }: Request,
): Outcome<undefined> {
  if (upload === undefined) return noBody;
  const type = headers.get("content-type");
  if (type?.split(";")[0]?.trim().toLowerCase() !== upload) return wrongType(type, upload);
  const bytes = Number(headers.get("content-length") ?? 0);
  if (bytes <= uploadBytes) return noBody;
  return refuse("body-too-large", `the body has ${bytes} bytes; at most ${uploadBytes} are allowed`, {
    hint: "Is this the right file?",
    details: { bytes, limit: uploadBytes },
  });
}

export async function readBody(
  schema: z.ZodType,
  request: Request,
  limit: number = limits.bodyBytes,
): Promise<Outcome<unknown>> {
  const { headers } = request;
  const type = headers.get("content-type");
  const length = headers.get("content-length");
  let bytes: Uint8Array | null;
  try {
    if (length === null) bytes = await readChunks(request, limit);
    else bytes = Number(length) > limit ? null : await request.bytes();
  } catch (error) {
    throw new IncompleteBody("the body is incomplete", { cause: error });
  }
  if (bytes === null) return tooLarge(length, limit);
  // A heartbeat sent by hand has no body, and then no type either.
  if (type !== json && !/^application\/json\s*(;|$)/i.test(type ?? "") && !(bytes.length === 0 && type === null)) {
    return wrongType(type, json);
  }
  const text = decodeText(bytes);
  return text === null ? notUtf8() : parseBody(schema, text);
}

/** Reads a body that does not state its length. Null if it is too large. */
async function readChunks(request: Request, limit: number): Promise<Uint8Array | null> {
  if (!request.body) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > limit) return null;
    chunks.push(chunk);
  }
  return concatenate(chunks);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Null if the bytes are not UTF-8: replacing the wrong ones would store something that was not sent. */
function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function notUtf8(): Outcome<never> {
  return refuse("invalid-json", "the body is not UTF-8", { hint: "Send JSON as UTF-8, uncompressed." });
}

function wrongType(type: string | null, expected: string): Outcome<never> {
  const got = type === null ? "has no Content-Type" : `is ${type}`;
  return refuse("unsupported-media-type", `the body ${got}; expected ${expected}`, {
    hint: `Send the header Content-Type: ${expected}.`,
    details: { contentType: type },
  });
}

function tooLarge(length: string | null, limit: number): Outcome<never> {
  const size = length === null ? `more than ${limit} bytes` : `${length} bytes`;
  return refuse("body-too-large", `the body has ${size}; at most ${limit} are allowed`, {
    hint: "Mount large data as a volume instead of sending it in a task.",
    details: { bytes: length === null ? null : Number(length), limit },
  });
}
