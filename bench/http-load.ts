// A load generator that costs little itself: keep-alive connections with one request in flight each, over bare sockets.
// A client built on fetch takes more of the machine than the server under test.

export interface LoadOptions {
  host: string;
  port: number;
  connections: number;
  requests: number;
  /** The whole request for the n-th call. */
  request: (n: number) => string;
  /** Status that counts as success, such as 201. */
  status: number;
}

export interface LoadResult {
  perSecond: number;
  seconds: number;
  failures: number;
  /** Latency in ms. */
  p50: number;
  p99: number;
}

export function httpRequest(method: string, path: string, body = "", headers = ""): string {
  const length = body === "" ? "" : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${headers}${length}\r\n${body}`;
}

/** Runs until `requests` answers have come. Throws where the server closes a connection. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { host, port, connections, requests, request, status } = options;
  const latencies = new Float64Array(requests);
  let sent = 0;
  let answered = 0;
  let failures = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: connections }, () => {
      return new Promise<void>((resolve, reject) => {
        let buffered = "";
        let missing = -1;
        let sentAt = 0;
        const next = (socket: { write(text: string): number; end(): void }) => {
          if (sent >= requests) {
            socket.end();
            return resolve();
          }
          sentAt = performance.now();
          const text = request(sent++);
          const written = socket.write(text);
          if (written < Buffer.byteLength(text)) reject(new Error("a request did not fit the socket's buffer"));
        };
        void Bun.connect({
          hostname: host,
          port,
          socket: {
            open: next,
            data(socket, chunk) {
              if (missing < 0) {
                buffered += chunk.toString("latin1");
                const end = buffered.indexOf("\r\n\r\n");
                if (end < 0) return;
                const length = /content-length: (\d+)/i.exec(buffered)?.[1];
                if (length === undefined) return reject(new Error(`an answer without a length: ${buffered.slice(0, 200)}`));
                if (Number(buffered.slice(9, 12)) !== status) failures++;
                missing = Number(length) - (buffered.length - end - 4);
                buffered = "";
              } else {
                missing -= chunk.length;
              }
              if (missing > 0) return;
              missing = -1;
              latencies[answered++] = performance.now() - sentAt;
              next(socket);
            },
            close: () => resolve(),
            error: (_, error) => reject(error),
            connectError: (_, error) => reject(error),
          },
        }).catch(reject);
      });
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  if (answered < requests) throw new Error(`only ${answered} of ${requests} requests were answered`);
  latencies.sort();
  return {
    perSecond: requests / seconds,
    seconds,
    failures,
    p50: latencies[Math.floor(requests * 0.5)]!,
    p99: latencies[Math.floor(requests * 0.99)]!,
  };
}
