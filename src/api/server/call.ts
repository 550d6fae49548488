// What a handler gets and gives: the request, validated and normalised by its operation, and the answer in one of a few
// forms.

import type { Origin } from "../../model/origin.ts";
import type { Outcome } from "../../model/refusal.ts";
import type { Peer, StreamHandler } from "../connection.ts";
import type {
  Operation,
  OperationAnswer,
  OperationBody,
  OperationParameters,
  OperationQuery,
  Table,
} from "../operations/operation.ts";

/** A request to an operation. */
export interface Call<O extends Operation> {
  parameters: OperationParameters<O>;
  body: OperationBody<O>["output"];
  query: OperationQuery<O>["output"];
  headers: Headers;
  /** Who asks, by the request's headers. */
  origin: Origin;
  /** Who is at the other end of the connection. */
  peer(): Peer;
  /** The body of an operation that takes an upload, as it comes. */
  upload(): AsyncIterable<Uint8Array>;
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
  /** Switches the connection's idle timeout off, for an answer that may take long. */
  mayTakeLong(): void;
  /** Turns the connection into a two-way stream; a refusal if the client did not ask for one. */
  upgrade(handler: StreamHandler): Outcome<Response>;
}

/** JSON that is encoded already, with headers of its own. */
export class EncodedJson {
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly headers: Record<string, string>;
  constructor(body: EncodedJson["body"], headers: Record<string, string> = {}) {
    this.body = body;
    this.headers = headers;
  }
}

export type Answer<O extends Operation> =
  | OperationAnswer<O>
  | EncodedJson
  | Response
  | ReadableStream<Uint8Array>
  | null;

type Handler<O extends Operation> = (call: Call<O>) => Outcome<Answer<O>> | Promise<Outcome<Answer<O>>>;

/** One handler for each operation of a table. */
export type HandlersOf<T extends Table> = { [Id in keyof T]: Handler<T[Id]> };
