// A connection of the simulated network that was upgraded to a two-way stream: two ends, each in a program of its own, and
// one ordered direction each way. It breaks as requests do: by loss, a cut that is too long, a reset, or a program's end.

import type { StreamHandler } from "../../api/connection.ts";
import { type DuplexListener, type DuplexStream, StreamBroken } from "../../lib/duplex.ts";
import { limits } from "../../model/limits.ts";
import type { Process } from "./process.ts";
import type { Carrier, Link, Route, Traffic } from "./wires.ts";

/** Until a silent peer is given up, as for requests. */
const giveUpMs = 120_000;

export class TwoWayConnection implements Traffic {
  readonly #carrier: Carrier;
  readonly #client: End;
  readonly #server: End;
  readonly streams = true;
  /** Null once the client has its end. */
  #refuse: ((error: unknown) => void) | null = null;

  constructor(carrier: Carrier, client: Process, server: Process, { there, back }: Route) {
    this.#carrier = carrier;
    const over = () => {
      if (this.#client.isOver && this.#server.isOver) carrier.end(this, null);
    };
    this.#client = new End(client, new Direction(carrier, there, this), over);
    this.#server = new End(server, new Direction(carrier, back, this), over);
    this.#client.connect(this.#server);
    this.#server.connect(this.#client);
  }

  /** The server has its end at once; the client when the answer to its request arrives. */
  begin(accept: (stream: DuplexStream) => void, refuse: (error: unknown) => void, handler: StreamHandler): void {
    this.#carrier.begin(this, null);
    this.#refuse = refuse;
    this.#server.sends(() => {
      this.#refuse = null;
      accept(this.#client);
    });
    handler(this.#server);
  }

  reset(): void {
    for (const end of [this.#client, this.#server]) end.owner.enter(() => end.breakOff("the connection was reset"));
    this.#refuse?.(new StreamBroken("the connection was reset"));
    this.#refuse = null;
  }

  processEnded(process: Process): void {
    const gone = [this.#client, this.#server].find(({ owner }) => owner === process);
    if (!gone || gone.isOver) return;
    const { peer } = gone;
    const reset = () => peer.owner.enter(() => peer.breakOff("the connection was reset"));
    // Without power no reset is sent; the other end gives up in the end.
    if (process.host.up) gone.sends(() => peer.breakOff("the connection was reset"));
    else this.#carrier.world.after(giveUpMs, reset);
    gone.breakOff("the program has ended");
  }

  abort(): void {}

  giveUpAfter(): void {}
}

/** Bytes for the other end's reader, or something that happens to the other end. */
type Message = Uint8Array | (() => void);

/** One direction: messages arrive in order, after the delay of the link or after a cut has healed. */
class Direction {
  readonly #carrier: Carrier;
  readonly #link: Link;
  readonly #connection: TwoWayConnection;
  /** The end that gets them. */
  to!: End;
  #lastAt = 0;
  /** On their way: the first is the next to arrive. */
  readonly #underWay: Message[] = [];
  /** What waits behind a cut. Null if nothing does. */
  #held: Message[] | null = null;

  constructor(carrier: Carrier, link: Link, connection: TwoWayConnection) {
    this.#carrier = carrier;
    this.#link = link;
    this.#connection = connection;
  }

  send(message: Message): void {
    const carrier = this.#carrier;
    const link = this.#link;
    const { world } = carrier;
    carrier.countMessage();
    if (link.loss > 0 && carrier.chance(link.loss)) {
      world.after(carrier.draw() * 2000, () => this.#connection.reset());
      return;
    }
    const at = Math.max(this.#lastAt, world.now + carrier.delayOf(link));
    this.#lastAt = at;
    this.#underWay.push(message);
    world.after(at - world.now, this.#arriveFirst);
  }

  /** One for each message under way, in their order. */
  readonly #arriveFirst = () => {
    const message = this.#underWay.shift()!;
    if (this.#link.cut || this.#held !== null) this.#hold(message);
    else this.#arrive(message);
  };

  #arrive(message: Message): void {
    const { to } = this;
    if (to.owner.runs) to.take(message);
    else to.owner.enter(() => to.take(message));
  }

  #hold(message: Message): void {
    if (this.#held !== null) {
      this.#held.push(message);
      return;
    }
    this.#held = [message];
    this.#link.held.add(() => {
      const held = this.#held ?? [];
      this.#held = null;
      if (this.#carrier.chance(0.4)) this.#connection.reset();
      else for (const message of held) this.#arrive(message);
    });
  }
}

interface Waiting<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

/** One end of the stream, in one program. */
class End implements DuplexStream {
  readonly owner: Process;
  peer!: End;
  readonly closed: Promise<void>;
  readonly #direction: Direction;
  readonly #onOver: () => void;
  readonly #received: Uint8Array[] = [];
  #reader: Waiting<Uint8Array | null> | null = null;
  #writer: (Waiting<void> & { bytes: Uint8Array }) | null = null;
  /** Gets what arrives. Null while it is read. */
  #listener: DuplexListener | null = null;
  /** Bytes that were sent, and that the other end has not read or has not credited back. */
  #unread = 0;
  /** Bytes that were read and not yet credited back. */
  #uncredited = 0;
  #sentEnd = false;
  #gotEnd = false;
  /** Why the connection is gone. Null while it is there. */
  #broken: string | null = null;
  #close!: () => void;

  constructor(owner: Process, direction: Direction, onOver: () => void) {
    this.owner = owner;
    this.#direction = direction;
    this.#onOver = onOver;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  get isOver(): boolean {
    return this.#broken !== null || (this.#sentEnd && this.#gotEnd && this.#received.length === 0);
  }

  connect(peer: End): void {
    this.peer = peer;
    this.#direction.to = peer;
  }

  /** Sends to the other end, in order: `arrive` runs in its program. */
  sends(arrive: () => void): void {
    this.#direction.send(arrive);
  }

  /** A message has come. Runs in the program of this end. */
  take(message: Message): void {
    if (typeof message === "function") message();
    else this.#arrive(message);
  }

  read(): Promise<Uint8Array | null> {
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#serveReader();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.trySend(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#writer = { resolve, reject, bytes };
      this.#serveWriter();
    });
  }

  listen(listener: DuplexListener): void {
    this.#listener = listener;
    this.#serveListener(listener);
  }

  trySend(bytes: Uint8Array): boolean {
    if (this.#writer !== null || this.#broken !== null || this.#sentEnd) return false;
    if (bytes.length > Math.min(limits.duplexWindowBytes - this.#unread, limits.duplexFrameBytes)) return false;
    this.#sendFrame(bytes);
    return true;
  }

  end(): void {
    if (this.#sentEnd || this.#broken !== null) return;
    this.#sentEnd = true;
    const { peer } = this;
    this.sends(() => peer.#arriveEnd());
    this.#checkOver();
  }

  abort(reason: string): void {
    if (this.#broken !== null) return;
    const { peer } = this;
    this.sends(() => peer.breakOff(reason));
    this.breakOff(reason);
  }

  breakOff(reason: string): void {
    if (this.isOver) return;
    this.#broken = reason;
    this.#received.length = 0;
    if (!this.#gotEnd) this.#listener?.onBroken(new StreamBroken(reason));
    this.#serveReader();
    this.#serveWriter();
    this.#checkOver();
  }

  #arriveEnd(): void {
    this.#gotEnd = true;
    this.#listener?.onEnd();
    this.#serveReader();
    this.#checkOver();
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#broken !== null) return;
    if (this.#listener !== null) {
      this.#taken(bytes.length);
      this.#listener.onBytes(bytes);
      return;
    }
    this.#received.push(bytes);
    this.#serveReader();
  }

  #serveListener(listener: DuplexListener): void {
    for (const bytes of this.#received.splice(0)) {
      this.#taken(bytes.length);
      listener.onBytes(bytes);
    }
    if (this.#gotEnd) listener.onEnd();
    else if (this.#broken !== null) listener.onBroken(new StreamBroken(this.#broken));
    this.#checkOver();
  }

  #serveReader(): void {
    const reader = this.#reader;
    if (reader === null) return;
    const bytes = this.#received.shift();
    if (bytes === undefined && this.#broken === null && !this.#gotEnd) return;
    this.#reader = null;
    if (bytes !== undefined) {
      this.#taken(bytes.length);
      reader.resolve(bytes);
      this.#checkOver();
    } else if (this.#broken !== null) reader.reject(new StreamBroken(this.#broken));
    else reader.resolve(null);
  }

  /** Credit goes back in halves of the window, as over real sockets. */
  #taken(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited < limits.duplexWindowBytes / 2 || this.#gotEnd) return;
    const { peer } = this;
    const credit = this.#uncredited;
    this.#uncredited = 0;
    this.sends(() => peer.#credit(credit));
  }

  #credit(bytes: number): void {
    this.#unread -= bytes;
    this.#serveWriter();
  }

  #serveWriter(): void {
    const writer = this.#writer;
    if (writer === null) return;
    if (this.#broken !== null || this.#sentEnd) {
      this.#writer = null;
      writer.reject(new StreamBroken(this.#broken ?? "the stream has ended"));
      return;
    }
    while (writer.bytes.length > 0 && this.#unread < limits.duplexWindowBytes) {
      const freeBytes = Math.min(limits.duplexWindowBytes - this.#unread, limits.duplexFrameBytes);
      const frame = writer.bytes.subarray(0, freeBytes);
      writer.bytes = writer.bytes.subarray(frame.length);
      this.#sendFrame(frame);
    }
    if (writer.bytes.length > 0) return;
    this.#writer = null;
    writer.resolve();
  }

  #sendFrame(frame: Uint8Array): void {
    this.#unread += frame.length;
    this.#direction.send(frame);
  }

  #checkOver(): void {
    if (!this.isOver) return;
    this.#close();
    this.#onOver();
  }
}
