// Bytes over a bare socket, as a client would never send them, and what comes back. Test support: it asserts nothing.

import { connect } from "node:net";

export interface RawAnswer {
  /** 0: the connection was closed without an answer. */
  status: number;
  headers: string;
  body: string;
}

const patienceMs = 20_000;

/**
 * Sends, and waits for one whole answer or the end of the connection. `hangUp`: closes its own side when all is sent, as
 * a client that dies in the middle of a request.
 */
export function exchange(port: number, bytes: Uint8Array, { hangUp = false } = {}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let received = "";
    // HEAD is answered with the length of what it leaves out.
    const bodiless = Buffer.from(bytes.subarray(0, 5)).toString() === "HEAD ";
    const socket = connect(port, "127.0.0.1");
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no whole answer in ${patienceMs} ms; so far: ${received.slice(0, 200)}`));
    }, patienceMs);
    const finish = (answer: RawAnswer) => {
      clearTimeout(late);
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => {
      socket.write(bytes);
      if (hangUp) socket.end();
    });
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      const answer = wholeAnswer(received, bodiless);
      if (answer) finish(answer);
    });
    socket.on("error", () => {}); // "close" follows
    socket.on("close", () => finish(wholeAnswer(received, true) ?? { status: 0, headers: "", body: "" }));
  });
}

/** The first answer in the text that is not "100 Continue"; null: it is not whole yet. */
function wholeAnswer(text: string, noMore = false): RawAnswer | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const headers = text.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1] ?? 0);
  if (status === 100) return wholeAnswer(text.slice(end + 4), noMore);
  const body = text.slice(end + 4);
  const length = /^content-length: (\d+)/im.exec(headers)?.[1];
  // A stream is answered when it has begun.
  const whole = noMore || /^transfer-encoding: chunked/im.test(headers) || body.length >= Number(length ?? "NaN");
  return whole ? { status, headers, body } : null;
}
