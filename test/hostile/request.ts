// How a hostile request is written down: one row, with what must be answered. Test support.

import type { RefusalCode } from "../../src/model/refusal.ts";

export interface Row {
  what: string;
  bytes: Uint8Array;
  status: number;
  /** Null: an answer of the HTTP parser, which comes before any operation, or one that refuses nothing. */
  code: RefusalCode | null;
  /** The client closes its side when it has sent this. */
  hangUp?: boolean;
}

export const token = "a-token-for-the-hostile";
/** The header lines that every honest request has. */
export const host = "Host: localhost\r\n";
export const bearer = `Authorization: Bearer ${token}\r\n`;
export const json = "Content-Type: application/json\r\n";

/** Characters above 255 as UTF-8, the others as the byte that they are: rows write bad UTF-8 as "\xff". */
export function bytesOf(text: string): Uint8Array {
  return Buffer.concat(
    [...text.matchAll(/[\0-\xff]+|[^\0-\xff]+/g)].map(([part]) =>
      Buffer.from(part, part < "\u0100" ? "latin1" : "utf8"),
    ),
  );
}

/** A whole request as it stands. */
export function wire(what: string, text: string, status: number, code: RefusalCode | null = null): Row {
  return { what, bytes: bytesOf(text), status, code };
}

/** A request line with the usual headers, and more of them. */
export function asks(what: string, line: string, status: number, code: RefusalCode | null = null, headers = ""): Row {
  return wire(what, `${line} HTTP/1.1\r\n${host}${bearer}${headers}\r\n`, status, code);
}

/** A body, sent as JSON with its length. */
export function sends(what: string, line: string, body: string, status: number, code: RefusalCode | null): Row {
  const bytes = bytesOf(body);
  const head = bytesOf(`${line} HTTP/1.1\r\n${host}${bearer}${json}Content-Length: ${bytes.length}\r\n\r\n`);
  return { what, bytes: Buffer.concat([head, bytes]), status, code };
}

/** A task that would be created, were it not for the fields given. */
export function creates(what: string, fields: string, code: RefusalCode, status = 400): Row {
  return sends(what, "POST /api/v1/tasks", `{"name":"hostile","image":"nginx",${fields}}`, status, code);
}
