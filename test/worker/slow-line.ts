// A slow line to a server: passes bytes on, those that come back only so many at a time. Test support.

const stepMs = 50;

export type SlowLine = { port: number; close(): void };

/** Listens on loopback, and lets through `bytesPerSecond` of what `host:port` answers. */
export function slowLine(host: string, port: number, bytesPerSecond: number): SlowLine {
  const perStep = Math.ceil((bytesPerSecond * stepMs) / 1000);
  type Line = { toServer: Promise<Bun.Socket<undefined>>; waiting: Buffer; ended: boolean };
  const lines = new Map<Bun.Socket<Line>, Line>();
  const listener = Bun.listen<Line>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(client) {
        const line: Line = {
          waiting: Buffer.alloc(0),
          ended: false,
          toServer: Bun.connect({
            hostname: host,
            port,
            socket: {
              data: (_, bytes) => {
                line.waiting = Buffer.concat([line.waiting, bytes]);
              },
              close: () => {
                line.ended = true;
              },
            },
          }),
        };
        client.data = line;
        lines.set(client, line);
      },
      data: (client, bytes) => {
        const copy = Buffer.from(bytes);
        void client.data.toServer.then((server) => server.write(copy));
      },
      close: (client) => {
        lines.delete(client);
        void client.data.toServer.then((server) => server.end());
      },
    },
  });
  const pump = setInterval(() => {
    for (const [client, line] of lines) {
      const taken = client.write(line.waiting.subarray(0, perStep));
      line.waiting = line.waiting.subarray(Math.max(0, taken));
      if (line.ended && line.waiting.length === 0) client.end();
    }
  }, stepMs);
  return {
    port: listener.port,
    close() {
      clearInterval(pump);
      listener.stop(true);
    },
  };
}
