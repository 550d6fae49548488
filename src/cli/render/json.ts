// JSON output: single values are indented, streams have one value per line.

import { steering } from "../../lib/log.ts";

export function prettyJson(value: unknown): string {
  return `${escaped(JSON.stringify(value, null, 2))}\n`;
}

export function jsonLine(value: unknown): string {
  return `${escaped(JSON.stringify(value))}\n`;
}

/**
 * JSON may contain C1 control characters and marks that change the direction of text as they are, and a terminal obeys them. As
 * escapes they are the same values.
 */
function escaped(json: string): string {
  return json.replace(steering, (text) =>
    text.replace(/[^\n]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}
