// What the handlers of configs have in common: the content of a request as bytes.

import { ok } from "../../../lib/result.ts";
import { bytesOf, type Encoding } from "../../../model/config/config.ts";
import { limits } from "../../../model/limits.ts";
import { type Outcome, refuse } from "../../../model/refusal.ts";

/** The content that a body has. Refused if it is too large, or not in the encoding that it names. Never quotes it. */
export function contentOf({ data, encoding = "utf8" }: { data: string; encoding?: Encoding }): Outcome<Uint8Array> {
  const wrong = (message: string, hint: string) =>
    refuse("unprocessable", `data: ${message}`, { hint, details: { field: "data" } });
  if (encoding === "base64" && !/^[A-Za-z0-9+/]*={0,2}$/.test(data))
    return wrong("it is not base64", "Send the bytes in base64, or the text itself with the encoding utf8.");
  const bytes = bytesOf(data, encoding);
  if (bytes.length <= limits.contentBytes) return ok(bytes);
  const message = `${bytes.length} bytes are more than the ${limits.contentBytes} that a content may have`;
  return wrong(message, "Put large files into an image or a volume.");
}
