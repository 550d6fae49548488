// The body of a request that is sent piece by piece: read from the client's stream, and given to the server as each piece
// arrives. The client reads the next piece when the one before has arrived, as a full send window makes it wait.

import type { Process } from "./process.ts";
import { WireBody } from "./wire-body.ts";

/** How often a client tries again to send to a machine without power. */
const retransmitMs = 2000;

export class WireUpload {
  /** As the server reads it. */
  readonly body = new WireBody(() => {});
  readonly #client: Process;
  /** Null at the end. */
  readonly #read: () => Promise<Uint8Array | null>;
  readonly #cancel: () => Promise<void>;
  #over = false;

  constructor(client: Process, source: ReadableStream<Uint8Array>) {
    this.#client = client;
    const reader = source.getReader();
    this.#read = () => reader.read().then(({ done, value }) => (done ? null : value));
    this.#cancel = () => reader.cancel(new Error("the request is over"));
  }

  /**
   * `send` takes something to the server, and calls it there. `reset`: the machine of the server answers that it has no such
   * connection. `broke`: the client's stream has failed.
   */
  begin(
    server: Process,
    send: (arrive: () => void) => void,
    { reset, broke }: { reset: () => void; broke: (error: unknown) => void },
  ): void {
    const next = () => this.#client.enter(read);
    const sendPiece = (piece: Uint8Array | null) => {
      const arrive = () => {
        if (this.#over) return;
        if (!server.alive) {
          if (server.host.up) reset();
          else this.#client.world.after(retransmitMs, arrive);
          return;
        }
        server.enter(() => (piece === null ? this.body.close() : this.body.enqueue(piece)));
        if (piece !== null) next();
      };
      send(arrive);
    };
    const read = () => {
      if (this.#over) return;
      this.#read().then((piece) => {
        if (!this.#over) sendPiece(piece);
      }, broke);
    };
    next();
  }

  /** The request is over: the client's stream is read no further. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#client.enter(() => void this.#cancel().catch(() => {}));
  }
}
