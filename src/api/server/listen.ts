// The sockets of master and worker: Bun.serve around the HTTP shell. Gives the shell its connection, and hands upgraded
// connections over as two-way streams.

import { limits } from "../../model/limits.ts";
import type { Connection, Peer, StreamHandler } from "../connection.ts";
import { refusalResponse } from "../refusal-response.ts";
import { binary, SocketStream } from "../socket-stream.ts";
import type { Fetch } from "./shell.ts";

/** What Bun keeps with an upgraded socket. `stream` is null until the socket is open. */
interface Upgrade {
  handler: StreamHandler;
  stream: SocketStream | null;
}

/** A stream never has more bytes under way than its window; the rest is for the headers of frames. */
const socketBufferBytes = limits.duplexWindowBytes * 2;

/** Listens. Throws if the address is taken or not allowed. */
export function listen(fetch: Fetch, hostname: string, port: number): Bun.Server<Upgrade> {
  return Bun.serve<Upgrade>({
    hostname,
    port,
    // In development mode Bun answers an error with a page of source code.
    development: false,
    error: () =>
      refusalResponse({ code: "internal", message: "a bug in Podling", hint: "Please report what you sent." }),
    // Without this, Bun shares the port outside of development, and two masters would take turns.
    reusePort: false,
    idleTimeout: limits.idleConnectionMs / 1000,
    // The shell refuses a body that is too large, with a sentence, and reads nothing of it.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch(request, server) {
      const response = fetch(request, new RequestConnection(request, server));
      return request.headers.get("upgrade") === null ? response : unlessUpgraded(response);
    },
    websocket: {
      maxPayloadLength: limits.duplexFrameBytes + 1,
      backpressureLimit: socketBufferBytes,
      closeOnBackpressureLimit: true,
      perMessageDeflate: false,
      // Bun sends pings, and closes a connection whose other end no longer answers them.
      idleTimeout: limits.deadStreamMs / 1000,
      open(socket) {
        const stream = new SocketStream({
          send: (message) => void socket.sendBinary(message),
          close: (code, reason) => socket.close(code, reason),
        });
        socket.data.stream = stream;
        socket.data.handler(stream);
      },
      message: (socket, message) => socket.data.stream?.message(binary(message)),
      close: (socket, code, reason) => socket.data.stream?.socketClosed(code, reason),
    },
  });
}

/** Bun itself answers a request that is upgraded, and expects no response then. */
async function unlessUpgraded(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  return response.status === 101 ? (undefined as unknown as Response) : response;
}

/** One object for each request, without closures: most requests use none of it. */
class RequestConnection implements Connection {
  readonly #request: Request;
  readonly #server: Bun.Server<Upgrade>;

  constructor(request: Request, server: Bun.Server<Upgrade>) {
    this.#request = request;
    this.#server = server;
  }

  peer(): Peer {
    return { address: this.#server.requestIP(this.#request)?.address.replace(/^::ffff:/, "") ?? null };
  }

  disableIdleTimeout(): void {
    this.#server.timeout(this.#request, 0);
  }

  upgrade(handler: StreamHandler): boolean {
    return this.#server.upgrade(this.#request, { data: { handler, stream: null } });
  }
}
